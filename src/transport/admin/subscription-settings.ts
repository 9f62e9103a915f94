/** What users say of a subscription: its properties, and whether it is replicated. */
import type { SubscriptionSettings } from '../../actors/subscription/commands.ts';
import { BrokerError } from '../../base/errors.ts';
import type { TopicName } from '../../base/topic-name.ts';
import { booleanBody, objectBody, stringMap } from './body.ts';
import { type AdminContext, type Call, NO_CONTENT, type Routes } from './call.ts';
import { requireHolders, SUBSCRIPTION_PATH, subscriptionNotFound } from './subscriptions.ts';
import { onTopic, partitionsOf, topicOf } from './topic-of.ts';

const PROPERTIES = '/subscription/:subscription/properties';
const REPLICATED = `${SUBSCRIPTION_PATH}/replicatedSubscriptionStatus`;

export function subscriptionSettingRoutes(routes: Routes, context: AdminContext): void {
  const { broker } = context;
  const holders = (call: Call, name: TopicName) =>
    requireHolders(context, name, call.param('subscription'));
  const view = (call: Call, topic: TopicName) =>
    broker.subscriptionView(topic, call.param('subscription'));

  onTopic(routes, 'GET', PROPERTIES, (call, name) => {
    const [first] = holders(call, name);
    return (first && view(call, first)?.properties) ?? {};
  });

  onTopic(routes, 'PUT', PROPERTIES, async (call, name) => {
    const properties = stringMap(objectBody(call));
    await change(context, call, holders(call, name), { properties });
    return NO_CONTENT;
  });

  routes.on('GET', REPLICATED, (call) => {
    const all = inWords(context, call, (partition, name) => subscriptionNotFound(partition, name));
    return Object.fromEntries(all.map((one) => [one.full, view(call, one)?.replicated ?? false]));
  });

  routes.on('POST', REPLICATED, async (call) => {
    const replicated = booleanBody(call);
    const missing = () =>
      new BrokerError('subscription-not-found', 'Topic or subscription not found');
    await change(context, call, inWords(context, call, missing), { replicated });
    return NO_CONTENT;
  });
}

/** The holders; Pulsar has its own words for a subscription that no partition has. */
function inWords(
  context: AdminContext,
  call: Call,
  refusal: (first: TopicName, subscription: string) => BrokerError,
): TopicName[] {
  const [name, subscription] = [topicOf(call), call.param('subscription')];
  try {
    return requireHolders(context, name, subscription);
  } catch (error) {
    const [first] = partitionsOf(context, name) ?? [];
    throw first === undefined ? error : refusal(first, subscription);
  }
}

async function change(
  { broker }: AdminContext,
  call: Call,
  topics: readonly TopicName[],
  settings: Partial<SubscriptionSettings>,
): Promise<void> {
  for (const topic of topics) {
    const actor = broker.subscriptionActor(topic, call.param('subscription'));
    if (actor === undefined) continue;
    await broker.ask(actor, (reply) => ({ type: 'change-settings', reply, ...settings }));
  }
}
