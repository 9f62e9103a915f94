/**
 * `/admin/v2/resource-quotas`: what Pulsar's load manager takes bundles to need. There is nothing
 * to balance with one broker, so that nothing but Pulsar's default is ever said.
 */
import { BrokerError } from '../../base/errors.ts';
import { checkBundle } from './bundles.ts';
import type { AdminContext, Call, Routes } from './call.ts';
import { namespaceOf } from './topic-of.ts';

const QUOTAS = '/admin/v2/resource-quotas';
const BUNDLE = `${QUOTAS}/:tenant/:namespace/:bundle`;

const DEFAULT_QUOTA = {
  msgRateIn: 40,
  msgRateOut: 120,
  bandwidthIn: 100_000,
  bandwidthOut: 300_000,
  memory: 80,
  dynamic: true,
};

export function resourceQuotaRoutes(routes: Routes, { broker }: AdminContext): void {
  const check = (call: Call) => {
    const bundles = broker.namespace(namespaceOf(call)) ?? { bundles: 1 };
    checkBundle(namespaceOf(call), call.param('bundle'), bundles);
  };
  const refuse = () => {
    const message = 'Bundles are not balanced by quotas: there is one broker';
    throw new BrokerError('not-implemented', message);
  };
  routes.on('GET', QUOTAS, () => DEFAULT_QUOTA);
  routes.on('POST', QUOTAS, refuse);
  routes.on('GET', BUNDLE, (call) => {
    check(call);
    return DEFAULT_QUOTA;
  });
  for (const method of ['POST', 'DELETE'] as const) {
    routes.on(method, BUNDLE, (call) => {
      check(call);
      return refuse();
    });
  }
}
