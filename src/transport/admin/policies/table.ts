/**
 * The REST doors of every policy that has an ordinary one. Paths, words and what an empty body does
 * are Pulsar 4.2's, and as irregular.
 */

import type { DispatchRate, PolicyValues } from '../../../actors/policies/values.ts';
import { BrokerError } from '../../../base/errors.ts';
import { booleanOf } from '../body.ts';
import { NO_CONTENT } from '../call.ts';
import { offloadPoliciesOf } from './offload.ts';
import { checkNamespaceRetention, checkTopicRetention } from './quota-check.ts';
import type { EndpointTable, PolicyEndpoints } from './rest.ts';
import {
  autoSubscriptionCreationOf,
  autoTopicCreationOf,
  autoUpdateStrategyOf,
  bookieAffinityOf,
  delayedDeliveryOf,
  dispatchRateOf,
  inactiveTopicsOf,
  persistenceOf,
  publishRateOf,
  retentionOf,
  strategyOf,
  subscribeRateOf,
  subscriptionTypesOf,
  wholeFrom0,
} from './values.ts';

const refused = { blank: 'refused' } as const;
const kept = { blank: 'kept' } as const;
const applied = { shows: 'applied' } as const;
/** Pulsar's other words for a namespace that is not there. */
const missing = { missing: 'Namespace policies does not exist' } as const;

export const endpoints: EndpointTable = {
  messageTtlSeconds: {
    namespace: {
      path: 'messageTTL',
      field: 'message_ttl_in_seconds',
      parse: wholeFrom0('Invalid value for message TTL, message TTL must >= 0'),
      ...refused,
    },
  },
  retention: {
    namespace: {
      path: 'retention',
      field: 'retention_policies',
      parse: retentionOf,
      check: checkNamespaceRetention,
      ...missing,
    },
    topic: {
      path: 'retention',
      parse: retentionOf,
      check: checkTopicRetention,
      ...kept,
      ...applied,
    },
  },
  persistence: {
    namespace: { path: 'persistence', field: 'persistence', parse: persistence, blank: 'parsed' },
    topic: { path: 'persistence', parse: persistence, blank: 'parsed', ...applied },
  },
  deduplication: {
    namespace: {
      path: 'deduplication',
      field: 'deduplicationEnabled',
      parse: booleanOf,
      ...refused,
    },
    topic: { path: 'deduplicationEnabled', parse: booleanOf, ...applied },
  },
  deduplicationSnapshotIntervalSeconds: {
    namespace: {
      path: 'deduplicationSnapshotInterval',
      field: 'deduplicationSnapshotIntervalSeconds',
      parse: wholeFrom0('interval must be greater than or equal to 0'),
      isFixed: true,
      ...missing,
    },
    topic: {
      path: 'deduplicationSnapshotInterval',
      parse: wholeFrom0('interval must be 0 or more'),
    },
  },
  delayedDelivery: {
    namespace: {
      path: 'delayedDelivery',
      field: 'delayed_delivery_policies',
      parse: delayedDeliveryOf,
      ...missing,
    },
    topic: { path: 'delayedDelivery', parse: delayedDeliveryOf, ...applied },
  },
  offloadPolicies: {
    namespace: {
      path: 'offloadPolicies',
      field: 'offload_policies',
      parse: offloadPoliciesOf,
      blank: 'parsed',
      isFixed: true,
    },
    topic: { path: 'offloadPolicies', parse: offloadPoliciesOf, blank: 'parsed', ...applied },
  },
  bookieAffinity: {
    namespace: {
      path: 'persistence/bookieAffinity',
      parse: bookieAffinityOf,
      missing: 'Namespace not found',
      missingWhenRead: 'Namespace not found',
    },
  },
  ...rates(),
  ...limits(),
  ...thresholds(),
  ...lives(),
  ...switches(),
};

function rates() {
  return {
    publishRate: {
      namespace: {
        path: 'publishRate',
        field: 'publishMaxMessageRate',
        byCluster: true,
        parse: publishRateOf,
      },
      topic: { path: 'publishRate', parse: publishRateOf, unset: NO_CONTENT, ...kept },
    },
    dispatchRate: dispatchRateAt('dispatchRate', 'topicDispatchRate'),
    subscriptionDispatchRate: dispatchRateAt(
      'subscriptionDispatchRate',
      'subscriptionDispatchRate',
    ),
    replicatorDispatchRate: dispatchRateAt('replicatorDispatchRate', 'replicatorDispatchRate'),
    subscribeRate: {
      namespace: {
        path: 'subscribeRate',
        field: 'clusterSubscribeRate',
        byCluster: true,
        parse: subscribeRateOf,
      },
      topic: { path: 'subscribeRate', parse: subscribeRateOf, ...kept, ...applied },
    },
  } satisfies EndpointTable;
}

