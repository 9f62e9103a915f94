/**
 * Dispatch rates: since a bucket was full, no more is delivered than it held then and what has
 * flowed in since. What one read brings may exceed what is there by the rest of a batch.
 */
import { parseTopicName } from '../../../src/base/topic-name.ts';
import { EVERY_TOPIC } from '../deeds.ts';
import type { Administered, ConsumerSeen, Limit, Observation } from '../observe/observation.ts';
import type { World } from '../world.ts';
import { messagesLeft } from './counters.ts';
import type { Fail, Invariant } from './invariant.ts';
import { KnownSettings } from './known-settings.ts';

type Delivered = Extract<Observation, { readonly type: 'delivered' }>;

/** What a bucket let through since it was full. */
interface Meter {
  readonly sinceMs: number;
  messages: number;
  bytes: number;
}

/** What nobody has limited, or somebody is about to. */
const NONE = Number.POSITIVE_INFINITY;
/** From the answer until everybody has heard of a new rate. */
const SETTLING_MS = 1_000;

export class Rates implements Invariant {
  readonly name = 'no more is dispatched than its rate lets through, and one burst';
  checks = 0;
  readonly #world: World;
  readonly #meters = new Map<string, Meter>();
  readonly #consumers = new Set<ConsumerSeen>();
  /** Rates that policies have set, by what they are of and whose they are. */
  readonly #set = new Map<string, number>();
  readonly #changedMs = new Map<string, number>();
  readonly #settings: KnownSettings;
  /** Messages in a batch, and bytes of an entry, at most; entries that one read brings. */
  readonly #batch: number;
  readonly #entryBytes: number;
  readonly #readers: number;

  constructor(world: World) {
    this.#world = world;
    this.#settings = new KnownSettings(world);
    const producers = world.plan.clients.flatMap((client) => client.producers);
    this.#batch = Math.max(1, ...producers.map(({ batch }) => batch));
    this.#entryBytes = Math.max(...producers.map((each) => (each.maxBytes + 100) * each.batch), 0);
    this.#readers = world.plan.clients.flatMap((client) => client.consumers).length;
  }

  see(seen: Observation, fail: Fail): void {
    if (this.#settings.see(seen, SETTINGS)) this.#meters.clear();
    switch (seen.type) {
      case 'delivered':
        this.#delivered(seen, fail);
        break;
      case 'subscribed':
        this.#consumers.add(seen.consumer);
        break;
      case 'consumer-closed':
        this.#closed(seen.consumer);
        break;
      case 'administering':
        if (seen.call.limit !== undefined) this.#change(seen.call, seen.call.limit, NONE);
        break;
      case 'administered':
        if (seen.call.limit !== undefined && seen.status === 204) {
          this.#change(seen.call, seen.call.limit, seen.call.limit.value);
        }
        break;
      case 'topic-deleted':
        // Its own policies go with it.
        for (const what of WHATS) this.#set.delete(`${what} ${baseOf(seen.topic)}`);
        this.#changedMs.set(baseOf(seen.topic), this.#world.scheduler.elapsedMs);
        break;
      case 'log':
        // Actors that are recovered have full buckets.
        if (seen.level === 'error') this.#meters.clear();
        break;
      case 'broker':
        this.#meters.clear();
    }
  }

  #change({ topic }: Administered, { what }: Limit, value: number): void {
    const key = `${what} ${topic}`;
    this.#set.set(key, value);
    this.#changedMs.set(topic, this.#world.scheduler.elapsedMs);
    this.#meters.clear();
  }

  /** Whom nobody uses may be away and come back with full buckets. */
  #closed({ topic, subscription, ...rest }: ConsumerSeen): void {
    for (const each of this.#consumers) {
      const isIt = each.link === rest.link && each.id === rest.id;
      if (isIt || !each.isOpen) this.#consumers.delete(each);
    }
    const others = [...this.#consumers].filter((each) => each.topic === topic);
    if (!others.some((each) => each.subscription === subscription)) {
      this.#meters.delete(`${topic} ${subscription}`);
    }
    if (others.length === 0) this.#meters.delete(topic);
  }

