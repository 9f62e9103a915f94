/** `/admin/v2/clusters/{cluster}/failureDomains`: brokers that fail together. */
import type { FailureDomain } from '../../actors/namespace/cluster-rules.ts';
import { BrokerError } from '../../base/errors.ts';
import { objectBody, stringList } from './body.ts';
import { type AdminContext, type Call, EMPTY, NO_CONTENT, type Routes } from './call.ts';

const DOMAINS = '/admin/v2/clusters/:cluster/failureDomains';

export function failureDomainRoutes(routes: Routes, context: AdminContext): void {
  const { clusterRules } = context.broker;
  const domainsOf = (call: Call) => clusterRules.of(call.param('cluster')).failureDomains ?? {};
  const known = (call: Call, missing: (cluster: string, domain: string) => string) => {
    requireCluster(context, call);
    const [cluster, name] = [call.param('cluster'), call.param('domain')];
    const domain = Object.entries(domainsOf(call)).find(([one]) => one === name)?.[1];
    if (domain !== undefined) return { cluster, name, domain };
    throw new BrokerError('cluster-not-found', missing(cluster, name));
  };

  // Whether there is such a cluster makes no difference here.
  routes.on('GET', DOMAINS, domainsOf);

  routes.on('GET', `${DOMAINS}/:domain`, (call) => {
    const words = (cluster: string, name: string) =>
      `Domain ${name} for cluster ${cluster} does not exist`;
    return known(call, words).domain;
  });

  routes.on('POST', `${DOMAINS}/:domain`, async (call) => {
    requireCluster(context, call);
    await clusterRules.putDomain(call.param('cluster'), call.param('domain'), domainIn(call));
    return NO_CONTENT;
  });

  routes.on('DELETE', `${DOMAINS}/:domain`, async (call) => {
    const words = (cluster: string, name: string) =>
      `Domain-name ${name} or cluster ${cluster} does not exist`;
    const { cluster, name } = known(call, words);
    await clusterRules.putDomain(cluster, name, undefined);
    return EMPTY;
  });
}

/** Throws `invalid-argument`. */
function domainIn(call: Call): FailureDomain {
  const body = objectBody(call);
  if (body === undefined) {
    throw new BrokerError('invalid-argument', 'failure domain data is required');
  }
  const brokers = stringList(body['brokers']);
  return brokers === undefined ? {} : { brokers: [...new Set(brokers)] };
}

/** Throws `precondition-failed`, as Pulsar does of what is ruled of clusters. */
export function requireCluster({ broker }: AdminContext, call: Call): void {
  const cluster = call.param('cluster');
  if (broker.cluster(cluster) !== undefined) return;
  throw new BrokerError('precondition-failed', `Cluster ${cluster} does not exist.`);
}