function dispatchRateAt(path: string, field: string): PolicyEndpoints<DispatchRate> {
  const ofReplicators = path === 'replicatorDispatchRate';
  const words = ofReplicators ? { missingWhenRead: missing.missing } : {};
  return {
    namespace: { path, field, byCluster: true, parse: dispatchRateOf, ...words },
    topic: { path, parse: dispatchRateOf, ...(ofReplicators ? {} : kept), ...applied },
  };
}

function limits() {
  /** `topic`: the path there, where it is another one. */
  const limit = (path: string, field: string, topic: string, more: object) => ({
    namespace: { path, field, parse: atLeast0(path), ...refused },
    topic: { path: topic, parse: atLeast0(topic), ...refused, ...more },
  });
  const unacked = (path: string, field: string, topic: string) => ({
    namespace: { path, field, parse: atLeast0(path), ...refused },
    topic: { path: topic, parse: atLeast0('maxUnackedNum'), ...applied },
  });
  return {
    maxProducers: limit('maxProducersPerTopic', 'max_producers_per_topic', 'maxProducers', applied),
    maxConsumers: limit('maxConsumersPerTopic', 'max_consumers_per_topic', 'maxConsumers', applied),
    ...limitsWithoutApplied(),
    maxUnackedPerConsumer: unacked(
      'maxUnackedMessagesPerConsumer',
      'max_unacked_messages_per_consumer',
      'maxUnackedMessagesOnConsumer',
    ),
    maxUnackedPerSubscription: unacked(
      'maxUnackedMessagesPerSubscription',
      'max_unacked_messages_per_subscription',
      'maxUnackedMessagesOnSubscription',
    ),
  } satisfies EndpointTable;
}

/** A topic's own value is all that these show. */
function limitsWithoutApplied() {
  return {
    maxConsumersPerSubscription: {
      namespace: {
        path: 'maxConsumersPerSubscription',
        field: 'max_consumers_per_subscription',
        parse: atLeast0('maxConsumersPerSubscription'),
        ...refused,
      },
      topic: {
        path: 'maxConsumersPerSubscription',
        parse: wholeFrom0('Invalid value for maxConsumersPerSubscription'),
        unset: NO_CONTENT,
        ...refused,
      },
    },
    maxSubscriptions: {
      namespace: {
        path: 'maxSubscriptionsPerTopic',
        field: 'max_subscriptions_per_topic',
        parse: atLeast0('maxSubscriptionsPerTopic'),
        ...refused,
        ...missing,
      },
      topic: {
        path: 'maxSubscriptionsPerTopic',
        parse: atLeast0('maxSubscriptionsPerTopic'),
        unset: NO_CONTENT,
        ...refused,
      },
    },
    maxTopics: {
      namespace: {
        path: 'maxTopicsPerNamespace',
        field: 'max_topics_per_namespace',
        parse: atLeast0('maxTopicsPerNamespace'),
        unset: 0,
        ...refused,
        ...missing,
      },
    },
    maxMessageBytes: {
      topic: {
        path: 'maxMessageSize',
        parse: (json, { options }) => wholeFrom0(MESSAGE_SIZE, options.maxMessageSize)(json),
        unset: NO_CONTENT,
        asksForTenant: true,
        ...refused,
      },
    },
  } satisfies EndpointTable;
}

function thresholds() {
  return {
    compactionThresholdBytes: {
      namespace: {
        path: 'compactionThreshold',
        field: 'compaction_threshold',
        method: 'PUT',
        parse: wholeFrom0('compactionThreshold must be 0 or more', Number.MAX_SAFE_INTEGER),
        ...refused,
      },
      topic: {
        path: 'compactionThreshold',
        parse: wholeFrom0('Invalid value for compactionThreshold', Number.MAX_SAFE_INTEGER),
        ...refused,
        ...applied,
      },
    },
    subscriptionExpirationMinutes: {
      namespace: {
        path: 'subscriptionExpirationTime',
        field: 'subscription_expiration_time_minutes',
        parse: wholeFrom0('Invalid value for subscription expiration time'),
        ...refused,
      },
    },
  } satisfies EndpointTable;
}

const MESSAGE_SIZE =
  'topic-level maxMessageSize must be greater than or equal to 0 and must be smaller than that ' +
  'in the broker-level';

