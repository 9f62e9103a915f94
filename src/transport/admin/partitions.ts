/** `/admin/v2/{domain}/{tenant}/{namespace}/{topic}/partitions`. */
import type { PartitionedTopicInfo } from '../../actors/broker.ts';
import { BrokerError } from '../../base/errors.ts';
import { limitsOf } from '../../base/limits.ts';
import type { TopicName } from '../../base/topic-name.ts';
import { emptyBody, intBody, intField, objectBody, stringMap } from './body.ts';
import { type AdminContext, type Call, flag, NO_CONTENT, type Routes } from './call.ts';
import {
  onTopic,
  partitionsOf,
  refusePartition,
  requireNamespaceOf,
  topicNotFound,
} from './topic-of.ts';
import { topicExists } from './topics.ts';

const PARTITIONS = '/partitions';

export function partitionRoutes(routes: Routes, context: AdminContext): void {
  const { broker } = context;
  onTopic(routes, 'GET', PARTITIONS, (call, name) => describe(context, call, name));
  onTopic(routes, 'PUT', PARTITIONS, (call, name) => create(context, call, name));
  onTopic(routes, 'POST', PARTITIONS, (call, name) => grow(context, call, name));

  onTopic(routes, 'DELETE', PARTITIONS, async (call, name) => {
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

  onTopic(routes, 'POST', '/createMissedPartitions', async (_call, name) => {
    refusePartition(name);
    const partitions = partitionsOf(context, name);
    if (partitions === undefined) {
      throw new BrokerError('topic-not-found', `Topic ${name.full} does not exist`);
    }
    for (const one of partitions) {
      // Those of a non-persistent topic come with their first client.
      const isMissing = one.domain === 'persistent' && broker.topicView(one) === undefined;
      if (isMissing) await broker.createTopic(one);
    }
    return NO_CONTENT;
  });
}

async function describe(context: AdminContext, call: Call, name: TopicName): Promise<unknown> {
  const { broker } = context;
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
export function partitionDocument(info: PartitionedTopicInfo): Record<string, unknown> {
  const { partitions, properties = {} } = info;
  const described = Object.keys(properties).length > 0 ? { properties } : {};
  return { partitions, deleted: false, ...described };
}

async function create(context: AdminContext, call: Call, name: TopicName): Promise<unknown> {
  const { broker } = context;
  requireNamespaceOf(context, name);
  refusePartition(name);
  const { partitions, properties } = wanted(call);
  if (partitions <= 0) {
    throw new BrokerError('not-acceptable', 'Number of partitions should be more than 0');
  }
  const { maxPartitionsPerTopic: most } = limitsOf(broker.settings.config);
  if (partitions > most) {
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
    const partitions = intField(body, 'partitions', 0);
    return { partitions, properties: { ...stringMap(body['properties']) } };
  }
  return { partitions: intBody(call) ?? 0, properties: {} };
}

async function grow(context: AdminContext, call: Call, name: TopicName): Promise<unknown> {
  const { broker } = context;
  refusePartition(name);
  if (call.json() === undefined) throw emptyBody();
  const partitions = intBody(call) ?? 0;
  const current = broker.partitionedTopic(name)?.partitions;
  if (current === undefined) throw notPartitioned(name);
  if (partitions < current) {
    throw new BrokerError(
      'unprocessable',
      `Desired partitions ${partitions} can't be less than the current partitions ${current}.`,
    );
  }
  const { maxPartitionsPerTopic: most } = limitsOf(broker.settings.config);
  if (partitions > most) {
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
