/**
 * The clusters that a namespace or a topic is in. Nothing is replicated: only this cluster can be
 * named, and the answers are those that Pulsar has for it.
 */
import { BrokerError } from '../../../base/errors.ts';
import { stringList } from '../body.ts';
import { type AdminContext, type Call, EMPTY, flag, NO_CONTENT, type Routes } from '../call.ts';
import { NAMESPACE, requirePolicies } from '../namespaces.ts';
import { namespaceOf, onTopic } from '../topic-of.ts';
import { appliedValue, requirePolicyTopic, scopeOf } from './topic.ts';

export function clusterPolicyRoutes(routes: Routes, context: AdminContext): void {
  const { broker } = context;
  const replication = `${NAMESPACE}/replication`;
  routes.on('GET', replication, (call) => requirePolicies(context, call).replicationClusters);
  routes.on('POST', replication, async (call) => {
    const replicationClusters = clustersOf(call);
    requirePolicies(context, call);
    for (const cluster of replicationClusters) {
      if (broker.cluster(cluster) === undefined) {
        throw new BrokerError('authorization', `Invalid cluster id: ${cluster}`);
      }
      refuseOthers(context, cluster);
    }
    await broker.setNamespacePolicies(namespaceOf(call), { replicationClusters });
    return EMPTY;
  });
  allowedClusterRoutes(routes, context);
  topicRoutes(routes, context);
}

function allowedClusterRoutes(routes: Routes, context: AdminContext): void {
  const { broker } = context;
  const path = `${NAMESPACE}/allowedClusters`;
  routes.on('GET', path, (call) => requirePolicies(context, call).allowedClusters ?? []);
  routes.on('POST', path, async (call) => {
    const allowedClusters = stringList(call.json()) ?? [];
    const { replicationClusters } = requirePolicies(context, call);
    const tenant = call.param('tenant');
    const known = broker.tenant(tenant)?.allowedClusters ?? [];
    const stranger = allowedClusters.find((cluster) => !known.includes(cluster));
    if (stranger !== undefined) {
      throw new BrokerError(
        'authorization',
        `Cluster [${stranger}] is not in the list of allowed clusters list for tenant [${tenant}]`,
      );
    }
    const left = replicationClusters.find((cluster) => !allowedClusters.includes(cluster));
    if (left !== undefined) {
      throw new BrokerError(
        'invalid-argument',
        `Allowed clusters do not contain the replication cluster [${left}]. Please remove the ` +
          'replication cluster if the cluster is not allowed for this namespace',
      );
    }
    await broker.setNamespacePolicies(namespaceOf(call), { allowedClusters });
    return EMPTY;
  });
}

function topicRoutes(routes: Routes, context: AdminContext): void {
  const { policies } = context.broker;
  const { clusterName } = context.options;
  onTopic(routes, 'GET', '/replication', (call, name) => {
    requirePolicyTopic(context, name);
    const set = policies.set(name)?.[scopeOf(call)].replicationClusters;
    if (set !== undefined) return set;
    return flag(call, 'applied') ? appliedValue(context, name, 'replicationClusters') : EMPTY;
  });
  onTopic(routes, 'POST', '/replication', async (call, name) => {
    requirePolicyTopic(context, name);
    const replicationClusters = clustersOf(call);
    const refuse = (why: string) => new BrokerError('precondition-failed', why);
    if (flag(call, 'isGlobal')) throw refuse(NO_GLOBAL_REPLICATION);
    if (!replicationClusters.includes(clusterName)) {
      throw refuse(
        'Can not remove local cluster from the local topic-level replication clusters policy',
      );
    }
    for (const cluster of replicationClusters) refuseOthers(context, cluster);
    await policies.change(name, 'local', { replicationClusters });
    return NO_CONTENT;
  });
  onTopic(routes, 'DELETE', '/replication', async (call, name) => {
    requirePolicyTopic(context, name);
    await policies.change(name, scopeOf(call), { replicationClusters: undefined });
    return NO_CONTENT;
  });
}

const NO_GLOBAL_REPLICATION =
  'Please do not use the global topic level policy when namespace-level replication is not ' +
  'enabled, because the global level policy relies on namespace-level replication';

function clustersOf(call: Call): readonly string[] {
  const clusters = stringList(call.json()) ?? [];
  if (clusters.length > 0) return clusters;
  throw new BrokerError('precondition-failed', 'ClusterIds should not be null or empty');
}

function refuseOthers({ options }: AdminContext, cluster: string): void {
  if (cluster === options.clusterName) return;
  throw new BrokerError('not-implemented', `Nothing is replicated to ${cluster} in this version`);
}
