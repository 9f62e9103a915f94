/**
 * What each policy may say. Names of fields are those of Pulsar's REST documents, so that a value
 * is stored, read and answered as it came; what 0 or -1 means is Pulsar's, too.
 */
import type { AutoUpdateStrategy, Strategy } from '../../base/schema-strategies.ts';
import type { Entries } from '../change.ts';
import type { SubscriptionType } from '../subscription/commands.ts';

/** How long and how much of what is acknowledged stays; both 0: nothing, -1: no limit. */
export interface RetentionPolicy {
  readonly retentionTimeInMinutes: number;
  readonly retentionSizeInMB: number;
}

/** Kept for those who ask: there are no bookies. */
export interface PersistencePolicy {
  readonly bookkeeperEnsemble: number;
  readonly bookkeeperWriteQuorum: number;
  readonly bookkeeperAckQuorum: number;
  readonly managedLedgerMaxMarkDeleteRate: number;
}

/** Kept for those who ask, like the numbers of bookies. */
export interface BookieAffinity {
  readonly bookkeeperAffinityGroupPrimary?: string;
  readonly bookkeeperAffinityGroupSecondary?: string;
}

/** What happens once the backlog is too much. */
export type QuotaAction =
  | 'producer_request_hold'
  | 'producer_exception'
  | 'consumer_backlog_eviction';

/** `limitSize` in bytes bounds a storage quota, `limitTime` in seconds an age quota. */
export interface BacklogQuota {
  readonly limitSize: number;
  readonly limitTime: number;
  readonly policy: QuotaAction;
}

/** Milliseconds; the longest delay is unlimited at 0. */
export interface DelayedDeliveryPolicy {
  readonly tickTime: number;
  readonly active: boolean;
  readonly maxDeliveryDelayInMillis: number;
}

/** A second's messages and bytes; 0 and below set no limit. */
export interface PublishRate {
  readonly publishThrottlingRateInMsg: number;
  readonly publishThrottlingRateInByte: number;
}

/** Messages and bytes of `ratePeriodInSecond`; 0 and below set no limit. */
export interface DispatchRate {
  readonly dispatchThrottlingRateInMsg: number;
  readonly dispatchThrottlingRateInByte: number;
  readonly relativeToPublishRate: boolean;
  readonly ratePeriodInSecond: number;
}

/** Times that one consumer may subscribe in `ratePeriodInSecond`; 0 and below set no limit. */
export interface SubscribeRate {
  readonly subscribeThrottlingRatePerConsumer: number;
  readonly ratePeriodInSecond: number;
}

export interface InactiveTopicPolicy {
  readonly inactiveTopicDeleteMode?:
    | 'delete_when_no_subscriptions'
    | 'delete_when_subscriptions_caught_up';
  readonly maxInactiveDurationSeconds: number;
  readonly deleteWhileInactive: boolean;
}

export interface AutoSubscriptionCreation {
  readonly allowAutoSubscriptionCreation: boolean;
}

export interface AutoTopicCreation {
  readonly allowAutoTopicCreation: boolean;
  /** `partitioned` or `non-partitioned`; absent where none is created. */
  readonly topicType?: string;
  readonly defaultNumPartitions?: number;
}

/** `UNDEFINED` leaves it to the level above. */
export type CompatibilityStrategy = Strategy | 'UNDEFINED';

/** Every policy by its name here. Limits: 0 and below set none. */
export interface PolicyValues {
  /** 0: messages do not expire. */
  readonly messageTtlSeconds: number;
  readonly retention: RetentionPolicy;
  readonly persistence: PersistencePolicy;
  /** The two kinds of backlog quota. */
  readonly storageQuota: BacklogQuota;
  readonly ageQuota: BacklogQuota;
  readonly deduplication: boolean;
  readonly deduplicationSnapshotIntervalSeconds: number;
  readonly delayedDelivery: DelayedDeliveryPolicy;
  readonly publishRate: PublishRate;
  /** Of a topic to all its subscriptions together. */
  readonly dispatchRate: DispatchRate;
  /** Of each subscription. */
  readonly subscriptionDispatchRate: DispatchRate;
  /** Of single subscriptions, by their names: in the place of `subscriptionDispatchRate`. */
  readonly dispatchRateOf: Readonly<Record<string, DispatchRate>>;
  readonly replicatorDispatchRate: DispatchRate;
  readonly subscribeRate: SubscribeRate;
  readonly maxProducers: number;
  readonly maxConsumers: number;
  readonly maxConsumersPerSubscription: number;
  readonly maxSubscriptions: number;
  /** Topics of a namespace, partitions counted one by one. */
  readonly maxTopics: number;
  readonly maxMessageBytes: number;
  readonly maxUnackedPerConsumer: number;
  readonly maxUnackedPerSubscription: number;
  readonly compactionThresholdBytes: number;
  readonly inactiveTopics: InactiveTopicPolicy;
  /** Empty: not set. */
  readonly subscriptionTypes: readonly SubscriptionType[];
  readonly subscriptionExpirationMinutes: number;
  readonly autoSubscriptionCreation: AutoSubscriptionCreation;
  readonly autoTopicCreation: AutoTopicCreation;
  readonly encryptionRequired: boolean;
  /** Nothing to do for it: what a dispatch rests on is in the journal before. */
  readonly pausesOnAckState: boolean;
  readonly schemaCompatibility: CompatibilityStrategy;
  /** Of a namespace whose `schemaCompatibility` is `UNDEFINED`: the same by its older name. */
  readonly schemaAutoUpdateStrategy: AutoUpdateStrategy | 'UNDEFINED';
  readonly schemaValidation: boolean;
  readonly schemaAutoUpdate: boolean;
  readonly replicationClusters: readonly string[];
  readonly allowedClusters: readonly string[];
  readonly antiAffinityGroup: string;
  /** Whether names of subscriptions have to begin with the role that uses them. */
  readonly subscriptionAuthMode: 'None' | 'Prefix';
  readonly bookieAffinity: BookieAffinity;
  /** Kept for those who ask: nothing is offloaded yet. */
  readonly offloadPolicies: Readonly<Record<string, unknown>>;
  /** The group whose rates the topics share with those of its other namespaces; empty: none. */
  readonly resourceGroup: string;
  /** Of a namespace; a topic's are part of the topic. */
  readonly properties: Readonly<Record<string, string>>;
}

export type PolicyName = keyof PolicyValues;

/** Some policies, as one level of the hierarchy has them. */
export type SetPolicies = Readonly<Partial<PolicyValues>>;

/** New values of some policies, or of some entries of one; `undefined` takes one back. */
export type PolicyChange = {
  readonly [P in PolicyName]?: PolicyValues[P] | EntriesOf<P> | undefined;
};

/** Of the policies that are maps. */
type EntriesOf<P extends PolicyName> = P extends 'dispatchRateOf' | 'properties'
  ? Entries<PolicyValues[P][string]>
  : never;
