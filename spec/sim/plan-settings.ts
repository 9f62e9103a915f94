/** How the broker of a world is set up: small numbers mostly, so that every bound is met. */
import type { BrokerConfig } from '../../src/base/options.ts';
import type { LmdbStorageOptions } from '../../src/storage/lmdb/open.ts';
import type { PulsarListenerOptions } from '../../src/transport/pulsar/options.ts';
import type { Draws } from '../generators/draws.ts';
import type { ClientPlan } from './plan.ts';

export function configOf(chance: Draws): Partial<BrokerConfig> {
  const highWater = Math.floor(chance.skewed(1_024, 65_536));
  return {
    brokerDeduplicationEnabled: chance.happens(0.5),
    brokerDeleteInactiveTopicsFrequencySeconds: chance.happens(0.2) ? chance.between(1, 5) : 60,
    ...agesOf(chance),
    brokerPublisherThrottlingMaxMessageRate: chance.happens(0.1) ? chance.between(20, 200) : 0,
    keepAliveIntervalSeconds: chance.between(2, 20),
    velamqCheckpointIntervalSeconds: chance.between(1, 8),
    velamqActorIdleMs: Math.floor(chance.skewed(100, 10_000)),
    velamqMailboxLimit: Math.floor(chance.skewed(16, 4_096)),
    velamqJournalBatchMaxBytes: Math.floor(chance.skewed(4_096, 1_048_576)),
    velamqJournalBatchesInFlight: chance.between(1, 4),
    managedLedgerMaxEntriesPerLedger: Math.floor(chance.skewed(3, 1_000)),
    managedLedgerMinLedgerRolloverTimeMinutes: 0,
    maxPendingPublishRequestsPerConnection: Math.floor(chance.skewed(1, 1_000)),
    maxUnackedMessagesPerConsumer: Math.floor(chance.skewed(10, 50_000)),
    maxUnackedMessagesPerSubscription: Math.floor(chance.skewed(20, 200_000)),
    pulsarChannelWriteBufferHighWaterMark: highWater,
    pulsarChannelWriteBufferLowWaterMark: Math.ceil(highWater * chance.next()),
    delayedDeliveryEnabled: chance.happens(0.9),
    delayedDeliveryTickTimeMillis: Math.floor(chance.skewed(1, 2_000)),
    dispatcherMaxReadBatchSize: Math.floor(chance.skewed(1, 100)),
    dispatcherMaxReadSizeBytes: Math.floor(chance.skewed(1, 5_242_880)),
    dispatcherMaxRoundRobinBatchSize: Math.floor(chance.skewed(1, 20)),
    subscriptionKeySharedUseConsistentHashing: chance.happens(0.6),
    subscriptionKeySharedConsistentHashingReplicaPoints: Math.floor(chance.skewed(1, 100)),
    activeConsumerFailoverDelayTimeMillis: Math.floor(chance.skewed(0, 1_000)),
    activeConsumerFailoverConsistentHashing: chance.happens(0.2),
    retentionCheckIntervalInSeconds: chance.between(1, 20),
    backlogQuotaCheckIntervalInSeconds: chance.between(1, 5),
    topicCompactionRetainNullKey: chance.happens(0.5),
    velamqCompactionMemoryMB: 1,
    velamqCompactionMBPerSecond: chance.between(1, 64),
    velamqMaxConcurrentCompactions: chance.between(1, 2),
    brokerServiceCompactionMonitorIntervalInSeconds: chance.between(1, 5),
    brokerServiceCompactionThresholdInBytes: chance.happens(0.06)
      ? Math.floor(chance.skewed(2_000, 200_000))
      : 0,
  };
}

/** Of worlds that last for minutes. */
export const LONG: Partial<BrokerConfig> = {
  subscriptionExpirationTimeMinutes: 1,
  subscriptionExpiryCheckIntervalInMinutes: 1,
  messageExpiryCheckIntervalInMinutes: 1,
};

/**
 * Now and then publishing or dispatch has a rate: such that all that these clients publish gets
 * through in the time that there is. And consumers may not subscribe as often as they like.
 */
