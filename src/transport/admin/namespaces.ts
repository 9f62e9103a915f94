/** `/admin/v2/namespaces`: the namespaces themselves and what they hold. */
import type { NamespacePolicies } from '../../actors/broker.ts';
import { BrokerError } from '../../base/errors.ts';
import { TOPIC_DOMAINS } from '../../base/topic-name.ts';
import { type AdminContext, type Call, flag, NO_CONTENT, type Routes } from './call.ts';
import { listOf } from './list.ts';
import { bundlesDocument, policiesDocument, policiesOf } from './policies/document.ts';
import { namespaceOf } from './topic-of.ts';
import { visible } from './topics.ts';

export const NAMESPACE = '/admin/v2/namespaces/:tenant/:namespace';

export function namespaceRoutes(routes: Routes, context: AdminContext): void {
  const { broker, options } = context;

  routes.on('GET', '/admin/v2/namespaces/:tenant', (call) => {
    const tenant = call.param('tenant');
    if (broker.tenant(tenant) !== undefined) return broker.namespaces(tenant);
    throw new BrokerError('tenant-not-found', 'Tenant not found');
  });

  routes.on('GET', NAMESPACE, (call) =>
    policiesDocument(requirePolicies(context, call), options.clusterName),
  );
  routes.on('GET', `${NAMESPACE}/bundles`, (call) =>
    bundlesDocument(requirePolicies(context, call)),
  );
  routes.on('PUT', NAMESPACE, (call) => create(context, call));

  routes.on('DELETE', NAMESPACE, async (call) => {
    const namespace = namespaceOf(call);
    const force = flag(call, 'force');
    if (force && !broker.settings.config.forceDeleteNamespaceAllowed) {
      throw new BrokerError('not-allowed', "Broker doesn't allow forced deletion of namespaces");
    }
    if (broker.namespace(namespace) === undefined) {
      throw new BrokerError('namespace-not-found', `Namespace ${namespace} does not exist.`);
    }
    if (!force && (await isUsed(context, namespace))) {
      throw new BrokerError('conflict', 'Cannot delete non empty namespace');
    }
    await broker.deleteNamespace(namespace, force);
    return NO_CONTENT;
  });

  contentRoutes(routes, context);
}

/** Topics of a namespace, and what is asked of all of them at once. */
function contentRoutes(routes: Routes, context: AdminContext): void {
  const { broker } = context;

  routes.on('GET', `${NAMESPACE}/topics`, async (call) => {
    const mode = call.query('mode') ?? 'PERSISTENT';
    if (!['PERSISTENT', 'NON_PERSISTENT', 'ALL'].includes(mode)) {
      throw new BrokerError('topic-not-found', 'HTTP 404 Not Found');
    }
    requirePolicies(context, call);
    const wanted = TOPIC_DOMAINS.filter(
      (domain) => mode === 'ALL' || (domain === 'persistent') === (mode === 'PERSISTENT'),
    );
    const lists = wanted.map((domain) => broker.topicsOf(namespaceOf(call), domain));
    return listOf(visible(call, (await Promise.all(lists)).flat()), context.clock);
  });
}

/** Throws `namespace-not-found`. */
export function requirePolicies({ broker }: AdminContext, call: Call): NamespacePolicies {
  const policies = broker.namespace(namespaceOf(call));
  if (policies !== undefined) return policies;
  throw new BrokerError('namespace-not-found', 'Namespace does not exist');
}

async function create(context: AdminContext, call: Call): Promise<unknown> {
  const { broker } = context;
  const [tenant, namespace] = [call.param('tenant'), namespaceOf(call)];
  const policies = policiesOf(call, context);
  const allowed = broker.tenant(tenant)?.allowedClusters;
  if (allowed === undefined) throw new BrokerError('tenant-not-found', 'Tenant does not exist');
  const stranger = policies.replicationClusters.find((cluster) => !allowed.includes(cluster));
  if (stranger !== undefined) {
    throw new BrokerError(
      'authorization',
      `Cluster [${stranger}] is not in the list of allowed clusters list for tenant [${tenant}]`,
    );
  }
  if (broker.namespace(namespace) !== undefined) {
    throw new BrokerError('already-exists', 'Namespace already exists');
  }
  await broker.createNamespace(namespace, policies);
  return NO_CONTENT;
}

async function isUsed({ broker }: AdminContext, namespace: string): Promise<boolean> {
  for (const domain of TOPIC_DOMAINS) {
    if ((await broker.topicsOf(namespace, domain)).length > 0) return true;
    if ((await broker.partitionedTopicsOf(namespace, domain)).length > 0) return true;
  }
  return false;
}
