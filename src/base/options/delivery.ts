/** Options of subscriptions, consumers and dispatch. Keys and defaults are Pulsar 4.2's. */
import { choices, flag, fraction, whole } from './option.ts';

const TYPES = ['Exclusive', 'Shared', 'Failover', 'Key_Shared'] as const;

/** Both count in this order; the first notes the time, the second numbers messages. */
export const brokerEntryInterceptors = [
  'org.apache.pulsar.common.intercept.AppendBrokerTimestampMetadataInterceptor',
  'org.apache.pulsar.common.intercept.AppendIndexMetadataInterceptor',
] as const;

export const deliveryOptions = {
  brokerEntryMetadataInterceptors: choices(
    [],
    brokerEntryInterceptors,
    'What the broker notes of every entry: when it came, the number of its messages',
  ),
  exposingBrokerEntryMetadataToClientEnabled: flag(
    false,
    'Clients that understand it are told what the broker notes of an entry',
  ),
  subscriptionTypesEnabled: choices(TYPES, TYPES, 'Types of subscription that may be used'),
  subscriptionKeySharedEnable: flag(true, 'Key_Shared subscriptions may be used'),
  subscriptionKeySharedUseConsistentHashing: flag(
    true,
    'Key_Shared with automatic ranges spreads keys over a hash ring; else it splits ranges',
  ),
  subscriptionKeySharedConsistentHashingReplicaPoints: whole(
    100,
    { min: 1, max: 10_000 },
    'Points of one consumer on the hash ring of a Key_Shared subscription',
  ),
  subscriptionRedeliveryTrackerEnabled: flag(true, 'Tell consumers how often a message came'),
  acknowledgmentAtBatchIndexLevelEnabled: flag(
    true,
    'Single messages of a batch can be acknowledged and do not come again',
  ),
  activeConsumerFailoverDelayTimeMillis: whole(
    1000,
    { unit: 'milliseconds' },
    'How long a new active consumer of a Failover subscription waits before it gets messages',
  ),
  activeConsumerFailoverConsistentHashing: flag(
    false,
    'Pick the active consumer of a Failover subscription on a hash ring',
  ),
  maxUnackedMessagesPerConsumer: whole(
    50_000,
    {},
    'Messages that a Shared or Key_Shared consumer may hold; 0 sets no limit',
  ),
  maxUnackedMessagesPerSubscription: whole(
    200_000,
    {},
    'Messages that all consumers of a Shared or Key_Shared subscription may hold; 0: no limit',
  ),
  maxUnackedMessagesPerBroker: whole(
    0,
    {},
    'Messages that all Shared and Key_Shared consumers may hold; 0 sets no limit',
  ),
  maxUnackedMessagesPerSubscriptionOnBrokerBlocked: fraction(
    0.16,
    'Share of them that one subscription may hold while they are too many; 0 sets no limit',
  ),
  keySharedLookAheadMsgInReplayThresholdPerConsumer: whole(
    2000,
    {},
    'Messages waiting for a busy key, for each consumer, before reading ahead stops; 0: no limit',
  ),
  keySharedLookAheadMsgInReplayThresholdPerSubscription: whole(
    20_000,
    {},
    'Messages waiting for busy keys of a subscription before reading ahead stops; 0: no limit',
  ),
  delayedDeliveryEnabled: flag(
    true,
    'Shared and Key_Shared subscriptions hold messages back until their time to be delivered',
  ),
  delayedDeliveryTickTimeMillis: whole(
    1000,
    { min: 1, unit: 'milliseconds' },
    'How late a message with a time to be delivered may come at most; it comes early never',
  ),
  delayedDeliveryMaxDelayInMillis: whole(
    0,
    { unit: 'milliseconds' },
    'The longest that a message may ask to be held back, or it is refused; 0 sets no limit',
  ),
  maxConsumerMetadataSize: whole(
    1024,
    { min: 0, unit: 'bytes' },
    'Keys and values that a consumer may describe itself with',
  ),
  dispatcherMaxReadBatchSize: whole(
    100,
    { min: 1, max: 100_000, unit: 'entries' },
    'Most entries of one read for dispatch',
  ),
  dispatcherMaxReadSizeBytes: whole(
    5_242_880,
    { min: 1, unit: 'bytes' },
    'Most bytes of one read for dispatch; one entry is read however large',
  ),
  dispatcherMaxRoundRobinBatchSize: whole(
    20,
    { min: 1, max: 100_000, unit: 'entries' },
    'Most entries that a Shared consumer gets before the next one has its turn',
  ),
};
