/** What a topic's decisions take from the configuration. Durations in milliseconds. */
import type { Recipient } from '../ports.ts';
import type { SubscriptionType } from '../subscription/commands.ts';

export interface TopicOptions {
  readonly clusterName: string;
  /** brokerDeduplicationEnabled; a namespace's policy overrides it. */
  readonly deduplication: boolean;
  /** brokerDeduplicationMaxNumberOfProducers. */
  readonly maxDeduplicationProducers: number;
  /** A ledger is full at so many entries or bytes, but not before `minRolloverMs`. */
  readonly maxEntriesPerLedger: number;
  readonly maxBytesPerLedger: number;
  readonly minRolloverMs: number;
  readonly maxRolloverMs: number;
  /** A ledger of so many bytes is full at any age: trimming follows ledgers. */
  readonly rolloverBytes: number;
  /** Consumed ledgers stay so long and up to so many bytes; both 0: not at all, -1: for ever. */
  readonly retentionMs: number;
  readonly retentionBytes: number;
  /** Limits of one topic; Infinity: none. */
  readonly maxProducers: number;
  readonly maxProducersPerAddress: number;
  readonly maxSubscriptions: number;
  readonly maxConsumers: number;
  readonly maxConsumersPerAddress: number;
  /** allowAutoSubscriptionCreation. */
  readonly autoSubscriptions: boolean;
  /** strictlyVerifySubscriptionName. */
  readonly strictSubscriptionNames: boolean;
  /** subscriptionTypesEnabled and subscriptionKeySharedEnable together. */
  readonly subscriptionTypes: readonly SubscriptionType[];
  /** A topic without producers and subscriptions is deleted after so long; undefined: never. */
  readonly inactiveMs: number | undefined;
  /** Hears which topics come and go; nobody does where it is left out. */
  readonly lists?: Recipient;
  /** Retention by time is looked at so often (retentionCheckIntervalInSeconds). */
  readonly retentionCheckMs: number;
}
