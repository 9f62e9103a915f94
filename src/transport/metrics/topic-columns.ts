/** Names of what is measured of topics and what hangs on them. */

/** Pulsar calls all of these gauges, the totals too. */
export const TOPIC_COLUMNS = {
  pulsar_subscriptions_count: 'gauge',
  pulsar_producers_count: 'gauge',
  pulsar_consumers_count: 'gauge',
  pulsar_rate_in: 'gauge',
  pulsar_rate_out: 'gauge',
  pulsar_throughput_in: 'gauge',
  pulsar_throughput_out: 'gauge',
  pulsar_in_messages_total: 'gauge',
  pulsar_in_bytes_total: 'gauge',
  pulsar_msg_backlog: 'gauge',
  pulsar_storage_size: 'gauge',
  pulsar_storage_logical_size: 'gauge',
  pulsar_storage_backlog_size: 'gauge',
  pulsar_storage_write_rate: 'gauge',
} as const;

/** Of topics only: sums over a namespace would say nothing. */
export const BACKLOG_COLUMNS = {
  pulsar_storage_backlog_quota_limit: 'gauge',
  pulsar_storage_backlog_quota_limit_time: 'gauge',
  pulsar_storage_backlog_age_seconds: 'gauge',
} as const;

export const EVICTION_COLUMNS = {
  pulsar_storage_backlog_quota_exceeded_evictions_total: 'gauge',
} as const;

export const TRAFFIC_COLUMNS = {
  pulsar_out_messages_total: 'gauge',
  pulsar_out_bytes_total: 'gauge',
} as const;

export const SUBSCRIPTION_COLUMNS = {
  pulsar_subscription_back_log: 'gauge',
  pulsar_subscription_back_log_no_delayed: 'gauge',
  pulsar_subscription_delayed: 'gauge',
  pulsar_subscription_msg_rate_redeliver: 'gauge',
  pulsar_subscription_unacked_messages: 'gauge',
  pulsar_subscription_blocked_on_unacked_messages: 'gauge',
  pulsar_subscription_msg_rate_out: 'gauge',
  pulsar_subscription_msg_throughput_out: 'gauge',
  pulsar_subscription_msg_ack_rate: 'gauge',
  pulsar_subscription_msg_drop_rate: 'gauge',
  pulsar_subscription_in_replay: 'gauge',
  pulsar_subscription_consumers_count: 'gauge',
  pulsar_subscription_last_consumed_flow_timestamp: 'gauge',
  pulsar_subscription_last_consumed_timestamp: 'gauge',
  pulsar_subscription_last_acked_timestamp: 'gauge',
  pulsar_subscription_last_mark_delete_advanced_timestamp: 'gauge',
  pulsar_subscription_last_expire_timestamp: 'gauge',
  pulsar_subscription_total_msg_expired: 'gauge',
} as const;

export const CONSUMER_COLUMNS = {
  pulsar_consumer_msg_rate_redeliver: 'gauge',
  pulsar_consumer_unacked_messages: 'gauge',
  pulsar_consumer_blocked_on_unacked_messages: 'gauge',
  pulsar_consumer_msg_rate_out: 'gauge',
  pulsar_consumer_msg_throughput_out: 'gauge',
  pulsar_consumer_msg_ack_rate: 'gauge',
  pulsar_consumer_available_permits: 'gauge',
} as const;

export const PRODUCER_COLUMNS = {
  pulsar_producer_msg_rate_in: 'gauge',
  pulsar_producer_msg_throughput_in: 'gauge',
} as const;

/** Of topics that have been compacted since they were loaded. */
export const COMPACTION_COLUMNS = {
  pulsar_compaction_removed_event_count: 'gauge',
  pulsar_compaction_succeed_count: 'gauge',
  pulsar_compaction_failed_count: 'gauge',
  pulsar_compaction_duration_time_in_mills: 'gauge',
  pulsar_compaction_read_throughput: 'gauge',
  pulsar_compaction_write_throughput: 'gauge',
  pulsar_compaction_compacted_entries_count: 'gauge',
  pulsar_compaction_compacted_entries_size: 'gauge',
} as const;

/** Only of topics that transactions have published to. */
export const TRANSACTION_COLUMNS = {
  pulsar_txn_tb_active_total: 'gauge',
  pulsar_txn_tb_committed_total: 'gauge',
  pulsar_txn_tb_aborted_total: 'gauge',
} as const;

/** Only of subscriptions where transactions that acknowledge have ended. */
export const PENDING_ACK_COLUMNS = {
  pulsar_txn_tp_committed_count_total: 'counter',
  pulsar_txn_tp_aborted_count_total: 'counter',
} as const;

export const NAMESPACE_COLUMNS = { pulsar_topics_count: 'gauge' } as const;

export type TopicValues = Record<keyof typeof TOPIC_COLUMNS, number>;
export type TrafficValues = Record<keyof typeof TRAFFIC_COLUMNS, number>;
