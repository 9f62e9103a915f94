/** The end of a topic: its last message, no more of them, and closing it for a while. */
import type { LastMessageId } from '../../actors/ports.ts';
import type { TopicView } from '../../actors/views.ts';
import { BrokerError } from '../../base/errors.ts';
import type { Position } from '../../base/position.ts';
import type { TopicName } from '../../base/topic-name.ts';
import { readEntryMetadata } from '../../wire/metadata.ts';
import { type AdminContext, NO_CONTENT, type Routes } from './call.ts';
import { messageId } from './message-id.ts';
import {
  onTopic,
  partitionsOf,
  refuseBeyondLast,
  requireTopic,
  TOPIC_PATH,
  topicNotFound,
  topicOf,
} from './topic-of.ts';

export function topicEndRoutes(routes: Routes, context: AdminContext): void {
  const { broker } = context;
  const terminate = async (name: TopicName) => {
    const { id } = broker.topic(name);
    return messageId(await broker.ask<Position>(id, (reply) => ({ type: 'terminate', reply })));
  };

  routes.on('GET', `${TOPIC_PATH}/lastMessageId`, (call) => {
    const name = topicOf(call);
    // Nothing is said of a namespace here, whatever is missing.
    if (broker.namespace(name.namespace) === undefined) throw topicNotFound(name);
    return lastMessageId(context, name, requireTopic(context, name));
  });

  routes.on('POST', `${TOPIC_PATH}/terminate`, async (call) => {
    const name = topicOf(call);
    if (partitionsOf(context, name) !== undefined) {
      throw new BrokerError('not-allowed', 'Termination of a partitioned topic is not allowed');
    }
    requireTopic(context, name);
    return terminate(name);
  });

  routes.on('POST', `${TOPIC_PATH}/terminate/partitions`, async (call) => {
    const name = topicOf(call);
    const partitions = partitionsOf(context, name);
    if (partitions === undefined) {
      throw new BrokerError(
        'not-allowed',
        'Termination of a non-partitioned topic is not allowed using partitioned-terminate, ' +
          'please use terminate commands',
      );
    }
    const ids: Record<string, unknown> = {};
    for (const one of partitions) ids[one.partition] = await terminate(one);
    return ids;
  });

  onTopic(routes, 'PUT', '/unload', async (_call, name) => {
    refuseBeyondLast(context, name);
    const topics = partitionsOf(context, name) ?? [name];
    for (const one of topics) {
      requireTopic(context, one);
      await broker.ask(broker.topic(one).id, (reply) => ({ type: 'unload', reply }));
    }
    return NO_CONTENT;
  });
}

/** That of a batch names its last message, and has two fields more. */
async function lastMessageId({ broker }: AdminContext, name: TopicName, view: TopicView) {
  if (view.last.entryId < 0) return messageId(view.last, name.partition);
  const { last, entry } = await broker.ask<LastMessageId>(broker.topic(name).id, (reply) => ({
    type: 'get-last-message-id',
    reply,
    subscription: undefined,
  }));
  if (entry === undefined) return messageId(view.last, name.partition);
  const id = messageId(last, name.partition);
  const { isBatch, numMessages } = readEntryMetadata(entry, 0, entry.length);
  if (!isBatch) return id;
  const batchIndex = numMessages - 1;
  return { ...id, batchIndex, originalBatchSize: 0, outstandingAcksInSameBatch: 0 };
}