export function ratesOf(chance: Draws, clients: readonly ClientPlan[]): Partial<BrokerConfig> {
  const subscribing = chance.happens(0.08)
    ? {
        subscribeThrottlingRatePerConsumer: chance.between(1, 3),
        subscribeRatePeriodPerConsumerInSecond: chance.between(1, 8),
      }
    : {};
  if (!chance.happens(0.14)) return subscribing;
  const producers = clients.flatMap((client) => client.producers);
  const consumers = clients.flatMap((client) => client.consumers);
  const messages = producers.reduce((sum, { entries, batch }) => sum + entries * batch, 0);
  const bytes = producers.reduce(
    (sum, { entries, batch, maxBytes }) => sum + entries * batch * (maxBytes + 100),
    0,
  );
  const all = Math.max(1, consumers.length);
  const factor = 1 + chance.skewed(0, 4);
  const rate = (sum: number) => Math.ceil(Math.max(20, (sum / GETS_THROUGH_SECONDS) * factor));
  const rates: readonly Partial<BrokerConfig>[] = [
    { maxPublishRatePerTopicInMessages: rate(messages) },
    { maxPublishRatePerTopicInBytes: rate(bytes) },
    { dispatchThrottlingRateInMsg: rate(messages * all) },
    { dispatchThrottlingRateInByte: rate(bytes * all) },
    { dispatchThrottlingRatePerTopicInMsg: rate(messages * all) },
    { dispatchThrottlingRatePerTopicInByte: rate(bytes * all) },
    { dispatchThrottlingRatePerSubscriptionInMsg: rate(messages) },
    { dispatchThrottlingRatePerSubscriptionInByte: rate(bytes) },
  ];
  const own = chance.of(rates);
  return {
    ...subscribing,
    ...own,
    dispatchThrottlingOnNonBacklogConsumerEnabled: chance.happens(0.8),
  };
}

const GETS_THROUGH_SECONDS = 40;

/** Now and then messages go by age, or backlogs have quotas. */
function agesOf(chance: Draws): Partial<BrokerConfig> {
  const ttl = chance.happens(0.12) ? { ttlDurationDefaultInSeconds: chance.between(2, 10) } : {};
  if (!chance.happens(0.12)) return ttl;
  const byAge = chance.happens(0.3);
  const limit = byAge
    ? {
        backlogQuotaDefaultLimitSecond: chance.between(3, 10),
        preciseTimeBasedBacklogQuotaCheck: chance.happens(0.5),
      }
    : { backlogQuotaDefaultLimitBytes: Math.floor(chance.skewed(2_000, 200_000)) };
  return {
    ...ttl,
    ...limit,
    backlogQuotaDefaultRetentionPolicy: chance.of([
      'producer_request_hold',
      'producer_exception',
      'consumer_backlog_eviction',
    ] as const),
  };
}

export function storageOf(chance: Draws): Partial<LmdbStorageOptions> {
  return {
    segmentBytes: Math.floor(chance.skewed(256 * 1024, 2 ** 20)),
    valueBytes: Math.floor(chance.skewed(1_024, 16 * 4_096 - 16)),
    spareSegments: chance.between(0, 3),
    cacheBytes: Math.floor(chance.skewed(0, 2 ** 20)),
    maxTransactions: chance.between(1, 2),
    readWindowBytes: Math.floor(chance.skewed(1_024, 2 ** 20)),
    readAheadBytes: Math.floor(chance.skewed(0, 2 ** 20)),
    readCacheBytes: Math.floor(chance.skewed(0, 2 ** 20)),
    maxConcurrentReads: chance.between(1, 2),
    maxOpenSegments: chance.between(1, 6),
    flushBlocks: Math.floor(chance.skewed(1, 1_000)),
    flushTopics: Math.floor(chance.skewed(1, 100)),
    flushDelayMs: Math.floor(chance.skewed(1, 100)),
    relocateBelow: chance.next() * 0.9,
    relocateAfterMs: Math.floor(chance.skewed(10, 5_000)),
    relocateBytesPerSecond: Math.floor(chance.skewed(64 * 1024, 16 * 2 ** 20)),
  };
}

export function listenerOf(chance: Draws): Partial<PulsarListenerOptions> {
  return {
    entryBlockBytes: Math.floor(chance.skewed(512, 256 * 1024)),
    maxOpenFrameBytes: Math.floor(chance.skewed(1_024, 1_048_576)),
    maxPendingRequests: Math.floor(chance.skewed(20, 10_000)),
    livenessCheckTimeoutMs: Math.floor(chance.skewed(500, 5_000)),
  };
}
