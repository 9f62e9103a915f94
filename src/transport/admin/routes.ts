/** Every resource of the REST interface, without the HTTP framework under it. */

import { durably } from '../durably.ts';
import { demand } from './access/rules.ts';
import { ruleOf } from './access/table.ts';
import { backlogRoutes } from './backlog.ts';
import { backupRoutes } from './backup.ts';
import { brokerStatsRoutes } from './broker-stats.ts';
import { brokerRoutes } from './brokers.ts';
import type { AdminContext, Routes } from './call.ts';
import { clusterRoutes } from './clusters.ts';
import { compactionRoutes } from './compaction.ts';
import { cursorRoutes } from './cursors.ts';
import { expiryRoutes } from './expiry.ts';
import { failureDomainRoutes } from './failure-domains.ts';
import { isolationRoutes } from './isolation.ts';
import { lookupRoutes } from './lookup.ts';
import { messageRoutes } from './messages.ts';
import { bundleRoutes } from './namespace-bundles.ts';
import { namespaceSubscriptionRoutes } from './namespace-subscriptions.ts';
import { namespaceRoutes } from './namespaces.ts';
import { nonPersistentRoutes } from './non-persistent.ts';
import { offloadRoutes } from './offload.ts';
import { openapiRoutes, type Route } from './openapi.ts';
import { partitionRoutes } from './partitions.ts';
import { permissionRoutes } from './permissions.ts';
import { clusterPolicyRoutes } from './policies/clusters.ts';
import { entryFilterRoutes } from './policies/entry-filters.ts';
import { namespacePolicyRoutes } from './policies/namespace.ts';
import { oddPolicyRoutes } from './policies/odd.ts';
import { offloadPolicyRoutes } from './policies/offload.ts';
import { quotaRoutes } from './policies/quotas.ts';
import { topicPolicyRoutes } from './policies/topic.ts';
import { propertyRoutes } from './properties.ts';
import { resourceGroupRoutes } from './resource-groups.ts';
import { resourceQuotaRoutes } from './resource-quotas.ts';
import { schemaRoutes } from './schemas.ts';
import { statsRoutes } from './stats.ts';
import { subscriptionSettingRoutes } from './subscription-settings.ts';
import { subscriptionRoutes } from './subscriptions.ts';
import { tenantRoutes } from './tenants.ts';
import { topicEndRoutes } from './topic-end.ts';
import { topicRoutes } from './topics.ts';
import { transactionRoutes } from './transactions/routes.ts';

export function registerRoutes(plain: Routes, context: AdminContext): void {
  const { broker, authorization, urls } = context;
  const registered: Route[] = [];
  const routes: Routes = {
    on(method, path, handler) {
      registered.push({ method, path });
      const rule = ruleOf(method, path, urls.brokerId);
      plain.on(method, path, (call) => {
        if (authorization !== undefined) demand(authorization, call, rule(call));
        return durably(broker, () => handler(call));
      });
    },
  };
  brokerRoutes(routes, context);
  brokerStatsRoutes(routes, context);
  clusterRoutes(routes, context);
  failureDomainRoutes(routes, context);
  isolationRoutes(routes, context);
  tenantRoutes(routes, context);
  namespaceRoutes(routes, context);
  bundleRoutes(routes, context);
  namespaceSubscriptionRoutes(routes, context);
  namespacePolicyRoutes(routes, context);
  offloadPolicyRoutes(routes, context);
  resourceGroupRoutes(routes, context);
  resourceQuotaRoutes(routes, context);
  topicRoutes(routes, context);
  permissionRoutes(routes, context);
  topicPolicyRoutes(routes, context);
  quotaRoutes(routes, context);
  oddPolicyRoutes(routes, context);
  clusterPolicyRoutes(routes, context);
  entryFilterRoutes(routes, context);
  partitionRoutes(routes, context);
  subscriptionRoutes(routes, context);
  subscriptionSettingRoutes(routes, context);
  cursorRoutes(routes, context);
  topicEndRoutes(routes, context);
  compactionRoutes(routes, context);
  offloadRoutes(routes, context);
  backlogRoutes(routes, context);
  messageRoutes(routes, context);
  expiryRoutes(routes, context);
  nonPersistentRoutes(routes, context);
  propertyRoutes(routes, context);
  statsRoutes(routes, context);
  lookupRoutes(routes, context);
  schemaRoutes(routes, context);
  transactionRoutes(routes, context);
  backupRoutes(routes, context);
  openapiRoutes(routes, registered);
}
