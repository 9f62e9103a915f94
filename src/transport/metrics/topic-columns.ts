/**
 * What is measured of topics and what hangs on them, under Pulsar's names and of the types that it
 * gives them: it calls the totals gauges, too.
 */
import type {
  ConsumerGauges,
  CursorGauges,
  LoadedSubscription,
  LoadedTopic,
  ProducerGauges,
} from '../../actors/gauges.ts';
import type { CompactionView } from '../../actors/views.ts';
import type { OldestBacklog } from './backlog-age.ts';
import type { ConsumerRates, ProducerRates, SubscriptionRates, TopicRates } from './meters.ts';
import { gaugeBy, gauges, type Metric } from './metric.ts';

export interface TopicFacts extends LoadedTopic {
  readonly rates: TopicRates;
  readonly sums: SubscriptionSums;
  readonly oldest: OldestBacklog;
}

/** Over the subscriptions of a topic. */
export interface SubscriptionSums {
  readonly consumers: number;
  readonly messageRate: number;
  readonly byteRate: number;
  readonly entryRate: number;
  readonly messages: number;
  readonly bytes: number;
  readonly backlog: number;
  readonly backlogBytes: number;
}

export interface SubscriptionFacts extends LoadedSubscription {
  readonly rates: SubscriptionRates;
}

export interface ConsumerFacts {
  readonly consumer: ConsumerGauges;
  readonly rates: ConsumerRates;
}

export interface ProducerFacts {
  readonly producer: ProducerGauges;
  readonly rates: ProducerRates;
}

/** Of topics or, where these are not wanted, summed up for namespaces. */
export const SUMMED_METRICS = gauges<TopicFacts>({
  pulsar_subscriptions_count: ({ subscriptions }) => subscriptions.length,
  pulsar_producers_count: ({ topic }) => topic.producers.size,
  pulsar_consumers_count: ({ sums }) => sums.consumers,
  pulsar_rate_in: ({ rates }) => rates.in.messages,
  pulsar_rate_out: ({ sums }) => sums.messageRate,
  pulsar_throughput_in: ({ rates }) => rates.in.bytes,
  pulsar_throughput_out: ({ sums }) => sums.byteRate,
  pulsar_in_messages_total: ({ topic }) => topic.messagesIn,
  pulsar_in_bytes_total: ({ topic }) => topic.bytesIn,
  pulsar_msg_backlog: ({ sums }) => sums.backlog,
  pulsar_storage_size: ({ topic }) => topic.storedBytes,
  pulsar_storage_logical_size: ({ topic }) => topic.storedBytes,
  pulsar_storage_offloaded_size: () => 0,
  pulsar_storage_backlog_size: ({ sums }) => sums.backlogBytes,
  pulsar_storage_write_rate: ({ rates }) => rates.entries,
  pulsar_storage_read_rate: ({ sums }) => sums.entryRate,
});

/** Sums over a namespace would say nothing. */
export const TOPIC_METRICS = [
  ...gauges<TopicFacts>({
    pulsar_average_msg_size: ({ rates: { in: flow } }) =>
      flow.messages === 0 ? 0 : flow.bytes / flow.messages,
    pulsar_publish_rate_limit_times: ({ topic }) => topic.publishThrottledTimes,
    pulsar_storage_backlog_quota_limit: ({ policies }) => policies.storageQuota.limitSize,
    pulsar_storage_backlog_quota_limit_time: ({ policies }) => policies.ageQuota.limitTime,
    pulsar_storage_backlog_age_seconds: ({ oldest }) => oldest.ageSeconds,
  }),
  gaugeBy<TopicFacts>('pulsar_storage_backlog_quota_exceeded_evictions_total', 'quota_type', {
    size: ({ topic }) => topic.evictions.size,
    time: ({ topic }) => topic.evictions.age,
  }),
];

/** Of subscriptions, and where topics are not wanted of namespaces. */
export const TRAFFIC_METRICS = gauges<SubscriptionFacts>({
  pulsar_out_messages_total: ({ subscription }) => subscription.messagesOut,
  pulsar_out_bytes_total: ({ subscription }) => subscription.bytesOut,
});

