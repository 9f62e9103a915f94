/**
 * Endpoints that Pulsar has and this broker does not have yet. They answer 501, so that whoever
 * meets one knows that the path was right; any other unknown path answers 404.
 */

/** Whether Pulsar 4.2 serves this path (without its query). */
export function isKnownToPulsar(path: string): boolean {
  if (AREAS.test(path)) return true;
  const namespaced = /^\/admin\/v2\/namespaces\/[^/]+\/[^/]+\/([^/]+)/.exec(path);
  if (namespaced !== null) {
    const [, first = ''] = namespaced;
    return NAMESPACE_PARTS.has(first) || /^0x[0-9a-f]{8}_0x[0-9a-f]{8}$/i.test(first);
  }
  const topical = /^\/admin\/v2\/(?:non-)?persistent\/(?:[^/]+\/){3}([^/]+)/.exec(path);
  return topical !== null && TOPIC_PARTS.has(topical[1] ?? '');
}

/** Whole areas of the interface. */
const AREAS = new RegExp(
  `^/(?:${[
    'admin/v2/(?:bookies|broker-stats|proxy-stats|resource-quotas|resourcegroups|scalable)',
    'admin/v2/(?:schemas/[^/]+/[^/]+/[^/]+/metadata)',
    'admin/v2/(?:worker|worker-stats|functions)',
    'admin/v2/brokers/(?:shutdown|[^/]+/[^/]+/ownedNamespaces)',
    'admin/v2/clusters/[^/]+/(?:failureDomains|migrate|namespaceIsolationPolicies|peers)',
    'admin/v2/namespaces/[^/]+/antiAffinity/[^/]+',
    'admin/v3/(?:functions|sources|sinks|packages)',
    'topics/(?:non-)?persistent',
    'ws/v2',
  ].join('|')})(?:/|$)`,
);

/** What may follow `/admin/v2/namespaces/{tenant}/{namespace}`. */
const NAMESPACE_PARTS: ReadonlySet<string> = new Set(
  `allowedClusters antiAffinity autoSubscriptionCreation backlogQuota backlogQuotaMap
  compactionThreshold deduplicationSnapshotInterval delayedDelivery dispatchRate
  dispatcherPauseOnAckStatePersistent encryptionRequired entryFilters inactiveTopicPolicies
  isAllowAutoUpdateSchema maxConsumersPerSubscription maxConsumersPerTopic maxProducersPerTopic
  maxSubscriptionsPerTopic maxTopicsPerNamespace maxUnackedMessagesPerConsumer
  maxUnackedMessagesPerSubscription messageTTL migration offloadDeletionLagMs offloadPolicies
  offloadThreshold offloadThresholdInSeconds permissions persistence properties property
  publishRate removeOffloadPolicies replicateSubscriptionState replication replicatorDispatchRate
  resourcegroup scanOffloadedLedgers schemaAutoUpdateCompatibilityStrategy
  schemaCompatibilityStrategy schemaValidationEnforced subscribeRate subscriptionAuthMode
  subscriptionDispatchRate subscriptionExpirationTime subscriptionTypesEnabled unload
  unsubscribe`.split(/\s+/),
);

/** What may follow `/admin/v2/persistent/{tenant}/{namespace}/{topic}`. */
const TOPIC_PARTS: ReadonlySet<string> = new Set(
  `autoSubscriptionCreation backlog backlogQuota backlogQuotaMap compaction compactionThreshold
  deduplicationEnabled deduplicationSnapshotInterval delayedDelivery dispatchRate
  dispatcherPauseOnAckStatePersistent entryFilters inactiveTopicPolicies maxConsumers
  maxConsumersPerSubscription maxMessageSize maxProducers maxSubscriptionsPerTopic
  maxUnackedMessagesOnConsumer maxUnackedMessagesOnSubscription messageTTL offload
  offloadPolicies permissions persistence policies publishRate replication
  replicatorDispatchRate retention schemaCompatibilityStrategy schemaValidationEnforced
  shadowTopics subscribeRate subscriptionDispatchRate subscriptionTypesEnabled`.split(/\s+/),
);
