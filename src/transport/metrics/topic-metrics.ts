/** What is measured of topics, subscriptions, consumers and producers, under Pulsar's names. */
import type { Broker } from '../../actors/broker.ts';
import type { CursorView, SubscriptionView, TopicView } from '../../actors/views.ts';
import type { Clock } from '../../base/clock.ts';
import type { BrokerConfig } from '../../base/options.ts';
import { parseTopicName, type TopicName } from '../../base/topic-name.ts';
import { oldestBacklog } from './backlog-age.ts';
import type { TopicRates } from './meters.ts';
import type { RateSource } from './rates.ts';
import { label, type Samples, Table } from './table.ts';
import {
  BACKLOG_COLUMNS,
  COMPACTION_COLUMNS,
  CONSUMER_COLUMNS,
  EVICTION_COLUMNS,
  NAMESPACE_COLUMNS,
  PENDING_ACK_COLUMNS,
  PRODUCER_COLUMNS,
  SUBSCRIPTION_COLUMNS,
  TOPIC_COLUMNS,
  type TopicValues,
  TRAFFIC_COLUMNS,
  TRANSACTION_COLUMNS,
  type TrafficValues,
} from './topic-columns.ts';

type NamespaceTotal = TopicValues & TrafficValues & { topics: number };

export interface TopicSources {
  readonly broker: Pick<Broker, 'topicView' | 'subscriptionView' | 'cursorView' | 'policies'>;
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly rates: RateSource;
}

/** Takes in one loaded topic after the other, then gives the tables to write. */
export class TopicMetrics {
  readonly #sources: TopicSources;
  readonly #cluster: string;
  readonly #topics = new Table(TOPIC_COLUMNS);
  readonly #backlogs = new Table(BACKLOG_COLUMNS);
  readonly #evictions = new Table(EVICTION_COLUMNS);
  readonly #traffic = new Table(TRAFFIC_COLUMNS);
  readonly #subscriptions = new Table(SUBSCRIPTION_COLUMNS);
  readonly #consumers = new Table(CONSUMER_COLUMNS);
  readonly #producers = new Table(PRODUCER_COLUMNS);
  readonly #compactions = new Table(COMPACTION_COLUMNS);
  readonly #transactions = new Table(TRANSACTION_COLUMNS);
  readonly #pendingAcks = new Table(PENDING_ACK_COLUMNS);
  readonly #namespaces = new Map<string, NamespaceTotal>();

  constructor(sources: TopicSources) {
    this.#sources = sources;
    this.#cluster = label('cluster', sources.config.clusterName);
  }

  take(full: string): void {
    const { broker, rates, config } = this.#sources;
    const name = parseTopicName(full);
    const view = broker.topicView(name);
    if (view === undefined) return;
    const subs = view.subscriptions.flatMap((subscription) => {
      const sub = broker.subscriptionView(name, subscription);
      const cursor = broker.cursorView(name, subscription);
      return sub === undefined ? [] : [{ sub, cursor }];
    });
    const rate = rates.of(full);
    const values = topicValues(view, subs, rate);
    this.#add(name.namespace, values, subs);
    if (!config.exposeTopicLevelMetricsInPrometheus) return;
    const labels = this.#labelsOf(name);
    this.#topics.add(labels, values);
    this.#takeBacklog(labels, name, view, subs);
    this.#takeCompaction(labels, view);
    this.#takeTransactions(labels, view);
    for (const { sub, cursor } of subs) this.#takeSubscription(labels, sub, cursor, rate);
    if (config.exposeProducerLevelMetricsInPrometheus) this.#takeProducers(labels, view, rate);
  }

  /** Sums over the topics that were taken in. */
  total(): TopicValues & { readonly topics: number } {
    const total = { ...noValues(), topics: 0 };
    for (const one of this.#namespaces.values()) {
      total.topics += one.topics;
      for (const name of TOPIC_NAMES) total[name] += one[name];
    }
    return total;
  }

