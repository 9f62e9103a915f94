/** Policies of topics whose endpoints are like no others: the value is in the query or the path. */
import { policyTable } from '../../../actors/policies/table.ts';
import { BrokerError } from '../../../base/errors.ts';
import type { TopicName } from '../../../base/topic-name.ts';
import { type AdminContext, type Call, EMPTY, flag, NO_CONTENT, type Routes } from '../call.ts';
import { TOPIC_PATH } from '../topic-of.ts';
import { appliedValue, policyTopic, scopeOf } from './topic.ts';
import { dispatchRateOf, wholeFrom0 } from './values.ts';

export function oddPolicyRoutes(routes: Routes, context: AdminContext): void {
  messageTtlRoutes(routes, context);
  subscriptionRateRoutes(routes, context);
}

/** `POST .../messageTTL?messageTTL=5`: no number takes it back. */
function messageTtlRoutes(routes: Routes, context: AdminContext): void {
  const { policies } = context.broker;
  const path = `${TOPIC_PATH}/messageTTL`;
  const change = async (call: Call, messageTtlSeconds: number | undefined) => {
    await policies.change(policyTopic(context, call), scopeOf(call), { messageTtlSeconds });
    return NO_CONTENT;
  };
  routes.on('GET', path, (call) => {
    const name = policyTopic(context, call);
    const set = policies.set(name)?.[scopeOf(call)].messageTtlSeconds;
    if (set !== undefined) return set;
    return flag(call, 'applied') ? appliedValue(context, name, 'messageTtlSeconds') : EMPTY;
  });
  if (policyTable.messageTtlSeconds.inForce) {
    routes.on('POST', path, (call) => {
      const text = call.query('messageTTL') ?? '';
      if (text === '') return change(call, undefined);
      // Java's own words for what is no number are those for a path that is not there.
      if (!/^-?\d+$/.test(text)) throw new BrokerError('topic-not-found', 'HTTP 404 Not Found');
      return change(call, wholeFrom0('Invalid value for message TTL')(Number(text)));
    });
  }
  routes.on('DELETE', path, (call) => change(call, undefined));
}

/** `.../{topic}/{subscription}/dispatchRate`: of one subscription. */
function subscriptionRateRoutes(routes: Routes, context: AdminContext): void {
  const { policies } = context.broker;
  const path = `${TOPIC_PATH}/:subscription/dispatchRate`;
  const ratesOf = (name: TopicName, call: Call) =>
    policies.set(name)?.[scopeOf(call)].dispatchRateOf ?? {};
  const change = async (call: Call, json: unknown) => {
    const name = policyTopic(context, call);
    const { [call.param('subscription')]: _, ...others } = ratesOf(name, call);
    const rate = json === undefined ? {} : { [call.param('subscription')]: dispatchRateOf(json) };
    const all = { ...others, ...rate };
    const isLeft = Object.keys(all).length > 0;
    await policies.change(name, scopeOf(call), { dispatchRateOf: isLeft ? all : undefined });
    return NO_CONTENT;
  };
  routes.on('GET', path, (call) => {
    const name = policyTopic(context, call);
    const set = ratesOf(name, call)[call.param('subscription')];
    if (set !== undefined) return set;
    return flag(call, 'applied') ? appliedValue(context, name, 'subscriptionDispatchRate') : EMPTY;
  });
  if (policyTable.dispatchRateOf.inForce) {
    routes.on('POST', path, (call) => {
      const json = call.json() ?? undefined;
      if (json !== undefined) return change(call, json);
      policyTopic(context, call);
      return NO_CONTENT;
    });
  }
  routes.on('DELETE', path, (call) => change(call, undefined));
}
