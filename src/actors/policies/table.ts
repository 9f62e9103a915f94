/**
 * Every policy: where it may be set, and what the broker's own configuration says where nobody has
 * set it. One that would be accepted and forgotten about does not belong here.
 */
import type { BrokerConfig } from '../../base/options.ts';
import type {
  BacklogQuota,
  DispatchRate,
  PolicyName,
  PolicyValues,
  PublishRate,
  SubscribeRate,
} from './values.ts';

export interface Policy<T> {
  readonly levels: readonly Level[];
  /** The value of a topic for which nobody has set one. */
  readonly broker: (config: BrokerConfig) => T;
  /** A value that is kept and shown and leaves the decision to the level above. */
  readonly isNone?: (value: T) => boolean;
}

/** Who may have an opinion besides the broker. A topic's outweighs its namespace's. */
export type Level = 'namespace' | 'topic';

const BOTH = ['namespace', 'topic'] as const;
const NAMESPACE = ['namespace'] as const;
const TOPIC = ['topic'] as const;

const GIB = 1024 ** 3;
const NO_DISPATCH_RATE: DispatchRate = {
  dispatchThrottlingRateInMsg: 0,
  dispatchThrottlingRateInByte: 0,
  relativeToPublishRate: false,
  ratePeriodInSecond: 1,
};

export const isNoDispatchRate = (rate: DispatchRate) =>
  rate.dispatchThrottlingRateInMsg <= 0 && rate.dispatchThrottlingRateInByte <= 0;
export const isNoPublishRate = (rate: PublishRate) =>
  rate.publishThrottlingRateInMsg <= 0 && rate.publishThrottlingRateInByte <= 0;
export const isNoSubscribeRate = (rate: SubscribeRate) =>
  rate.subscribeThrottlingRatePerConsumer <= 0 || rate.ratePeriodInSecond <= 0;
/**
 * Whether both say the same, wherever they come from: whoever keeps to a rate does not begin anew
 * because another policy has changed.
 */
export function isSameRate<R extends DispatchRate | PublishRate>(a: R, b: R | undefined): boolean {
  if (a === b) return true;
  if (b === undefined) return false;
  return (Object.keys({ ...a, ...b }) as (keyof R)[]).every((field) => a[field] === b[field]);
}
/** Messages and bytes a second that one option each gives. */
const perSecond = (config: BrokerConfig, messages: number, bytes: number): DispatchRate => ({
  ...NO_DISPATCH_RATE,
  relativeToPublishRate: config.dispatchThrottlingRateRelativeToPublishRate,
  dispatchThrottlingRateInMsg: messages,
  dispatchThrottlingRateInByte: bytes,
});

