/** Statistics of topics: `stats`, `internalStats` and their partitioned forms. */
import type { TopicView } from '../../actors/views.ts';
import { BrokerError } from '../../base/errors.ts';
import { pacer } from '../../base/slices.ts';
import type { TopicName } from '../../base/topic-name.ts';
import { type AdminContext, flag, type Routes } from './call.ts';
import { internalInfo, internalStats } from './internal-stats.ts';
import { partitionedStats } from './partitioned-stats.ts';
import { partitionDocument } from './partitions.ts';
import {
  baseOf,
  loadTopic,
  onTopic,
  partitionsOf,
  refusePartition,
  requireTopic,
  TOPIC_PATH,
  topicOf,
} from './topic-of.ts';
import { statsQuery, topicStats } from './topic-stats.ts';

export function statsRoutes(routes: Routes, context: AdminContext): void {
  const { broker } = context;

  onTopic(routes, 'GET', '/stats', async (call, name) => {
    const view = await loadTopic(context, name);
    return topicStats(context, name, view, statsQuery(call, context));
  });

  onTopic(routes, 'GET', '/internalStats', async (_call, name) => {
    if (name.domain === 'non-persistent') requireInFewWords(context, name);
    return internalStats(context, name, await loadTopic(context, name));
  });

  routes.on('GET', `${TOPIC_PATH}/internal-info`, async (call) => {
    const name = topicOf(call);
    const partitions = partitionsOf(context, name);
    if (partitions === undefined) return internalInfo(context, name, requireTopic(context, name));
    return { version: 0, partitions: await ofEach(context, partitions, internalInfo) };
  });

  onTopic(routes, 'GET', '/partitioned-stats', async (call, name) => {
    const partitions = await requirePartitions(context, name, noneToSum(name));
    const perPartition = flag(call, 'perPartition', true);
    return partitionedStats(context, partitions, statsQuery(call, context), perPartition);
  });

  onTopic(routes, 'GET', '/partitioned-internalStats', async (_call, name) => {
    if (name.domain === 'persistent' && name.partition >= 0) throw noPartitions(name);
    const partitions = await requirePartitions(context, name);
    const metadata = broker.partitionedTopic(name);
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

async function requirePartitions(
  context: AdminContext,
  name: TopicName,
  missing = noPartitions(name),
): Promise<TopicName[]> {
  refusePartition(name);
  const partitions = partitionsOf(context, name);
  if (name.domain === 'non-persistent') {
    for (const one of partitions ?? []) await loadTopic(context, one);
  }
  if (partitions !== undefined) return partitions;
  throw missing;
}

function noPartitions({ full }: TopicName): BrokerError {
  return new BrokerError('topic-not-found', `Partitioned Topic ${full} not found`);
}

/** Pulsar has other words for it where the topic is non-persistent. */
function noneToSum(name: TopicName): BrokerError {
  if (name.domain === 'persistent') return noPartitions(name);
  return new BrokerError('topic-not-found', `Partitioned topic not found ${name.full}`);
}

/** Pulsar does not say here what of a non-persistent topic is missing. */
function requireInFewWords({ broker }: AdminContext, name: TopicName): void {
  const isThere = broker.topicView(name) ?? broker.partitionedTopic(baseOf(name));
  const isWhole = name.partition < 0 && broker.partitionedTopic(name) !== undefined;
  if (isThere !== undefined && !isWhole) return;
  throw new BrokerError('topic-not-found', 'Topic not found');
}