  tables(): readonly Samples[] {
    const counts = new Table(NAMESPACE_COLUMNS);
    for (const [namespace, total] of this.#namespaces) {
      const labels = `${this.#cluster},${label('namespace', namespace)}`;
      counts.add(labels, { pulsar_topics_count: total.topics });
      if (this.#sources.config.exposeTopicLevelMetricsInPrometheus) continue;
      this.#topics.add(labels, total);
      this.#traffic.add(labels, total);
    }
    return [
      counts,
      this.#topics,
      this.#backlogs,
      this.#evictions,
      this.#traffic,
      this.#subscriptions,
      this.#consumers,
      this.#producers,
      this.#compactions,
      this.#transactions,
      this.#pendingAcks,
    ];
  }

  #add(namespace: string, values: TopicValues, subs: readonly Subscription[]): void {
    let total = this.#namespaces.get(namespace);
    if (total === undefined) {
      total = { ...noValues(), pulsar_out_messages_total: 0, pulsar_out_bytes_total: 0, topics: 0 };
      this.#namespaces.set(namespace, total);
    }
    total.topics += 1;
    for (const name of TOPIC_NAMES) total[name] += values[name];
    for (const { sub } of subs) {
      total.pulsar_out_messages_total += sub.out.messages;
      total.pulsar_out_bytes_total += sub.out.bytes;
    }
  }

  #takeTransactions(labels: string, { transactions }: TopicView): void {
    const { ongoing, committed, aborted } = transactions;
    if (ongoing + committed + aborted === 0) return;
    this.#transactions.add(labels, {
      pulsar_txn_tb_active_total: ongoing,
      pulsar_txn_tb_committed_total: committed,
      pulsar_txn_tb_aborted_total: aborted,
    });
  }

  #takePendingAcks(labels: string, { pendingAcks }: CursorView): void {
    if (pendingAcks === undefined) return;
    const { committed, aborted } = pendingAcks;
    if (committed + aborted === 0) return;
    this.#pendingAcks.add(`${labels},status="succeed"`, {
      pulsar_txn_tp_committed_count_total: committed,
      pulsar_txn_tp_aborted_count_total: aborted,
    });
  }

  #labelsOf(name: TopicName): string {
    const namespace = `${this.#cluster},${label('namespace', name.namespace)}`;
    if (!this.#sources.config.splitTopicAndPartitionLabelInPrometheus) {
      return `${namespace},${label('topic', name.full)}`;
    }
    return `${namespace},${label('topic', name.base)},partition="${name.partition}"`;
  }

  #takeBacklog(
    labels: string,
    name: TopicName,
    view: TopicView,
    subs: readonly Subscription[],
  ): void {
    const { broker, config, clock } = this.#sources;
    const { storageQuota, ageQuota } = broker.policies.of(name);
    const cursors = subs.map(({ sub, cursor }) => [sub.name, cursor] as const);
    const isPrecise = config.preciseTimeBasedBacklogQuotaCheck;
    this.#backlogs.add(labels, {
      pulsar_storage_backlog_quota_limit: storageQuota.limitSize,
      pulsar_storage_backlog_quota_limit_time: ageQuota.limitTime,
      pulsar_storage_backlog_age_seconds: oldestBacklog(view, cursors, isPrecise, clock.nowMs())
        .ageSeconds,
    });
    for (const [type, count] of [
      ['size', view.evictions.size],
      ['time', view.evictions.age],
    ] as const) {
      this.#evictions.add(`${labels},quota_type="${type}"`, {
        pulsar_storage_backlog_quota_exceeded_evictions_total: count,
      });
    }
  }

  #takeSubscription(
    topic: string,
    sub: SubscriptionView,
    cursor: CursorView | undefined,
    rate: TopicRates,
  ): void {
    const labels = `${topic},${label('subscription', sub.name)}`;
    const rates = rate.subscription(sub.name);
    const backlog = cursor?.backlogEntries ?? 0;
    this.#traffic.add(labels, {
      pulsar_out_messages_total: sub.out.messages,
      pulsar_out_bytes_total: sub.out.bytes,
    });
    this.#subscriptions.add(labels, {
      pulsar_subscription_back_log: backlog,
      pulsar_subscription_back_log_no_delayed: Math.max(0, backlog - sub.delayed),
      pulsar_subscription_delayed: sub.delayed,
      pulsar_subscription_msg_rate_redeliver: rates.redelivered,
      pulsar_subscription_unacked_messages: sub.unacked,
      pulsar_subscription_blocked_on_unacked_messages: Number(sub.blocked),
      pulsar_subscription_msg_rate_out: rates.out.messages,
      pulsar_subscription_msg_throughput_out: rates.out.bytes,
      pulsar_subscription_msg_ack_rate: rates.acked,
      pulsar_subscription_in_replay: sub.inReplay,
      pulsar_subscription_consumers_count: sub.consumers.length,
      pulsar_subscription_last_consumed_flow_timestamp: sub.lastFlowAtMs,
      pulsar_subscription_last_consumed_timestamp: sub.lastDeliveredAtMs,
      pulsar_subscription_last_acked_timestamp: sub.lastAckedAtMs,
      pulsar_subscription_last_mark_delete_advanced_timestamp: cursor?.lastMoveAtMs ?? 0,
      pulsar_subscription_last_expire_timestamp: cursor?.lastExpireAtMs ?? 0,
      pulsar_subscription_total_msg_expired: cursor?.expired ?? 0,
      pulsar_subscription_msg_drop_rate: rates.dropped,
    });
    if (cursor !== undefined) this.#takePendingAcks(labels, cursor);
    if (!this.#sources.config.exposeConsumerLevelMetricsInPrometheus) return;
    for (const view of sub.consumers) {
      const own = rates.consumer(view);
      const who = `${label('consumer_name', view.name)},consumer_id="${view.consumerId}"`;
      this.#consumers.add(`${labels},${who}`, {
        pulsar_consumer_msg_rate_redeliver: own.redelivered,
        pulsar_consumer_unacked_messages: view.unacked,
        pulsar_consumer_blocked_on_unacked_messages: Number(view.blocked),
        pulsar_consumer_msg_rate_out: own.out.messages,
        pulsar_consumer_msg_throughput_out: own.out.bytes,
        pulsar_consumer_msg_ack_rate: own.acked,
        pulsar_consumer_available_permits: view.permits,
      });
    }
  }

  #takeCompaction(topic: string, { compaction }: TopicView): void {
    const { totals, durationMs, readRate, writeRate, ledger } = compaction;
    if (totals.succeeded + totals.failed === 0) return;
    this.#compactions.add(topic, {
      pulsar_compaction_removed_event_count: totals.removed,
      pulsar_compaction_succeed_count: totals.succeeded,
      pulsar_compaction_failed_count: totals.failed,
      pulsar_compaction_duration_time_in_mills: durationMs,
      pulsar_compaction_read_throughput: readRate,
      pulsar_compaction_write_throughput: writeRate,
      pulsar_compaction_compacted_entries_count: ledger?.entries ?? 0,
      pulsar_compaction_compacted_entries_size: ledger?.bytes ?? 0,
    });
  }

  #takeProducers(topic: string, { producers }: TopicView, rate: TopicRates): void {
    for (const view of producers) {
      const { messages, bytes } = rate.producer(view);
      const who = `${label('producer_name', view.name)},producer_id="${view.producerId}"`;
      this.#producers.add(`${topic},${who}`, {
        pulsar_producer_msg_rate_in: messages,
        pulsar_producer_msg_throughput_in: bytes,
      });
    }
  }
}

