/**
 * `/admin/v2/resource-quotas`: what a load manager takes bundles to need. There is nothing to
 * balance with one broker, so quotas are kept and shown, as Pulsar keeps them.
 */
import type { ResourceQuota } from '../../actors/namespace/cluster-rules.ts';
import { BrokerError } from '../../base/errors.ts';
import { booleanOf, doubleField, objectBody } from './body.ts';
import { checkBundle } from './bundles.ts';
import { type AdminContext, type Call, NO_CONTENT, type Routes } from './call.ts';
import { namespaceOf } from './topic-of.ts';

const QUOTAS = '/admin/v2/resource-quotas';
const BUNDLE = `${QUOTAS}/:tenant/:namespace/:bundle`;

/** What Pulsar begins with. */
const DEFAULT_QUOTA: ResourceQuota = {
  msgRateIn: 40,
  msgRateOut: 120,
  bandwidthIn: 100_000,
  bandwidthOut: 300_000,
  memory: 80,
  dynamic: true,
};

export function resourceQuotaRoutes(routes: Routes, { broker }: AdminContext): void {
  const { clusterRules } = broker;
  const byDefault = () => clusterRules.defaultQuota ?? DEFAULT_QUOTA;
  /** A namespace that is not there is one bundle. */
  const bundleIn = (call: Call) => {
    const [namespace, bundle] = [namespaceOf(call), call.param('bundle')];
    checkBundle(namespace, bundle, broker.namespace(namespace) ?? { bundles: 1 });
    return `${namespace}/${bundle}`;
  };

  routes.on('GET', QUOTAS, byDefault);
  routes.on('POST', QUOTAS, async (call) => {
    await clusterRules.putDefaultQuota(quotaIn(call));
    return NO_CONTENT;
  });
  routes.on('GET', BUNDLE, (call) => clusterRules.quotaOf(bundleIn(call)) ?? byDefault());
  routes.on('POST', BUNDLE, async (call) => {
    await clusterRules.putQuota(bundleIn(call), quotaIn(call));
    return NO_CONTENT;
  });
  routes.on('DELETE', BUNDLE, async (call) => {
    const bundle = bundleIn(call);
    if (clusterRules.quotaOf(bundle) === undefined) {
      const message = `path /loadbalance/resource-quota/${bundle} not found.`;
      throw new BrokerError('cluster-not-found', message);
    }
    await clusterRules.putQuota(bundle, undefined);
    return NO_CONTENT;
  });
}

/** Undefined where there is no body, which takes a quota away. Throws `invalid-argument`. */
function quotaIn(call: Call): ResourceQuota | undefined {
  const body = objectBody(call);
  if (body === undefined) return undefined;
  return {
    msgRateIn: doubleField(body, 'msgRateIn', 0),
    msgRateOut: doubleField(body, 'msgRateOut', 0),
    bandwidthIn: doubleField(body, 'bandwidthIn', 0),
    bandwidthOut: doubleField(body, 'bandwidthOut', 0),
    memory: doubleField(body, 'memory', 0),
    dynamic: body['dynamic'] === undefined || booleanOf(body['dynamic']),
  };
}
