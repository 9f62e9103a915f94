/** `/admin/v2/persistent/{tenant}/{namespace}/{topic}/partitions`. */
import { BrokerError } from '../../base/errors.ts';
import type { TopicName } from '../../base/topic-name.ts';
import { emptyBody, objectBody, stringMap, wholeBody, wholeField } from './body.ts';
import { type AdminContext, type Call, flag, NO_CONTENT, type Routes } from './call.ts';
import {
  partitionsOf,
  refusePartition,
  requireNamespaceOf,
  TOPIC_PATH,
  topicNotFound,
  topicOf,
} from './topic-of.ts';
import { topicExists } from './topics.ts';

const PARTITIONS = `${TOPIC_PATH}/partitions`;

export function partitionRoutes(routes: Routes, context: AdminContext): void {
  const { broker } = context;
  routes.on('GET', PARTITIONS, (call) => describe(context, call));
  routes.on('PUT', PARTITIONS, (call) => create(context, call));
  routes.on('POST', PARTITIONS, (call) => grow(context, call));

  routes.on('DELETE', PARTITIONS, async (call) => {
    const name = topicOf(call);
    refusePartition(name);
    if (broker.partitionedTopic(name) === undefined) {
      if (broker.topicView(name) === undefined) {
        throw new BrokerError('topic-not-found', `Topic ${name.full} not found.`);
      }
      throw new BrokerError(
        'conflict',
        `${name.full} is a non-partitioned topic. Instead of calling delete-partitioned-topic ` +
          'please call delete.',
      );
    }
    await broker.deletePartitionedTopic(name, flag(call, 'force'));
    return NO_CONTENT;
  });

  routes.on('POST', `${TOPIC_PATH}/createMissedPartitions`, async (call) => {
    const name = topicOf(call);
    refusePartition(name);
    const partitions = partitionsOf(context, name);
    if (partitions === undefined) {
      throw new BrokerError('topic-not-found', `Topic ${name.full} does not exist`);
    }
    for (const one of partitions) {
      if (broker.topicView(one) === undefined) await broker.createTopic(one);
    }
    return NO_CONTENT;
  });
}

async function describe(context: AdminContext, call: Call): Promise<unknown> {
  const { broker } = context;
  const name = topicOf(call);
  requireNamespaceOf(context, name);
  const partitioned = broker.partitionedTopic(name);
  if (partitioned !== undefined) return partitionDocument(partitioned);
  if (broker.topicView(name) !== undefined) return { partitions: 0, deleted: false };
  if (!flag(call, 'checkAllowAutoCreation')) throw topicNotFound(name);
  const partitions = await broker.partitionsOf(name, { create: true }).catch((error: unknown) => {
    throw error instanceof BrokerError && error.message === '' ? topicNotFound(name) : error;
  });
  return { partitions, deleted: false };
}

/** Pulsar's PartitionedTopicMetadata. */
export function partitionDocument({
  partitions,
  properties,
}: {
  readonly partitions: number;
  readonly properties: Readonly<Record<string, string>>;
}): Record<string, unknown> {
  const described = Object.keys(properties).length > 0 ? { properties } : {};
  return { partitions, deleted: false, ...described };
}

async function create(context: AdminContext, call: Call): Promise<unknown> {
  const { broker, options } = context;
  const name = topicOf(call);
  requireNamespaceOf(context, name);
  refusePartition(name);
  const { partitions, properties } = wanted(call);
  if (partitions <= 0) {
    throw new BrokerError('not-acceptable', 'Number of partitions should be more than 0');
  }
  const most = options.maxNumPartitionsPerPartitionedTopic;
  if (most > 0 && partitions > most) {
    throw new BrokerError(
      'not-acceptable',
      `Number of partitions should be less than or equal to ${most}`,
    );
  }
  const exists = broker.partitionedTopic(name) ?? broker.topicView(name);
  if (exists !== undefined) throw topicExists();
  await broker.createPartitionedTopic(name, partitions, properties);
  return NO_CONTENT;
}

/** A bare number, or a document with properties; clients say which by the content type. */
function wanted(call: Call): { partitions: number; properties: Record<string, string> } {
  if (call.header('content-type')?.includes('vnd.partitioned-topic-metadata')) {
    const body = objectBody(call) ?? {};
    const partitions = wholeField(body, 'partitions', 0);
    return { partitions, properties: { ...stringMap(body['properties']) } };
  }
  return { partitions: wholeBody(call) ?? 0, properties: {} };
}

async function grow(context: AdminContext, call: Call): Promise<unknown> {
  const { broker, options } = context;
  const name = topicOf(call);
  refusePartition(name);
  if (call.json() === undefined) throw emptyBody();
  const partitions = wholeBody(call) ?? 0;
  requireNamespaceOf(context, name);
  const current = broker.partitionedTopic(name)?.partitions;
  if (current === undefined) throw notPartitioned(name);
  if (partitions < current) {
    throw new BrokerError(
      'unprocessable',
      `Desired partitions ${partitions} can't be less than the current partitions ${current}.`,
    );
  }
  const most = options.maxNumPartitionsPerPartitionedTopic;
  if (most > 0 && partitions > most) {
    throw new BrokerError(
      'unprocessable',
      `Desired partitions ${partitions} can't be greater than the maximum partitions per topic ` +
        `${most}.`,
    );
  }
  if (partitions > current) await broker.updatePartitions(name, partitions);
  return NO_CONTENT;
}

function notPartitioned(name: TopicName): BrokerError {
  return new BrokerError('conflict', `Topic ${name.full} is not the partitioned topic.`);
}
