/**
 * Pulsar's Policies document of a namespace: what is stored here, and the defaults of the rest.
 * The mixed naming is Pulsar's.
 */
import type { NamespacePolicies } from '../../actors/broker.ts';
import { BrokerError } from '../../base/errors.ts';
import { type JsonObject, objectBody, stringList, wholeField } from './body.ts';
import { boundariesOf } from './bundles.ts';
import type { AdminContext, Call } from './call.ts';

type Retention = NonNullable<NamespacePolicies['retention']>;
type AutoTopicCreation = NonNullable<NamespacePolicies['autoTopicCreationOverride']>;

/** The document as `GET /namespaces/{tenant}/{namespace}` gives it; unset policies are left out. */
export function policiesDocument(policies: NamespacePolicies): JsonObject {
  const { deduplicationEnabled, autoTopicCreationOverride, retention } = policies;
  return {
    auth_policies: { namespace_auth: {}, destination_auth: {}, subscription_auth_roles: {} },
    replication_clusters: policies.replicationClusters,
    allowed_clusters: [],
    bundles: bundlesDocument(policies),
    backlog_quota_map: {},
    clusterDispatchRate: {},
    topicDispatchRate: {},
    subscriptionDispatchRate: {},
    replicatorDispatchRate: {},
    clusterSubscribeRate: {},
    ...(autoTopicCreationOverride === undefined ? {} : { autoTopicCreationOverride }),
    ...(deduplicationEnabled === undefined ? {} : { deduplicationEnabled }),
    publishMaxMessageRate: {},
    latency_stats_sample_rate: {},
    ...(retention === undefined ? {} : { retention_policies: retentionDocument(retention) }),
    deleted: false,
    encryption_required: false,
    subscription_auth_mode: 'None',
    offload_threshold: -1,
    offload_threshold_in_seconds: -1,
    schema_compatibility_strategy: 'UNDEFINED',
    is_allow_auto_update_schema: true,
    schema_validation_enforced: false,
    subscription_types_enabled: [],
    properties: {},
    migrated: false,
  };
}

export function bundlesDocument({ bundles }: NamespacePolicies): JsonObject {
  return { boundaries: boundariesOf(bundles), numBundles: bundles };
}

export function retentionDocument({ timeMinutes, sizeMb }: Retention): JsonObject {
  return { retentionTimeInMinutes: timeMinutes, retentionSizeInMB: sizeMb };
}

/** Policies of a new namespace: the body's, or the broker's defaults. Throws `invalid-argument`. */
export function policiesOf(call: Call, { options }: AdminContext): NamespacePolicies {
  const body = objectBody(call) ?? {};
  const clusters = stringList(body['replication_clusters']) ?? [];
  const retention = asObject(body['retention_policies']);
  const creation = asObject(body['autoTopicCreationOverride']);
  const deduplicationEnabled = body['deduplicationEnabled'];
  return {
    replicationClusters: clusters.length > 0 ? clusters : [options.clusterName],
    bundles: bundleCount(asObject(body['bundles'])) ?? options.defaultNumberOfNamespaceBundles,
    ...(typeof deduplicationEnabled === 'boolean' ? { deduplicationEnabled } : {}),
    ...(retention === undefined ? {} : { retention: retentionOf(retention) }),
    ...(creation === undefined ? {} : { autoTopicCreationOverride: autoTopicCreationOf(creation) }),
  };
}

const ONE_LIMIT_ZERO =
  'Invalid retention policy: Setting a single time or size limit to 0 is invalid when one of the ' +
  'limits has a non-zero value. Use the value of -1 instead of 0 to ignore a specific limit. To ' +
  'disable retention both limits must be set to 0.';

/** Checked as Pulsar checks a RetentionPolicies. Throws `invalid-argument`. */
export function retentionOf(body: JsonObject): Retention {
  const timeMinutes = wholeField(body, 'retentionTimeInMinutes', 0);
  const sizeMb = wholeField(body, 'retentionSizeInMB', 0);
  const refuse = (reason: string) => new BrokerError('invalid-argument', reason);
  if (timeMinutes < -1) throw refuse('Invalid retention policy: time limit must be >= -1');
  if (sizeMb < -1) throw refuse('Invalid retention policy: size limit must be >= -1');
  if ((timeMinutes === 0) !== (sizeMb === 0)) throw refuse(ONE_LIMIT_ZERO);
  return { timeMinutes, sizeMb };
}

/** Checked as Pulsar checks an AutoTopicCreationOverride. Throws `precondition-failed`. */
export function autoTopicCreationOf(body: JsonObject): AutoTopicCreation {
  const refuse = (detail: string) =>
    new BrokerError(
      'precondition-failed',
      `Invalid configuration for autoTopicCreationOverride. the detail is ${detail}`,
    );
  const topicType = body['topicType'];
  const partitions = body['defaultNumPartitions'] ?? undefined;
  if (body['allowAutoTopicCreation'] !== true) {
    // Not looked at, and shown as it came.
    return {
      allowAutoTopicCreation: false,
      ...(typeof topicType === 'string' ? { topicType } : {}),
      ...(partitions === undefined
        ? {}
        : { defaultNumPartitions: wholeField(body, 'defaultNumPartitions', 0) }),
    };
  }
  if (topicType === 'partitioned') {
    const count = '[defaultNumPartitions] cannot be';
    if (partitions === undefined) throw refuse(`${count} null when the type is partitioned.`);
    const defaultNumPartitions = wholeField(body, 'defaultNumPartitions', 0);
    if (defaultNumPartitions < 1) throw refuse(`${count} less than 1 for partition type.`);
    return { allowAutoTopicCreation: true, topicType, defaultNumPartitions };
  }
  if (topicType !== 'non-partitioned') {
    throw refuse(`Unknown topic type [${topicType ?? 'null'}]`);
  }
  if (partitions !== undefined) {
    throw refuse('[defaultNumPartitions] is not allowed to be set when the type is non-partition.');
  }
  return { allowAutoTopicCreation: true, topicType };
}

/** Bundles are equally wide here: of given boundaries only the number counts. */
function bundleCount(bundles: JsonObject | undefined): number | undefined {
  if (bundles === undefined) return undefined;
  const boundaries = stringList(bundles['boundaries']);
  if (boundaries === undefined || boundaries.length === 0) {
    const count = wholeField(bundles, 'numBundles', 0);
    return count > 0 ? count : undefined;
  }
  const [first, last] = [boundaries[0], boundaries.at(-1)];
  if (first !== '0x00000000' || last !== '0xffffffff') {
    throw new BrokerError(
      'invalid-argument',
      `Input bundles do not cover the whole hash range. first:${first}, last:${last}`,
    );
  }
  return boundaries.length - 1;
}

function asObject(value: unknown): JsonObject | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as JsonObject) : undefined;
}
