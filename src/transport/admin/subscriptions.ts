/** Subscriptions of a topic: listed, created, deleted, described. */
import { BrokerError } from '../../base/errors.ts';
import { LATEST } from '../../base/position.ts';
import type { TopicName } from '../../base/topic-name.ts';
import { objectBody, positionOf, stringMap } from './body.ts';
import { type AdminContext, type Call, flag, NO_CONTENT, type Routes } from './call.ts';
import {
  onTopic,
  partitionsOf,
  refuseBeyondLast,
  requireNamespaceOf,
  requireTopic,
  requireTopics,
  TOPIC_PATH,
  topicOf,
} from './topic-of.ts';

export const SUBSCRIPTION_PATH = `${TOPIC_PATH}/subscription/:subscription`;

export function subscriptionRoutes(routes: Routes, context: AdminContext): void {
  const { broker } = context;

  onTopic(routes, 'GET', '/subscriptions', (_call, name) => {
    refuseBeyondLast(context, name);
    const topics = requireTopics(context, name);
    return [...new Set(topics.flatMap((one) => broker.topicView(one)?.subscriptions ?? []))];
  });

  routes.on('PUT', SUBSCRIPTION_PATH, (call) => create(context, call));

  onTopic(routes, 'DELETE', '/subscription/:subscription', async (call, whole) => {
    // One that has no consumers is no more on a non-persistent topic: whoever asks means these.
    const force = flag(call, 'force') || whole.domain === 'non-persistent';
    refuseBeyondLast(context, whole);
    const name = call.param('subscription');
    await onEachPartition(context, whole, 'Subscription not found', async (topic) => {
      requireActor(context, topic, name);
      await broker.ask(broker.topic(topic).id, (reply) => ({
        type: 'delete-subscription',
        reply,
        name,
        force,
      }));
    });
    return NO_CONTENT;
  });
}

/**
 * Does it on the topic, or on every partition of it whatever becomes of the others, as Pulsar does;
 * then throws what the first one refused. That one of the partitions lacks the subscription, or is
 * missing itself, is told in the words of `missing`, where there are any.
 */
export async function onEachPartition(
  context: AdminContext,
  name: TopicName,
  missing: string | undefined,
  act: (topic: TopicName) => Promise<unknown>,
): Promise<void> {
  const partitions = partitionsOf(context, name);
  if (partitions === undefined) {
    await act(name);
    return;
  }
  let refusal: unknown;
  for (const one of partitions) {
    await act(one).catch((error: unknown) => {
      refusal ??= error;
    });
  }
  if (refusal === undefined) return;
  const isMissing = refusal instanceof BrokerError && MISSING.has(refusal.code);
  if (missing === undefined || !isMissing) throw refusal;
  throw new BrokerError('subscription-not-found', missing);
}

const MISSING: ReadonlySet<string> = new Set(['subscription-not-found', 'topic-not-found']);

/** The subscription's actor. Throws `topic-not-found`, `subscription-not-found`. */
export function requireActor(context: AdminContext, name: TopicName, subscription: string): string {
  requireTopic(context, name);
  const actor = context.broker.subscriptionActor(name, subscription);
  if (actor === undefined) throw subscriptionNotFound(name, subscription);
  return actor;
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

export function subscriptionNotFound(name: TopicName, subscription: string): BrokerError {
  return new BrokerError('subscription-not-found', notFoundText(name, subscription));
}

export function notFoundText(name: TopicName, subscription: string): string {
  return `Subscription ${subscription} not found for topic ${name.full}`;
}

/** Throws `precondition-failed` for a topic that is not there and may not be made. */
async function createByPolicy({ broker }: AdminContext, name: TopicName): Promise<void> {
  try {
    await broker.partitionsOf(name, { create: true });
  } catch (error) {
    if (!(error instanceof BrokerError && error.code === 'topic-not-found')) throw error;
    throw new BrokerError('precondition-failed', 'Topic does not exist and cannot be auto-created');
  }
}

/**
 * Without a position the subscription begins at the end; `excluded` and batch indexes count for
 * nothing here, as in Pulsar. The topic is created where allowed.
 */
async function create(context: AdminContext, call: Call): Promise<unknown> {
  const { broker } = context;
  const name = topicOf(call);
  const subscription = call.param('subscription');
  const body = objectBody(call);
  requireNamespaceOf(context, name);
  await createByPolicy(context, name);
  // Partitions that lack it are given it.
  const topics = (partitionsOf(context, name) ?? [name]).filter(
    (one) => broker.subscriptionActor(one, subscription) === undefined,
  );
  if (topics.length === 0) {
    throw new BrokerError('already-exists', 'Subscription already exists for topic');
  }
  for (const topic of topics) {
    await broker.ready(topic);
    await broker.ask(broker.admit(topic, { create: true }).id, (reply) => ({
      type: 'create-subscription',
      reply,
      name: subscription,
      position: body === undefined ? LATEST : positionOf(body),
      replicated: flag(call, 'replicated'),
      properties: stringMap(body?.['properties']),
    }));
  }
  return NO_CONTENT;
}
