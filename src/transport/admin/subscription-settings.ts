/** What users say of a subscription: its properties, and whether it is replicated. */
import type { SubscriptionSettings } from '../../actors/subscription/commands.ts';
import type { SubscriptionView } from '../../actors/views.ts';
import type { TopicName } from '../../base/topic-name.ts';
import { booleanBody, objectBody, stringMap } from './body.ts';
import { type AdminContext, type Call, NO_CONTENT, type Routes } from './call.ts';
import { notFoundText, onEachPartition, requireActor, SUBSCRIPTION_PATH } from './subscriptions.ts';
import { onTopic, topicOf } from './topic-of.ts';

const PROPERTIES = '/subscription/:subscription/properties';
const REPLICATED = `${SUBSCRIPTION_PATH}/replicatedSubscriptionStatus`;

export function subscriptionSettingRoutes(routes: Routes, context: AdminContext): void {
  onTopic(routes, 'GET', PROPERTIES, async (call, name) => {
    const views = await viewsOf(context, call, name, missing(call, name));
    return views[0]?.[1].properties ?? {};
  });

  onTopic(routes, 'PUT', PROPERTIES, async (call, name) => {
    const properties = stringMap(objectBody(call));
    await change(context, call, name, missing(call, name), { properties });
    return NO_CONTENT;
  });

  routes.on('GET', REPLICATED, async (call) => {
    const views = await viewsOf(context, call, topicOf(call), undefined);
    return Object.fromEntries(views.map(([topic, { replicated }]) => [topic.full, replicated]));
  });

  routes.on('POST', REPLICATED, async (call) => {
    const replicated = booleanBody(call);
    await change(context, call, topicOf(call), 'Topic or subscription not found', { replicated });
    return NO_CONTENT;
  });
}

function missing(call: Call, name: TopicName): string {
  return notFoundText(name, call.param('subscription'));
}

/** The subscription of the topic, or of each of its partitions. Throws as `onEachPartition`. */
async function viewsOf(
  context: AdminContext,
  call: Call,
  name: TopicName,
  words: string | undefined,
): Promise<(readonly [TopicName, SubscriptionView])[]> {
  const subscription = call.param('subscription');
  const views: (readonly [TopicName, SubscriptionView])[] = [];
  await onEachPartition(context, name, words, async (topic) => {
    requireActor(context, topic, subscription);
    const view = context.broker.subscriptionView(topic, subscription);
    if (view !== undefined) views.push([topic, view]);
  });
  return views;
}

async function change(
  context: AdminContext,
  call: Call,
  name: TopicName,
  words: string,
  settings: Partial<SubscriptionSettings>,
): Promise<void> {
  await onEachPartition(context, name, words, async (topic) => {
    const actor = requireActor(context, topic, call.param('subscription'));
    await context.broker.ask(actor, (reply) => ({ type: 'change-settings', reply, ...settings }));
  });
}
