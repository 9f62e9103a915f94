/**
 * Types of bodies and answers, and their JSON schemas. A type is `int`, `num`, `bool`, `text` or
 * `any`, a list `[type]`, a map `{type}`, or the name of one of these objects. Fields may be left
 * out, or be null, and there may be others.
 */
import type { JsonObject } from './body.ts';

const OBJECTS = `
Refusal reason:text
Cluster serviceUrl:text serviceUrlTls:text brokerServiceUrl:text brokerServiceUrlTls:text
  proxyServiceUrl:text authenticationPlugin:text peerClusterNames:[text] listenerName:text
Tenant adminRoles:[text] allowedClusters:[text]
Bundles numBundles:int boundaries:[text]
Leader serviceUrl:text brokerId:text
Policies replication_clusters:[text] bundles:Bundles auth_policies:any backlog_quota_map:{Quota}
  message_ttl_in_seconds:int retention_policies:Retention deduplicationEnabled:bool
  encryption_required:bool schema_compatibility_strategy:text properties:{text}
Quota limitSize:int limitTime:int policy:text
Retention retentionTimeInMinutes:int retentionSizeInMB:int
Persistence bookkeeperEnsemble:int bookkeeperWriteQuorum:int bookkeeperAckQuorum:int
  managedLedgerMaxMarkDeleteRate:num managedLedgerStorageClassName:text
BookieAffinity bookkeeperAffinityGroupPrimary:text bookkeeperAffinityGroupSecondary:text
DelayedDelivery tickTime:int active:bool maxDeliveryDelayInMillis:int
DispatchRate dispatchThrottlingRateInMsg:int dispatchThrottlingRateInByte:int
  relativeToPublishRate:bool ratePeriodInSecond:int
PublishRate publishThrottlingRateInMsg:int publishThrottlingRateInByte:int
SubscribeRate subscribeThrottlingRatePerConsumer:int ratePeriodInSecond:int
InactiveTopics inactiveTopicDeleteMode:text maxInactiveDurationSeconds:int
  deleteWhileInactive:bool
AutoTopics allowAutoTopicCreation:bool topicType:text defaultNumPartitions:int
AutoSubscriptions allowAutoSubscriptionCreation:bool
Filters entryFilterNames:text
Offload managedLedgerOffloadDriver:text managedLedgerOffloadThresholdInBytes:int
  managedLedgerOffloadThresholdInSeconds:int managedLedgerOffloadDeletionLagInMillis:int
TopicGrant topic:text role:text actions:[text]
Position ledgerId:int entryId:int partitionIndex:int batchIndex:int
Reset ledgerId:int entryId:int partitionIndex:int batchIndex:int isExcluded:bool
NewSubscription ledgerId:int entryId:int partitionIndex:int properties:{text}
Partitioned partitions:int deleted:bool properties:{text}
Rack rack:text hostname:text
FailureDomain brokers:[text]
Isolation namespaces:[text] primary:[text] secondary:[text] auto_failover_policy:any
  unload_scope:text
Compaction status:text lastError:text
Offloading status:text lastError:text firstUnoffloadedMessage:Position
TopicStats msgRateIn:num msgThroughputIn:num msgRateOut:num msgThroughputOut:num msgInCounter:int
  bytesInCounter:int msgOutCounter:int bytesOutCounter:int averageMsgSize:num storageSize:int
  backlogSize:int publishers:[any] subscriptions:{any} replication:{any} partitions:{any}
InternalStats entriesAddedCounter:int numberOfEntries:int totalSize:int state:text
  lastConfirmedEntry:text ledgers:[any] cursors:{any} partitions:{any}
InternalInfo version:int creationDate:text ledgers:[any] cursors:{any} partitions:{any}
BacklogAnalysis entries:int messages:int filterRejectedEntries:int aborted:bool
Lookup brokerUrl:text brokerUrlTls:text httpUrl:text httpUrlTls:text nativeUrl:text
Schema type:text schema:text properties:{text}
StoredSchema version:int type:text timestamp:int data:text properties:{text}
StoredSchemas getSchemaResponses:[StoredSchema]
SchemaMetadata info:any index:[any]
Compatibility compatibility:bool schemaCompatibilityStrategy:text
Version version:int
StoredVersion version:Version
ResourceGroup publishRateInMsgs:int publishRateInBytes:int dispatchRateInMsgs:int
  dispatchRateInBytes:int
ResourceQuota msgRateIn:num msgRateOut:num bandwidthIn:num bandwidthOut:num memory:num
  dynamic:bool
`;

const SCALARS: Readonly<Record<string, JsonObject>> = {
  int: { type: 'integer' },
  num: { type: 'number' },
  bool: { type: 'boolean' },
  text: { type: 'string' },
  any: {},
};

/** By name, as they stand below `components`. */
export function objectSchemas(): JsonObject {
  const lines = OBJECTS.trim()
    .replaceAll(/\n {2}/g, ' ')
    .split('\n');
  const objects = lines.map((line) => {
    const [name = '', ...fields] = line.split(' ');
    const properties = fields.map((field) => {
      const [key = '', type = ''] = field.split(':');
      return [key, type === 'any' ? {} : { anyOf: [schemaOf(type), { type: 'null' }] }];
    });
    return [name, { type: 'object', properties: Object.fromEntries(properties) }];
  });
  return Object.fromEntries(objects);
}

export function schemaOf(type: string): JsonObject {
  const inner = () => schemaOf(type.slice(1, -1));
  if (type.startsWith('[')) return { type: 'array', items: inner() };
  if (type.startsWith('{')) return { type: 'object', additionalProperties: inner() };
  return SCALARS[type] ?? { $ref: `#/components/schemas/${type}` };
}
