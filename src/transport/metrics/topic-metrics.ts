/** Takes topics in, one after the other, and keeps what is to be written of them. */
import type { CursorGauges, LoadedSubscription, LoadedTopic } from '../../actors/gauges.ts';
import { COMPACTION_SUBSCRIPTION } from '../../actors/names.ts';
import type { CompactionView } from '../../actors/views.ts';
import { assert } from '../../base/assert.ts';
import type { Clock } from '../../base/clock.ts';
import type { BrokerConfig } from '../../base/options.ts';
import { isSystemTopic } from '../../base/system-topics.ts';
import { namespaceOf, parseTopicName } from '../../base/topic-name.ts';
import { type OldestBacklog, oldestBacklog, UNKNOWN_AGE } from './backlog-age.ts';
import type { BrokerTraffic, EvictionSums } from './broker-metrics.ts';
import type { TopicRates } from './meters.ts';
import { gauges, label, type Metric } from './metric.ts';
import type { RateSource } from './rates.ts';
import { type Rows, Table } from './table.ts';
import {
  COMPACTION_METRICS,
  CONSUMER_METRICS,
  type ConsumerFacts,
  PENDING_ACK_METRICS,
  PRODUCER_METRICS,
  type ProducerFacts,
  SUBSCRIPTION_METRICS,
  SUMMED_METRICS,
  type SubscriptionFacts,
  type SubscriptionSums,
  THROTTLING_METRICS,
  TOPIC_METRICS,
  type TopicFacts,
  TRAFFIC_METRICS,
  TRANSACTION_METRICS,
} from './topic-columns.ts';
import {
  COMPACTION_WRITE_METRICS,
  LEDGER_METRICS,
  WRITE_METRICS,
  type WriteFacts,
  WriteSums,
  writeFacts,
} from './write-columns.ts';

export interface TopicSources {
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly rates: RateSource;
}

/** What is summed up over the topics of a namespace, in the order of `SUMMED_METRICS`. */
interface NamespaceTotal {
  readonly labels: string;
  /** Pulsar says whose managed ledgers they are. */
  readonly ledgerLabels: string;
  topics: number;
  messagesOut: number;
  bytesOut: number;
  readonly sums: Float64Array;
  readonly writes: WriteSums;
}

