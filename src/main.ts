/** The composition root: the one file that joins storage, actors and transports into a broker. */

import { cursorBehaviour } from './actors/cursor/behaviour.ts';
import { LocalBroker } from './actors/local-broker.ts';
import {
  clusterBehaviour,
  namespaceBehaviour,
  partitionedBehaviour,
  tenantBehaviour,
} from './actors/namespace/document.ts';
import type { EntryFormat } from './actors/ports.ts';
import type { AnyBehaviour } from './actors/runtime/cell.ts';
import { Runtime } from './actors/runtime/runtime.ts';
import { shardBehaviour } from './actors/runtime/shard.ts';
import { subscriptionBehaviour } from './actors/subscription/behaviour.ts';
import { topicBehaviour } from './actors/topic/behaviour.ts';
import { systemClock } from './base/clock.ts';
import { limitsOf } from './base/limits.ts';
import type { Log } from './base/log.ts';
import type { BrokerConfig } from './base/options.ts';
import { openLmdbStorage } from './storage/lmdb/open.ts';
import { SPOKEN_VERSION } from './transport/admin/call.ts';
import { startAdmin } from './transport/admin/server.ts';
import { listenPulsar, type PulsarListener } from './transport/pulsar/listener.ts';
import type { PulsarListenerOptions } from './transport/pulsar/options.ts';
import { readEntryMetadata } from './wire/metadata.ts';
import { stickyKeyHash } from './wire/sticky-key.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface RunningBroker {
  readonly brokerAddress: Address;
  readonly httpAddress: Address;
  /** Stops taking in, waits for what is under way, closes connections and storage. */
  close(): Promise<void>;
}

const MIB = 1024 * 1024;
const MINUTE_MS = 60_000;

/**
 * Starts a broker on a data folder. Rejects with `data-folder-in-use`, `data-folder-version`,
 * `storage-corrupt`, `storage-missing`, `address-in-use`.
 */
export async function startBroker(config: BrokerConfig, log: Log): Promise<RunningBroker> {
  const clock = systemClock;
  const limits = limitsOf(config);
  const runtime = new Runtime({
    openStorage: () =>
      openLmdbStorage({
        dir: config.velamqDataDir,
        segmentBytes: limits.maxSegmentBytes,
        cacheBytes: limits.maxCacheBytes,
        flushJournalBytes: config.velamqCheckpointJournalMB * MIB,
        relocateBytesPerSecond: config.velamqRelocationMBPerSecond * MIB,
      }),
    behaviours: behavioursOf(config),
    clock,
    log,
    format: entryFormat,
    limits: {
      maxCommandsPerStep: 10_000,
      mailboxLimit: limits.maxMailboxCommands,
      maxInFlight: limits.maxJournalBatchesInFlight,
      maxBatchBytes: limits.maxJournalBatchBytes,
      maxBatchEvents: 10_000,
      checkpointIntervalMs: config.velamqCheckpointIntervalSeconds * 1_000,
      actorIdleMs: config.velamqActorIdleMs,
      maxIdleActors: 20_000,
    },
  });
  await runtime.open();
  const broker = new LocalBroker(runtime, {
    allowAutoTopicCreation: config.allowAutoTopicCreation,
    autoTopicType: config.allowAutoTopicCreationType,
    defaultPartitions: config.defaultNumPartitions,
    maxPartitions: limits.maxPartitionsPerTopic,
  });
  await furnish(broker, config);
  const listener = await listenPulsar({ broker, clock, log, options: listenerOptions(config) });
  const admin = await startAdmin({
    broker,
    options: config,
    clock,
    log,
    storageStats: () => runtime.storage.stats(),
    connections: () => connectionCounts(listener),
    brokerPort: listener.port,
    host: config.bindAddress,
    port: config.webServicePort,
  });
  return {
    brokerAddress: { host: listener.host, port: listener.port },
    httpAddress: admin.address,
    async close() {
      // Storage first: a consumer that hangs up because the broker ends has not left it.
      listener.hold();
      await runtime.close();
      await Promise.all([listener.close(), admin.close()]);
    },
  };
}

const entryFormat: EntryFormat = {
  stickyKeyHash: (entry) => stickyKeyHash(entry, 0, entry.length),
  publishTimeMs: (entry) => readEntryMetadata(entry, 0, entry.length).publishTimeMs,
  chunk: (entry) => {
    const { chunk } = readEntryMetadata(entry, 0, entry.length);
    if (chunk === undefined) return undefined;
    return { uuid: chunk.uuid, index: chunk.chunkId, count: chunk.numChunks };
  },
};

