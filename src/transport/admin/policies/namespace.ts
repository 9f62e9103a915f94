/** Policies of a namespace: read, set and taken back one by one. */
import type { NamespacePolicies } from '../../../actors/broker.ts';
import type { PolicyChange, PolicyName } from '../../../actors/policies/values.ts';
import { BrokerError } from '../../../base/errors.ts';
import { type AdminContext, type Call, EMPTY, NO_CONTENT, type Routes, Text } from '../call.ts';
import { NAMESPACE } from '../namespaces.ts';
import { namespaceOf } from '../topic-of.ts';
import { KEPT, type NamespaceEndpoint, wanted } from './rest.ts';
import { endpoints } from './table.ts';

export function namespacePolicyRoutes(routes: Routes, context: AdminContext): void {
  for (const [name, { namespace }] of Object.entries(endpoints)) {
    if (namespace !== undefined) register(routes, context, name as PolicyName, namespace);
  }
}

function register(
  routes: Routes,
  context: AdminContext,
  policy: PolicyName,
  endpoint: NamespaceEndpoint<unknown>,
): void {
  const path = `${NAMESPACE}/${endpoint.path}`;
  routes.on('GET', path, (call) => {
    const policies = requireNamespace(context, call, endpoint.missingWhenRead);
    const value = policies[policy] ?? endpoint.unset ?? EMPTY;
    return endpoint.isText === true && typeof value === 'string' ? new Text(value) : value;
  });
  routes.on(endpoint.method ?? 'POST', path, async (call) => {
    const value = wanted(endpoint, call, context);
    const policies = requireNamespace(context, call, endpoint.missing);
    if (value === KEPT) return NO_CONTENT;
    if (value !== undefined) endpoint.check?.(value, policies);
    await set(context, call, { [policy]: value });
    return NO_CONTENT;
  });
  if (endpoint.isFixed) return;
  routes.on('DELETE', path, async (call) => {
    requireNamespace(context, call, endpoint.missing);
    await set(context, call, { [policy]: endpoint.afterDelete });
    return NO_CONTENT;
  });
}

function set({ broker }: AdminContext, call: Call, change: PolicyChange): Promise<void> {
  return broker.setNamespacePolicies(namespaceOf(call), change);
}

/** Throws `namespace-not-found`. */
function requireNamespace(
  { broker }: AdminContext,
  call: Call,
  missing = 'Namespace does not exist',
): NamespacePolicies {
  const policies = broker.namespace(namespaceOf(call));
  if (policies !== undefined) return policies;
  throw new BrokerError('namespace-not-found', missing);
}
