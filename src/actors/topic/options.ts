/** What a topic's decisions take from the configuration. Durations in milliseconds. */
import type { Policies } from '../policies/resolve.ts';
import type { Recipient } from '../ports.ts';

export interface TopicOptions {
  readonly clusterName: string;
  /** What may differ from topic to topic. */
  readonly policies: Policies;
  /** brokerDeduplicationMaxNumberOfProducers. */
  readonly maxDeduplicationProducers: number;
  /** brokerDeduplicationProducerInactivityTimeoutMinutes: a name unused for longer is forgotten. */
  readonly deduplicationIdleMs: number;
  /** A ledger is full at so many entries or bytes, but not before `minRolloverMs`. */
  readonly maxEntriesPerLedger: number;
  readonly maxBytesPerLedger: number;
  readonly minRolloverMs: number;
  readonly maxRolloverMs: number;
  /** A ledger of so many bytes is full at any age: trimming follows ledgers. */
  readonly rolloverBytes: number;
  /** Limits of one topic; Infinity: none. */
  readonly maxProducersPerAddress: number;
  readonly maxConsumersPerAddress: number;
  /** strictlyVerifySubscriptionName. */
  readonly strictSubscriptionNames: boolean;
  /** The publish rate is taken so often (statsUpdateFrequencyInSecs). */
  readonly statsIntervalMs: number;
  /** What only time tells is looked at so often: unused topics, ... */
  readonly inactivityCheckMs: number;
  /** ... old messages, */
  readonly expiryCheckMs: number;
  /** ... unused subscriptions, */
  readonly subscriptionCheckMs: number;
  /** ... quotas of backlogs; undefined: never (backlogQuotaCheckEnabled). */
  readonly quotaCheckMs: number | undefined;
  /** preciseTimeBasedBacklogQuotaCheck: messages are read, not only the times of ledgers. */
  readonly preciseAge: boolean;
  /** What messages are given (brokerEntryMetadataInterceptors): their number, the time. */
  readonly numbersMessages: boolean;
  readonly stampsMessages: boolean;
  /** brokerDeleteInactivePartitionedTopicMetadataEnabled. */
  readonly deletesPartitionedMetadata: boolean;
  /** Hears which topics come and go; nobody does where it is left out. */
  readonly lists?: Recipient;
  /** Does the work of a compaction; without one, topics are not compacted. */
  readonly compactor?: Recipient;
  /** Thresholds are looked at so often (brokerServiceCompactionMonitorIntervalInSeconds). */
  readonly compactionCheckMs: number;
  /** Retention by time is looked at so often (retentionCheckIntervalInSeconds). */
  readonly retentionCheckMs: number;
}
