/**
 * Pulsar's Policies document of a namespace: what is stored here, and the defaults of the rest.
 * The mixed naming is Pulsar's.
 */
import type { NamespacePolicies } from '../../../actors/broker.ts';
import type { PolicyName, SetPolicies } from '../../../actors/policies/values.ts';
import { BrokerError } from '../../../base/errors.ts';
import { intField, type JsonObject, objectBody, stringList } from '../body.ts';
import { type Bundles, boundariesOf } from '../bundles.ts';
import type { AdminContext, Call } from '../call.ts';
import { accessDocument, accessOf } from '../grants.ts';
import { quotaMap, quotaPolicies, readQuota } from './quotas.ts';
import type { NamespaceEndpoint } from './rest.ts';
import { endpoints } from './table.ts';

/** The document as `GET /namespaces/{tenant}/{namespace}` gives it; unset policies are left out. */
export function policiesDocument(policies: NamespacePolicies, cluster: string): JsonObject {
  const fields = documentFields(policies, cluster);
  const document: JsonObject = {
    auth_policies: accessDocument(policies),
    replication_clusters: policies.replicationClusters,
    allowed_clusters: policies.allowedClusters ?? [],
    bundles: bundlesDocument(policies),
    backlog_quota_map: quotaMap(policies),
    clusterDispatchRate: fields['topicDispatchRate'],
    latency_stats_sample_rate: {},
    deleted: false,
    offload_threshold: -1,
    offload_threshold_in_seconds: -1,
    properties: policies.properties ?? {},
    resource_group_name: policies.resourceGroup,
    migrated: false,
    ...fields,
  };
  const known = Object.entries(document).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known.sort(([a], [b]) => ORDER.indexOf(a) - ORDER.indexOf(b)));
}

/** Fields as Pulsar puts them one after the other. */
const ORDER = `auth_policies replication_clusters allowed_clusters bundles backlog_quota_map
  clusterDispatchRate topicDispatchRate subscriptionDispatchRate replicatorDispatchRate
  clusterSubscribeRate persistence deduplicationEnabled autoTopicCreationOverride
  autoSubscriptionCreationOverride publishMaxMessageRate latency_stats_sample_rate
  message_ttl_in_seconds subscription_expiration_time_minutes retention_policies deleted
  encryption_required delayed_delivery_policies inactive_topic_policies antiAffinityGroup
  subscription_auth_mode max_producers_per_topic max_consumers_per_topic
  max_consumers_per_subscription max_unacked_messages_per_consumer
  max_unacked_messages_per_subscription max_subscriptions_per_topic compaction_threshold
  offload_threshold offload_threshold_in_seconds max_topics_per_namespace
  schema_auto_update_compatibility_strategy schema_compatibility_strategy
  is_allow_auto_update_schema schema_validation_enforced offload_policies
  deduplicationSnapshotIntervalSeconds subscription_types_enabled properties
  resource_group_name migrated
  dispatcherPauseOnAckStatePersistentEnabled`.split(/\s+/);

function documentFields(policies: NamespacePolicies, cluster: string): JsonObject {
  const fields: Record<string, unknown> = {};
  for (const [policy, { field, byCluster, absent }] of namespaceEndpoints()) {
    const value = policies[policy];
    if (field === undefined) continue;
    if (byCluster) fields[field] = value === undefined ? {} : { [cluster]: value };
    else if ((value ?? absent) !== undefined) fields[field] = value ?? absent;
  }
  return fields;
}

export function bundlesDocument(bundles: Bundles): JsonObject {
  return { boundaries: boundariesOf(bundles), numBundles: bundles.bundles };
}

/** Policies of a new namespace: the body's, or the broker's defaults. Throws `invalid-argument`. */
export function policiesOf(call: Call, context: AdminContext): NamespacePolicies {
  const { broker, options } = context;
  const body = objectBody(call) ?? {};
  const clusters = stringList(body['replication_clusters']) ?? [];
  return {
    replicationClusters: clusters.length > 0 ? clusters : [options.clusterName],
    ...(bundlesOf(asObject(body['bundles'])) ?? {
      bundles: broker.settings.config.defaultNumberOfNamespaceBundles,
    }),
    ...setPolicies(body, context),
    ...quotasOf(body),
    ...groupOf(body),
    ...accessOf(body),
  };
}

/** Throws what `parse` throws. */
function setPolicies(body: JsonObject, context: AdminContext): SetPolicies {
  const policies: Record<string, unknown> = {};
  for (const [policy, { field, byCluster, absent, parse }] of namespaceEndpoints()) {
    const whole = field === undefined ? undefined : (body[field] ?? undefined);
    const json = byCluster ? asObject(whole)?.[context.options.clusterName] : whole;
    if (json === undefined || JSON.stringify(json) === JSON.stringify(absent)) continue;
    const value = parse(json, context);
    if (value !== undefined) policies[policy] = value;
  }
  return policies;
}

function quotasOf(body: JsonObject): SetPolicies {
  const quotas: Record<string, unknown> = {};
  for (const [type, json] of Object.entries(asObject(body['backlog_quota_map']) ?? {})) {
    const policy = quotaPolicies[type];
    if (policy !== undefined) quotas[policy] = readQuota(json, '');
  }
  return quotas;
}

/** As in Pulsar, the group need not be there. */
function groupOf(body: JsonObject): SetPolicies {
  const name = body['resource_group_name'] ?? undefined;
  return name === undefined ? {} : { resourceGroup: String(name) };
}

function namespaceEndpoints(): [PolicyName, NamespaceEndpoint<unknown>][] {
  return Object.entries(endpoints).flatMap(([policy, { namespace }]) =>
    namespace === undefined ? [] : [[policy as PolicyName, namespace]],
  );
}

/** Lists of bundles are made anew for whoever asks for one. */
export const MAX_BUNDLES = 65_536;

/** Throws `invalid-argument`. */
function bundlesOf(body: JsonObject | undefined): Bundles | undefined {
  if (body === undefined) return undefined;
  const given = stringList(body['boundaries']) ?? [];
  const count = given.length > 0 ? given.length - 1 : intField(body, 'numBundles', 0);
  const refuse = (reason: string) => new BrokerError('invalid-argument', reason);
  if (count > MAX_BUNDLES) {
    throw refuse(`A namespace has at most ${MAX_BUNDLES} bundles, not ${count}`);
  }
  if (given.length === 0) return count > 0 ? { bundles: count } : undefined;
  const boundaries = [...new Set(given)].sort();
  const [first, last] = [boundaries[0], boundaries.at(-1)];
  if (first !== '0x00000000' || last !== '0xffffffff') {
    throw refuse(`Input bundles do not cover the whole hash range. first:${first}, last:${last}`);
  }
  const odd = boundaries.find((one) => !/^0x[0-9a-f]{8}$/.test(one));
  if (odd !== undefined) throw refuse(`${odd} is no boundary of a bundle`);
  return { bundles: boundaries.length - 1, boundaries };
}

function asObject(value: unknown): JsonObject | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as JsonObject) : undefined;
}