function behavioursOf(config: BrokerConfig): readonly AnyBehaviour[] {
  const limits = limitsOf(config);
  const topic = topicBehaviour({
    clusterName: config.clusterName,
    deduplication: config.brokerDeduplicationEnabled,
    maxDeduplicationProducers: limits.maxDeduplicatedProducersPerTopic,
    maxEntriesPerLedger: config.managedLedgerMaxEntriesPerLedger,
    maxBytesPerLedger: config.managedLedgerMaxSizePerLedgerMbytes * MIB,
    minRolloverMs: config.managedLedgerMinLedgerRolloverTimeMinutes * MINUTE_MS,
    maxRolloverMs: config.managedLedgerMaxLedgerRolloverTimeMinutes * MINUTE_MS,
    rolloverBytes: limits.maxSegmentBytes,
    retentionMs: orForever(config.defaultRetentionTimeInMinutes, MINUTE_MS),
    retentionBytes: orForever(config.defaultRetentionSizeInMB, MIB),
    maxProducers: limits.maxProducersPerTopic,
    maxProducersPerAddress: limits.maxProducersPerTopicAndAddress,
    maxSubscriptions: limits.maxSubscriptionsPerTopic,
    maxConsumers: limits.maxConsumersPerTopic,
    maxConsumersPerAddress: limits.maxConsumersPerTopicAndAddress,
    autoSubscriptions: config.allowAutoSubscriptionCreation,
    strictSubscriptionNames: config.strictlyVerifySubscriptionName,
    subscriptionTypes: config.subscriptionTypesEnabled.filter(
      (type) => type !== 'Key_Shared' || config.subscriptionKeySharedEnable,
    ),
    inactiveMs: inactiveMs(config),
    retentionCheckMs: config.retentionCheckIntervalInSeconds * 1_000,
  });
  const subscription = subscriptionBehaviour({
    maxUnackedPerConsumer: limits.maxUnackedPerConsumer,
    maxUnackedPerSubscription: limits.maxUnackedPerSubscription,
    maxConsumers: limits.maxConsumersPerSubscription,
    failoverDelayMs: config.activeConsumerFailoverDelayTimeMillis,
    failoverByRing: config.activeConsumerFailoverConsistentHashing,
    redeliveryCounts: config.subscriptionRedeliveryTrackerEnabled,
    maxReadEntries: config.dispatcherMaxReadBatchSize,
    maxReadBytes: config.dispatcherMaxReadSizeBytes,
    roundRobinMessages: config.dispatcherMaxRoundRobinBatchSize,
    ringPoints: config.subscriptionKeySharedUseConsistentHashing
      ? config.subscriptionKeySharedConsistentHashingReplicaPoints
      : 0,
    maxReplay: limits.maxReplayPerSubscription,
    maxReplayPerConsumer: limits.maxReplayPerConsumer,
    batchIndexAck: config.acknowledgmentAtBatchIndexLevelEnabled,
    maxChunkOwners: 10_000,
  });
  // Each behaviour types its own state, commands and events; the runtime handles them all alike.
  return [
    shardBehaviour,
    topic,
    subscription,
    cursorBehaviour,
    clusterBehaviour,
    tenantBehaviour,
    namespaceBehaviour,
    partitionedBehaviour,
  ] as unknown as readonly AnyBehaviour[];
}

/** Undefined: inactive topics stay. */
function inactiveMs(config: BrokerConfig): number | undefined {
  if (!config.brokerDeleteInactiveTopicsEnabled) return undefined;
  const seconds =
    config.brokerDeleteInactiveTopicsMaxInactiveDurationSeconds ??
    config.brokerDeleteInactiveTopicsFrequencySeconds;
  return seconds * 1_000;
}

/** -1 keeps for ever. */
function orForever(value: number, unit: number): number {
  return value < 0 ? -1 : value * unit;
}

function listenerOptions(config: BrokerConfig): Partial<PulsarListenerOptions> {
  const limits = limitsOf(config);
  return {
    host: config.bindAddress,
    port: config.brokerServicePort,
    advertisedAddress: config.advertisedAddress,
    serverVersion: `Pulsar Server${SPOKEN_VERSION}`,
    maxMessageBytes: limits.maxMessageBytes,
    keepAliveIntervalMs: config.keepAliveIntervalSeconds * 1_000,
    handshakeTimeoutMs: config.keepAliveIntervalSeconds * 1_000,
    livenessCheckTimeoutMs: config.connectionLivenessCheckTimeoutMillis,
    maxConnections: limits.maxConnections,
    maxConnectionsPerAddress: limits.maxConnectionsPerAddress,
    maxPendingPublishes: limits.maxPendingPublishesPerConnection,
    maxPublishBufferBytes: limits.maxPublishBufferBytes,
    congestedAboveBytes: limits.writeBufferHighBytes,
    drainedAtBytes: limits.writeBufferLowBytes,
    maxConcurrentLookups: limits.maxConcurrentLookups,
    maxConsumerMetadataBytes: limits.maxConsumerMetadataBytes,
  };
}

/** What a new standalone cluster has from the start. Nothing that exists is touched. */
async function furnish(broker: LocalBroker, config: BrokerConfig): Promise<void> {
  const cluster = config.clusterName;
  if (broker.cluster(cluster) !== undefined) return;
  await broker.putCluster(
    cluster,
    {
      serviceUrl: `http://${config.advertisedAddress}:${config.webServicePort}`,
      brokerServiceUrl: `pulsar://${config.advertisedAddress}:${config.brokerServicePort}`,
    },
    'create',
  );
  const bundles = config.defaultNumberOfNamespaceBundles;
  for (const [tenant, namespace] of [
    ['pulsar', 'system'],
    ['public', 'default'],
  ] as const) {
    await broker.putTenant(tenant, { adminRoles: [], allowedClusters: [cluster] }, 'create');
    await broker.createNamespace(`${tenant}/${namespace}`, {
      replicationClusters: [cluster],
      bundles,
    });
  }
}

function connectionCounts(listener: PulsarListener) {
  const active = listener.connections();
  return { active, created: active, closed: 0, failed: 0 };
}
