/** Single messages, looked at without consuming them, and how much there is behind one. */
import type { EntryChoice, StoredEntry } from '../../actors/topic/commands.ts';
import type { TopicView } from '../../actors/views.ts';
import { BrokerError } from '../../base/errors.ts';
import { limitsOf } from '../../base/limits.ts';
import { EARLIEST, type Position } from '../../base/position.ts';
import type { TopicName } from '../../base/topic-name.ts';
import { emptyBody, objectBody, positionOf } from './body.ts';
import {
  type AdminContext,
  type Call,
  intParam,
  type Routes,
  wholeParam,
  wholeText,
} from './call.ts';
import { entryAnswer } from './entry-answer.ts';
import { messageId } from './message-id.ts';
import { SUBSCRIPTION_PATH } from './subscriptions.ts';
import { partitionsOf, requireTopic, TOPIC_PATH, topicOf } from './topic-of.ts';

export function messageRoutes(routes: Routes, context: AdminContext): void {
  const { broker } = context;

  routes.on('GET', `${TOPIC_PATH}/ledger/:ledger/entry/:entry`, (call) => {
    const position = { ledgerId: wholeParam(call, 'ledger'), entryId: wholeParam(call, 'entry') };
    const name = plainTopic(context, call, 'GetMessageById is not allowed on partitioned-topic');
    return read(context, name, { kind: 'id', position });
  });

  routes.on('GET', `${TOPIC_PATH}/examinemessage`, (call) => {
    const number = wholeQuery(call, 'messagePosition', 1);
    const from = call.query('initialPosition') === 'earliest' ? 'earliest' : 'latest';
    const name = plainTopic(
      context,
      call,
      'Examine messages on a partitioned topic is not allowed, please try examine message on ' +
        'specific topic partition',
    );
    return read(context, name, { kind: 'nth', from, number });
  });

  routes.on('GET', `${SUBSCRIPTION_PATH}/position/:number`, (call) => peek(context, call));

  routes.on('GET', `${TOPIC_PATH}/messageid/:timestamp`, async (call) => {
    const timeMs = wholeParam(call, 'timestamp');
    const name = plainTopic(
      context,
      call,
      'Get message ID by timestamp on a partitioned topic is not allowed, please try do it on ' +
        'specific topic partition',
    );
    const position = await broker.ask<Position>(broker.topic(name).id, (reply) => ({
      type: 'find-entry',
      reply,
      timeMs,
    }));
    return messageId(position, name.partition);
  });

  routes.on('GET', `${TOPIC_PATH}/getMessageIdByIndex`, (call) => byIndex(context, call));

  routes.on('PUT', `${TOPIC_PATH}/backlogSize`, (call) => {
    const name = plainTopic(
      context,
      call,
      'calculate backlog size is not allowed for partitioned-topic',
    );
    const body = objectBody(call);
    if (body === undefined) throw emptyBody();
    return bytesBehind(requireTopic(context, name), positionOf(body));
  });
}

/** The entry that holds the message with a number, for which messages must be numbered. */
async function byIndex(context: AdminContext, call: Call): Promise<unknown> {
  const { broker } = context;
  requireNumbered(context);
  const index = wholeQuery(call, 'index', 0);
  const name = plainTopic(context, call, 'GetMessageIDByIndex is not allowed on partitioned-topic');
  if (index < 0) throw new BrokerError('message-not-found', `Invalid message index: ${index}`);
  const position = await broker.ask<Position>(broker.topic(name).id, (reply) => ({
    type: 'find-index',
    reply,
    index,
  }));
  return messageId(position, name.partition);
}

/** Throws `precondition-failed` where messages have no numbers. */
export function requireNumbered({ options }: AdminContext): void {
  if (options.brokerEntryMetadataInterceptors.length > 0) return;
  throw new BrokerError(
    'precondition-failed',
    'GetMessageIDByIndex is not allowed when broker entry metadata is disabled',
  );
}

/** The topic of the path, which must not be a partitioned one. Throws as `requireTopic`. */
export function plainTopic(context: AdminContext, call: Call, refusal: string): TopicName {
  const name = topicOf(call);
  if (partitionsOf(context, name) !== undefined) throw new BrokerError('not-allowed', refusal);
  requireTopic(context, name);
  return name;
}

async function read({ broker, options }: AdminContext, name: TopicName, choice: EntryChoice) {
  const stored = await broker.ask<StoredEntry>(broker.topic(name).id, (reply) => ({
    type: 'read-entry',
    reply,
    choice,
  }));
  return entryAnswer(stored, limitsOf(options).maxMessageBytes);
}

/** Who peeks under a name that no subscription has makes one, at the beginning, as in Pulsar. */
async function peek(context: AdminContext, call: Call): Promise<unknown> {
  const { broker, options } = context;
  const number = intParam(call, 'number');
  const subscription = call.param('subscription');
  const name = plainTopic(context, call, 'Peek messages on a partitioned topic is not allowed');
  if (number < 1) {
    throw new BrokerError('invalid-argument', `Messages are counted from 1, not ${number}`);
  }
  if (broker.subscriptionActor(name, subscription) === undefined) {
    await broker.ask(broker.topic(name).id, (reply) => ({
      type: 'create-subscription',
      reply,
      name: subscription,
      position: EARLIEST,
      replicated: false,
      properties: {},
    }));
  }
  const actor = broker.subscriptionActor(name, subscription) ?? '';
  const stored = await broker.ask<StoredEntry>(actor, (reply) => ({ type: 'peek', reply, number }));
  return entryAnswer(stored, limitsOf(options).maxMessageBytes);
}

function wholeQuery(call: Call, name: string, otherwise: number): number {
  const value = call.query(name);
  return value === undefined ? otherwise : wholeText(value);
}

/** Pulsar's estimate: what the ledgers hold, less the mean size of each entry up to this one. */
function bytesBehind({ ledgers }: TopicView, { ledgerId, entryId }: Position): number {
  const total = ledgers.reduce((sum, { bytes }) => sum + bytes, 0);
  const index = ledgers.findIndex((ledger) => ledger.ledgerId === ledgerId);
  const own = ledgers[index];
  if (own === undefined) return total;
  const before = ledgers.slice(0, index).reduce((sum, { bytes }) => sum + bytes, 0);
  const mean = own.entries === 0 ? 0 : Math.floor(own.bytes / own.entries);
  const passed = entryId + 1 >= own.entries ? own.bytes : mean * (entryId + 1);
  return total - before - Math.max(0, passed);
}