/** How topics and subscriptions come and go. */
function lives() {
  return {
    inactiveTopics: {
      namespace: {
        path: 'inactiveTopicPolicies',
        field: 'inactive_topic_policies',
        parse: inactiveTopicsOf,
        ...missing,
      },
      topic: { path: 'inactiveTopicPolicies', parse: inactiveTopicsOf, ...applied },
    },
    subscriptionTypes: {
      namespace: {
        path: 'subscriptionTypesEnabled',
        field: 'subscription_types_enabled',
        parse: subscriptionTypesOf,
        unset: [],
        absent: [],
        ...refused,
      },
      topic: {
        path: 'subscriptionTypesEnabled',
        parse: subscriptionTypesOf,
        unset: NO_CONTENT,
        ...refused,
      },
    },
    autoSubscriptionCreation: {
      namespace: {
        path: 'autoSubscriptionCreation',
        field: 'autoSubscriptionCreationOverride',
        parse: autoSubscriptionCreationOf,
      },
      topic: { path: 'autoSubscriptionCreation', parse: autoSubscriptionCreationOf, ...applied },
    },
    autoTopicCreation: {
      namespace: {
        path: 'autoTopicCreation',
        field: 'autoTopicCreationOverride',
        parse: autoTopicCreationOf,
      },
    },
  } satisfies EndpointTable;
}

function switches() {
  return {
    encryptionRequired: {
      namespace: {
        path: 'encryptionRequired',
        field: 'encryption_required',
        parse: booleanOf,
        unset: false,
        absent: false,
        isFixed: true,
        ...refused,
      },
    },
    pausesOnAckState: {
      // The body means nothing: asking is enough.
      namespace: {
        path: 'dispatcherPauseOnAckStatePersistent',
        field: 'dispatcherPauseOnAckStatePersistentEnabled',
        parse: () => true,
        unset: false,
        afterDelete: false,
        blank: 'parsed',
        missingWhenRead: missing.missing,
      },
      topic: {
        path: 'dispatcherPauseOnAckStatePersistent',
        parse: () => true,
        unset: false,
        blank: 'parsed',
        ...applied,
      },
    },
    ...schemaSwitches(),
    subscriptionAuthMode: {
      namespace: {
        path: 'subscriptionAuthMode',
        field: 'subscription_auth_mode',
        absent: 'None',
        parse: subscriptionAuthMode,
        unset: 'None',
        isFixed: true,
      },
    },
    antiAffinityGroup: {
      namespace: {
        path: 'antiAffinity',
        field: 'antiAffinityGroup',
        parse: antiAffinityGroup,
        blank: 'parsed',
        isText: true,
      },
    },
  } satisfies EndpointTable;
}

function schemaSwitches() {
  return {
    schemaCompatibility: {
      namespace: {
        path: 'schemaCompatibilityStrategy',
        field: 'schema_compatibility_strategy',
        method: 'PUT',
        parse: strategyOf,
        unset: 'UNDEFINED',
        absent: 'UNDEFINED',
        isFixed: true,
      },
      topic: {
        path: 'schemaCompatibilityStrategy',
        method: 'PUT',
        parse: strategyOf,
        scope: 'local',
        ...applied,
      },
    },
    schemaAutoUpdateStrategy: {
      namespace: {
        path: 'schemaAutoUpdateCompatibilityStrategy',
        field: 'schema_auto_update_compatibility_strategy',
        method: 'PUT',
        parse: autoUpdateStrategyOf,
        unset: NO_CONTENT,
        isFixed: true,
      },
    },
    schemaValidation: {
      namespace: {
        path: 'schemaValidationEnforced',
        field: 'schema_validation_enforced',
        parse: booleanOf,
        unset: false,
        absent: false,
        isFixed: true,
        ...refused,
      },
      topic: {
        path: 'schemaValidationEnforced',
        parse: booleanOf,
        unset: false,
        isFixed: true,
        scope: 'local',
        ...refused,
        ...applied,
      },
    },
    schemaAutoUpdate: {
      namespace: {
        path: 'isAllowAutoUpdateSchema',
        field: 'is_allow_auto_update_schema',
        parse: booleanOf,
        unset: true,
        absent: true,
        isFixed: true,
        ...refused,
      },
    },
  } satisfies EndpointTable;
}

function atLeast0(name: string): (json: unknown) => number {
  return wholeFrom0(`${name} must be 0 or more`);
}

function persistence(json: unknown): PolicyValues['persistence'] {
  if (json !== null && json !== undefined) return persistenceOf(json);
  throw new BrokerError('invalid-argument', 'persistence policies should not be null');
}

function subscriptionAuthMode(json: unknown): PolicyValues['subscriptionAuthMode'] {
  if (json === 'None' || json === 'Prefix') return json;
  throw new BrokerError('invalid-argument', 'Subscription auth mode must be None or Prefix');
}

function antiAffinityGroup(json: unknown): string {
  if (typeof json === 'string') return json;
  throw new BrokerError('precondition-failed', "Anti-affinity group can't be empty");
}
