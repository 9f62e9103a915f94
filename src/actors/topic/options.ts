/** What a topic's decisions take from the configuration. Durations in milliseconds. */
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
  /** 0: no limit. */
  readonly maxProducers: number;
  readonly maxSubscriptions: number;
}
