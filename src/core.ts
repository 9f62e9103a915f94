/**
 * The core of a broker, made from a configuration: actors, runtime, the door to them, and what the
 * binary protocol is told. `main.ts` gives it a machine, the simulation a simulated one.
 */

import { brokerUnackedBehaviour, brokerUnackedLimit } from './actors/broker-unacked.ts';
import { Compactor } from './actors/compaction/compactor.ts';
import { cursorBehaviour } from './actors/cursor/behaviour.ts';
import { paceBehaviour } from './actors/dispatch-pace.ts';
import { LocalBroker } from './actors/local-broker.ts';
import {
  clusterBehaviours,
  namespaceBehaviour,
  partitionedBehaviour,
  settingsBehaviour,
  tenantBehaviour,
} from './actors/namespace/document.ts';
import { reviewBehaviour } from './actors/namespace/review.ts';
import { topicPoliciesBehaviour } from './actors/policies/document.ts';
import { configuredPolicies, Policies } from './actors/policies/resolve.ts';
import type { CompactionFormat, EntryChunk, EntryFormat } from './actors/ports.ts';
import { resourceGroupBehaviour } from './actors/resource-group/behaviour.ts';
import type { AnyBehaviour } from './actors/runtime/cell.ts';
import { Runtime } from './actors/runtime/runtime.ts';
import { shardBehaviour } from './actors/runtime/shard.ts';
import { schemaBehaviour } from './actors/schema/behaviour.ts';
import { configured } from './actors/settings.ts';
import { subscriptionBehaviour } from './actors/subscription/behaviour.ts';
import type { SubscriptionOptions } from './actors/subscription/options.ts';
import { topicBehaviour } from './actors/topic/behaviour.ts';
import { brokerTimeMs } from './actors/topic/events.ts';
import type { TopicOptions } from './actors/topic/options.ts';
import { TopicLists } from './actors/topic-lists.ts';
import { coordinatorBehaviour } from './actors/transaction/behaviour.ts';
import type { Clock } from './base/clock.ts';
import { type Limits, limitsOf } from './base/limits.ts';
import type { Log } from './base/log.ts';
import { brokerEntryInterceptors } from './base/options/delivery.ts';
import type { BrokerConfig } from './base/options.ts';
import type { Rate } from './base/pace.ts';
import type { OpenStorage } from './storage/storage.ts';
import { SPOKEN_VERSION } from './transport/admin/call.ts';
import type { AdjustableOptions, PulsarListenerOptions } from './transport/pulsar/options.ts';
import { listenersOf, urlsOf } from './transport/service-urls.ts';
import { openForCompaction } from './wire/compaction.ts';
import { type Chunk, readEntryMetadata } from './wire/metadata.ts';
import { stickyKeyHash } from './wire/sticky-key.ts';

export interface CoreParts {
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly log: Log;
  readonly openStorage: OpenStorage;
  /** What is put in the place of those that the configuration gives. */
  readonly behaviours?: (production: readonly AnyBehaviour[]) => readonly AnyBehaviour[];
}

export interface Core {
  /** Not opened yet. */
  readonly runtime: Runtime;
  readonly broker: LocalBroker;
  readonly compactor: Compactor;
}

export function makeCore(parts: CoreParts): Core {
  const { config, clock, log, openStorage } = parts;
  const lists = new TopicLists();
  const policies = new Policies(configuredPolicies(config));
  const compactor = compactorOf(parts);
  const production = behavioursOf(config, lists, policies, compactor);
  const behaviours = parts.behaviours?.(production) ?? production;
  const limits = limitsOf(config);
  const runtime = new Runtime({
    openStorage,
    behaviours,
    clock,
    log,
    format: entryFormat,
    limits: {
      maxCommandsPerStep: 10_000,
      maxStepMs: 8,
      maxSharedStepMs: 2,
      mailboxLimit: limits.maxMailboxCommands,
      maxInFlight: limits.maxJournalBatchesInFlight,
      maxBatchBytes: limits.maxJournalBatchBytes,
      maxBatchEvents: 10_000,
      maxSharedBytesInFlight: limits.maxSharedJournalBytesInFlight,
      checkpointIntervalMs: config.velamqCheckpointIntervalSeconds * 1_000,
      actorIdleMs: config.velamqActorIdleMs,
      maxIdleActors: 20_000,
    },
  });
  const broker = new LocalBroker(runtime, config, policies, lists);
  compactor.attach({
    get storage() {
      return runtime.storage;
    },
    ask: (actor, make) => broker.ask(actor, make),
  });
  return { runtime, broker, compactor };
}

