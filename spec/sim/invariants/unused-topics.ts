/** Topics go by themselves where nobody has used them for long enough, unless that is off. */
import { parseTopicName } from '../../../src/base/topic-name.ts';
import type { ConsumerSeen, Observation, ProducerSeen } from '../observe/observation.ts';
import type { World } from '../world.ts';
import type { Fail, Invariant } from './invariant.ts';
import { KnownSettings } from './known-settings.ts';

type User = ProducerSeen | ConsumerSeen;

export class UnusedTopics implements Invariant {
  readonly name = 'a topic goes by itself only where nobody has used it for long enough';
  readonly seesFrames = true;
  checks = 0;
  readonly #world: World;
  readonly #settings: KnownSettings;
  /** Those that somebody has asked to delete. */
  readonly #asked = new Set<string>();
  readonly #users = new Map<string, Set<User>>();
  /** Durable ones, by topic. */
  readonly #subscriptions = new Map<string, Set<string>>();
  /** When somebody asked to make it, in simulated milliseconds. */
  readonly #makingMs = new Map<string, number>();
  /** When it was made, or used last, in simulated milliseconds. */
  readonly #usedMs = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
    this.#settings = new KnownSettings(world);
  }

  see(seen: Observation, fail: Fail): void {
    this.#settings.see(seen);
    switch (seen.type) {
      case 'heard': {
        const { body } = seen.command;
        if ('topic' in body && typeof body.topic === 'string') this.#makes(fullOf(body.topic));
        break;
      }
      case 'administering':
        if (seen.call.what.startsWith('delete')) this.#asked.add(baseOf(seen.call.topic));
        if (seen.call.what.startsWith('make')) this.#makes(seen.call.topic);
        break;
      case 'topic-created':
        this.#made(seen.topic);
        break;
      case 'producer-opened':
        if (seen.ready) this.#use(seen.producer);
        break;
      case 'subscribed':
        this.#use(seen.consumer);
        break;
      case 'producer-closed':
        this.#leave(seen.producer);
        break;
      case 'consumer-closed':
        this.#leave(seen.consumer);
        break;
      case 'subscription-created': {
        const { topic, subscription } = seen;
        const all = this.#subscriptions.get(topic) ?? new Set();
        this.#subscriptions.set(topic, all.add(subscription));
        break;
      }
      case 'subscription-deleted':
        this.#subscriptions.get(seen.topic)?.delete(seen.subscription);
        break;
      case 'topic-deleted':
        this.#deleted(seen.topic, fail);
        break;
    }
  }

  /** Whoever asks first for one that is not there. */
  #makes(topic: string): void {
    if (this.#usedMs.has(topic) || this.#makingMs.has(topic)) return;
    this.#makingMs.set(topic, this.#world.scheduler.elapsedMs);
  }

  /** On a slow disk it is there long before its record is. */
  #made(topic: string): void {
    const { elapsedMs } = this.#world.scheduler;
    this.#usedMs.set(topic, this.#makingMs.get(topic) ?? elapsedMs);
    this.#makingMs.delete(topic);
  }

  #use(user: User): void {
    // Who uses an id twice is not told which of both has gone.
    if (this.#world.isAbusive(user.link)) return;
    const users = this.#users.get(user.topic) ?? new Set();
    this.#users.set(user.topic, users.add(user));
  }

  #leave(user: User): void {
    if (this.#users.get(user.topic)?.delete(user) !== true) return;
    this.#usedMs.set(user.topic, this.#world.scheduler.elapsedMs);
  }

  #deleted(topic: string, fail: Fail): void {
    const usedMs = this.#usedMs.get(topic) ?? 0;
    this.#usedMs.delete(topic);
    this.#makingMs.delete(topic);
    if (this.#asked.has(baseOf(topic)) || !topic.includes('://public/default/')) return;
    this.checks += 1;
    if (this.#settings.of('brokerDeleteInactiveTopicsEnabled') === false) {
      fail(`${topic} goes by itself, and none may`);
    }
    const users = [...(this.#users.get(topic) ?? [])].filter(({ isClosing }) => !isClosing);
    if (users.length > 0) fail(`${topic} goes by itself, and c${users[0]!.link} uses it`);
    const key = 'brokerDeleteInactiveTopicsMode';
    const isKept = this.#settings.of(key) === 'delete_when_no_subscriptions';
    if (isKept && (this.#subscriptions.get(topic)?.size ?? 0) > 0)
      fail(`${topic} goes by itself with its subscriptions`);
    const idleMs = this.#world.scheduler.elapsedMs - usedMs;
    if (idleMs >= this.#leastMs) return;
    fail(`${topic} goes by itself after ${idleMs.toFixed(0)} ms, not ${this.#leastMs}`);
  }

  get #leastMs(): number {
    const key = 'brokerDeleteInactiveTopicsMaxInactiveDurationSeconds';
    if (!this.#settings.isKnown(key)) return 0;
    const { brokerDeleteInactiveTopicsFrequencySeconds: ofChecks } = this.#world.config;
    return (this.#settings.of(key) ?? ofChecks) * 1_000;
  }
}

/** As it is; one that cannot be a topic's stays what it is. */
function fullOf(name: string): string {
  try {
    return parseTopicName(name).full;
  } catch {
    return name;
  }
}

function baseOf(topic: string): string {
  return parseTopicName(topic).base;
}
