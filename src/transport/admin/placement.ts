/** Which topics are where: bundles of this broker, hashes in a bundle, groups kept apart. */
import { BrokerError } from '../../base/errors.ts';
import { filterInSlices, inSlices } from '../../base/slices.ts';
import { parseTopicName, TOPIC_DOMAINS } from '../../base/topic-name.ts';
import { requireBroker } from './brokers.ts';
import { bundleOf, checkBundle, hashOf } from './bundles.ts';
import type { AdminContext, Call, Routes } from './call.ts';
import { requireCluster } from './failure-domains.ts';
import { NAMESPACE } from './namespaces.ts';
import { namespaceOf } from './topic-of.ts';

export function placementRoutes(routes: Routes, context: AdminContext): void {
  // Any cluster's name is taken, as in Pulsar.
  routes.on('GET', '/admin/v2/brokers/:cluster/:broker/ownedNamespaces', (call) => {
    requireBroker(context.urls, call.param('broker'));
    return ownedBundles(context);
  });
  routes.on('GET', `${NAMESPACE}/:bundle/topicHashPositions`, (call) => hashes(context, call));
  routes.on('GET', '/admin/v2/namespaces/:cluster/antiAffinity/:group', (call) =>
    keptApart(context, call),
  );
}

/** Those that have a topic in memory, and what isolation policies say of them. */
async function ownedBundles({ broker, clock }: AdminContext) {
  const owned = new Map<string, object>();
  await inSlices(clock, broker.loadedTopics(), (full) => {
    const { namespace } = parseTopicName(full);
    const policies = broker.namespace(namespace);
    if (policies === undefined) return;
    const bundle = `${namespace}/${bundleOf(full, policies)}`;
    if (owned.has(bundle)) return;
    const assignment = broker.clusterRules.assignmentOf(namespace);
    owned.set(bundle, {
      broker_assignment: assignment ?? 'shared',
      is_controlled: assignment !== undefined,
      is_active: true,
    });
  });
  return Object.fromEntries(owned);
}

/** Of all topics in a bundle, or of those among them that are named. */
async function hashes({ broker, clock }: AdminContext, call: Call) {
  const namespace = namespaceOf(call);
  const bundle = call.param('bundle');
  // A namespace that is not there is one bundle, as in Pulsar.
  const bundles = broker.namespace(namespace) ?? { bundles: 1 };
  checkBundle(namespace, bundle, bundles);
  const named = new Set(call.queries('topics'));
  const topics: string[] = [];
  for (const domain of TOPIC_DOMAINS) {
    const isMeant = (full: string) =>
      (named.size === 0 || named.has(full)) && bundleOf(full, bundles) === bundle;
    const all = await broker.topicsOf(namespace, domain);
    topics.push(...(await filterInSlices(clock, all, isMeant)));
  }
  const topicHashPositions = Object.fromEntries(topics.map((full) => [full, hashOf(full)]));
  return { namespace, bundle, topicHashPositions };
}

/** The namespaces of a tenant in an anti-affinity group. */
function keptApart(context: AdminContext, call: Call): readonly string[] {
  const { broker } = context;
  const [group, tenant] = [call.param('group'), call.query('tenant') ?? ''];
  if (group.trim() === '') {
    throw new BrokerError('precondition-failed', "Anti-affinity group can't be empty");
  }
  if (tenant === '') throw new BrokerError('invalid-argument', 'Tenant should not be null');
  requireCluster(context, call);
  return broker
    .namespaces(tenant)
    .filter((namespace) => broker.namespace(namespace)?.antiAffinityGroup === group);
}