const MIB = 1024 * 1024;
const MINUTE_MS = 60_000;

const [STAMPS, NUMBERS] = brokerEntryInterceptors;

const entryFormat: EntryFormat = {
  stickyKeyHash: (entry) => stickyKeyHash(entry, 0, entry.length),
  isEncrypted: (entry) => readEntryMetadata(entry, 0, entry.length).encrypted,
  publishTimeMs: (entry, stored) =>
    brokerTimeMs(stored) ?? readEntryMetadata(entry, 0, entry.length).publishTimeMs,
  chunk: (entry) => chunkOf(readEntryMetadata(entry, 0, entry.length).chunk),
};

function chunkOf(chunk: Chunk | undefined): EntryChunk | undefined {
  if (chunk === undefined) return undefined;
  return { uuid: chunk.uuid, index: chunk.chunkId, count: chunk.numChunks };
}

function compactorOf({ config, clock, log }: CoreParts): Compactor {
  const { maxMessageBytes } = limitsOf(config);
  const format: CompactionFormat = {
    open: (entry) => {
      const opened = openForCompaction(entry, maxMessageBytes);
      return { ...opened, chunk: chunkOf(opened.chunk) };
    },
  };
  const options = {
    memoryBytes: config.velamqCompactionMemoryMB * MIB,
    bytesPerSecond: config.velamqCompactionMBPerSecond * MIB,
    retainNullKey: config.topicCompactionRetainNullKey,
    maxConcurrent: config.velamqMaxConcurrentCompactions,
    maxWaiting: 10_000,
  };
  return new Compactor({ options, format, clock, log: log.of('compaction') });
}

/** What all subscriptions together may be sent. */
function brokerDispatchRate(config: BrokerConfig): Rate {
  const { dispatchThrottlingRateInMsg: messages, dispatchThrottlingRateInByte: bytes } = config;
  return { messages, bytes, periodMs: 1_000 };
}

function unackedLimitOf(config: BrokerConfig) {
  return brokerUnackedLimit(
    config.maxUnackedMessagesPerBroker,
    config.maxUnackedMessagesPerSubscriptionOnBrokerBlocked,
  );
}

/** Those that count for all of the broker. */
function limitsOfBroker(config: BrokerConfig) {
  return [
    paceBehaviour(configured(config, brokerDispatchRate)),
    brokerUnackedBehaviour(unackedLimitOf(config)),
  ];
}

/** What topics share, whatever the configuration says. */
type TopicParts = Pick<TopicOptions, 'policies' | 'lists' | 'compactor'>;

