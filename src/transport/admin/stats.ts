/** Statistics of topics: `stats`, `internalStats` and their partitioned forms. */
import type { TopicView } from '../../actors/views.ts';
import { BrokerError } from '../../base/errors.ts';
import { pacer } from '../../base/slices.ts';
import type { TopicName } from '../../base/topic-name.ts';
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

  routes.on('GET', `${TOPIC_PATH}/internal-info`, async (call) => {
    const name = topicOf(call);
    const partitions = partitionsOf(context, name);
    if (partitions === undefined) return internalInfo(context, name, requireTopic(context, name));
    return { version: 0, partitions: await ofEach(context, partitions, internalInfo) };
  });

  routes.on('GET', `${TOPIC_PATH}/partitioned-stats`, (call) => {
    const partitions = requirePartitions(context, call);
    const perPartition = flag(call, 'perPartition', true);
    return partitionedStats(context, partitions, statsQuery(call, context), perPartition);
  });

  routes.on('GET', `${TOPIC_PATH}/partitioned-internalStats`, async (call) => {
    const partitions = requirePartitions(context, call);
    const metadata = broker.partitionedTopic(topicOf(call));
    return {
      metadata: metadata && partitionDocument(metadata),
      partitions: await ofEach(context, partitions, internalStats),
    };
  });
}

/** What is told of each partition that is there, by its name. */
async function ofEach<Told>(
  context: AdminContext,
  partitions: readonly TopicName[],
  tell: (context: AdminContext, name: TopicName, view: TopicView) => Promise<Told>,
): Promise<Readonly<Record<string, Told>>> {
  const told: Record<string, Told> = {};
  const pace = pacer(context.clock);
  for (const name of partitions) {
    const view = context.broker.topicView(name);
    if (view !== undefined) told[name.full] = await tell(context, name, view);
    if (pace.isOver()) await pace.pause();
  }
  return told;
}

function requirePartitions(context: AdminContext, call: Call) {
  const name = topicOf(call);
  refusePartition(name);
  const partitions = partitionsOf(context, name);
  if (partitions !== undefined) return partitions;
  throw new BrokerError('topic-not-found', `Partitioned Topic ${name.full} not found`);
}