  #delivered(seen: Delivered, fail: Fail): void {
    const { config, scheduler } = this.#world;
    if (!config.dispatchThrottlingOnNonBacklogConsumerEnabled) return;
    const { topic, subscription } = seen.consumer;
    const changedMs = Math.max(
      this.#changedMs.get(EVERY_TOPIC) ?? 0,
      this.#changedMs.get(baseOf(topic)) ?? 0,
    );
    const isSettling = this.#changedMs.size > 0 && scheduler.elapsedMs < changedMs + SETTLING_MS;
    if (isSettling) return;
    const ofTopic = this.#rateOf('dispatched of a topic', topic);
    const own = this.#rateOf('dispatched to a subscription', topic);
    const configured = (key: (typeof SETTINGS)[number]) => this.#settings.of(key) ?? NONE;
    this.#meter(seen, `${topic} ${subscription}`, 1, fail, {
      messages: own ?? configured('dispatchThrottlingRatePerSubscriptionInMsg'),
      bytes: own === undefined ? configured('dispatchThrottlingRatePerSubscriptionInByte') : 0,
    });
    this.#meter(seen, topic, this.#readers, fail, {
      messages: ofTopic ?? configured('dispatchThrottlingRatePerTopicInMsg'),
      bytes: ofTopic === undefined ? configured('dispatchThrottlingRatePerTopicInByte') : 0,
    });
    this.#meter(seen, 'broker', this.#readers, fail, {
      messages: configured('dispatchThrottlingRateInMsg'),
      bytes: configured('dispatchThrottlingRateInByte'),
    });
  }

  /** A topic's own, else that of all; undefined where the configuration counts. */
  #rateOf(what: Limit['what'], topic: string): number | undefined {
    return this.#set.get(`${what} ${baseOf(topic)}`) ?? this.#set.get(`${what} ${EVERY_TOPIC}`);
  }

  /** `readers`: reads that may be under way at a time, each of which saw what was there. */
  #meter(
    { content, ackSet, bytes }: Delivered,
    name: string,
    readers: number,
    fail: Fail,
    rate: { readonly messages: number; readonly bytes: number },
  ): void {
    const isLimited = (limit: number) => limit > 0 && limit !== NONE;
    if (!isLimited(rate.messages) && !isLimited(rate.bytes)) return;
    const nowMs = this.#world.scheduler.elapsedMs;
    const meter = this.#meters.get(name) ?? { sinceMs: nowMs, messages: 0, bytes: 0 };
    this.#meters.set(name, meter);
    meter.messages += messagesLeft(content?.messages.length ?? 1, ackSet);
    meter.bytes += bytes.length;
    this.checks += 1;
    // A topic that leaves memory while its subscriptions wait forgets what they owe.
    const forgets = name !== 'broker' && this.#world.config.velamqActorIdleMs < PERIOD_MS;
    const seconds = 1 + ((nowMs - meter.sinceMs) / PERIOD_MS) * (forgets ? readers : 1);
    // A subscription reads on, and reads again what came back.
    const reads = readers * 2;
    const { dispatcherMaxReadBatchSize, dispatcherMaxReadSizeBytes } = this.#world.config;
    if (isLimited(rate.messages)) {
      const entries = Math.min(rate.messages, Math.max(dispatcherMaxReadBatchSize, 500));
      const most = rate.messages * seconds + (reads - 1) * entries + reads * entries * this.#batch;
      if (meter.messages > most) fail(`${meter.messages} messages to ${name}, not ${most}`);
    }
    if (isLimited(rate.bytes)) {
      const read = Math.min(rate.bytes, dispatcherMaxReadSizeBytes) + this.#entryBytes;
      const most = rate.bytes * seconds + reads * read;
      if (meter.bytes > most) fail(`${meter.bytes} bytes to ${name}, not ${most}`);
    }
  }
}

const PERIOD_MS = 1_000;

const SETTINGS = [
  'dispatchThrottlingRateInByte',
  'dispatchThrottlingRateInMsg',
  'dispatchThrottlingRatePerSubscriptionInByte',
  'dispatchThrottlingRatePerSubscriptionInMsg',
  'dispatchThrottlingRatePerTopicInByte',
  'dispatchThrottlingRatePerTopicInMsg',
] as const;

const WHATS = ['dispatched of a topic', 'dispatched to a subscription'] as const;

function baseOf(topic: string): string {
  return parseTopicName(topic).base;
}
