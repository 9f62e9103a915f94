/** What is exported, under the names that Pulsar's brokers export it by. */
import type { ConsumerGauges, LoadedTopic, ProducerGauges } from '../../actors/gauges.ts';

export interface Instrument<Facts> {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  /** Counters only grow, sums come and go, gauges cannot be added up. */
  readonly kind: 'counter' | 'sum' | 'gauge';
  readonly readings: readonly Reading<Facts>[];
}

export interface Reading<Facts> {
  readonly attributes: Attributes;
  readonly read: (facts: Facts) => number;
}

export type Attributes = Readonly<Record<string, string | number>>;

type Read<Facts> = (facts: Facts) => number;

function instrument<Facts>(
  kind: Instrument<Facts>['kind'],
  name: string,
  unit: string,
  description: string,
  read: Read<Facts>,
): Instrument<Facts> {
  return { kind, name, unit, description, readings: [{ attributes: {}, read }] };
}

/** Several readings, told apart by the value of an attribute. */
function instrumentBy<Facts>(
  kind: Instrument<Facts>['kind'],
  name: string,
  unit: string,
  description: string,
  attribute: string,
  reads: Readonly<Record<string, Read<Facts>>>,
): Instrument<Facts> {
  const readings = Object.entries(reads).map(([value, read]) => {
    return { attributes: { [attribute]: value }, read };
  });
  return { kind, name, unit, description, readings };
}

const TOPIC = 'pulsar.broker.topic';

export const TOPIC_INSTRUMENTS: readonly Instrument<LoadedTopic>[] = [
  instrument(
    'sum',
    `${TOPIC}.subscription.count`,
    '{subscription}',
    'Subscriptions of the topic',
    ({ subscriptions }) => subscriptions.length,
  ),
  instrument(
    'sum',
    `${TOPIC}.producer.count`,
    '{producer}',
    'Producers that are connected to the topic',
    ({ topic }) => topic.producers.size,
  ),
  instrument(
    'sum',
    `${TOPIC}.consumer.count`,
    '{consumer}',
    'Consumers that are connected to the topic',
    (loaded) => sumOver(loaded, ({ subscription }) => subscription.consumers.size),
  ),
  instrument(
    'counter',
    `${TOPIC}.message.incoming.count`,
    '{message}',
    'Messages received',
    ({ topic }) => topic.messagesIn,
  ),
  instrument(
    'counter',
    `${TOPIC}.message.incoming.size`,
    'By',
    'Bytes of the messages received',
    ({ topic }) => topic.bytesIn,
  ),
  instrument(
    'counter',
    `${TOPIC}.message.outgoing.count`,
    '{message}',
    'Messages sent to consumers',
    (loaded) => sumOver(loaded, ({ subscription }) => subscription.messagesOut),
  ),
  instrument(
    'counter',
    `${TOPIC}.message.outgoing.size`,
    'By',
    'Bytes of the messages sent to consumers',
    (loaded) => sumOver(loaded, ({ subscription }) => subscription.bytesOut),
  ),
  instrument(
    'counter',
    `${TOPIC}.publish.rate.limit.count`,
    '{event}',
    'How often the publish rate held a producer back',
    ({ topic }) => topic.publishThrottledTimes,
  ),
  instrument('sum', `${TOPIC}.storage.size`, 'By', 'Bytes of the entries kept', storedBytes),
  instrument('sum', `${TOPIC}.storage.logical.size`, 'By', 'The same without copies', storedBytes),
  instrument(
    'sum',
    `${TOPIC}.storage.backlog.size`,
    'By',
    'Bytes that the slowest subscription holds',
    ({ subscriptions }) =>
      Math.max(0, ...subscriptions.map(({ cursor }) => cursor?.backlogBytes ?? 0)),
  ),
  instrument(
    'counter',
    `${TOPIC}.storage.entry.incoming.count`,
    '{entry}',
    'Entries stored, of which a batch is one',
    ({ topic }) => topic.entriesIn,
  ),
  instrument(
    'counter',
    `${TOPIC}.storage.entry.outgoing.count`,
    '{entry}',
    'Entries read',
    (loaded) => sumOver(loaded, ({ subscription }) => subscription.entriesOut),
  ),
  instrument(
    'sum',
    `${TOPIC}.storage.backlog.quota.limit.size`,
    'By',
    'Limit of the backlog by size, negative for none',
    ({ policies }) => policies.storageQuota.limitSize,
  ),
  instrument(
    'gauge',
    `${TOPIC}.storage.backlog.quota.limit.time`,
    's',
    'Limit of the backlog by age, negative for none',
    ({ policies }) => policies.ageQuota.limitTime,
  ),
  instrumentBy(
    'counter',
    `${TOPIC}.storage.backlog.quota.eviction.count`,
    '{eviction}',
    'How often a quota took messages away',
    'pulsar.backlog.quota.type',
    {
      size: ({ topic }) => topic.evictions.size,
      time: ({ topic }) => topic.evictions.age,
    },
  ),
  instrumentBy(
    'counter',
    `${TOPIC}.compaction.operation.count`,
    '{operation}',
    'Compactions',
    'pulsar.compaction.status',
    {
      success: ({ topic }) => topic.compactions.succeeded,
      failure: ({ topic }) => topic.compactions.failed,
    },
  ),
  instrument(
    'counter',
    `${TOPIC}.compaction.removed.message.count`,
    '{message}',
    'Messages that compaction removed',
    ({ topic }) => topic.compactions.removed,
  ),
  instrumentBy(
    'sum',
    `${TOPIC}.transaction.count`,
    '{transaction}',
    'Transactions that have published',
    'pulsar.transaction.status',
    {
      active: ({ topic }) => topic.transactions.ongoing,
      committed: ({ topic }) => topic.transactions.committed,
      aborted: ({ topic }) => topic.transactions.aborted,
    },
  ),
  instrument(
    'sum',
    `${TOPIC}.subscription.delayed.entry.count`,
    '{entry}',
    'Entries that wait for their time to be delivered',
    (loaded) => sumOver(loaded, ({ delayed }) => delayed),
  ),
];

