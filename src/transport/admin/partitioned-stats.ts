/** Pulsar's PartitionedTopicStats: the partitions added up, as Pulsar adds them. */

import type { TopicName } from '../../base/topic-name.ts';
import type { AdminContext } from './call.ts';
import { partitionDocument } from './partitions.ts';
import type { ConsumerStats, SubscriptionStats } from './subscription-stats.ts';
import { baseOf } from './topic-of.ts';
import type { PublisherStats, StatsQuery, TopicStats } from './topic-stats.ts';
import { topicStats } from './topic-stats.ts';

/** One partition after the other; those that nobody has used yet are not there. */
export function partitionedStats(
  context: AdminContext,
  partitions: readonly TopicName[],
  query: StatsQuery,
  perPartition: boolean,
) {
  const stats: Record<string, TopicStats> = {};
  for (const name of partitions) {
    const view = context.broker.topicView(name);
    if (view !== undefined) stats[name.full] = topicStats(context, name, view, query);
  }
  const all = Object.values(stats);
  const [first] = partitions;
  const metadata = first && context.broker.partitionedTopic(baseOf(first));
  return {
    ...addUp(all),
    // These are the broker's, not sums.
    backlogQuotaLimitSize: -1,
    backlogQuotaLimitTime: -1,
    oldestBacklogMessageAgeSeconds: 0,
    publishers: mergePublishers(all.map(({ publishers }) => publishers)),
    subscriptions: mergeSubscriptions(all.map(({ subscriptions }) => subscriptions)),
    replication: {},
    topicCreationTimeStamp: Math.min(...all.map((one) => Number(one['topicCreationTimeStamp']))),
    metadata: partitionDocument(metadata ?? { partitions: partitions.length, properties: {} }),
    partitions: perPartition ? stats : {},
  };
}

/** Fields that say when or who: they have no meaning across partitions, and Pulsar leaves them. */
const NOT_ADDED =
  /^(last|first|connected|topicCreation|owner|producerId|producerName|consumerName|address|client)/;

type Fields = Readonly<Record<string, unknown>>;

/** Adds numbers, takes the first of everything else, leaves out what belongs to one partition. */
function addUp(all: readonly Fields[]): Record<string, unknown> {
  const total: Record<string, unknown> = {};
  for (const fields of all) {
    for (const [name, value] of Object.entries(fields)) {
      if (typeof value !== 'number') total[name] ??= value;
      else if (NOT_ADDED.test(name)) total[name] = 0;
      else total[name] = Number(total[name] ?? 0) + value;
    }
  }
  for (const name of ['ownerBroker', 'deduplicationStatus', 'topicEpoch']) delete total[name];
  return total;
}

/** Publishers have no identity across partitions: the n-th of each is taken for the same. */
function mergePublishers(lists: readonly (readonly PublisherStats[])[]) {
  const most = Math.max(0, ...lists.map(({ length }) => length));
  return Array.from({ length: most }, (_, index) => {
    const same = lists.flatMap((list) => list[index] ?? []);
    const { msgRateIn, msgThroughputIn, averageMsgSize, chunkedMessageRate } = addUp(same);
    return {
      msgRateIn,
      msgThroughputIn,
      averageMsgSize: Number(averageMsgSize) / same.length,
      chunkedMessageRate,
      producerId: 0,
      supportsPartialProducer: false,
    };
  });
}

function mergeSubscriptions(maps: readonly Readonly<Record<string, SubscriptionStats>>[]) {
  const names = new Set(maps.flatMap((map) => Object.keys(map)));
  return Object.fromEntries(
    [...names].map((name) => {
      const same = maps.flatMap((map) => map[name] ?? []);
      const consumers = mergeConsumers(same.map((one) => one.consumers));
      return [name, { ...addUp(same), consumers }];
    }),
  );
}

function mergeConsumers(lists: readonly (readonly ConsumerStats[])[]) {
  const most = Math.max(0, ...lists.map(({ length }) => length));
  return Array.from({ length: most }, (_, index) => {
    const same = lists.flatMap((list) => list[index] ?? []);
    const { address, connectedSince, clientVersion, metadata, ...rest } = addUp(same);
    return rest;
  });
}
