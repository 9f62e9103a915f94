/**
 * What each route demands: a route that is not here cannot be registered. Keys are methods and
 * paths, `*` in the place of a parameter; operations are those that Pulsar 4.2 asks for.
 */
import { AssertionError } from '../../../base/assert.ts';
import { TOPIC_DOMAINS, type TopicDomain } from '../../../base/topic-name.ts';
import type { Call, Method } from '../call.ts';
import { brokerRules } from './broker.ts';
import { namespaceRules } from './namespaces.ts';
import { otherRules } from './others.ts';
import type { Demand, Rule } from './rules.ts';
import { topicRules } from './topics.ts';

const rules: Readonly<Record<string, Rule>> = {
  ...below('/admin/v2', brokerRules),
  ...below('/admin/v2/namespaces/*/*', namespaceRules),
  ...below('/admin/v2/persistent/*/*/*', topicRules),
  ...below('/admin/v2/non-persistent/*/*/*', topicRules),
  ...otherRules,
};

/** Throws AssertionError for a route of which nobody has said who may call it. */
export function ruleOf(method: Method, path: string, brokerId: string): (call: Call) => Demand {
  const key = `${method} ${path.replace(/:\w+/g, '*').replace(/\/$/, '')}`;
  const rule = Object.hasOwn(rules, key) ? rules[key] : undefined;
  if (rule === undefined) throw new AssertionError(`nobody has said who may ${key}`);
  const domain = TOPIC_DOMAINS.find((one) => path.startsWith(`/admin/v2/${one}/`));
  return (call) => rule(call, { domain: domain ?? domainNamed(call.param('domain')), brokerId });
}

function domainNamed(name: string): TopicDomain {
  return TOPIC_DOMAINS.find((domain) => domain === name) ?? 'persistent';
}

function below(path: string, rules: Readonly<Record<string, Rule>>): Record<string, Rule> {
  const entries = Object.entries(rules).map(([key, rule]) => {
    const [method = '', part = ''] = key.split(' ');
    return [`${method} ${path}${part}`, rule];
  });
  return Object.fromEntries(entries);
}