interface Subscription {
  readonly sub: SubscriptionView;
  /** Undefined on a non-persistent topic. */
  readonly cursor: CursorView | undefined;
}

const TOPIC_NAMES = Object.keys(TOPIC_COLUMNS) as readonly (keyof TopicValues)[];

function noValues(): TopicValues {
  return Object.fromEntries(TOPIC_NAMES.map((name) => [name, 0])) as TopicValues;
}

function topicValues(
  view: TopicView,
  subs: readonly Subscription[],
  rate: TopicRates,
): TopicValues {
  let [consumers, rateOut, throughputOut, backlog, backlogBytes] = [0, 0, 0, 0, 0];
  for (const { sub, cursor } of subs) {
    const { out } = rate.subscription(sub.name);
    consumers += sub.consumers.length;
    rateOut += out.messages;
    throughputOut += out.bytes;
    backlog += cursor?.backlogEntries ?? 0;
    backlogBytes = Math.max(backlogBytes, cursor?.backlogBytes ?? 0);
  }
  const stored = view.ledgers.reduce((total, { bytes }) => total + bytes, 0);
  return {
    pulsar_subscriptions_count: view.subscriptions.length,
    pulsar_producers_count: view.producers.length,
    pulsar_consumers_count: consumers,
    pulsar_rate_in: rate.in.messages,
    pulsar_rate_out: rateOut,
    pulsar_throughput_in: rate.in.bytes,
    pulsar_throughput_out: throughputOut,
    pulsar_in_messages_total: view.in.messages,
    pulsar_in_bytes_total: view.in.bytes,
    pulsar_msg_backlog: backlog,
    pulsar_storage_size: stored,
    pulsar_storage_logical_size: stored,
    pulsar_storage_backlog_size: backlogBytes,
    pulsar_storage_write_rate: rate.entries,
  };
}
