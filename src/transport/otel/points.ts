/**
 * Topics and what hangs on them as requests of OpenTelemetry's protocol, of a size that is quickly
 * encoded.
 */
import type { LoadedTopic } from '../../actors/gauges.ts';
import { parseTopicName } from '../../base/topic-name.ts';
import {
  type Attributes,
  CONSUMER_INSTRUMENTS,
  type Instrument,
  PRODUCER_INSTRUMENTS,
  TOPIC_INSTRUMENTS,
} from './instruments.ts';

export interface Series {
  readonly instrument: Instrument<never>;
  readonly points: Point[];
}

export interface Point {
  readonly attributes: Attributes;
  readonly value: number;
}

/** Points of one request: encoding them takes a few milliseconds. */
const POINTS_PER_REQUEST = 2_000;

/** What a point says that stands for all beyond the limit. */
const OVERFLOW: Attributes = { 'otel.metric.overflow': 'true' };

/** Takes topics in and gives requests when they are full. */
export class Points {
  readonly #cluster: string;
  readonly #maxPoints: number;
  #series = new Map<Instrument<never>, Point[]>();
  #count = 0;
  /** Rows that have been taken in of each kind. */
  readonly #rows = new Map<readonly Instrument<never>[], number>();
  readonly #beyond = new Map<Instrument<never>, number[]>();

  constructor(cluster: string, maxPoints: number) {
    this.#cluster = cluster;
    this.#maxPoints = maxPoints;
  }

  get isFull(): boolean {
    return this.#count >= POINTS_PER_REQUEST;
  }

  take(loaded: LoadedTopic): void {
    const topic = this.#attributesOf(loaded.topic.name);
    this.#add(TOPIC_INSTRUMENTS, topic, loaded);
    for (const producer of loaded.topic.producers.values()) {
      const { name, producerId } = producer;
      const own = { 'pulsar.producer.name': name, 'pulsar.producer.id': Number(producerId) };
      this.#add(PRODUCER_INSTRUMENTS, { ...topic, ...own }, producer);
    }
    for (const { subscription } of loaded.subscriptions) {
      for (const consumer of subscription.consumers.values()) {
        const own = {
          'pulsar.subscription.name': subscription.name,
          'pulsar.consumer.name': consumer.name,
          'pulsar.consumer.id': Number(consumer.consumerId),
        };
        this.#add(CONSUMER_INSTRUMENTS, { ...topic, ...own }, consumer);
      }
    }
  }

  /** What stands for all beyond the limit; to be called once, when all are taken in. */
  close(): void {
    for (const [instrument, values] of this.#beyond) {
      for (const [at, { attributes }] of instrument.readings.entries()) {
        this.#push(instrument, { ...OVERFLOW, ...attributes }, values[at] ?? 0);
      }
    }
  }

  /** What has been taken in since the last time. */
  flush(): readonly Series[] {
    const series = [...this.#series].map(([instrument, points]) => ({ instrument, points }));
    this.#series = new Map();
    this.#count = 0;
    return series;
  }

  #add<Facts>(
    instruments: readonly Instrument<Facts>[],
    attributes: Attributes,
    facts: Facts,
  ): void {
    const rows = this.#rows.get(instruments) ?? 0;
    this.#rows.set(instruments, rows + 1);
    for (const instrument of instruments) {
      // One point is left for those beyond.
      const isWithin = (rows + 2) * instrument.readings.length <= this.#maxPoints;
      for (const [at, reading] of instrument.readings.entries()) {
        const value = reading.read(facts);
        if (isWithin) this.#push(instrument, { ...attributes, ...reading.attributes }, value);
        else this.#sum(instrument, at, value);
      }
    }
  }

  #push(instrument: Instrument<never>, attributes: Attributes, value: number): void {
    let points = this.#series.get(instrument);
    if (points === undefined) {
      points = [];
      this.#series.set(instrument, points);
    }
    points.push({ attributes, value });
    this.#count += 1;
  }

  #sum(instrument: Instrument<never>, at: number, value: number): void {
    // What cannot be added up is left out.
    if (instrument.kind === 'gauge') return;
    const values = this.#beyond.get(instrument) ?? [];
    values[at] = (values[at] ?? 0) + value;
    this.#beyond.set(instrument, values);
  }

  #attributesOf(topic: string): Attributes {
    const { domain, tenant, namespace, base, partition } = parseTopicName(topic);
    return {
      'pulsar.cluster': this.#cluster,
      'pulsar.domain': domain,
      'pulsar.tenant': tenant,
      'pulsar.namespace': namespace,
      'pulsar.topic': base,
      ...(partition < 0 ? {} : { 'pulsar.partition.index': partition }),
    };
  }
}
