/** Who may call what is about a namespace; paths are below the namespace's own. */
import {
  inNamespace,
  namespacePolicy,
  type Rule,
  superUser,
  tenantAdmin,
  tenantOperation,
} from './rules.ts';

/** Read by GET and written by all else; their names as Pulsar has them where it asks. */
const POLICIES: Readonly<Record<string, string>> = {
  '': 'ALL',
  '/allowedClusters': 'ALLOW_CLUSTERS',
  '/antiAffinity': 'ANTI_AFFINITY',
  '/autoSubscriptionCreation': 'AUTO_SUBSCRIPTION_CREATION',
  '/autoTopicCreation': 'AUTO_TOPIC_CREATION',
  '/backlogQuota': 'BACKLOG',
  '/backlogQuotaMap': 'BACKLOG',
  '/compactionThreshold': 'COMPACTION',
  '/deduplication': 'DEDUPLICATION',
  '/deduplicationSnapshotInterval': 'DEDUPLICATION_SNAPSHOT',
  '/delayedDelivery': 'DELAYED_DELIVERY',
  '/dispatchRate': 'RATE',
  '/dispatcherPauseOnAckStatePersistent': 'DISPATCHER_PAUSE_ON_ACK_STATE_PERSISTENT',
  '/encryptionRequired': 'ENCRYPTION',
  '/entryFilters': 'ENTRY_FILTERS',
  '/inactiveTopicPolicies': 'INACTIVE_TOPIC',
  '/isAllowAutoUpdateSchema': 'SCHEMA_COMPATIBILITY_STRATEGY',
  '/maxConsumersPerSubscription': 'MAX_CONSUMERS',
  '/maxConsumersPerTopic': 'MAX_CONSUMERS',
  '/maxProducersPerTopic': 'MAX_PRODUCERS',
  '/maxSubscriptionsPerTopic': 'MAX_SUBSCRIPTIONS',
  '/maxTopicsPerNamespace': 'MAX_TOPICS',
  '/maxUnackedMessagesPerConsumer': 'MAX_UNACKED',
  '/maxUnackedMessagesPerSubscription': 'MAX_UNACKED',
  '/messageTTL': 'TTL',
  '/offloadDeletionLagMs': 'OFFLOAD',
  '/offloadPolicies': 'OFFLOAD',
  '/offloadThreshold': 'OFFLOAD',
  '/offloadThresholdInSeconds': 'OFFLOAD',
  '/persistence': 'PERSISTENCE',
  '/publishRate': 'RATE',
  '/removeOffloadPolicies': 'OFFLOAD',
  '/replication': 'REPLICATION',
  '/replicatorDispatchRate': 'REPLICATION_RATE',
  '/resourcegroup': 'RESOURCEGROUP',
  '/resourcegroup/*': 'RESOURCEGROUP',
  '/retention': 'RETENTION',
  '/scanOffloadedLedgers': 'OFFLOAD',
  '/schemaAutoUpdateCompatibilityStrategy': 'SCHEMA_COMPATIBILITY_STRATEGY',
  '/schemaCompatibilityStrategy': 'SCHEMA_COMPATIBILITY_STRATEGY',
  '/schemaValidationEnforced': 'SCHEMA_COMPATIBILITY_STRATEGY',
  '/subscribeRate': 'RATE',
  '/subscriptionAuthMode': 'SUBSCRIPTION_AUTH_MODE',
  '/subscriptionDispatchRate': 'RATE',
  '/subscriptionExpirationTime': 'SUBSCRIPTION_EXPIRATION_TIME',
  '/subscriptionTypesEnabled': 'SUBSCRIPTION_AUTH_MODE',
  '/*/topicHashPositions': 'PERSISTENCE',
};

export const namespaceRules: Readonly<Record<string, Rule>> = {
  ...readAndWritten(POLICIES, namespacePolicy),
  'PUT ': tenantOperation('CREATE_NAMESPACE'),
  'DELETE ': tenantOperation('DELETE_NAMESPACE'),
  'GET /topics': inNamespace('GET_TOPICS'),
  'GET /bundles': inNamespace('GET_BUNDLE'),
  'DELETE /*': inNamespace('DELETE_BUNDLE'),
  'PUT /unload': superUser,
  'PUT /*/unload': superUser,
  'PUT /*/split': superUser,
  'POST /migration': superUser,
  'POST /delayedDelivery': superUser,
  'DELETE /delayedDelivery': superUser,
  'GET /persistence/bookieAffinity': superUser,
  'POST /persistence/bookieAffinity': superUser,
  'DELETE /persistence/bookieAffinity': superUser,

  'POST /clearBacklog': inNamespace('CLEAR_BACKLOG'),
  'POST /clearBacklog/*': inNamespace('CLEAR_BACKLOG'),
  'POST /*/clearBacklog': inNamespace('CLEAR_BACKLOG'),
  'POST /*/clearBacklog/*': inNamespace('CLEAR_BACKLOG'),
  'POST /unsubscribe/*': inNamespace('UNSUBSCRIBE'),
  'POST /*/unsubscribe/*': inNamespace('UNSUBSCRIBE'),

  'GET /permissions': inNamespace('GET_PERMISSION'),
  'POST /permissions/*': inNamespace('GRANT_PERMISSION'),
  'DELETE /permissions/*': inNamespace('REVOKE_PERMISSION'),
  'GET /permissions/subscription': inNamespace('GET_PERMISSION'),
  'POST /permissions/subscription/*': inNamespace('GRANT_PERMISSION'),
  'DELETE /permissions/*/*': inNamespace('REVOKE_PERMISSION'),

  'GET /properties': tenantAdmin,
  'PUT /properties': tenantAdmin,
  'DELETE /properties': tenantAdmin,
  'GET /property/*': tenantAdmin,
  'PUT /property/*/*': tenantAdmin,
  'DELETE /property/*': tenantAdmin,
};

/** GET reads a policy, every other method writes it. */
export function readAndWritten(
  policies: Readonly<Record<string, string>>,
  rule: (policy: string, operation: 'READ' | 'WRITE') => Rule,
): Record<string, Rule> {
  const entries = Object.entries(policies).flatMap(([part, policy]) => [
    [`GET ${part}`, rule(policy, 'READ')] as const,
    ...['PUT', 'POST', 'DELETE'].map((method) => {
      return [`${method} ${part}`, rule(policy, 'WRITE')] as const;
    }),
  ]);
  return Object.fromEntries(entries);
}
