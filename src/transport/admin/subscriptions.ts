/** Subscriptions of a topic: listed, created, deleted, described. */
import { BrokerError } from '../../base/errors.ts';
import { LATEST, type Position } from '../../base/position.ts';
import type { TopicName } from '../../base/topic-name.ts';
import { type JsonObject, objectBody, positionOf, stringMap } from './body.ts';
import { type AdminContext, type Call, flag, NO_CONTENT, type Routes } from './call.ts';
import {
  partitionsOf,
  requireNamespaceOf,
  requireTopics,
  TOPIC_PATH,
  topicOf,
} from './topic-of.ts';

export const SUBSCRIPTION_PATH = `${TOPIC_PATH}/subscription/:subscription`;

export function subscriptionRoutes(routes: Routes, context: AdminContext): void {
  const { broker } = context;

  routes.on('GET', `${TOPIC_PATH}/subscriptions`, (call) => {
    const topics = requireTopics(context, topicOf(call));
    return [...new Set(topics.flatMap((one) => broker.topicView(one)?.subscriptions ?? []))];
  });

  routes.on('PUT', SUBSCRIPTION_PATH, (call) => create(context, call));

  routes.on('DELETE', SUBSCRIPTION_PATH, async (call) => {
    for (const topic of holdersToDelete(context, call)) {
      await broker.ask(broker.topic(topic).id, (reply) => ({
        type: 'delete-subscription',
        reply,
        name: call.param('subscription'),
        force: flag(call, 'force'),
      }));
    }
    return NO_CONTENT;
  });

  routes.on('GET', `${SUBSCRIPTION_PATH}/replicatedSubscriptionStatus`, (call) => {
    const subscription = call.param('subscription');
    const holders = requireHolders(context, topicOf(call), subscription);
    const isReplicated = (one: TopicName) =>
      broker.subscriptionView(one, subscription)?.replicated ?? false;
    return Object.fromEntries(holders.map((one) => [one.full, isReplicated(one)]));
  });
}

/**
 * The topic, or those of its partitions, that have the subscription. Throws `topic-not-found`,
 * `subscription-not-found`.
 */
export function requireHolders(
  context: AdminContext,
  name: TopicName,
  subscription: string,
): TopicName[] {
  const holders = requireTopics(context, name).filter(
    (one) => context.broker.subscriptionActor(one, subscription) !== undefined,
  );
  if (holders.length > 0) return holders;
  throw subscriptionNotFound(name, subscription);
}

/** Pulsar has fewer words for a partitioned topic here. */
function holdersToDelete(context: AdminContext, call: Call): TopicName[] {
  const name = topicOf(call);
  try {
    return requireHolders(context, name, call.param('subscription'));
  } catch (error) {
    if (partitionsOf(context, name) === undefined) throw error;
    throw new BrokerError('subscription-not-found', 'Subscription not found');
  }
}

export function subscriptionNotFound(name: TopicName, subscription: string): BrokerError {
  return new BrokerError(
    'subscription-not-found',
    `Subscription ${subscription} not found for topic ${name.full}`,
  );
}

/** Without a position the subscription begins at the end. The topic is created where allowed. */
async function create(context: AdminContext, call: Call): Promise<unknown> {
  const { broker } = context;
  const name = topicOf(call);
  const subscription = call.param('subscription');
  const body = objectBody(call);
  requireNamespaceOf(context, name);
  const partitions = partitionsOf(context, name);
  if (partitions === undefined) broker.admit(name, { create: true });
  const topics = partitions ?? [name];
  if (topics.some((one) => broker.subscriptionActor(one, subscription) !== undefined)) {
    throw new BrokerError('already-exists', 'Subscription already exists for topic');
  }
  for (const topic of topics) {
    await broker.ask(broker.admit(topic, { create: true }).id, (reply) => ({
      type: 'create-subscription',
      reply,
      name: subscription,
      position: body === undefined ? LATEST : startOf(body),
      replicated: flag(call, 'replicated'),
      properties: stringMap(body?.['properties']),
    }));
  }
  return NO_CONTENT;
}

/** The first entry to deliver: the one that the body names, or the one behind it. */
function startOf(body: JsonObject): Position {
  const position = positionOf(body);
  const skipped = body['excluded'] === true && position.ledgerId >= 0 && position !== LATEST;
  return skipped ? { ...position, entryId: position.entryId + 1 } : position;
}
