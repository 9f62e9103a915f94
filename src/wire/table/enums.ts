/**
 * Every enum of the protocol: names to numbers, and a union type of the numbers. Enums that Pulsar
 * nests in a message have their short name here; the four whose short names clash are renamed.
 */

/** Pulsar's `Schema.Type`. */
export const SchemaType = {
  None: 0,
  String: 1,
  Json: 2,
  Protobuf: 3,
  Avro: 4,
  Bool: 5,
  Int8: 6,
  Int16: 7,
  Int32: 8,
  Int64: 9,
  Float: 10,
  Double: 11,
  Date: 12,
  Time: 13,
  Timestamp: 14,
  KeyValue: 15,
  Instant: 16,
  LocalDate: 17,
  LocalTime: 18,
  LocalDateTime: 19,
  ProtobufNative: 20,
  AutoConsume: 21,
  External: 22,
} as const;
export type SchemaType = (typeof SchemaType)[keyof typeof SchemaType];

/** Pulsar's `CompressionType`. */
export const CompressionType = {
  NONE: 0,
  LZ4: 1,
  ZLIB: 2,
  ZSTD: 3,
  SNAPPY: 4,
} as const;
export type CompressionType = (typeof CompressionType)[keyof typeof CompressionType];

/** Pulsar's `ProducerAccessMode`. */
export const ProducerAccessMode = {
  Shared: 0,
  Exclusive: 1,
  WaitForExclusive: 2,
  ExclusiveWithFencing: 3,
} as const;
export type ProducerAccessMode = (typeof ProducerAccessMode)[keyof typeof ProducerAccessMode];

/** Pulsar's `ServerError`. */
export const ServerError = {
  UnknownError: 0,
  MetadataError: 1,
  PersistenceError: 2,
  AuthenticationError: 3,
  AuthorizationError: 4,
  ConsumerBusy: 5,
  ServiceNotReady: 6,
  ProducerBlockedQuotaExceededError: 7,
  ProducerBlockedQuotaExceededException: 8,
  ChecksumError: 9,
  UnsupportedVersionError: 10,
  TopicNotFound: 11,
  SubscriptionNotFound: 12,
  ConsumerNotFound: 13,
  TooManyRequests: 14,
  TopicTerminatedError: 15,
  ProducerBusy: 16,
  InvalidTopicName: 17,
  IncompatibleSchema: 18,
  ConsumerAssignError: 19,
  TransactionCoordinatorNotFound: 20,
  InvalidTxnStatus: 21,
  NotAllowedError: 22,
  TransactionConflict: 23,
  TransactionNotFound: 24,
  ProducerFenced: 25,
} as const;
export type ServerError = (typeof ServerError)[keyof typeof ServerError];

/** Pulsar's `AuthMethod`. */
export const AuthMethod = {
  AuthMethodNone: 0,
  AuthMethodYcaV1: 1,
  AuthMethodAthens: 2,
} as const;
export type AuthMethod = (typeof AuthMethod)[keyof typeof AuthMethod];

/** Pulsar's `ProtocolVersion`. */
export const ProtocolVersion = {
  v0: 0,
  v1: 1,
  v2: 2,
  v3: 3,
  v4: 4,
  v5: 5,
  v6: 6,
  v7: 7,
  v8: 8,
  v9: 9,
  v10: 10,
  v11: 11,
  v12: 12,
  v13: 13,
  v14: 14,
  v15: 15,
  v16: 16,
  v17: 17,
  v18: 18,
  v19: 19,
  v20: 20,
  v21: 21,
} as const;
export type ProtocolVersion = (typeof ProtocolVersion)[keyof typeof ProtocolVersion];

/** Pulsar's `KeySharedMode`. */
export const KeySharedMode = {
  AUTO_SPLIT: 0,
  STICKY: 1,
} as const;
export type KeySharedMode = (typeof KeySharedMode)[keyof typeof KeySharedMode];

/** Pulsar's `CommandSubscribe.SubType`. */
export const SubType = {
  Exclusive: 0,
  Shared: 1,
  Failover: 2,
  Key_Shared: 3,
} as const;
export type SubType = (typeof SubType)[keyof typeof SubType];

/** Pulsar's `CommandSubscribe.InitialPosition`. */
export const InitialPosition = {
  Latest: 0,
  Earliest: 1,
} as const;
export type InitialPosition = (typeof InitialPosition)[keyof typeof InitialPosition];

/** Pulsar's `CommandPartitionedTopicMetadataResponse.LookupType`. */
export const PartitionedMetadataLookupType = {
  Success: 0,
  Failed: 1,
} as const;
export type PartitionedMetadataLookupType =
  (typeof PartitionedMetadataLookupType)[keyof typeof PartitionedMetadataLookupType];

/** Pulsar's `CommandLookupTopicResponse.LookupType`. */
export const LookupType = {
  Redirect: 0,
  Connect: 1,
  Failed: 2,
} as const;
export type LookupType = (typeof LookupType)[keyof typeof LookupType];

/** Pulsar's `CommandAck.AckType`. */
export const AckType = {
  Individual: 0,
  Cumulative: 1,
} as const;
export type AckType = (typeof AckType)[keyof typeof AckType];

