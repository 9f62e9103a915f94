/** `/admin/v2/clusters/{cluster}/namespaceIsolationPolicies`: who may serve which namespaces. */
import {
  type IsolationPolicies,
  type IsolationPolicy,
  isOneOf,
  type UnloadScope,
} from '../../actors/namespace/isolation.ts';
import { BrokerError } from '../../base/errors.ts';
import { type JsonObject, objectBody, objectOf, stringList, stringMap } from './body.ts';
import { type AdminContext, type Call, NO_CONTENT, type Routes } from './call.ts';
import { requireCluster } from './failure-domains.ts';

const POLICIES = '/admin/v2/clusters/:cluster/namespaceIsolationPolicies';

export function isolationRoutes(routes: Routes, context: AdminContext): void {
  const { broker, urls } = context;
  const { clusterRules } = broker;
  const policiesOf = (call: Call): IsolationPolicies => {
    const cluster = call.param('cluster');
    const { isolationPolicies, wasIsolated } = clusterRules.of(cluster);
    if (wasIsolated === true) return isolationPolicies ?? {};
    throw missing(`NamespaceIsolationPolicies for cluster ${cluster} does not exist`);
  };

  routes.on('GET', POLICIES, (call) => {
    const cluster = call.param('cluster');
    if (broker.cluster(cluster) === undefined) throw missing(`Cluster ${cluster} does not exist.`);
    return policiesOf(call);
  });

  routes.on('GET', `${POLICIES}/brokers`, (call) => {
    requireCluster(context, call);
    return [isolationOf(urls.brokerId, policiesOf(call))];
  });

  routes.on('GET', `${POLICIES}/brokers/:broker`, (call) => {
    requireCluster(context, call);
    return isolationOf(call.param('broker'), policiesOf(call));
  });

  routes.on('GET', `${POLICIES}/:policy`, (call) => {
    requireCluster(context, call);
    const [cluster, name] = [call.param('cluster'), call.param('policy')];
    const found = Object.entries(policiesOf(call)).find(([one]) => one === name);
    if (found !== undefined) return found[1];
    throw missing(`Cannot find NamespaceIsolationPolicy ${name} for cluster ${cluster}`);
  });

  routes.on('POST', `${POLICIES}/:policy`, async (call) => {
    requireCluster(context, call);
    const name = call.param('policy');
    await clusterRules.putIsolation(call.param('cluster'), name, policyIn(call, name));
    return NO_CONTENT;
  });

  routes.on('DELETE', `${POLICIES}/:policy`, async (call) => {
    requireCluster(context, call);
    await clusterRules.putIsolation(call.param('cluster'), call.param('policy'));
    return NO_CONTENT;
  });
}

function missing(reason: string): BrokerError {
  return new BrokerError('cluster-not-found', reason);
}

/** The policies that a broker is named in: the last one's name, and namespaces of all. */
function isolationOf(brokerName: string, policies: IsolationPolicies) {
  const about = Object.entries(policies)
    .map(([policyName, { namespaces, primary, secondary }]) => {
      const isPrimary = isOneOf(primary)(brokerName);
      return { policyName, namespaces, isPrimary, isSecondary: isOneOf(secondary)(brokerName) };
    })
    .filter(({ isPrimary, isSecondary }) => isPrimary || isSecondary);
  const last = about.at(-1);
  return {
    brokerName,
    policyName: last?.policyName,
    namespaceRegex: about.flatMap(({ namespaces }) => namespaces),
    primary: last?.isPrimary ?? false,
  };
}

const SCOPES: readonly UnloadScope[] = ['all_matching', 'changed', 'none'];

/** Throws `invalid-argument`. */
function policyIn(call: Call, name: string): IsolationPolicy {
  const body = objectBody(call);
  if (body === undefined) {
    throw new BrokerError('invalid-argument', 'isolation policy data is required');
  }
  const scope = SCOPES.find((one) => one === body['unload_scope']);
  const read = {
    namespaces: stringList(body['namespaces']) ?? null,
    primary: stringList(body['primary']) ?? null,
    secondary: stringList(body['secondary']) ?? null,
    auto_failover_policy: failoverIn(body),
    unload_scope: scope ?? null,
  };
  if (!isSound(read)) {
    throw new BrokerError(
      'invalid-argument',
      `Invalid format of input policy data. policy: ${name}; data: ${pretty(read)}`,
    );
  }
  const { unload_scope: _, ...policy } = read;
  return scope === undefined ? policy : { ...policy, unload_scope: scope };
}

function failoverIn(body: JsonObject) {
  const failover = body['auto_failover_policy'] ?? undefined;
  if (failover === undefined) return null;
  const { parameters = null, policy_type: type } = objectOf(failover);
  return {
    parameters: parameters === null ? null : stringMap(parameters),
    policy_type: type === 'min_available' ? type : null,
  };
}

type Read = { [Field in keyof IsolationPolicy]: unknown };

/** As Pulsar checks it: nothing is missing, and all expressions are some. */
function isSound(read: Read): read is IsolationPolicy {
  const {
    namespaces,
    primary,
    secondary,
    auto_failover_policy: failover,
  } = read as {
    [Field in keyof IsolationPolicy]: IsolationPolicy[Field] | null;
  };
  if (namespaces === null || primary === null || secondary === null || failover == null) {
    return false;
  }
  if (namespaces.length === 0 || primary.length === 0) return false;
  if (failover.policy_type === null || failover.parameters === null) return false;
  const numbers = ['min_limit', 'usage_threshold'].map((key) => failover.parameters[key] ?? '');
  if (!numbers.every((text) => /^[+-]?\d+$/.test(text))) return false;
  try {
    isOneOf([...namespaces, ...primary, ...secondary]);
    return true;
  } catch {
    return false;
  }
}

/** As Java prints it. */
function pretty(value: unknown, margin = ''): string {
  if (Array.isArray(value)) {
    return value.length === 0 ? '[ ]' : `[ ${value.map((one) => JSON.stringify(one)).join(', ')} ]`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${margin}  `;
  const lines = Object.entries(value).map(
    ([key, one]) => `${inner}${JSON.stringify(key)} : ${pretty(one, inner)}`,
  );
  return lines.length === 0 ? '{ }' : `{\n${lines.join(',\n')}\n${margin}}`;
}
