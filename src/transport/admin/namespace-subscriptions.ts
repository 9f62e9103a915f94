/**
 * What is asked of the subscriptions of a whole namespace, or of one of its bundles: clearing their
 * backlogs and deleting them.
 */
import { BrokerError } from '../../base/errors.ts';
import { parseTopicName, type TopicName } from '../../base/topic-name.ts';
import { type AdminContext, type Call, NO_CONTENT, type Routes } from './call.ts';
import { bundleIn, insideOf } from './namespace-bundles.ts';
import { NAMESPACE } from './namespaces.ts';
import { namespaceOf } from './topic-of.ts';

const BUNDLE = `${NAMESPACE}/:bundle`;

type Deed = (name: TopicName, subscription: string) => Promise<unknown>;

export function namespaceSubscriptionRoutes(routes: Routes, context: AdminContext): void {
  const { broker } = context;
  const clear: Deed = async (name, subscription) => {
    const actor = broker.subscriptionActor(name, subscription);
    if (actor === undefined) return;
    await broker.ask(actor, (reply) => ({ type: 'skip', reply, count: 'all' }));
  };
  const unsubscribe: Deed = (name, subscription) =>
    broker.ask(broker.topic(name).id, (reply) => ({
      type: 'delete-subscription',
      reply,
      name: subscription,
      force: false,
    }));
  for (const [path, deed] of [
    ['clearBacklog', clear],
    ['clearBacklog/:subscription', clear],
    ['unsubscribe/:subscription', unsubscribe],
  ] as const) {
    const isNamed = path.endsWith(':subscription');
    const named = (call: Call) => (isNamed ? call.param('subscription') : undefined);
    routes.on('POST', `${NAMESPACE}/${path}`, (call) => each(context, call, deed, named(call)));
    routes.on('POST', `${BUNDLE}/${path}`, (call) =>
      each(context, call, deed, named(call), bundleIn(context, call)),
    );
  }
}

/** Throws `namespace-not-found`. */
async function each(
  context: AdminContext,
  call: Call,
  deed: Deed,
  wanted: string | undefined,
  bundle?: string,
): Promise<unknown> {
  const { broker } = context;
  if (broker.namespace(namespaceOf(call)) === undefined) {
    throw new BrokerError('namespace-not-found', 'Namespace not found');
  }
  const inside = insideOf(context, call, bundle);
  for (const full of await broker.topicsOf(namespaceOf(call))) {
    if (!inside(full)) continue;
    const name = parseTopicName(full);
    for (const subscription of broker.topicView(name)?.subscriptions ?? []) {
      if (wanted === undefined || wanted === subscription) await deed(name, subscription);
    }
  }
  return NO_CONTENT;
}
