/**
 * Durable subscriptions end because somebody says so, with their topic, or because nobody has used
 * them for long enough; and consumers subscribe no more often than they may.
 */
import type { ConsumerSeen, Observation } from '../observe/observation.ts';
import type { World } from '../world.ts';
import type { Fail, Invariant } from './invariant.ts';
import { KnownSettings } from './known-settings.ts';

export class SubscriptionEnds implements Invariant {
  readonly name = 'a subscription ends only where somebody wants it, or nobody has used it';
  checks = 0;
  readonly #world: World;
  readonly #ending = new Set<string>();
  readonly #consumers = new Map<string, Set<ConsumerSeen>>();
  /** When it was used last, in simulated milliseconds. */
  readonly #usedMs = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  see(seen: Observation, fail: Fail): void {
    switch (seen.type) {
      case 'topic-deleted':
        this.#ending.add(seen.topic);
        break;
      case 'subscribed': {
        const name = nameOf(seen.consumer);
        this.#consumers.set(name, (this.#consumers.get(name) ?? new Set()).add(seen.consumer));
        break;
      }
      case 'consumer-closed':
        this.#consumers.get(nameOf(seen.consumer))?.delete(seen.consumer);
        this.#usedMs.set(nameOf(seen.consumer), this.#world.scheduler.elapsedMs);
        break;
      case 'unsubscribing':
        this.#ending.add(nameOf(seen.consumer));
        break;
      case 'administering': {
        const { what, topic, subscription } = seen.call;
        if (/^(delete|forget)/.test(what)) this.#ending.add(`${topic} ${subscription}`);
        break;
      }
      case 'subscription-deleted':
        this.#ended(seen.topic, seen.subscription, fail);
        break;
    }
  }

  #ended(topic: string, subscription: string, fail: Fail): void {
    const name = `${topic} ${subscription}`;
    this.checks += 1;
    if (this.#ending.has(name) || this.#ending.has(topic)) return;
    const { config, scheduler } = this.#world;
    const minutes = config.subscriptionExpirationTimeMinutes;
    const users = [...(this.#consumers.get(name) ?? [])].filter(({ isClosing }) => !isClosing);
    if (users.length > 0) fail(`${name} ends, and c${users[0]!.link} uses it`);
    const idleMs = scheduler.elapsedMs - (this.#usedMs.get(name) ?? 0);
    if (minutes > 0 && idleMs >= minutes * 60_000) return;
    fail(`${name} ends after ${idleMs.toFixed(0)} ms without consumers`);
  }
}

/** Of one consumer: what it is known by wherever it comes from, and when it has subscribed. */
export class SubscribeRates implements Invariant {
  readonly name = 'a consumer subscribes no more often than it may';
  checks = 0;
  readonly #world: World;
  readonly #settings: KnownSettings;
  readonly #times = new Map<string, number[]>();
  /** Clients of each topic: while there is none it may be forgotten what was counted. */
  readonly #users = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
    this.#settings = new KnownSettings(world);
  }

  see(seen: Observation, fail: Fail): void {
    if (this.#settings.see(seen, SETTINGS)) this.#times.clear();
    switch (seen.type) {
      case 'subscribed':
        this.#use(seen.consumer.topic, 1);
        this.#subscribed(seen.consumer, fail);
        break;
      case 'consumer-closed':
        this.#use(seen.consumer.topic, -1);
        break;
      case 'producer-opened':
        if (seen.ready) this.#use(seen.producer.topic, 1);
        break;
      case 'producer-closed':
        this.#use(seen.producer.topic, -1);
        break;
      case 'broker':
        this.#times.clear();
        break;
      case 'log':
        // Actors that are recovered know nothing of it.
        if (seen.level === 'error') this.#times.clear();
        break;
    }
  }

  #use(topic: string, change: 1 | -1): void {
    const users = Math.max(0, (this.#users.get(topic) ?? 0) + change);
    this.#users.set(topic, users);
    if (users > 0) return;
    for (const name of this.#times.keys()) {
      if (name.startsWith(`${topic} `)) this.#times.delete(name);
    }
  }

  #subscribed({ topic, link, id }: ConsumerSeen, fail: Fail): void {
    const { network, scheduler } = this.#world;
    const [most = 0, seconds] = SETTINGS.map((key) => this.#settings.of(key));
    if (most <= 0 || seconds === undefined || this.#world.isAbusive(link)) return;
    const periodMs = seconds * 1_000;
    const name = `${topic} ${network.hostOf(link)}/${id}`;
    const times = [...(this.#times.get(name) ?? []), scheduler.elapsedMs];
    const recent = times.filter((atMs) => atMs > scheduler.elapsedMs - periodMs);
    this.#times.set(name, recent);
    this.checks += 1;
    // Periods are counted from some time on: two of them meet in any other one.
    if (recent.length <= most * 2) return;
    fail(`${name} subscribes ${recent.length} times in ${periodMs} ms, and may ${most} times`);
  }
}

const SETTINGS = [
  'subscribeThrottlingRatePerConsumer',
  'subscribeRatePeriodPerConsumerInSecond',
] as const;

function nameOf({ topic, subscription }: ConsumerSeen): string {
  return `${topic} ${subscription}`;
}
