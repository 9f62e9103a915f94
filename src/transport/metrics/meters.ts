/** Counters of a topic and what hangs on it, and what they grew by a second. */
import type {
  ConsumerView,
  ProducerView,
  SubscriptionView,
  TopicView,
  Traffic,
} from '../../actors/views.ts';

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
  consumer(view: ConsumerView): ConsumerRates;
}

export interface ProducerRates extends FlowRate {
  /** Messages that were not tried (non-persistent topics). */
  readonly dropped: number;
}

export interface TopicRates {
  readonly in: FlowRate;
  /** Entries stored, of which a batch is one. */
  readonly entries: number;
  producer(view: ProducerView): ProducerRates;
  subscription(name: string): SubscriptionRates;
}

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

  producer(view: ProducerView): ProducerRates {
    return this.#producers?.get(producerKey(view)) ?? SILENT_PRODUCER;
  }

  subscription(name: string): SubscriptionRates {
    return this.#subscriptions?.get(name) ?? SILENT_SUBSCRIPTION;
  }

  /** `expired`: how many entries of a subscription were too old so far. */
  update(
    nowMs: number,
    view: TopicView,
    subscriptions: readonly SubscriptionView[],
    expired: (view: SubscriptionView) => number,
  ): void {
    const { producers } = view;
    const seconds = (nowMs - this.#atMs) / 1000;
    if (seconds <= 0) return;
    this.#atMs = nowMs;
    this.in.update(view.in, seconds);
    this.#entries.update(view.entriesAdded, seconds);
    this.#producers = carryOver(this.#producers, producers, producerKey, ProducerMeter);
    for (const one of producers) {
      const meter = this.#producers?.get(producerKey(one));
      meter?.update(one.in, seconds);
      meter?.updateDrops(one.dropped, seconds);
    }
    this.#subscriptions = carryOver(
      this.#subscriptions,
      subscriptions,
      ({ name }) => name,
      SubscriptionMeter,
    );
    for (const one of subscriptions) {
      this.#subscriptions?.get(one.name)?.update(one, expired(one), seconds);
    }
  }
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

  update(traffic: Traffic, seconds: number): void {
    this.#messages.update(traffic.messages, seconds);
    this.#bytes.update(traffic.bytes, seconds);
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

  update(view: ConsumerView, seconds: number): void {
    this.out.update(view.out, seconds);
    this.#acked.update(view.acked, seconds);
    this.#redelivered.update(view.redelivered, seconds);
  }
}

class SubscriptionMeter {
  readonly out = new FlowMeter();
  readonly #redelivered = new Meter();
  #drops: Meter | undefined;
  #expired: Meter | undefined;
  #consumers: Meters<ConsumerMeter>;

  get redelivered(): number {
    return this.#redelivered.rate;
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

  consumer(view: ConsumerView): ConsumerRates {
    return this.#consumers?.get(consumerKey(view)) ?? SILENT_CONSUMER;
  }

  update(view: SubscriptionView, expired: number, seconds: number): void {
    this.out.update(view.out, seconds);
    this.#redelivered.update(view.redelivered, seconds);
    this.#drops = updated(this.#drops, view.dropped, seconds);
    this.#expired = updated(this.#expired, expired, seconds);
    this.#consumers = carryOver(this.#consumers, view.consumers, consumerKey, ConsumerMeter);
    for (const consumer of view.consumers) {
      this.#consumers?.get(consumerKey(consumer))?.update(consumer, seconds);
    }
  }
}

/** By key; undefined where there are none, since an empty map is larger than what it is in. */
type Meters<M> = ReadonlyMap<string, M> | undefined;

/** Meters of those that are there now: the old ones where there are any. */
function carryOver<View, M>(
  old: Meters<M>,
  views: readonly View[],
  keyOf: (view: View) => string,
  make: new () => M,
): Meters<M> {
  if (views.length === 0) return undefined;
  return new Map(views.map((view) => [keyOf(view), old?.get(keyOf(view)) ?? new make()]));
}

const consumerKey = (view: ConsumerView): string => `${view.address}/${view.consumerId}`;
const producerKey = (view: ProducerView): string => `${view.address}/${view.producerId}`;

const NO_FLOW: FlowRate = { messages: 0, bytes: 0 };
const SILENT_PRODUCER: ProducerRates = { ...NO_FLOW, dropped: 0 };
const SILENT_CONSUMER: ConsumerRates = { out: NO_FLOW, acked: 0, redelivered: 0 };
const SILENT_SUBSCRIPTION: SubscriptionRates = {
  ...SILENT_CONSUMER,
  dropped: 0,
  expired: 0,
  consumer: () => SILENT_CONSUMER,
};
/** Of what has not been sampled. */
export const SILENT_TOPIC: TopicRates = {
  in: NO_FLOW,
  entries: 0,
  producer: () => SILENT_PRODUCER,
  subscription: () => SILENT_SUBSCRIPTION,
};
