/**
 * Every bound of the broker under one name, in bytes, milliseconds or counts. What reaches a bound
 * is refused with a Pulsar error code or waits; nothing is dropped silently. A Pulsar option whose
 * 0 or -1 means "no limit" is infinite here, so that comparing is enough.
 */
import type { BrokerConfig } from './options.ts';

/** What clients may have open at the same time; each may be infinite. */
export interface TenancyLimits {
  /** Beyond: `not-allowed`. */
  readonly connectionsPerTenant: number;
  /** Beyond: `producer-busy`, for both of these. */
  readonly producersPerTenant: number;
  readonly producersPerNamespace: number;
  /** Beyond: `consumer-busy`, for both of these. */
  readonly consumersPerTenant: number;
  readonly consumersPerNamespace: number;
}

export interface Limits {
  /** Largest message with its metadata; a client learns it when it connects. */
  readonly maxMessageBytes: number;
  /** Largest frame, without its length field: a message and 10 KiB of command. Beyond: closed. */
  readonly maxFrameBytes: number;
  /** Beyond: the new connection is closed. */
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  readonly tenancy: TenancyLimits;
  /** Messages of a connection without a receipt. Beyond: its socket is not read. */
  readonly maxPendingPublishesPerConnection: number;
  /**
   * Bytes of messages without a receipt, large frames that have begun and bodies of HTTP requests.
   * Who holds as much as is free is not read, or refused: `too-many-requests`.
   */
  readonly maxPublishBufferBytes: number;
  /** Unsent bytes of a connection at which dispatching to it stops and goes on again. */
  readonly writeBufferHighBytes: number;
  readonly writeBufferLowBytes: number;
  /** Beyond: `too-many-requests`. */
  readonly maxConcurrentLookups: number;
  readonly maxHttpBodyBytes: number;
  /** Bodies and long answers of a role; of a host, where nobody says who. Beyond: they wait. */
  readonly httpBytesPerSecond: number;
  readonly maxHttpHeaderBytes: number;
  readonly maxHttpConnections: number;
  /** Beyond: `not-allowed`, for each of these. */
  readonly maxTenants: number;
  readonly maxNamespacesPerTenant: number;
  readonly maxTopicsPerNamespace: number;
  /** Each stays in memory. Beyond: `precondition-failed`. */
  readonly maxResourceGroups: number;
  /** Roles that are granted something, by topic and subscription. Beyond: `precondition-failed`. */
  readonly maxGrantsPerNamespace: number;
  /** Failure domains, isolation policies, racks: of each. Beyond: `precondition-failed`. */
  readonly maxRulesPerCluster: number;
  readonly maxPartitionsPerTopic: number;
  /** Beyond: `producer-busy`. */
  readonly maxProducersPerTopic: number;
  readonly maxProducersPerTopicAndAddress: number;
  /** Beyond: `consumer-busy`. */
  readonly maxConsumersPerTopic: number;
  readonly maxConsumersPerTopicAndAddress: number;
  readonly maxConsumersPerSubscription: number;
  readonly maxSubscriptionsPerTopic: number;
  /** Beyond: `invalid-schema`, for both of these. */
  readonly maxSchemaVersionsPerTopic: number;
  readonly maxSchemaDefinitionBytes: number;
  /** Keys and values that a consumer describes itself with. Beyond: `metadata`. */
  readonly maxConsumerMetadataBytes: number;
  /** Messages waiting for busy keys. Beyond: reading ahead waits. */
  readonly maxReplayPerConsumer: number;
  readonly maxReplayPerSubscription: number;
  /** Producers whose last sequence number a topic remembers. Beyond: the oldest is forgotten. */
  readonly maxDeduplicatedProducersPerTopic: number;
  /** Transactions that have not ended. Beyond: `transaction-limit`, and clients hear nothing. */
  readonly maxTransactionsPerCoordinator: number;
  /** Partitions and subscriptions. Beyond: `not-allowed`. */
  readonly maxParticipantsPerTransaction: number;
  /** Commands waiting for one actor. Beyond: the sockets that feed it are not read. */
  readonly maxMailboxCommands: number;
  /** Bytes of one journal batch; a single message always fits. */
  readonly maxJournalBatchBytes: number;
  /** Batches being written. Beyond: the next step waits. */
  readonly maxJournalBatchesInFlight: number;
  /** The same by their bytes while several tenants are served; one batch always fits. */
  readonly maxSharedJournalBytesInFlight: number;
  readonly maxSegmentBytes: number;
  /** A ledger is full with so much, however young it is. */
  readonly maxLedgerBytesAtAnyAge: number;
  readonly maxCacheBytes: number;
}