function topicOptions(config: BrokerConfig, parts: TopicParts): TopicOptions {
  const limits = limitsOf(config);
  return {
    ...parts,
    clusterName: config.clusterName,
    maxDeduplicationProducers: limits.maxDeduplicatedProducersPerTopic,
    deduplicationIdleMs: config.brokerDeduplicationProducerInactivityTimeoutMinutes * MINUTE_MS,
    maxEntriesPerLedger: config.managedLedgerMaxEntriesPerLedger,
    maxBytesPerLedger: config.managedLedgerMaxSizePerLedgerMbytes * MIB,
    minRolloverMs: config.managedLedgerMinLedgerRolloverTimeMinutes * MINUTE_MS,
    maxRolloverMs: config.managedLedgerMaxLedgerRolloverTimeMinutes * MINUTE_MS,
    rolloverBytes: limits.maxLedgerBytesAtAnyAge,
    maxProducersPerAddress: limits.maxProducersPerTopicAndAddress,
    maxConsumersPerAddress: limits.maxConsumersPerTopicAndAddress,
    statsIntervalMs: config.statsUpdateFrequencyInSecs * 1_000,
    strictSubscriptionNames: config.strictlyVerifySubscriptionName,
    inactivityCheckMs: config.brokerDeleteInactiveTopicsFrequencySeconds * 1_000,
    expiryCheckMs: config.messageExpiryCheckIntervalInMinutes * MINUTE_MS,
    subscriptionCheckMs: config.subscriptionExpiryCheckIntervalInMinutes * MINUTE_MS,
    quotaCheckMs: config.backlogQuotaCheckEnabled
      ? config.backlogQuotaCheckIntervalInSeconds * 1_000
      : undefined,
    preciseAge: config.preciseTimeBasedBacklogQuotaCheck,
    numbersMessages: config.brokerEntryMetadataInterceptors.includes(NUMBERS),
    stampsMessages: config.brokerEntryMetadataInterceptors.includes(STAMPS),
    deletesPartitionedMetadata: config.brokerDeleteInactivePartitionedTopicMetadataEnabled,
    retentionCheckMs: config.retentionCheckIntervalInSeconds * 1_000,
    compactionCheckMs: config.brokerServiceCompactionMonitorIntervalInSeconds * 1_000,
  };
}

function subscriptionOptions(config: BrokerConfig, policies: Policies): SubscriptionOptions {
  const limits = limitsOf(config);
  return {
    policies,
    failoverDelayMs: config.activeConsumerFailoverDelayTimeMillis,
    failoverByRing: config.activeConsumerFailoverConsistentHashing,
    redeliveryCounts: config.subscriptionRedeliveryTrackerEnabled,
    brokerRate: brokerDispatchRate(config),
    brokerUnacked: unackedLimitOf(config),
    throttlesAll: config.dispatchThrottlingOnNonBacklogConsumerEnabled,
    maxReadEntries: config.dispatcherMaxReadBatchSize,
    maxReadBytes: config.dispatcherMaxReadSizeBytes,
    roundRobinEntries: config.dispatcherMaxRoundRobinBatchSize,
    ringPoints: config.subscriptionKeySharedUseConsistentHashing
      ? config.subscriptionKeySharedConsistentHashingReplicaPoints
      : 0,
    maxReplay: limits.maxReplayPerSubscription,
    maxReplayPerConsumer: limits.maxReplayPerConsumer,
    batchIndexAck: config.acknowledgmentAtBatchIndexLevelEnabled,
    maxChunkOwners: 10_000,
  };
}

/** Every kind of actor, as the configuration wants it. */
function behavioursOf(
  config: BrokerConfig,
  lists: TopicLists,
  policies: Policies,
  compactor: Compactor,
): readonly AnyBehaviour[] {
  const parts = { policies, lists, compactor };
  const topic = topicBehaviour(configured(config, (now) => topicOptions(now, parts)));
  const subscription = subscriptionBehaviour(
    configured(config, (now) => subscriptionOptions(now, policies)),
  );
  // Each behaviour types its own state, commands and events; the runtime handles them all alike.
  return [
    shardBehaviour,
    ...limitsOfBroker(config),
    topic,
    subscription,
    cursorBehaviour,
    tenantBehaviour,
    settingsBehaviour,
    reviewBehaviour,
    resourceGroupBehaviour,
    partitionedBehaviour,
    topicPoliciesBehaviour,
    ...boundedBehaviours(limitsOf(config)),
  ] as unknown as readonly AnyBehaviour[];
}

/** Those of which nothing but bounds is configured. */
function boundedBehaviours(limits: Limits) {
  const schema = schemaBehaviour({
    maxVersions: limits.maxSchemaVersionsPerTopic,
    maxDefinitionBytes: limits.maxSchemaDefinitionBytes,
  });
  const coordinator = coordinatorBehaviour({
    maxTransactions: limits.maxTransactionsPerCoordinator,
    maxParticipants: limits.maxParticipantsPerTransaction,
  });
  const namespace = namespaceBehaviour({ maxGrants: limits.maxGrantsPerNamespace });
  const clusters = clusterBehaviours({ maxRules: limits.maxRulesPerCluster });
  return [schema, coordinator, namespace, ...clusters];
}

