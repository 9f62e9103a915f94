/** What a subscription's decisions take from the configuration. Infinity means no limit. */
import type { Rate } from '../../base/pace.ts';
import type { BrokerUnackedLimit } from '../broker-unacked.ts';
import type { Policies } from '../policies/resolve.ts';

export interface SubscriptionOptions {
  /** What may differ from topic to topic. */
  readonly policies: Policies;
  /** activeConsumerFailoverDelayTimeMillis. */
  readonly failoverDelayMs: number;
  /** activeConsumerFailoverConsistentHashing: partitions too choose by the ring of names. */
  readonly failoverByRing: boolean;
  /** subscriptionRedeliveryTrackerEnabled. */
  readonly redeliveryCounts: boolean;
  /** What all subscriptions together may be sent (dispatchThrottlingRateInMsg, ...InByte). */
  readonly brokerRate: Rate;
  /** What all subscriptions together may hold unacknowledged; undefined: no limit. */
  readonly brokerUnacked: BrokerUnackedLimit | undefined;
  /** dispatchThrottlingOnNonBacklogConsumerEnabled: rates count for those who keep up, too. */
  readonly throttlesAll: boolean;
  /** Entries of one read (dispatcherMaxReadBatchSize). */
  readonly maxReadEntries: number;
  /** Bytes of one read (dispatcherMaxReadSizeBytes). */
  readonly maxReadBytes: number;
  /**
   * Entries that one shared consumer gets before it is the next one's turn
   * (dispatcherMaxRoundRobinBatchSize).
   */
  readonly roundRobinEntries: number;
  /** subscriptionKeySharedConsistentHashingReplicaPoints; 0 halves ranges instead of a ring. */
  readonly ringPoints: number;
  /** Entries that may wait for their consumers before reading on stops. */
  readonly maxReplay: number;
  readonly maxReplayPerConsumer: number;
  /** acknowledgmentAtBatchIndexLevelEnabled. */
  readonly batchIndexAck: boolean;
  /** Chunked messages under way whose consumer is remembered. */
  readonly maxChunkOwners: number;
}