export class TopicMetrics {
  readonly #sources: TopicSources;
  readonly #cluster: string;
  readonly #topics = new Table<TopicFacts>([...SUMMED_METRICS, ...TOPIC_METRICS]);
  readonly #subscriptions = new Table<SubscriptionFacts>([
    ...TRAFFIC_METRICS,
    ...SUBSCRIPTION_METRICS,
  ]);
  readonly #throttled = new Table<SubscriptionFacts>(THROTTLING_METRICS);
  readonly #consumers = new Table<ConsumerFacts>(CONSUMER_METRICS);
  readonly #producers = new Table<ProducerFacts>(PRODUCER_METRICS);
  readonly #writes = new Table<WriteFacts>(WRITE_METRICS);
  readonly #ledgers = new Table<WriteSums>(LEDGER_METRICS);
  readonly #compactions = new Table<CompactionView>([
    ...COMPACTION_METRICS,
    ...COMPACTION_WRITE_METRICS,
  ]);
  readonly #transactions = new Table<TopicFacts>(TRANSACTION_METRICS);
  readonly #pendingAcks = new Table<CursorGauges>(PENDING_ACK_METRICS);
  readonly #counts = new Table<NamespaceTotal>(NAMESPACE_METRICS);
  readonly #sums = new Table<NamespaceTotal>(NAMESPACE_SUMS);
  readonly #namespaces = new Map<string, NamespaceTotal>();
  evictions = { ...NO_EVICTIONS };
  traffic = { ...NO_TRAFFIC };

  constructor(sources: TopicSources) {
    this.#sources = sources;
    this.#cluster = label('cluster', sources.config.clusterName);
  }

  get #tables() {
    return [
      this.#counts,
      this.#sums,
      this.#topics,
      this.#subscriptions,
      this.#writes,
      this.#ledgers,
      this.#throttled,
      this.#consumers,
      this.#producers,
      this.#compactions,
      this.#transactions,
      this.#pendingAcks,
    ];
  }

  take(loaded: LoadedTopic): void {
    const { rates: source, config } = this.#sources;
    const { topic, policies, subscriptions } = loaded;
    const rates = source.of(topic.name);
    const sums = sumsOf(subscriptions, rates);
    const oldest = this.#oldestOf(loaded, sums);
    const facts = { topic, policies, subscriptions, rates, sums, oldest };
    const total = this.#totalOf(topic.name);
    const labels = `${total.labels},${this.#labelsOf(topic.name)}`;
    this.#topics.add(labels, facts);
    this.#topics.addLastTo(total.sums);
    total.topics += 1;
    total.messagesOut += sums.messages;
    total.bytesOut += sums.bytes;
    this.#count(loaded);
    this.#takeWrites(labels, loaded, total.writes, sums.backlog);
    if (!config.exposeTopicLevelMetricsInPrometheus) {
      this.#topics.drop();
      return;
    }
    for (const one of subscriptions) this.#takeSubscription(labels, one, rates);
    if (config.exposeProducerLevelMetricsInPrometheus) this.#takeProducers(labels, loaded, rates);
    const { compactions, transactions } = topic;
    if (compactions.succeeded + compactions.failed > 0) {
      this.#compactions.add(labels, topic.view().compaction);
    }
    if (transactions.ongoing + transactions.committed + transactions.aborted > 0) {
      this.#transactions.add(labels, facts);
    }
  }

  /** Of non-persistent topics nothing is written. */
  #takeWrites(labels: string, { topic }: LoadedTopic, total: WriteSums, backlog: number): void {
    const { config, clock } = this.#sources;
    total.backlog += backlog;
    total.storedBytes += topic.storedBytes;
    if (topic.writes === undefined) return;
    const facts = writeFacts(topic.writes, clock.nowMs());
    total.add(facts);
    if (config.exposeTopicLevelMetricsInPrometheus) this.#writes.add(labels, facts);
  }

  #count({ topic, subscriptions }: LoadedTopic): void {
    const { evictions, traffic } = this;
    evictions.size += topic.evictions.size;
    evictions.time += topic.evictions.age;
    const isSystem = isSystemTopic(topic.name);
    traffic[isSystem ? 'systemBytesIn' : 'bytesIn'] += topic.bytesIn;
    for (const { subscription } of subscriptions) {
      const isOwn = isSystem || subscription.name === COMPACTION_SUBSCRIPTION;
      traffic[isOwn ? 'systemBytesOut' : 'bytesOut'] += subscription.bytesOut;
    }
  }

  /** How many topics have been taken in. */
  get topics(): number {
    let topics = 0;
    for (const total of this.#namespaces.values()) topics += total.topics;
    return topics;
  }

  /** The sum of one of `SUMMED_METRICS` over the topics that have been taken in. */
  sumOf(metric: string): number {
    const at = SUMMED_METRICS.findIndex(({ name }) => name === metric);
    assert(at >= 0, `${metric} is summed up`);
    let sum = 0;
    for (const total of this.#namespaces.values()) sum += total.sums[at]!;
    return sum;
  }

  /** All are taken in. */
  rows(): readonly Rows[] {
    const { exposeTopicLevelMetricsInPrometheus: hasTopics } = this.#sources.config;
    for (const total of this.#namespaces.values()) {
      this.#counts.add(total.labels, total);
      this.#ledgers.add(total.ledgerLabels, total.writes);
      if (hasTopics) continue;
      this.#sums.add(total.labels, total);
      this.#writes.add(total.labels, total.writes);
    }
    return this.#tables;
  }

  /** Empty again, for the next scrape. */
  clear(): void {
    this.#namespaces.clear();
    this.evictions = { ...NO_EVICTIONS };
    this.traffic = { ...NO_TRAFFIC };
    for (const table of this.#tables) table.clear();
  }

  #totalOf(topic: string): NamespaceTotal {
    const namespace = namespaceOf(topic);
    let total = this.#namespaces.get(namespace);
    if (total === undefined) {
      const labels = `${this.#cluster},${label('namespace', namespace)}`;
      const sums = new Float64Array(SUMMED_METRICS.length);
      const ledgerLabels = `${this.#cluster},${label('namespace', `${namespace}/persistent`)}`;
      const writes = new WriteSums();
      total = { labels, ledgerLabels, topics: 0, messagesOut: 0, bytesOut: 0, sums, writes };
      this.#namespaces.set(namespace, total);
    }
    return total;
  }

  #labelsOf(topic: string): string {
    const { splitTopicAndPartitionLabelInPrometheus: isSplit } = this.#sources.config;
    if (!isSplit) return label('topic', topic);
    const { base, partition } = parseTopicName(topic);
    return `${label('topic', base)},partition="${partition}"`;
  }

  /** Of most topics everything is read: then nothing has to be copied to see that. */
  #oldestOf({ topic, subscriptions }: LoadedTopic, { backlog }: SubscriptionSums): OldestBacklog {
    const { config, clock } = this.#sources;
    const isPrecise = config.preciseTimeBasedBacklogQuotaCheck;
    if (backlog === 0) return UNKNOWN_AGE;
    const held = subscriptions.map(
      ({ subscription, cursor }) => [subscription.name, cursor] as const,
    );
    return oldestBacklog(topic.view(), held, isPrecise, clock.nowMs());
  }

  #takeSubscription(topic: string, loaded: LoadedSubscription, topicRates: TopicRates): void {
    const { subscription, cursor, delayed } = loaded;
    const labels = `${topic},${label('subscription', subscription.name)}`;
    const rates = topicRates.subscription(subscription.name);
    const facts = { subscription, cursor, delayed, rates };
    this.#subscriptions.add(labels, facts);
    if (subscription.throttled !== undefined) this.#throttled.add(labels, facts);
    if (cursor !== undefined && hasEndedTransactions(cursor)) this.#pendingAcks.add(labels, cursor);
    if (!this.#sources.config.exposeConsumerLevelMetricsInPrometheus) return;
    for (const consumer of subscription.consumers.values()) {
      const who = `${label('consumer_name', consumer.name)},consumer_id="${consumer.consumerId}"`;
      this.#consumers.add(`${labels},${who}`, { consumer, rates: rates.consumer(consumer) });
    }
  }

  #takeProducers(labels: string, { topic }: LoadedTopic, rates: TopicRates): void {
    for (const producer of topic.producers.values()) {
      const who = `${label('producer_name', producer.name)},producer_id="${producer.producerId}"`;
      this.#producers.add(`${labels},${who}`, { producer, rates: rates.producer(producer) });
    }
  }
}