/** Pulsar's `CommandAck.ValidationError`. */
export const ValidationError = {
  UncompressedSizeCorruption: 0,
  DecompressionError: 1,
  ChecksumMismatch: 2,
  BatchDeSerializeError: 3,
  DecryptionError: 4,
} as const;
export type ValidationError = (typeof ValidationError)[keyof typeof ValidationError];

/** Pulsar's `CommandTopicMigrated.ResourceType`. */
export const ResourceType = {
  Producer: 0,
  Consumer: 1,
} as const;
export type ResourceType = (typeof ResourceType)[keyof typeof ResourceType];

/** Pulsar's `CommandGetTopicsOfNamespace.Mode`. */
export const Mode = {
  PERSISTENT: 0,
  NON_PERSISTENT: 1,
  ALL: 2,
} as const;
export type Mode = (typeof Mode)[keyof typeof Mode];

/** Pulsar's `SegmentState`. */
export const SegmentState = {
  ACTIVE: 0,
  SEALED: 1,
} as const;
export type SegmentState = (typeof SegmentState)[keyof typeof SegmentState];

/** Pulsar's `ScalableConsumerType`. */
export const ScalableConsumerType = {
  STREAM: 0,
  CHECKPOINT: 1,
} as const;
export type ScalableConsumerType = (typeof ScalableConsumerType)[keyof typeof ScalableConsumerType];

/** Pulsar's `TxnAction`. */
export const TxnAction = {
  COMMIT: 0,
  ABORT: 1,
} as const;
export type TxnAction = (typeof TxnAction)[keyof typeof TxnAction];

/** Pulsar's `BaseCommand.Type`. */
export const CommandType = {
  CONNECT: 2,
  CONNECTED: 3,
  SUBSCRIBE: 4,
  PRODUCER: 5,
  SEND: 6,
  SEND_RECEIPT: 7,
  SEND_ERROR: 8,
  MESSAGE: 9,
  ACK: 10,
  FLOW: 11,
  UNSUBSCRIBE: 12,
  SUCCESS: 13,
  ERROR: 14,
  CLOSE_PRODUCER: 15,
  CLOSE_CONSUMER: 16,
  PRODUCER_SUCCESS: 17,
  PING: 18,
  PONG: 19,
  REDELIVER_UNACKNOWLEDGED_MESSAGES: 20,
  PARTITIONED_METADATA: 21,
  PARTITIONED_METADATA_RESPONSE: 22,
  LOOKUP: 23,
  LOOKUP_RESPONSE: 24,
  CONSUMER_STATS: 25,
  CONSUMER_STATS_RESPONSE: 26,
  REACHED_END_OF_TOPIC: 27,
  SEEK: 28,
  GET_LAST_MESSAGE_ID: 29,
  GET_LAST_MESSAGE_ID_RESPONSE: 30,
  ACTIVE_CONSUMER_CHANGE: 31,
  GET_TOPICS_OF_NAMESPACE: 32,
  GET_TOPICS_OF_NAMESPACE_RESPONSE: 33,
  GET_SCHEMA: 34,
  GET_SCHEMA_RESPONSE: 35,
  AUTH_CHALLENGE: 36,
  AUTH_RESPONSE: 37,
  ACK_RESPONSE: 38,
  GET_OR_CREATE_SCHEMA: 39,
  GET_OR_CREATE_SCHEMA_RESPONSE: 40,
  NEW_TXN: 50,
  NEW_TXN_RESPONSE: 51,
  ADD_PARTITION_TO_TXN: 52,
  ADD_PARTITION_TO_TXN_RESPONSE: 53,
  ADD_SUBSCRIPTION_TO_TXN: 54,
  ADD_SUBSCRIPTION_TO_TXN_RESPONSE: 55,
  END_TXN: 56,
  END_TXN_RESPONSE: 57,
  END_TXN_ON_PARTITION: 58,
  END_TXN_ON_PARTITION_RESPONSE: 59,
  END_TXN_ON_SUBSCRIPTION: 60,
  END_TXN_ON_SUBSCRIPTION_RESPONSE: 61,
  TC_CLIENT_CONNECT_REQUEST: 62,
  TC_CLIENT_CONNECT_RESPONSE: 63,
  WATCH_TOPIC_LIST: 64,
  WATCH_TOPIC_LIST_SUCCESS: 65,
  WATCH_TOPIC_UPDATE: 66,
  WATCH_TOPIC_LIST_CLOSE: 67,
  TOPIC_MIGRATED: 68,
  SCALABLE_TOPIC_LOOKUP: 70,
  SCALABLE_TOPIC_UPDATE: 71,
  SCALABLE_TOPIC_CLOSE: 72,
  SCALABLE_TOPIC_SUBSCRIBE: 73,
  SCALABLE_TOPIC_SUBSCRIBE_RESPONSE: 74,
  SCALABLE_TOPIC_ASSIGNMENT_UPDATE: 75,
  WATCH_SCALABLE_TOPICS: 76,
  WATCH_SCALABLE_TOPICS_UPDATE: 77,
  WATCH_SCALABLE_TOPICS_CLOSE: 78,
  WATCH_TC_ASSIGNMENTS: 79,
  WATCH_TC_ASSIGNMENTS_UPDATE: 80,
  WATCH_TC_ASSIGNMENTS_CLOSE: 81,
} as const;
export type CommandType = (typeof CommandType)[keyof typeof CommandType];