export const SUBSCRIPTION_METRICS = gauges<SubscriptionFacts>({
  pulsar_subscription_back_log: ({ cursor }) => cursor?.backlogEntries ?? 0,
  pulsar_subscription_back_log_no_delayed: ({ cursor, delayed }) =>
    Math.max(0, (cursor?.backlogEntries ?? 0) - delayed),
  pulsar_subscription_delayed: ({ delayed }) => delayed,
  pulsar_subscription_msg_rate_redeliver: ({ rates }) => rates.redelivered,
  pulsar_subscription_unacked_messages: ({ subscription }) => subscription.unacked,
  pulsar_subscription_blocked_on_unacked_messages: ({ subscription }) =>
    Number(subscription.blocked),
  pulsar_subscription_msg_rate_out: ({ rates }) => rates.out.messages,
  pulsar_subscription_msg_throughput_out: ({ rates }) => rates.out.bytes,
  pulsar_subscription_msg_ack_rate: ({ rates }) => rates.acked,
  pulsar_subscription_msg_rate_expired: ({ rates }) => rates.expired,
  pulsar_subscription_msg_drop_rate: ({ rates }) => rates.dropped,
  pulsar_subscription_in_replay: ({ subscription }) => subscription.inReplay,
  pulsar_subscription_consumers_count: ({ subscription }) => subscription.consumers.size,
  pulsar_subscription_last_consumed_flow_timestamp: ({ subscription }) => subscription.lastFlowAtMs,
  pulsar_subscription_last_consumed_timestamp: ({ subscription }) => subscription.lastDeliveredAtMs,
  pulsar_subscription_last_acked_timestamp: ({ subscription }) => subscription.lastAckedAtMs,
  pulsar_subscription_last_mark_delete_advanced_timestamp: ({ cursor }) =>
    cursor?.lastMoveAtMs ?? 0,
  pulsar_subscription_last_expire_timestamp: ({ cursor }) => cursor?.lastExpireAtMs ?? 0,
  pulsar_subscription_total_msg_expired: ({ cursor }) => cursor?.expired ?? 0,
});

/** Only of subscriptions that a dispatch rate has held back, by whose rate it was. */
export const THROTTLING_METRICS = [
  gaugeBy<SubscriptionFacts>('pulsar_subscription_dispatch_throttled_msg_events', 'reason', {
    subscription: ({ subscription: { throttled } }) => throttled?.subscription.messages ?? 0,
    topic: ({ subscription: { throttled } }) => throttled?.topic.messages ?? 0,
    broker: ({ subscription: { throttled } }) => throttled?.broker.messages ?? 0,
  }),
  gaugeBy<SubscriptionFacts>('pulsar_subscription_dispatch_throttled_bytes_events', 'reason', {
    subscription: ({ subscription: { throttled } }) => throttled?.subscription.bytes ?? 0,
    topic: ({ subscription: { throttled } }) => throttled?.topic.bytes ?? 0,
    broker: ({ subscription: { throttled } }) => throttled?.broker.bytes ?? 0,
  }),
];

export const CONSUMER_METRICS = gauges<ConsumerFacts>({
  pulsar_out_messages_total: ({ consumer }) => consumer.messagesOut,
  pulsar_out_bytes_total: ({ consumer }) => consumer.bytesOut,
  pulsar_consumer_msg_rate_redeliver: ({ rates }) => rates.redelivered,
  pulsar_consumer_unacked_messages: ({ consumer }) => consumer.unacked,
  pulsar_consumer_blocked_on_unacked_messages: ({ consumer }) => Number(consumer.blocked),
  pulsar_consumer_msg_rate_out: ({ rates }) => rates.out.messages,
  pulsar_consumer_msg_throughput_out: ({ rates }) => rates.out.bytes,
  pulsar_consumer_msg_ack_rate: ({ rates }) => rates.acked,
  pulsar_consumer_available_permits: ({ consumer }) => consumer.permits,
});

export const PRODUCER_METRICS = gauges<ProducerFacts>({
  pulsar_producer_msg_rate_in: ({ rates }) => rates.messages,
  pulsar_producer_msg_throughput_in: ({ rates }) => rates.bytes,
  // The capital letter is Pulsar's.
  pulsar_producer_msg_average_Size: ({ rates }) =>
    rates.messages === 0 ? 0 : rates.bytes / rates.messages,
});

/** Of topics that have been compacted since they were loaded. */
export const COMPACTION_METRICS = gauges<CompactionView>({
  pulsar_compaction_removed_event_count: ({ totals }) => totals.removed,
  pulsar_compaction_succeed_count: ({ totals }) => totals.succeeded,
  pulsar_compaction_failed_count: ({ totals }) => totals.failed,
  pulsar_compaction_duration_time_in_mills: ({ durationMs }) => durationMs,
  pulsar_compaction_read_throughput: ({ readRate }) => readRate,
  pulsar_compaction_write_throughput: ({ writeRate }) => writeRate,
  pulsar_compaction_compacted_entries_count: ({ ledger }) => ledger?.entries ?? 0,
  pulsar_compaction_compacted_entries_size: ({ ledger }) => ledger?.bytes ?? 0,
});

/** Only of topics that transactions have published to. */
export const TRANSACTION_METRICS = gauges<TopicFacts>({
  pulsar_txn_tb_active_total: ({ topic }) => topic.transactions.ongoing,
  pulsar_txn_tb_committed_total: ({ topic }) => topic.transactions.committed,
  pulsar_txn_tb_aborted_total: ({ topic }) => topic.transactions.aborted,
});

/** Only of subscriptions where transactions that acknowledge have ended. */
export const PENDING_ACK_METRICS: readonly Metric<CursorGauges>[] = [
  endedBy('pulsar_txn_tp_committed_count_total', ({ pendingAcks }) => pendingAcks?.committed ?? 0),
  endedBy('pulsar_txn_tp_aborted_count_total', ({ pendingAcks }) => pendingAcks?.aborted ?? 0),
];

function endedBy(name: string, read: (facts: CursorGauges) => number): Metric<CursorGauges> {
  return { name, type: 'counter', samples: [{ suffix: '', labels: ',status="succeed"', read }] };
}
