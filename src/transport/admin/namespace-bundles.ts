/** Bundles of a namespace: what they hold, unloading, splitting and emptying one. */
import { unloadTopics } from '../../actors/namespace/unload.ts';
import { BrokerError } from '../../base/errors.ts';
import { filterInSlices } from '../../base/slices.ts';
import { parseTopicName, TOPIC_DOMAINS } from '../../base/topic-name.ts';
import { stringList } from './body.ts';
import { type Bundles, bundleOf, checkBundle, split } from './bundles.ts';
import { type AdminContext, type Call, NO_CONTENT, type Routes } from './call.ts';
import { listOf } from './list.ts';
import { NAMESPACE } from './namespaces.ts';
import { MAX_BUNDLES } from './policies/document.ts';
import { namespaceOf } from './topic-of.ts';
import { visible } from './topics.ts';

const BUNDLE = `${NAMESPACE}/:bundle`;

export function bundleRoutes(routes: Routes, context: AdminContext): void {
  const { broker, clock } = context;
  routes.on('PUT', `${NAMESPACE}/unload`, (call) => unload(context, call));
  routes.on('PUT', `${BUNDLE}/unload`, (call) => unload(context, call, bundleIn(context, call)));

  routes.on('DELETE', BUNDLE, async (call) => {
    const inside = insideOf(context, call, bundleIn(context, call));
    for (const domain of TOPIC_DOMAINS) {
      const topics = await broker.topicsOf(namespaceOf(call), domain);
      if ((await filterInSlices(clock, topics, inside)).length === 0) continue;
      throw new BrokerError('conflict', 'Cannot delete non empty bundle');
    }
    return NO_CONTENT;
  });

  // Of persistent topics Pulsar has no such list.
  routes.on('GET', '/admin/v2/non-persistent/:tenant/:namespace/:bundle', async (call) => {
    const inside = insideOf(context, call, bundleIn(context, call));
    const topics = await broker.topicsOf(namespaceOf(call), 'non-persistent');
    return listOf(visible(call, await filterInSlices(clock, topics, inside)), clock);
  });

  routes.on('PUT', `${BUNDLE}/split`, async (call) => {
    checkAlgorithm(call);
    const bundle = bundleIn(context, call);
    const next = split(bundlesOf(context, call), bundle);
    if (next.bundles > MAX_BUNDLES) {
      throw new BrokerError('precondition-failed', `There are ${MAX_BUNDLES} bundles already`);
    }
    await broker.setNamespacePolicies(namespaceOf(call), next);
    return NO_CONTENT;
  });
}

/** Closes the topics of a namespace, or of a bundle: clients look them up again. */
async function unload(context: AdminContext, call: Call, bundle?: string): Promise<unknown> {
  const { broker, clock } = context;
  const inside = insideOf(context, call, bundle);
  const namespace = namespaceOf(call);
  broker.clusterRules.release(namespace);
  const isMeant = (full: string) => parseTopicName(full).namespace === namespace && inside(full);
  await unloadTopics(broker, clock, isMeant);
  return NO_CONTENT;
}

/** Whether a topic of the namespace is in the bundle; in any where none is named. */
export function insideOf(context: AdminContext, call: Call, bundle: string | undefined) {
  const bundles = bundlesOf(context, call);
  return (full: string) => bundle === undefined || bundleOf(full, bundles) === bundle;
}

/** Throws `namespace-not-found`, `precondition-failed`. */
export function bundleIn(context: AdminContext, call: Call): string {
  const bundle = call.param('bundle');
  checkBundle(namespaceOf(call), bundle, bundlesOf(context, call));
  return bundle;
}

/** Throws `namespace-not-found`. */
function bundlesOf({ broker }: AdminContext, call: Call): Bundles {
  const policies = broker.namespace(namespaceOf(call));
  if (policies !== undefined) return policies;
  throw new BrokerError('namespace-not-found', 'Namespace not found');
}

/** Where a bundle is split makes no difference on one broker: all of them cut it in half. */
const ALGORITHMS = [
  'range_equally_divide',
  'topic_count_equally_divide',
  'specified_positions_divide',
  'flow_or_qps_equally_divide',
];

/** Throws `precondition-failed`, `invalid-argument`. */
function checkAlgorithm(call: Call): void {
  const json = call.json() ?? [];
  if (!Array.isArray(json) || !json.every(Number.isInteger)) stringList(json ?? [0]);
  const name = call.query('splitAlgorithmName') ?? '';
  if (name === '' || ALGORITHMS.includes(name)) return;
  throw new BrokerError(
    'precondition-failed',
    'Unsupported namespace bundle split algorithm, supported algorithms are ' +
      `[${ALGORITHMS.join(', ')}]`,
  );
}
