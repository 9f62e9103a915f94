/** Statistics of topics: `stats`, `internalStats` and their partitioned forms. */
import { BrokerError } from '../../base/errors.ts';
import { type AdminContext, type Call, flag, type Routes } from './call.ts';
import { internalInfo, internalStats } from './internal-stats.ts';
import { partitionedStats } from './partitioned-stats.ts';
import { partitionDocument } from './partitions.ts';
import { partitionsOf, refusePartition, requireTopic, TOPIC_PATH, topicOf } from './topic-of.ts';
import { statsQuery, topicStats } from './topic-stats.ts';

export function statsRoutes(routes: Routes, context: AdminContext): void {
  const { broker } = context;

  routes.on('GET', `${TOPIC_PATH}/stats`, (call) => {
    const name = topicOf(call);
    return topicStats(context, name, requireTopic(context, name), statsQuery(call, context));
  });

  routes.on('GET', `${TOPIC_PATH}/internalStats`, (call) => {
    const name = topicOf(call);
    return internalStats(context, name, requireTopic(context, name));
  });

  routes.on('GET', `${TOPIC_PATH}/internal-info`, (call) => {
    const name = topicOf(call);
    const partitions = partitionsOf(context, name);
    if (partitions === undefined) return internalInfo(context, name, requireTopic(context, name));
    const infos = partitions.flatMap((one) => {
      const view = broker.topicView(one);
      return view === undefined ? [] : [[one.full, internalInfo(context, one, view)] as const];
    });
    return { version: 0, partitions: Object.fromEntries(infos) };
  });

  routes.on('GET', `${TOPIC_PATH}/partitioned-stats`, (call) => {
    const partitions = requirePartitions(context, call);
    const perPartition = flag(call, 'perPartition', true);
    return partitionedStats(context, partitions, statsQuery(call, context), perPartition);
  });

  routes.on('GET', `${TOPIC_PATH}/partitioned-internalStats`, (call) => {
    const stats = requirePartitions(context, call).flatMap((one) => {
      const view = broker.topicView(one);
      return view === undefined ? [] : [[one.full, internalStats(context, one, view)] as const];
    });
    const metadata = broker.partitionedTopic(topicOf(call));
    return {
      metadata: metadata && partitionDocument(metadata),
      partitions: Object.fromEntries(stats),
    };
  });
}

function requirePartitions(context: AdminContext, call: Call) {
  const name = topicOf(call);
  refusePartition(name);
  const partitions = partitionsOf(context, name);
  if (partitions !== undefined) return partitions;
  throw new BrokerError('topic-not-found', `Partitioned Topic ${name.full} not found`);
}
