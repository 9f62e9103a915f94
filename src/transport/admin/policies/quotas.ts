/**
 * Backlog quotas, of which a namespace and a topic may have one of each kind: set one at a time and
 * read together.
 */
import type { BacklogQuota, PolicyName, SetPolicies } from '../../../actors/policies/values.ts';
import { BrokerError } from '../../../base/errors.ts';
import type { TopicName } from '../../../base/topic-name.ts';
import type { JsonObject } from '../body.ts';
import { type AdminContext, type Call, flag, NO_CONTENT, type Routes } from '../call.ts';
import { NAMESPACE, requirePolicies } from '../namespaces.ts';
import { namespaceOf, onTopic } from '../topic-of.ts';
import { checkNamespaceQuota, checkTopicQuota } from './quota-check.ts';
import { appliedValue, requirePolicyTopic, scopeOf, setFor } from './topic.ts';
import { quotaOf } from './values.ts';

/** Pulsar's kinds, by the name of the policy. */
export const quotaPolicies: Readonly<Record<string, 'storageQuota' | 'ageQuota'>> = {
  destination_storage: 'storageQuota',
  message_age: 'ageQuota',
};

export function quotaRoutes(routes: Routes, context: AdminContext): void {
  const { broker } = context;
  routes.on('GET', `${NAMESPACE}/backlogQuotaMap`, (call) =>
    quotaMap(requirePolicies(context, call)),
  );
  onTopic(routes, 'GET', '/backlogQuotaMap', (call, name) => {
    requirePolicyTopic(context, name);
    const set = broker.policies.set(name)?.[scopeOf(call)] ?? {};
    const isSet = Object.values(quotaPolicies).some((policy) => set[policy] !== undefined);
    if (isSet || !flag(call, 'applied')) return quotaMap(set);
    const applied = (policy: PolicyName) => appliedValue(context, name, policy) as BacklogQuota;
    return quotaMap({ storageQuota: applied('storageQuota'), ageQuota: applied('ageQuota') });
  });
  namespaceChanges(routes, context);
  topicChanges(routes, context);
}

function namespaceChanges(routes: Routes, { broker }: AdminContext): void {
  const path = `${NAMESPACE}/backlogQuota`;
  const change = async (call: Call, quota: BacklogQuota | undefined) => {
    const policies = broker.namespace(namespaceOf(call));
    if (policies === undefined) throw new BrokerError('namespace-not-found', '');
    checkNamespaceQuota(quota, policies.retention);
    await broker.setNamespacePolicies(namespaceOf(call), { [kindOf(call)]: quota });
    return NO_CONTENT;
  };
  routes.on('POST', path, (call) => change(call, quotaBody(call)));
  routes.on('DELETE', path, (call) => change(call, undefined));
}

function topicChanges(routes: Routes, context: AdminContext): void {
  const change = async (call: Call, name: TopicName, quota: BacklogQuota | undefined) => {
    requirePolicyTopic(context, name);
    const { policies } = context.broker;
    checkTopicQuota(quota, setFor(context, name).retention);
    await policies.change(name, scopeOf(call), { [kindOf(call)]: quota });
    return NO_CONTENT;
  };
  const part = '/backlogQuota';
  onTopic(routes, 'POST', part, (call, name) => change(call, name, quotaBody(call)));
  onTopic(routes, 'DELETE', part, (call, name) => change(call, name, undefined));
}

function quotaBody(call: Call): BacklogQuota | undefined {
  const json = call.json() ?? undefined;
  return json === undefined ? undefined : readQuota(json, namespaceOf(call));
}

function kindOf(call: Call): 'storageQuota' | 'ageQuota' {
  const type = call.query('backlogQuotaType') ?? 'destination_storage';
  const policy = quotaPolicies[type];
  if (policy !== undefined) return policy;
  throw new BrokerError('topic-not-found', 'HTTP 404 Not Found');
}

/** Throws `invalid-argument` where it does not say what to do once it is exceeded. */
export function readQuota(json: unknown, namespace: string): BacklogQuota {
  const quota = quotaOf(json);
  if (quota !== undefined) return quota;
  throw new BrokerError(
    'invalid-argument',
    `Set namespace[${namespace}] backlog quota failed because the data validation failed. the ` +
      'attribute policy cannot be null',
  );
}

/** As Pulsar shows them, `limit` being the older name of `limitSize`. */
export function quotaMap(policies: SetPolicies): JsonObject {
  const quotas = Object.entries(quotaPolicies).flatMap(([type, policy]) => {
    const quota = policies[policy];
    return quota === undefined ? [] : [[type, { limit: quota.limitSize, ...quota }]];
  });
  return Object.fromEntries(quotas);
}
