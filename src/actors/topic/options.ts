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
  /** A topic without producers and subscriptions is deleted after so long; undefined: never. */
  readonly inactiveMs: number | undefined;
  /** Hears which topics come and go; nobody does where it is left out. */
  readonly lists?: Recipient;
  /** Retention by time is looked at so often (retentionCheckIntervalInSeconds). */
  readonly retentionCheckMs: number;
}