/** What the configuration says to the binary protocol. */
export function pulsarOptions(config: BrokerConfig): Partial<PulsarListenerOptions> {
  const limits = limitsOf(config);
  return {
    host: config.bindAddress,
    port: config.brokerServicePort,
    tlsPort: config.brokerServicePortTls,
    listeners: listenersOf(config),
    advertisedAddress: config.advertisedAddress,
    serverVersion: `Pulsar Server${SPOKEN_VERSION}`,
    maxMessageBytes: limits.maxMessageBytes,
    keepAliveIntervalMs: config.keepAliveIntervalSeconds * 1_000,
    handshakeTimeoutMs: config.keepAliveIntervalSeconds * 1_000,
    livenessCheckTimeoutMs: config.connectionLivenessCheckTimeoutMillis,
    maxConnections: limits.maxConnections,
    maxConnectionsPerAddress: limits.maxConnectionsPerAddress,
    maxPendingPublishes: limits.maxPendingPublishesPerConnection,
    maxConcurrentNonPersistent: config.maxConcurrentNonPersistentMessagePerConnection,
    maxPublishBufferBytes: limits.maxPublishBufferBytes,
    congestedAboveBytes: limits.writeBufferHighBytes,
    drainedAtBytes: limits.writeBufferLowBytes,
    tenancy: limits.tenancy,
    maxConsumerMetadataBytes: limits.maxConsumerMetadataBytes,
    credentialsCheckMs: config.authenticationRefreshCheckSeconds * 1_000,
    checksOriginalCredentials: config.authenticateOriginalAuthData,
    exposesBrokerEntries: config.exposingBrokerEntryMetadataToClientEnabled,
    ...adjustable(config),
  };
}

function adjustable(config: BrokerConfig): AdjustableOptions {
  return {
    publishRate: {
      messages: config.brokerPublisherThrottlingMaxMessageRate,
      bytes: config.brokerPublisherThrottlingMaxByteRate,
      periodMs: 1_000,
    },
    maxConcurrentLookups: limitsOf(config).maxConcurrentLookups,
  };
}

/**
 * From now on a listener goes by what was changed of the configuration. The broker is open; the
 * result ends it.
 */
export function followSettings(
  { settings }: LocalBroker,
  listener: { adopt(options: AdjustableOptions): void },
): () => void {
  const adopt = () => listener.adopt(adjustable(settings.config));
  adopt();
  return settings.watch(adopt);
}

/** What Pulsar's own cluster says of connections between brokers. */
const NO_TLS = {
  brokerClientTlsEnabled: false,
  tlsAllowInsecureConnection: false,
  brokerClientTlsEnabledWithKeyStore: false,
  brokerClientTlsTrustStoreType: 'JKS',
  brokerClientTlsKeyStoreType: 'JKS',
  brokerClientSslFactoryPlugin: 'org.apache.pulsar.common.util.DefaultPulsarSslFactory',
} as const;

/** What a new standalone cluster has from the start. Nothing that exists is touched. */
export async function furnish(broker: LocalBroker, config: BrokerConfig): Promise<void> {
  if (broker.cluster(config.clusterName) === undefined) await furnishCluster(broker, config);
  await broker.transactions.furnish();
}

async function furnishCluster(broker: LocalBroker, config: BrokerConfig): Promise<void> {
  const { clusterName: cluster, advertisedAddress: host } = config;
  const ports = {
    pulsar: config.brokerServicePort,
    'pulsar+ssl': config.brokerServicePortTls,
    http: config.webServicePort,
    https: config.webServicePortTls,
  };
  const urls = urlsOf(host, ports, listenersOf(config).internal);
  await broker.putCluster(
    cluster,
    {
      ...(urls.http && { serviceUrl: urls.http }),
      ...(urls.https && { serviceUrlTls: urls.https }),
      ...(urls.pulsar && { brokerServiceUrl: urls.pulsar }),
      ...(urls['pulsar+ssl'] && { brokerServiceUrlTls: urls['pulsar+ssl'] }),
      ...NO_TLS,
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
