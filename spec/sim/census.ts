/** What there is in worlds: so that a run of many can say what it has seen, and how often. */
import type { BrokerConfig } from '../../src/base/options.ts';
import type { ConsumerPlan } from './clients/consumer.ts';
import type { ProducerPlan } from './clients/producer.ts';
import type { Observation } from './observe/observation.ts';
import type { Plan } from './plan.ts';

/** How often each was met: worlds of a size or with a feature, faults and deeds of a kind. */
export type Census = Record<(typeof GROUPS)[number], Record<string, number>>;

export const GROUPS = ['worlds', 'faults', 'deeds', 'features'] as const;

export function noCensus(): Census {
  return { worlds: {}, faults: {}, deeds: {}, features: {} };
}

/** Of a world that has yet to happen. */
export function censusOf(plan: Plan): Census {
  const census = noCensus();
  add(census.worlds, plan.size ?? 'of a plan', 1);
  for (const feature of new Set(featuresOf(plan))) add(census.features, feature, 1);
  return census;
}

/** Counts what happens. */
export function take({ faults, deeds }: Census, seen: Observation): void {
  if (seen.type === 'fault') add(faults, seen.what, 1);
  else if (seen.type === 'administering') add(deeds, seen.call.what, 1);
}

export function mergeCensus(into: Census, other: Census): void {
  for (const group of GROUPS) {
    for (const [name, times] of Object.entries(other[group])) add(into[group], name, times);
  }
}

const PRODUCERS = [
  'name',
  'keys',
  'reopens',
  'chunks',
  'delays',
  'tombstones',
  'looksUp',
  'inTransactions',
] as const satisfies readonly (keyof ProducerPlan)[];

const CONSUMERS = [
  'leaves',
  'redelivers',
  'stalls',
  'seeks',
  'unsubscribes',
  'epochs',
  'forces',
  'several',
  'readCompacted',
  'priority',
  'away',
  'resumes',
  'looksUp',
  'inTransactions',
] as const satisfies readonly (keyof ConsumerPlan)[];

const CONFIG = [
  'maxConsumersPerTopic',
  'brokerDeduplicationEnabled',
  'exposingBrokerEntryMetadataToClientEnabled',
  'brokerPublisherThrottlingMaxMessageRate',
  'brokerServiceCompactionThresholdInBytes',
  'delayedDeliveryEnabled',
  'dispatchThrottlingRateInByte',
  'dispatchThrottlingRateInMsg',
  'dispatchThrottlingRatePerSubscriptionInByte',
  'dispatchThrottlingRatePerSubscriptionInMsg',
  'dispatchThrottlingRatePerTopicInByte',
  'dispatchThrottlingRatePerTopicInMsg',
  'maxActiveTransactionsPerCoordinator',
  'maxPublishRatePerTopicInBytes',
  'maxPublishRatePerTopicInMessages',
  'subscribeThrottlingRatePerConsumer',
  'subscriptionExpirationTimeMinutes',
  'ttlDurationDefaultInSeconds',
] as const satisfies readonly (keyof BrokerConfig)[];

function* featuresOf(plan: Plan): Iterable<string> {
  const { clients, config, partitioned = [], settings = [] } = plan;
  if (partitioned.length > 0) yield 'partitioned topic';
  if (settings.length > 0) yield 'settings changed';
  for (const { key } of settings) yield `setting: ${key}`;
  for (const { abuse, producers, consumers, transactions, watches } of clients) {
    if (abuse !== undefined) yield `abuse: ${abuse}`;
    if (watches !== undefined) yield 'topics watched';
    if (transactions !== undefined) yield 'transactions';
    if (transactions?.finds === true) yield 'transactions: coordinators found';
    if ((transactions?.ends.forget ?? 0) > 0) yield 'transactions: forgotten';
    if ((transactions?.strays ?? 0) > 0) yield 'transactions: strays';
    if ((transactions?.again ?? 0) > 0) yield 'transactions: ended again';
    if ((transactions?.twice ?? 0) > 0) yield 'transactions: acknowledged twice';
    for (const producer of producers) {
      if (producer.topic.startsWith('non-')) yield 'topic that is not stored';
      yield `producer: ${producer.mode}`;
      if (producer.batch > 1) yield 'producer: batches';
      for (const key of PRODUCERS) if (producer[key]) yield `producer: ${key}`;
    }
    for (const consumer of consumers) yield* featuresOfConsumer(consumer);
  }
  for (const key of CONFIG) if (config[key]) yield key;
  const { backlogQuotaDefaultRetentionPolicy: quota } = config;
  if (quota !== undefined) yield `backlog quota: ${quota}`;
}

function* featuresOfConsumer(consumer: ConsumerPlan): Iterable<string> {
  yield consumer.durable ? `consumer: ${consumer.type}` : 'reader';
  for (const key of CONSUMERS) if (consumer[key]) yield `consumer: ${key}`;
  for (const [manner, weight] of Object.entries(consumer.manners)) {
    if (weight > 0) yield `consumer: ${manner}`;
  }
  const { keyShared } = consumer;
  if (keyShared?.ranges !== undefined) yield 'Key_Shared: sticky';
  if (keyShared?.allowOutOfOrder === true) yield 'Key_Shared: out of order';
}

function add(to: Record<string, number>, name: string, more: number): void {
  to[name] = (to[name] ?? 0) + more;
}
