/** Letting messages go that nobody will read: expire, truncate, trim; and how many there are. */
import type { BacklogAnalysis } from '../../actors/cursor/commands.ts';
import type { ExpiryLimit } from '../../actors/subscription/commands.ts';
import { BrokerError } from '../../base/errors.ts';
import { formatPosition } from '../../base/position.ts';
import type { TopicName } from '../../base/topic-name.ts';
import { emptyBody, intField, objectBody, positionOf } from './body.ts';
import { type AdminContext, type Call, EMPTY, intParam, NO_CONTENT, type Routes } from './call.ts';
import { plainTopic } from './messages.ts';
import {
  notFoundText,
  onEachPartition,
  requireActor,
  SUBSCRIPTION_PATH,
  subscriptionNotFound,
} from './subscriptions.ts';
import { requireTopic, requireTopics, TOPIC_PATH, topicOf } from './topic-of.ts';

/** Pulsar's subscriptionBacklogScanMaxEntries: what one look at a backlog counts at most. */
const MAX_SCANNED = 10_000;

export function expiryRoutes(routes: Routes, context: AdminContext): void {
  routes.on('POST', `${SUBSCRIPTION_PATH}/expireMessages/:seconds`, async (call) => {
    const limit = olderThan(context, call);
    const [name, subscription] = [topicOf(call), call.param('subscription')];
    await onEachPartition(context, name, notFoundText(name, subscription), (topic) =>
      expire(context, topic, subscription, limit),
    );
    return NO_CONTENT;
  });

  routes.on('POST', `${SUBSCRIPTION_PATH}/expireMessages`, async (call) => {
    const name = plainTopic(
      context,
      call,
      'Expire message at position is not supported for partitioned-topic',
    );
    const subscription = call.param('subscription');
    if (context.broker.subscriptionActor(name, subscription) === undefined) {
      throw subscriptionNotFound(name, subscription);
    }
    await expire(context, name, subscription, upTo(call, name));
    return NO_CONTENT;
  });

  routes.on('POST', `${TOPIC_PATH}/all_subscription/expireMessages/:seconds`, async (call) => {
    const limit = olderThan(context, call);
    await expireAll(context, topicOf(call), limit);
    return NO_CONTENT;
  });

  routes.on('POST', `${SUBSCRIPTION_PATH}/analyzeBacklog`, (call) => analyze(context, call));

  routes.on('DELETE', `${TOPIC_PATH}/truncate`, async (call) => {
    for (const topic of topicsOf(context, call)) await truncate(context, topic);
    return NO_CONTENT;
  });

  routes.on('POST', `${TOPIC_PATH}/trim`, async (call) => {
    for (const topic of topicsOf(context, call)) await trim(context, topic, false);
    return EMPTY;
  });
}

/** The topic, or its partitions. Throws as `requireTopic`. */
function topicsOf(context: AdminContext, call: Call): readonly TopicName[] {
  return requireTopics(context, topicOf(call));
}

function olderThan({ clock }: AdminContext, call: Call): ExpiryLimit {
  const seconds = intParam(call, 'seconds');
  const nowMs = clock.nowMs();
  const surelyMs = Math.trunc(seconds * SURELY) * 1_000;
  return {
    kind: 'time',
    // A message of this very moment is older than 0 seconds ...
    timeMs: nowMs - seconds * 1_000 + 1,
    // ... and never old enough to be taken from under a consumer.
    oldestMs: seconds === 0 ? Number.NEGATIVE_INFINITY : nowMs - surelyMs,
  };
}

/** So many times as old as asked for must the oldest be. (Pulsar's MESSAGE_EXPIRY_THRESHOLD) */
const SURELY = 1.5;

/** The entry that the body names, or the one behind it where it is `excluded`: as Pulsar has it. */
function upTo(call: Call, name: TopicName): ExpiryLimit {
  const body = objectBody(call);
  if (body === undefined) throw emptyBody();
  const partition = intField(body, 'partitionIndex', -1);
  if (partition !== name.partition) {
    throw new BrokerError(
      'precondition-failed',
      'Invalid parameter for expire message by position, partition index of passed in message ' +
        "position doesn't match partition index for the topic",
    );
  }
  const { ledgerId, entryId } = positionOf(body);
  const step = body['excluded'] === true ? 1 : 0;
  return { kind: 'id', position: { ledgerId, entryId: entryId + step } };
}

async function expire(
  context: AdminContext,
  topic: TopicName,
  subscription: string,
  limit: ExpiryLimit,
): Promise<void> {
  const actor = requireActor(context, topic, subscription);
  await context.broker.ask(actor, (reply) => ({ type: 'expire', reply, limit }));
}

/** Every subscription has its turn; then the first that had nothing to expire is told of. */
async function expireAll(
  context: AdminContext,
  name: TopicName,
  limit: ExpiryLimit,
): Promise<void> {
  let refusal: unknown;
  for (const topic of requireTopics(context, name)) {
    for (const subscription of requireTopic(context, topic).subscriptions) {
      await expire(context, topic, subscription, limit).catch((error: unknown) => {
        refusal ??= error;
      });
    }
  }
  if (refusal !== undefined) throw refusal;
}

async function analyze(context: AdminContext, call: Call): Promise<unknown> {
  const { broker } = context;
  const subscription = call.param('subscription');
  const name = plainTopic(
    context,
    call,
    'Analyze backlog on a partitioned topic is not allowed, please try do it on specific topic ' +
      'partition',
  );
  const body = objectBody(call);
  const actor = broker.subscriptionActor(name, subscription);
  if (actor === undefined) throw subscriptionNotFound(name, subscription);
  const found = await broker.ask<BacklogAnalysis>(actor, (reply) => ({
    type: 'analyze',
    reply,
    from: body === undefined ? undefined : positionOf(body),
    maxEntries: MAX_SCANNED,
  }));
  return analysisDocument(found);
}

/** There are no entry filters: all are accepted. */
function analysisDocument({ entries, messages, aborted, first, last }: BacklogAnalysis) {
  return {
    entries,
    messages,
    markerMessages: 0,
    filterRejectedEntries: 0,
    filterAcceptedEntries: entries,
    filterRescheduledEntries: 0,
    filterRejectedMessages: 0,
    filterAcceptedMessages: messages,
    filterRescheduledMessages: 0,
    aborted,
    ...(first === undefined ? {} : { firstMessageId: formatPosition(first) }),
    ...(last === undefined ? {} : { lastMessageId: formatPosition(last) }),
  };
}

/** Everything is skipped by everybody, and what retention would keep goes as well. */
async function truncate(context: AdminContext, topic: TopicName): Promise<void> {
  const { broker } = context;
  for (const subscription of requireTopic(context, topic).subscriptions) {
    const actor = broker.subscriptionActor(topic, subscription);
    if (actor === undefined) continue;
    await broker.ask(actor, (reply) => ({ type: 'skip', reply, count: 'all' }));
  }
  await trim(context, topic, true);
}

async function trim({ broker }: AdminContext, topic: TopicName, retained: boolean): Promise<void> {
  await broker.ask(broker.topic(topic).id, (reply) => ({ type: 'trim-ledgers', reply, retained }));
}
