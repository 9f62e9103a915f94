/** Counters of a topic and what hangs on it, and what they grew by a second. */
import type {
  ConsumerGauges,
  Group,
  LoadedSubscription,
  LoadedTopic,
  ProducerGauges,
} from '../../actors/gauges.ts';
import type { StorageStats } from '../../storage/storage.ts';

/** Per second, over the last interval. */
export interface FlowRate {
  readonly messages: number;
  readonly bytes: number;
}

export interface ConsumerRates {
  readonly out: FlowRate;
  readonly acked: number;
  readonly redelivered: number;
}

export interface SubscriptionRates extends ConsumerRates {
  /** Messages that nobody could take (non-persistent topics). */
  readonly dropped: number;
  /** Entries that were too old. */
  readonly expired: number;
  /** Entries delivered, of which a batch is one. */
  readonly entries: number;
  consumer(one: ConsumerId): ConsumerRates;
}

export interface ProducerRates extends FlowRate {
  /** Messages that were not tried (non-persistent topics). */
  readonly dropped: number;
}

export interface TopicRates {
  readonly in: FlowRate;
  /** Entries stored, of which a batch is one. */
  readonly entries: number;
  producer(one: ProducerId): ProducerRates;
  subscription(name: string): SubscriptionRates;
}

/** By which a client's producers and consumers are known. */
type ProducerId = Pick<ProducerGauges, 'address' | 'producerId'>;
type ConsumerId = Pick<ConsumerGauges, 'address' | 'consumerId'>;

/** All meters of a topic, from its first traffic to its leaving memory. */
export class TopicMeter implements TopicRates {
  readonly in = new FlowMeter();
  readonly #entries = new Meter();
  /** The sampling pass that saw the topic last. */
  pass = 0;
  #atMs: number;
  #producers: Meters<ProducerMeter>;
  #subscriptions: Meters<SubscriptionMeter>;

  constructor(sinceMs: number) {
    this.#atMs = sinceMs;
  }

  get entries(): number {
    return this.#entries.rate;
  }

  producer(one: ProducerId): ProducerRates {
    return this.#producers?.get(producerKey(one)) ?? SILENT_PRODUCER;
  }

  subscription(name: string): SubscriptionRates {
    return this.#subscriptions?.get(name) ?? SILENT_SUBSCRIPTION;
  }

  update(nowMs: number, { topic, subscriptions }: LoadedTopic): void {
    const { producers } = topic;
    const seconds = (nowMs - this.#atMs) / 1000;
    if (seconds <= 0) return;
    this.#atMs = nowMs;
    this.in.update(topic.messagesIn, topic.bytesIn, seconds);
    this.#entries.update(topic.entriesIn, seconds);
    this.#producers = carryOver(this.#producers, producers, producerKey, ProducerMeter);
    for (const one of producers.values()) {
      const meter = this.#producers?.get(producerKey(one));
      meter?.update(one.messages, one.bytes, seconds);
      meter?.updateDrops(one.dropped, seconds);
    }
    const group = { size: subscriptions.length, values: () => subscriptions };
    this.#subscriptions = carryOver(this.#subscriptions, group, nameOf, SubscriptionMeter);
    for (const one of subscriptions) this.#subscriptions?.get(nameOf(one))?.update(one, seconds);
  }
}

/** Of the broker as a whole. */
export class BrokerMeter {
  readonly #hits = new Meter();
  readonly #misses = new Meter();
  readonly #cpu = new Meter();
  #atMs: number;

  constructor(sinceMs: number) {
    this.#atMs = sinceMs;
    this.#cpu.update(cpuSeconds(), 1);
    this.#cpu.rate = 0;
  }

  get cacheHits(): number {
    return this.#hits.rate;
  }

  get cacheMisses(): number {
    return this.#misses.rate;
  }

  get cpuPercent(): number {
    return this.#cpu.rate * 100;
  }

  update(nowMs: number, { cacheHits, cacheMisses }: CacheCounts): void {
    const seconds = (nowMs - this.#atMs) / 1000;
    if (seconds <= 0) return;
    this.#atMs = nowMs;
    this.#hits.update(cacheHits, seconds);
    this.#misses.update(cacheMisses, seconds);
    this.#cpu.update(cpuSeconds(), seconds);
  }
}

type CacheCounts = Pick<StorageStats, 'cacheHits' | 'cacheMisses'>;

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** One counter: its last value and what it grew by a second. */
class Meter {
  #last = 0;
  rate = 0;

  /** A counter that went back belongs to an actor that was loaded again and counts from zero. */
  update(total: number, seconds: number): void {
    const grown = total >= this.#last ? total - this.#last : total;
    this.#last = total;
    this.rate = grown / seconds;
  }
}

class FlowMeter {
  readonly #messages = new Meter();
  readonly #bytes = new Meter();