const MIB = 1024 * 1024;
/** A ledger is trimmed as a whole, so what a topic has consumed goes after at most so many. */
const SEGMENTS_A_LEDGER = 4;
/** Of a topic where the configuration sets no limit: each partition is a topic of its own. */
const MAX_PARTITIONS = 100_000;
/** What a frame may hold beside its message: Pulsar's `MESSAGE_SIZE_FRAME_PADDING`. */
export const FRAME_PADDING_BYTES = 10 * 1024;

/** The bounds that a configuration sets. */
export function limitsOf(config: BrokerConfig): Limits {
  return Object.freeze({
    maxMessageBytes: config.maxMessageSize,
    maxFrameBytes: config.maxMessageSize + FRAME_PADDING_BYTES,
    maxConnections: orNone(config.brokerMaxConnections),
    maxConnectionsPerAddress: orNone(config.brokerMaxConnectionsPerIp),
    tenancy: tenancyLimits(config),
    maxPendingPublishesPerConnection: config.maxPendingPublishRequestsPerConnection,
    maxPublishBufferBytes: orNone(config.maxMessagePublishBufferSizeInMB) * MIB,
    writeBufferHighBytes: config.pulsarChannelWriteBufferHighWaterMark,
    writeBufferLowBytes: config.pulsarChannelWriteBufferLowWaterMark,
    maxConcurrentLookups: config.maxConcurrentLookupRequest,
    maxHttpBodyBytes: config.httpMaxRequestSize > 0 ? config.httpMaxRequestSize : MIB,
    httpBytesPerSecond: config.velamqHttpMBPerSecond * MIB,
    maxHttpHeaderBytes: config.httpMaxRequestHeaderSize,
    maxHttpConnections: orNone(config.maxHttpServerConnections),
    ...topicLimits(config),
    ...deliveryLimits(config),
    maxMailboxCommands: config.velamqMailboxLimit,
    maxJournalBatchBytes: config.velamqJournalBatchMaxBytes,
    maxJournalBatchesInFlight: config.velamqJournalBatchesInFlight,
    maxSharedJournalBytesInFlight: config.velamqJournalSharedBytesInFlight,
    maxSegmentBytes: config.velamqSegmentSizeMB * MIB,
    maxLedgerBytesAtAnyAge: config.velamqSegmentSizeMB * SEGMENTS_A_LEDGER * MIB,
    maxCacheBytes: config.managedLedgerCacheSizeMB * MIB,
  });
}

function tenancyLimits(config: BrokerConfig): TenancyLimits {
  return {
    connectionsPerTenant: orNone(config.velamqMaxConnectionsPerTenant),
    producersPerTenant: orNone(config.velamqMaxProducersPerTenant),
    producersPerNamespace: orNone(config.velamqMaxProducersPerNamespace),
    consumersPerTenant: orNone(config.velamqMaxConsumersPerTenant),
    consumersPerNamespace: orNone(config.velamqMaxConsumersPerNamespace),
  };
}

function topicLimits(config: BrokerConfig) {
  return {
    maxTenants: orNone(config.maxTenants),
    maxNamespacesPerTenant: orNone(config.maxNamespacesPerTenant),
    maxTopicsPerNamespace: orNone(config.maxTopicsPerNamespace),
    maxResourceGroups: config.velamqMaxResourceGroups,
    maxGrantsPerNamespace: config.velamqMaxGrantsPerNamespace,
    maxRulesPerCluster: config.velamqMaxRulesPerCluster,
    maxPartitionsPerTopic: config.maxNumPartitionsPerPartitionedTopic || MAX_PARTITIONS,
    maxProducersPerTopic: orNone(config.maxProducersPerTopic),
    maxProducersPerTopicAndAddress: orNone(config.maxSameAddressProducersPerTopic),
    maxConsumersPerTopic: orNone(config.maxConsumersPerTopic),
    maxConsumersPerTopicAndAddress: orNone(config.maxSameAddressConsumersPerTopic),
    maxConsumersPerSubscription: orNone(config.maxConsumersPerSubscription),
    maxSubscriptionsPerTopic: orNone(config.maxSubscriptionsPerTopic),
    maxSchemaVersionsPerTopic: 1_000,
    maxSchemaDefinitionBytes: MIB,
    maxTransactionsPerCoordinator: orNone(config.maxActiveTransactionsPerCoordinator),
    maxParticipantsPerTransaction: 10_000,
    maxDeduplicatedProducersPerTopic: config.brokerDeduplicationMaxNumberOfProducers,
  };
}

function deliveryLimits(config: BrokerConfig) {
  return {
    maxConsumerMetadataBytes: config.maxConsumerMetadataSize,
    maxReplayPerConsumer: orNone(config.keySharedLookAheadMsgInReplayThresholdPerConsumer),
    maxReplayPerSubscription: orNone(config.keySharedLookAheadMsgInReplayThresholdPerSubscription),
  };
}

/** A limit as Pulsar writes it, where 0 and below mean none. */
export function orNone(limit: number): number {
  return limit > 0 ? limit : Number.POSITIVE_INFINITY;
}
