/**
 * Options that can be changed while the broker runs, and a configuration with such changes. They
 * are those of Pulsar's dynamic keys that are looked up here whenever something is decided by them.
 */
import { BrokerError } from './errors.ts';
import { type BrokerConfig, type OptionKey, schema } from './options.ts';

/** What was changed, by the key of the option, as the text that was given. */
export type Settings = Readonly<Record<string, string>>;

export const dynamicOptions: readonly OptionKey[] = [
  'allowAutoSubscriptionCreation',
  'allowAutoTopicCreation',
  'allowAutoTopicCreationType',
  'brokerDeleteInactivePartitionedTopicMetadataEnabled',
  'brokerDeleteInactiveTopicsEnabled',
  'brokerDeleteInactiveTopicsFrequencySeconds',
  'brokerDeleteInactiveTopicsMaxInactiveDurationSeconds',
  'brokerDeleteInactiveTopicsMode',
  'brokerPublisherThrottlingMaxByteRate',
  'brokerPublisherThrottlingMaxMessageRate',
  'defaultNumberOfNamespaceBundles',
  'defaultNumPartitions',
  'dispatcherMaxReadBatchSize',
  'dispatcherMaxReadSizeBytes',
  'dispatcherMaxRoundRobinBatchSize',
  'dispatchThrottlingOnNonBacklogConsumerEnabled',
  'dispatchThrottlingRateInByte',
  'dispatchThrottlingRateInMsg',
  'dispatchThrottlingRatePerSubscriptionInByte',
  'dispatchThrottlingRatePerSubscriptionInMsg',
  'dispatchThrottlingRatePerTopicInByte',
  'dispatchThrottlingRatePerTopicInMsg',
  'dispatchThrottlingRateRelativeToPublishRate',
  'forceDeleteNamespaceAllowed',
  'forceDeleteTenantAllowed',
  'isAllowAutoUpdateSchemaEnabled',
  'keySharedLookAheadMsgInReplayThresholdPerConsumer',
  'keySharedLookAheadMsgInReplayThresholdPerSubscription',
  'maxConcurrentLookupRequest',
  'maxNamespacesPerTenant',
  'maxNumPartitionsPerPartitionedTopic',
  'maxPublishRatePerTopicInBytes',
  'maxPublishRatePerTopicInMessages',
  'maxTenants',
  'maxTopicsPerNamespace',
  'strictlyVerifySubscriptionName',
  'subscribeRatePeriodPerConsumerInSecond',
  'subscribeThrottlingRatePerConsumer',
  'subscriptionKeySharedEnable',
  'subscriptionRedeliveryTrackerEnabled',
  'subscriptionTypesEnabled',
  'superUserRoles',
];

/** Whether topics are due at other times by it: those that are not in memory must be looked at. */
export function movesDeadlines(key: string): boolean {
  return key.startsWith('brokerDeleteInactiveTopics');
}

export function isDynamic(key: string): key is OptionKey {
  return dynamicOptions.some((option) => option === key);
}

/** Throws `precondition-failed` for a text that the option does not take. */
export function checkSetting(key: OptionKey, text: string): void {
  const parsed = schema[key].parse(text.trim());
  if (!('mustBe' in parsed)) return;
  const message = `Invalid dynamic-config value: ${key} must be ${parsed.mustBe}`;
  throw new BrokerError('precondition-failed', message);
}

/** What was kept by another version and is not understood any more is left out. */
export function withSettings(config: BrokerConfig, settings: Settings): BrokerConfig {
  const values = Object.entries(settings).flatMap(([key, text]) => {
    if (!isDynamic(key)) return [];
    const parsed = schema[key].parse(text.trim());
    return 'mustBe' in parsed ? [] : [[key, parsed.value] as const];
  });
  return Object.freeze({ ...config, ...Object.fromEntries(values) });
}