  get messages(): number {
    return this.#messages.rate;
  }

  get bytes(): number {
    return this.#bytes.rate;
  }

  update(messages: number, bytes: number, seconds: number): void {
    this.#messages.update(messages, seconds);
    this.#bytes.update(bytes, seconds);
  }
}

class ProducerMeter extends FlowMeter {
  #drops: Meter | undefined;

  get dropped(): number {
    return this.#drops?.rate ?? 0;
  }

  updateDrops(total: number, seconds: number): void {
    this.#drops = updated(this.#drops, total, seconds);
  }
}

/** Most topics never drop anything, nor is anything too old: they do without this meter. */
function updated(meter: Meter | undefined, total: number, seconds: number): Meter | undefined {
  if (meter === undefined && total === 0) return undefined;
  const rare = meter ?? new Meter();
  rare.update(total, seconds);
  return rare;
}

class ConsumerMeter {
  readonly out = new FlowMeter();
  readonly #acked = new Meter();
  readonly #redelivered = new Meter();

  get acked(): number {
    return this.#acked.rate;
  }

  get redelivered(): number {
    return this.#redelivered.rate;
  }

  update(consumer: ConsumerGauges, seconds: number): void {
    this.out.update(consumer.messagesOut, consumer.bytesOut, seconds);
    this.#acked.update(consumer.acked, seconds);
    this.#redelivered.update(consumer.redelivered, seconds);
  }
}

class SubscriptionMeter {
  readonly out = new FlowMeter();
  readonly #entries = new Meter();
  readonly #redelivered = new Meter();
  #drops: Meter | undefined;
  #expired: Meter | undefined;
  #consumers: Meters<ConsumerMeter>;

  get redelivered(): number {
    return this.#redelivered.rate;
  }

  get entries(): number {
    return this.#entries.rate;
  }

  get dropped(): number {
    return this.#drops?.rate ?? 0;
  }

  get expired(): number {
    return this.#expired?.rate ?? 0;
  }

  get acked(): number {
    let rate = 0;
    for (const consumer of this.#consumers?.values() ?? []) rate += consumer.acked;
    return rate;
  }

  consumer(one: ConsumerId): ConsumerRates {
    return this.#consumers?.get(consumerKey(one)) ?? SILENT_CONSUMER;
  }

  update({ subscription, cursor }: LoadedSubscription, seconds: number): void {
    const { consumers } = subscription;
    this.out.update(subscription.messagesOut, subscription.bytesOut, seconds);
    this.#entries.update(subscription.entriesOut, seconds);
    this.#redelivered.update(subscription.redelivered, seconds);
    this.#drops = updated(this.#drops, subscription.dropped, seconds);
    this.#expired = updated(this.#expired, cursor?.expired ?? 0, seconds);
    this.#consumers = carryOver(this.#consumers, consumers, consumerKey, ConsumerMeter);
    for (const consumer of consumers.values()) {
      this.#consumers?.get(consumerKey(consumer))?.update(consumer, seconds);
    }
  }
}

/** By key; undefined where there are none, since an empty map is larger than what it is in. */
type Meters<M> = ReadonlyMap<string, M> | undefined;

/** Meters of those that are there now: the old ones where there are any. */
function carryOver<T, M>(
  old: Meters<M>,
  group: Group<T>,
  keyOf: (one: T) => string,
  make: new () => M,
): Meters<M> {
  if (group.size === 0) return undefined;
  const meters = new Map<string, M>();
  for (const one of group.values()) meters.set(keyOf(one), old?.get(keyOf(one)) ?? new make());
  return meters;
}

const consumerKey = (one: ConsumerId): string => `${one.address}/${one.consumerId}`;
const producerKey = (one: ProducerId): string => `${one.address}/${one.producerId}`;
const nameOf = ({ subscription }: LoadedSubscription): string => subscription.name;

const NO_FLOW: FlowRate = { messages: 0, bytes: 0 };
const SILENT_PRODUCER: ProducerRates = { ...NO_FLOW, dropped: 0 };
const SILENT_CONSUMER: ConsumerRates = { out: NO_FLOW, acked: 0, redelivered: 0 };
const SILENT_SUBSCRIPTION: SubscriptionRates = {
  ...SILENT_CONSUMER,
  dropped: 0,
  expired: 0,
  entries: 0,
  consumer: () => SILENT_CONSUMER,
};
/** Of what has not been sampled. */
export const SILENT_TOPIC: TopicRates = {
  in: NO_FLOW,
  entries: 0,
  producer: () => SILENT_PRODUCER,
  subscription: () => SILENT_SUBSCRIPTION,
};
