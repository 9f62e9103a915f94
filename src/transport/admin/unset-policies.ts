/**
 * Policies of a namespace that cannot be set here yet: asked for them, the broker says what Pulsar
 * says of one that is not set, so that tools which read them all go on.
 */
import { type AdminContext, EMPTY, NO_CONTENT, type Routes } from './call.ts';
import { NAMESPACE, requirePolicies } from './namespaces.ts';

export function unsetPolicyRoutes(routes: Routes, context: AdminContext): void {
  for (const [policy, value] of Object.entries(UNSET)) {
    routes.on('GET', `${NAMESPACE}/${policy}`, (call) => {
      requirePolicies(context, call);
      return value;
    });
  }
}

const UNSET: Readonly<Record<string, unknown>> = {
  allowedClusters: [],
  antiAffinity: EMPTY,
  autoSubscriptionCreation: EMPTY,
  backlogQuotaMap: {},
  compactionThreshold: EMPTY,
  deduplicationSnapshotInterval: EMPTY,
  delayedDelivery: EMPTY,
  dispatchRate: EMPTY,
  dispatcherPauseOnAckStatePersistent: false,
  encryptionRequired: false,
  entryFilters: EMPTY,
  inactiveTopicPolicies: EMPTY,
  isAllowAutoUpdateSchema: true,
  maxConsumersPerSubscription: EMPTY,
  maxConsumersPerTopic: EMPTY,
  maxProducersPerTopic: EMPTY,
  maxSubscriptionsPerTopic: EMPTY,
  maxTopicsPerNamespace: 0,
  maxUnackedMessagesPerConsumer: EMPTY,
  maxUnackedMessagesPerSubscription: EMPTY,
  messageTTL: EMPTY,
  offloadDeletionLagMs: EMPTY,
  offloadPolicies: EMPTY,
  offloadThreshold: -1,
  offloadThresholdInSeconds: -1,
  persistence: EMPTY,
  properties: {},
  publishRate: EMPTY,
  replicatorDispatchRate: EMPTY,
  resourcegroup: EMPTY,
  schemaAutoUpdateCompatibilityStrategy: NO_CONTENT,
  schemaCompatibilityStrategy: 'UNDEFINED',
  schemaValidationEnforced: false,
  subscribeRate: EMPTY,
  subscriptionAuthMode: 'None',
  subscriptionDispatchRate: EMPTY,
  subscriptionExpirationTime: EMPTY,
  subscriptionTypesEnabled: [],
};
