/** Options of rate limits. Keys and defaults are Pulsar 4.2's; 0 sets no limit. */
import { flag, whole } from './option.ts';

export const rateOptions = {
  maxPublishRatePerTopicInMessages: whole(0, {}, 'Messages a second to a topic; 0: no limit'),
  maxPublishRatePerTopicInBytes: whole(
    0,
    { unit: 'bytes' },
    'Bytes a second to a topic; 0 sets no limit',
  ),
  brokerPublisherThrottlingMaxMessageRate: whole(
    0,
    {},
    'Messages a second to all topics together; 0 sets no limit',
  ),
  brokerPublisherThrottlingMaxByteRate: whole(
    0,
    { unit: 'bytes' },
    'Bytes a second to all topics together; 0 sets no limit',
  ),
  dispatchThrottlingRateInMsg: whole(0, {}, 'Messages a second from all topics; 0: no limit'),
  dispatchThrottlingRateInByte: whole(
    0,
    { unit: 'bytes' },
    'Bytes a second from all topics together; 0 sets no limit',
  ),
  dispatchThrottlingRatePerTopicInMsg: whole(0, {}, 'Messages a second from a topic; 0: no limit'),
  dispatchThrottlingRatePerTopicInByte: whole(
    0,
    { unit: 'bytes' },
    'Bytes a second from a topic; 0 sets no limit',
  ),
  dispatchThrottlingRatePerSubscriptionInMsg: whole(
    0,
    {},
    'Messages a second to a subscription; 0 sets no limit',
  ),
  dispatchThrottlingRatePerSubscriptionInByte: whole(
    0,
    { unit: 'bytes' },
    'Bytes a second to a subscription; 0 sets no limit',
  ),
  dispatchThrottlingRateRelativeToPublishRate: flag(
    false,
    'To the dispatch rates of topics and subscriptions comes what is published on the topic',
  ),
  dispatchThrottlingOnNonBacklogConsumerEnabled: flag(
    true,
    'Dispatch rates count for subscriptions that keep up, too',
  ),
  subscribeThrottlingRatePerConsumer: whole(
    0,
    {},
    'Times that one consumer may subscribe to a topic in a period; 0 sets no limit',
  ),
  subscribeRatePeriodPerConsumerInSecond: whole(
    30,
    { min: 1, unit: 'seconds' },
    'The period of subscribeThrottlingRatePerConsumer',
  ),
};
