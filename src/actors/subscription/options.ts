/** What a subscription's decisions take from the configuration. 0 means no limit. */
export interface SubscriptionOptions {
  /** maxUnackedMessagesPerConsumer. */
  readonly maxUnackedPerConsumer: number;
  /** maxUnackedMessagesPerSubscription. */
  readonly maxUnackedPerSubscription: number;
  readonly maxConsumers: number;
  /** activeConsumerFailoverDelayTimeMillis. */
  readonly failoverDelayMs: number;
  /** Entries of one read (dispatcherMaxReadBatchSize). */
  readonly maxReadEntries: number;
  /** Bytes of one read (dispatcherMaxReadSizeBytes). */
  readonly maxReadBytes: number;
  /** Messages one shared consumer gets before it is the next one's turn. */
  readonly roundRobinMessages: number;
  /** subscriptionKeySharedConsistentHashingReplicaPoints. */
  readonly ringPoints: number;
  /** key_shared entries that may wait for their consumer before reading on stops. */
  readonly maxReplay: number;
  /** acknowledgmentAtBatchIndexLevelEnabled. */
  readonly batchIndexAck: boolean;
  /** Chunked messages under way whose consumer is remembered. */
  readonly maxChunkOwners: number;
}
