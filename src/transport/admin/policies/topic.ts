/**
 * Policies of a topic and all its partitions: read, set and taken back one by one. With `isGlobal`
 * those that hold in all clusters are meant, with `applied` what counts in the end.
 */
import type { PolicyScope } from '../../../actors/policies/document.ts';
import type { PolicyName, SetPolicies } from '../../../actors/policies/values.ts';
import { BrokerError } from '../../../base/errors.ts';
import type { TopicName } from '../../../base/topic-name.ts';
import { type AdminContext, type Call, EMPTY, flag, NO_CONTENT, type Routes } from '../call.ts';
import { onTopic, requireNamespaceOf, requireServed, topicNotFound } from '../topic-of.ts';
import { KEPT, type TopicEndpoint, wanted } from './rest.ts';
import { endpoints } from './table.ts';

export function topicPolicyRoutes(routes: Routes, context: AdminContext): void {
  for (const [name, { topic }] of Object.entries(endpoints)) {
    if (topic !== undefined) register(routes, context, name as PolicyName, topic);
  }
  // Pulsar asks for no topic here.
  onTopic(routes, 'DELETE', '/policies', async (_call, name) => {
    await context.broker.policies.forget(name);
    return NO_CONTENT;
  });
}

function register(
  routes: Routes,
  context: AdminContext,
  policy: PolicyName,
  endpoint: TopicEndpoint<unknown>,
): void {
  const { policies } = context.broker;
  const part = `/${endpoint.path}`;
  const scopeIn = (call: Call) => endpoint.scope ?? scopeOf(call);
  const requireThere = (name: TopicName) => {
    if (endpoint.asksForTenant === true && context.broker.tenant(name.tenant) === undefined) {
      throw new BrokerError('tenant-not-found', 'Tenant does not exist');
    }
    requirePolicyTopic(context, name);
  };
  onTopic(routes, 'GET', part, (call, name) => {
    requireThere(name);
    const set = policies.set(name)?.[scopeIn(call)][policy];
    if (set !== undefined) return set;
    const isApplied = endpoint.shows === 'applied' && flag(call, 'applied');
    return isApplied ? appliedValue(context, name, policy) : (endpoint.unset ?? EMPTY);
  });
  onTopic(routes, endpoint.method ?? 'POST', part, async (call, name) => {
    requireThere(name);
    const value = wanted(endpoint, call, context);
    if (value === KEPT) return NO_CONTENT;
    if (value !== undefined) endpoint.check?.(value, setFor(context, name));
    await policies.change(name, scopeIn(call), { [policy]: value });
    return NO_CONTENT;
  });
  if (endpoint.isFixed) return;
  onTopic(routes, 'DELETE', part, async (call, name) => {
    requireThere(name);
    await policies.change(name, scopeIn(call), { [policy]: undefined });
    return NO_CONTENT;
  });
}

export function scopeOf(call: Call): PolicyScope {
  return flag(call, 'isGlobal') ? 'global' : 'local';
}

/** What the topic has set, else its namespace. */
export function setFor({ broker }: AdminContext, name: TopicName): SetPolicies {
  return { ...broker.namespace(name.namespace), ...broker.policies.set(name)?.local };
}

/** The first value that anybody has set, as Pulsar shows it: also one that says nothing. */
export function appliedValue(
  { broker }: AdminContext,
  name: TopicName,
  policy: PolicyName,
): unknown {
  return (
    broker.policies.set(name)?.local[policy] ??
    broker.namespace(name.namespace)?.[policy] ??
    broker.policies.broker[policy]
  );
}

/** Throws `precondition-failed`, `namespace-not-found`, `topic-not-found`. */
export function requirePolicyTopic(context: AdminContext, name: TopicName): void {
  requireNamespaceOf(context, name);
  if (name.partition >= 0) {
    const message = 'Not allowed to set/get topic policy for a partition';
    throw new BrokerError('precondition-failed', message);
  }
  const { broker } = context;
  if (broker.partitionedTopic(name) !== undefined) return;
  requireServed(context, name);
  if (broker.topicView(name) !== undefined) return;
  throw topicNotFound(name);
}