function hasEndedTransactions({ pendingAcks }: CursorGauges): boolean {
  return pendingAcks !== undefined && pendingAcks.committed + pendingAcks.aborted > 0;
}

const NAMESPACE_METRICS = gauges<NamespaceTotal>({
  pulsar_topics_count: ({ topics }) => topics,
});

/** In the place of those of topics. */
const NAMESPACE_SUMS: readonly Metric<NamespaceTotal>[] = [
  ...SUMMED_METRICS.flatMap(({ name }, at) => {
    return gauges<NamespaceTotal>({ [name]: ({ sums }) => sums[at]! });
  }),
  ...gauges<NamespaceTotal>({
    pulsar_out_messages_total: ({ messagesOut }) => messagesOut,
    pulsar_out_bytes_total: ({ bytesOut }) => bytesOut,
  }),
];

function sumsOf(subscriptions: readonly LoadedSubscription[], topic: TopicRates): SubscriptionSums {
  let [consumers, messageRate, byteRate, entryRate] = [0, 0, 0, 0];
  let [messages, bytes, backlog, backlogBytes] = [0, 0, 0, 0];
  for (const { subscription, cursor } of subscriptions) {
    const rates = topic.subscription(subscription.name);
    consumers += subscription.consumers.size;
    messageRate += rates.out.messages;
    byteRate += rates.out.bytes;
    entryRate += rates.entries;
    messages += subscription.messagesOut;
    bytes += subscription.bytesOut;
    if (cursor === undefined) continue;
    backlog += cursor.backlogEntries;
    if (subscription.durable) {
      backlogBytes = Math.max(backlogBytes, cursor.backlogBytes);
    }
  }
  return { consumers, messageRate, byteRate, entryRate, messages, bytes, backlog, backlogBytes };
}

const NO_EVICTIONS: EvictionSums = { size: 0, time: 0 };
const NO_TRAFFIC: BrokerTraffic = {
  bytesIn: 0,
  systemBytesIn: 0,
  bytesOut: 0,
  systemBytesOut: 0,
};
