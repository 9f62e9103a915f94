/** Options of rate limits. Keys and defaults are Pulsar 4.2's; 0 sets no limit. */
import { whole } from './option.ts';

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
