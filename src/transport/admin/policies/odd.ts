/** Policies whose endpoints are like no others: the value is in the query or the path. */
import { Entries } from '../../../actors/change.ts';
import type { PolicyChange } from '../../../actors/policies/values.ts';
import { BrokerError } from '../../../base/errors.ts';
import type { TopicName } from '../../../base/topic-name.ts';
import { stringMap } from '../body.ts';
import {
  type AdminContext,
  type Call,
  EMPTY,
  flag,
  NO_CONTENT,
  type Routes,
  Text,
} from '../call.ts';
import { NAMESPACE, requirePolicies } from '../namespaces.ts';
import { namespaceOf, onTopic } from '../topic-of.ts';
import { appliedValue, requirePolicyTopic, scopeOf } from './topic.ts';
import { dispatchRateOf, wholeFrom0 } from './values.ts';

export function oddPolicyRoutes(routes: Routes, context: AdminContext): void {
  messageTtlRoutes(routes, context);
  subscriptionRateRoutes(routes, context);
  propertyRoutes(routes, context);
}

/** `POST .../messageTTL?messageTTL=5`: no number takes it back. */
function messageTtlRoutes(routes: Routes, context: AdminContext): void {
  const { policies } = context.broker;
  const part = '/messageTTL';
  const change = async (call: Call, name: TopicName, messageTtlSeconds: number | undefined) => {
    requirePolicyTopic(context, name);
    await policies.change(name, scopeOf(call), { messageTtlSeconds });
    return NO_CONTENT;
  };
  onTopic(routes, 'GET', part, (call, name) => {
    requirePolicyTopic(context, name);
    const set = policies.set(name)?.[scopeOf(call)].messageTtlSeconds;
    if (set !== undefined) return set;
    return flag(call, 'applied') ? appliedValue(context, name, 'messageTtlSeconds') : EMPTY;
  });
  onTopic(routes, 'POST', part, (call, name) => {
    const text = call.query('messageTTL') ?? '';
    if (text === '') return change(call, name, undefined);
    // Java's own words for what is no number are those for a path that is not there.
    if (!/^-?\d+$/.test(text)) throw new BrokerError('topic-not-found', 'HTTP 404 Not Found');
    return change(call, name, wholeFrom0('Invalid value for message TTL')(Number(text)));
  });
  onTopic(routes, 'DELETE', part, (call, name) => change(call, name, undefined));
}

/** `.../{topic}/{subscription}/dispatchRate`: of one subscription. */
function subscriptionRateRoutes(routes: Routes, context: AdminContext): void {
  const { policies } = context.broker;
  const part = '/:subscription/dispatchRate';
  const ratesOf = (name: TopicName, call: Call) =>
    policies.set(name)?.[scopeOf(call)].dispatchRateOf ?? {};
  const change = async (call: Call, name: TopicName, json: unknown) => {
    requirePolicyTopic(context, name);
    const rate = json === undefined ? undefined : dispatchRateOf(json);
    const rates = new Entries({ [call.param('subscription')]: rate });
    await policies.change(name, scopeOf(call), { dispatchRateOf: rates });
    return NO_CONTENT;
  };
  onTopic(routes, 'GET', part, (call, name) => {
    requirePolicyTopic(context, name);
    const set = ratesOf(name, call)[call.param('subscription')];
    if (set !== undefined) return set;
    return flag(call, 'applied') ? appliedValue(context, name, 'subscriptionDispatchRate') : EMPTY;
  });
  onTopic(routes, 'POST', part, (call, name) => {
    const json = call.json() ?? undefined;
    if (json !== undefined) return change(call, name, json);
    requirePolicyTopic(context, name);
    return NO_CONTENT;
  });
  onTopic(routes, 'DELETE', part, (call, name) => change(call, name, undefined));
}

/** Properties of a namespace, together and one by one. */
function propertyRoutes(routes: Routes, context: AdminContext): void {
  const requireNamespace = (call: Call) => {
    if (context.broker.tenant(call.param('tenant')) !== undefined) {
      return requirePolicies(context, call);
    }
    throw new BrokerError('tenant-not-found', 'Tenant does not exist');
  };
  const propertiesOf = (call: Call) => requireNamespace(call).properties ?? {};
  const change = async (call: Call, properties: PolicyChange['properties']) => {
    await context.broker.setNamespacePolicies(namespaceOf(call), { properties });
    return NO_CONTENT;
  };
  const set = (call: Call, properties: Readonly<Record<string, string | undefined>>) => {
    requireNamespace(call);
    return change(call, new Entries(properties));
  };
  routes.on('GET', `${NAMESPACE}/properties`, propertiesOf);
  routes.on('PUT', `${NAMESPACE}/properties`, (call) => set(call, stringMap(call.json())));
  routes.on('DELETE', `${NAMESPACE}/properties`, (call) => {
    requireNamespace(call);
    return change(call, undefined);
  });
  const shown = (value: string | undefined) => (value === undefined ? EMPTY : new Text(value));
  routes.on('GET', `${NAMESPACE}/property/:key`, (call) =>
    shown(propertiesOf(call)[call.param('key')]),
  );
  routes.on('PUT', `${NAMESPACE}/property/:key/:value`, (call) =>
    set(call, { [call.param('key')]: call.param('value') }),
  );
  routes.on('DELETE', `${NAMESPACE}/property/:key`, async (call) => {
    const value = propertiesOf(call)[call.param('key')];
    await set(call, { [call.param('key')]: undefined });
    return shown(value);
  });
}