export const policyTable: { readonly [P in PolicyName]: Policy<PolicyValues[P]> } = {
  messageTtlSeconds: {
    levels: BOTH,
    broker: (config) => config.ttlDurationDefaultInSeconds,
  },
  retention: {
    levels: BOTH,
    broker: (config) => ({
      retentionTimeInMinutes: config.defaultRetentionTimeInMinutes,
      retentionSizeInMB: config.defaultRetentionSizeInMB,
    }),
  },
  persistence: {
    levels: BOTH,
    broker: () => ({
      bookkeeperEnsemble: 1,
      bookkeeperWriteQuorum: 1,
      bookkeeperAckQuorum: 1,
      managedLedgerMaxMarkDeleteRate: 1,
    }),
  },
  storageQuota: { levels: BOTH, broker: sizeQuota },
  ageQuota: { levels: BOTH, broker: ageQuota },
  deduplication: {
    levels: BOTH,
    broker: (config) => config.brokerDeduplicationEnabled,
  },
  // There are no snapshots to take: the last sequence ids are part of the topic's state.
  deduplicationSnapshotIntervalSeconds: { levels: BOTH, broker: () => 120 },
  delayedDelivery: {
    levels: BOTH,
    broker: (config) => ({
      tickTime: config.delayedDeliveryTickTimeMillis,
      active: config.delayedDeliveryEnabled,
      maxDeliveryDelayInMillis: config.delayedDeliveryMaxDelayInMillis,
    }),
  },
  publishRate: {
    levels: BOTH,
    broker: (config) => ({
      publishThrottlingRateInMsg: config.maxPublishRatePerTopicInMessages,
      publishThrottlingRateInByte: config.maxPublishRatePerTopicInBytes,
    }),
    isNone: isNoPublishRate,
  },
  dispatchRate: {
    levels: BOTH,
    broker: (config) =>
      perSecond(
        config,
        config.dispatchThrottlingRatePerTopicInMsg,
        config.dispatchThrottlingRatePerTopicInByte,
      ),
    isNone: isNoDispatchRate,
  },
  subscriptionDispatchRate: {
    levels: BOTH,
    broker: (config) =>
      perSecond(
        config,
        config.dispatchThrottlingRatePerSubscriptionInMsg,
        config.dispatchThrottlingRatePerSubscriptionInByte,
      ),
    isNone: isNoDispatchRate,
  },
  dispatchRateOf: { levels: TOPIC, broker: () => ({}) },
  // Nothing is replicated, so that any rate is kept to.
  replicatorDispatchRate: {
    levels: BOTH,
    broker: () => NO_DISPATCH_RATE,
    isNone: isNoDispatchRate,
  },
  subscribeRate: {
    levels: BOTH,
    broker: (config) => ({
      subscribeThrottlingRatePerConsumer: config.subscribeThrottlingRatePerConsumer,
      ratePeriodInSecond: config.subscribeRatePeriodPerConsumerInSecond,
    }),
    isNone: isNoSubscribeRate,
  },
  ...limitPolicies(),
  compactionThresholdBytes: {
    levels: BOTH,
    broker: (config) => config.brokerServiceCompactionThresholdInBytes,
  },
  inactiveTopics: {
    levels: BOTH,
    broker: (config) => ({
      inactiveTopicDeleteMode: config.brokerDeleteInactiveTopicsMode,
      maxInactiveDurationSeconds:
        config.brokerDeleteInactiveTopicsMaxInactiveDurationSeconds ??
        config.brokerDeleteInactiveTopicsFrequencySeconds,
      deleteWhileInactive: config.brokerDeleteInactiveTopicsEnabled,
    }),
  },
  subscriptionTypes: {
    levels: BOTH,
    broker: ({ subscriptionTypesEnabled, subscriptionKeySharedEnable }) =>
      subscriptionTypesEnabled.filter(
        (type) => type !== 'Key_Shared' || subscriptionKeySharedEnable,
      ),
    isNone: (types) => types.length === 0,
  },
  subscriptionExpirationMinutes: {
    levels: NAMESPACE,
    broker: (config) => config.subscriptionExpirationTimeMinutes,
  },
  autoSubscriptionCreation: {
    levels: BOTH,
    broker: (config) => ({ allowAutoSubscriptionCreation: config.allowAutoSubscriptionCreation }),
  },
  autoTopicCreation: {
    levels: NAMESPACE,
    broker: (config) => ({
      allowAutoTopicCreation: config.allowAutoTopicCreation,
      topicType: config.allowAutoTopicCreationType,
      defaultNumPartitions: config.defaultNumPartitions,
    }),
  },
  encryptionRequired: {
    levels: NAMESPACE,
    broker: (config) => config.encryptionRequireOnProducer,
    isNone: (isRequired) => !isRequired,
  },
  pausesOnAckState: { levels: BOTH, broker: () => false },
  ...schemaPolicies(),
  replicationClusters: {
    levels: BOTH,
    broker: ({ clusterName }) => [clusterName],
  },
  allowedClusters: { levels: NAMESPACE, broker: () => [] },
  antiAffinityGroup: { levels: NAMESPACE, broker: () => '' },
  subscriptionAuthMode: { levels: NAMESPACE, broker: () => 'None' },
  bookieAffinity: { levels: NAMESPACE, broker: () => ({}) },
  offloadPolicies: { levels: BOTH, broker: () => ({}) },
  resourceGroup: { levels: NAMESPACE, broker: () => '' },
  properties: { levels: NAMESPACE, broker: () => ({}) },
};

function sizeQuota(config: BrokerConfig): BacklogQuota {
  const { backlogQuotaDefaultLimitGB: gib, backlogQuotaDefaultRetentionPolicy: policy } = config;
  const limitSize = gib > 0 ? gib * GIB : config.backlogQuotaDefaultLimitBytes;
  return { limitSize, limitTime: -1, policy };
}

function ageQuota(config: BrokerConfig): BacklogQuota {
  const { backlogQuotaDefaultLimitSecond: limitTime } = config;
  return { limitSize: -1, limitTime, policy: config.backlogQuotaDefaultRetentionPolicy };
}

function limitPolicies() {
  return {
    maxProducers: {
      levels: BOTH,
      broker: (config: BrokerConfig) => config.maxProducersPerTopic,
    },
    maxConsumers: {
      levels: BOTH,
      broker: (config: BrokerConfig) => config.maxConsumersPerTopic,
    },
    maxConsumersPerSubscription: {
      levels: BOTH,
      broker: (config: BrokerConfig) => config.maxConsumersPerSubscription,
    },
    maxSubscriptions: {
      levels: BOTH,
      broker: (config: BrokerConfig) => config.maxSubscriptionsPerTopic,
    },
    maxTopics: {
      levels: NAMESPACE,
      broker: (config: BrokerConfig) => config.maxTopicsPerNamespace,
    },
    // The broker's own limit is what a frame may hold.
    maxMessageBytes: { levels: TOPIC, broker: () => 0 },
    maxUnackedPerConsumer: {
      levels: BOTH,
      broker: (config: BrokerConfig) => config.maxUnackedMessagesPerConsumer,
    },
    maxUnackedPerSubscription: {
      levels: BOTH,
      broker: (config: BrokerConfig) => config.maxUnackedMessagesPerSubscription,
    },
  };
}

function schemaPolicies() {
  return {
    schemaCompatibility: {
      levels: BOTH,
      broker: (config: BrokerConfig) => config.schemaCompatibilityStrategy,
      isNone: (strategy: string) => strategy === 'UNDEFINED',
    },
    schemaAutoUpdateStrategy: {
      levels: NAMESPACE,
      broker: () => 'UNDEFINED' as const,
    },
    schemaValidation: {
      levels: BOTH,
      broker: (config: BrokerConfig) => config.isSchemaValidationEnforced,
    },
    schemaAutoUpdate: {
      levels: NAMESPACE,
      broker: (config: BrokerConfig) => config.isAllowAutoUpdateSchemaEnabled,
    },
  };
}
