/** Policies of a namespace that can be read, set and taken back one by one. */
import type { NamespacePolicyChange } from '../../actors/broker.ts';
import { BrokerError } from '../../base/errors.ts';
import { booleanBody, objectBody } from './body.ts';
import { type AdminContext, type Call, EMPTY, NO_CONTENT, type Routes } from './call.ts';
import { NAMESPACE, requirePolicies } from './namespaces.ts';
import { autoTopicCreationOf, retentionDocument, retentionOf } from './policies-document.ts';
import { namespaceOf } from './topic-of.ts';

export function namespacePolicyRoutes(routes: Routes, context: AdminContext): void {
  const set = async (call: Call, change: NamespacePolicyChange) => {
    requirePolicies(context, call);
    await context.broker.setNamespacePolicies(namespaceOf(call), change);
    return NO_CONTENT;
  };

  const deduplication = `${NAMESPACE}/deduplication`;
  routes.on(
    'GET',
    deduplication,
    (call) => requirePolicies(context, call).deduplicationEnabled ?? EMPTY,
  );
  routes.on('POST', deduplication, (call) =>
    set(call, { deduplicationEnabled: booleanBody(call) }),
  );
  routes.on('DELETE', deduplication, (call) => set(call, { deduplicationEnabled: undefined }));

  const creation = `${NAMESPACE}/autoTopicCreation`;
  routes.on(
    'GET',
    creation,
    (call) => requirePolicies(context, call).autoTopicCreationOverride ?? EMPTY,
  );
  routes.on('POST', creation, (call) => {
    const body = objectBody(call);
    const autoTopicCreationOverride = body === undefined ? undefined : autoTopicCreationOf(body);
    return set(call, { autoTopicCreationOverride });
  });
  routes.on('DELETE', creation, (call) => set(call, { autoTopicCreationOverride: undefined }));

  retentionRoutes(routes, context, set);
}

function retentionRoutes(
  routes: Routes,
  context: AdminContext,
  set: (call: Call, change: NamespacePolicyChange) => Promise<unknown>,
): void {
  const retention = `${NAMESPACE}/retention`;
  /** Pulsar says it in other words when writing. */
  const required = (call: Call): void => {
    if (context.broker.namespace(namespaceOf(call)) !== undefined) return;
    throw new BrokerError('namespace-not-found', 'Namespace policies does not exist');
  };
  routes.on('GET', retention, (call) => {
    const stored = requirePolicies(context, call).retention;
    return stored === undefined ? EMPTY : retentionDocument(stored);
  });
  routes.on('POST', retention, (call) => {
    const body = objectBody(call);
    const change = body === undefined ? undefined : retentionOf(body);
    required(call);
    return set(call, { retention: change });
  });
  routes.on('DELETE', retention, (call) => {
    required(call);
    return set(call, { retention: undefined });
  });
}
