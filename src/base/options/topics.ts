/** Options of namespaces, topics and their producers. Keys and defaults are Pulsar 4.2's. */
import { STRATEGIES } from '../schema-strategies.ts';
import { choice, flag, maybeWhole, whole } from './option.ts';

export const topicOptions = {
  allowAutoTopicCreation: flag(true, 'A producer or consumer creates a topic that is missing'),
  allowAutoTopicCreationType: choice(
    'non-partitioned',
    ['non-partitioned', 'partitioned'],
    'Kind of topic that is created by itself',
  ),
  defaultNumPartitions: whole(1, { min: 1 }, 'Partitions of a topic that is created by itself'),
  maxNumPartitionsPerPartitionedTopic: whole(0, {}, 'Partitions of a topic; 0: 100,000'),
  allowAutoSubscriptionCreation: flag(true, 'A consumer creates a subscription that is missing'),
  enableNonPersistentTopics: flag(true, 'Topics that store nothing may be used'),
  maxTenants: whole(0, {}, 'Tenants; 0 sets no limit'),
  maxNamespacesPerTenant: whole(0, {}, 'Namespaces of a tenant; 0 sets no limit'),
  maxTopicsPerNamespace: whole(0, {}, 'Topics of a namespace, partitions counted; 0: no limit'),
  maxProducersPerTopic: whole(0, {}, 'Producers of a topic; 0 sets no limit'),
  maxSameAddressProducersPerTopic: whole(
    0,
    {},
    'Producers of a topic from one address; 0 sets no limit',
  ),
  maxConsumersPerTopic: whole(0, {}, 'Consumers of a topic; 0 sets no limit'),
  maxSameAddressConsumersPerTopic: whole(
    0,
    {},
    'Consumers of a topic from one address; 0 sets no limit',
  ),
  maxSubscriptionsPerTopic: whole(0, {}, 'Subscriptions of a topic; 0 sets no limit'),
  maxConsumersPerSubscription: whole(0, {}, 'Consumers of a subscription; 0 sets no limit'),
  defaultNumberOfNamespaceBundles: whole(4, { min: 1, max: 4096 }, 'Bundles of a new namespace'),
  forceDeleteTenantAllowed: flag(false, 'A tenant may be deleted with what it holds'),
  forceDeleteNamespaceAllowed: flag(false, 'A namespace may be deleted with what it holds'),
  strictlyVerifySubscriptionName: flag(false, 'Refuse subscription names with odd characters'),
  encryptionRequireOnProducer: flag(false, 'Refuse producers that do not encrypt'),
  schemaCompatibilityStrategy: choice(
    'FULL',
    STRATEGIES,
    'What a new schema owes to those before it',
  ),
  isAllowAutoUpdateSchemaEnabled: flag(true, 'Clients may add versions to the schemas of a topic'),
  isSchemaValidationEnforced: flag(false, 'Producers need a schema where the topic has one'),
  brokerDeduplicationEnabled: flag(false, 'Store a message sent twice only once'),
  brokerDeduplicationMaxNumberOfProducers: whole(
    10_000,
    { min: 1 },
    'Producers of a topic whose last sequence number is remembered',
  ),
  brokerDeduplicationProducerInactivityTimeoutMinutes: whole(
    360,
    { min: 1, unit: 'minutes' },
    'How long the last sequence number of a producer that has left is remembered',
  ),
  brokerDeleteInactiveTopicsEnabled: flag(true, 'Delete topics that nobody uses'),
  brokerDeleteInactiveTopicsMode: choice(
    'delete_when_no_subscriptions',
    ['delete_when_no_subscriptions', 'delete_when_subscriptions_caught_up'],
    'Which unused topics are deleted',
  ),
  brokerDeleteInactivePartitionedTopicMetadataEnabled: flag(
    false,
    'With the last of its unused partitions, delete the partitioned topic',
  ),
  brokerDeleteInactiveTopicsFrequencySeconds: whole(
    60,
    { min: 1, max: 86_400, unit: 'seconds' },
    'How often unused topics are looked for',
  ),
  brokerDeleteInactiveTopicsMaxInactiveDurationSeconds: maybeWhole(
    { min: 1, unit: 'seconds' },
    'How long a topic must be unused; when left out, the time between two looks',
  ),
};