const PRODUCER = 'pulsar.broker.producer';

export const PRODUCER_INSTRUMENTS: readonly Instrument<ProducerGauges>[] = [
  instrument(
    'counter',
    `${PRODUCER}.message.incoming.count`,
    '{message}',
    'Messages received from the producer',
    ({ messages }) => messages,
  ),
  instrument(
    'counter',
    `${PRODUCER}.message.incoming.size`,
    'By',
    'Bytes of the messages received from the producer',
    ({ bytes }) => bytes,
  ),
  instrument(
    'counter',
    `${PRODUCER}.message.drop.count`,
    '{message}',
    'Messages of the producer that were dropped',
    ({ dropped }) => dropped,
  ),
];

const CONSUMER = 'pulsar.broker.consumer';

export const CONSUMER_INSTRUMENTS: readonly Instrument<ConsumerGauges>[] = [
  instrument(
    'counter',
    `${CONSUMER}.message.outgoing.count`,
    '{message}',
    'Messages sent to the consumer',
    ({ messagesOut }) => messagesOut,
  ),
  instrument(
    'counter',
    `${CONSUMER}.message.outgoing.size`,
    'By',
    'Bytes of the messages sent to the consumer',
    ({ bytesOut }) => bytesOut,
  ),
  instrument(
    'counter',
    `${CONSUMER}.message.ack.count`,
    '{ack}',
    'Acknowledgements of the consumer',
    ({ acked }) => acked,
  ),
  instrument(
    'counter',
    `${CONSUMER}.message.redeliver.count`,
    '{message}',
    'Messages sent to the consumer again',
    ({ redelivered }) => redelivered,
  ),
  instrument(
    'sum',
    `${CONSUMER}.message.unack.count`,
    '{message}',
    'Messages that the consumer has not acknowledged',
    ({ unacked }) => unacked,
  ),
  instrument(
    'sum',
    `${CONSUMER}.permit.count`,
    '{permit}',
    'Messages that may still be sent to the consumer',
    ({ permits }) => permits,
  ),
];

function storedBytes({ topic }: LoadedTopic): number {
  return topic.storedBytes;
}

function sumOver(
  { subscriptions }: LoadedTopic,
  read: (subscription: LoadedTopic['subscriptions'][number]) => number,
): number {
  let sum = 0;
  for (const each of subscriptions) sum += read(each);
  return sum;
}
