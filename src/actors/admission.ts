/**
 * Whether a topic may be used under a name, and be created for it: what LOOKUP,
 * PARTITIONED_METADATA, PRODUCER and SUBSCRIBE check before anything else (protocol sections 3.2
 * to 3.4).
 */
import { BrokerError, type ErrorCode } from '../base/errors.ts';
import { limitsOf } from '../base/limits.ts';
import type { BrokerConfig } from '../base/options.ts';
import { COORDINATORS, isSystemTopic } from '../base/system-topics.ts';
import type { TopicName } from '../base/topic-name.ts';
import type { NamespacePolicies, PartitionedTopicInfo } from './broker.ts';
import { namespaceActor, partitionedActor, topicActor } from './names.ts';
import type { PlaceLimits } from './places.ts';

export interface AdmissionOptions extends PlaceLimits {
  readonly allowAutoTopicCreation: boolean;
  readonly autoTopicType: 'partitioned' | 'non-partitioned';
  readonly defaultPartitions: number;
  readonly maxPartitions: number;
  /** enableNonPersistentTopics. */
  readonly nonPersistentTopics: boolean;
}

/** What the configuration says of it; it is asked each time, since some of it can be changed. */
export function admissionOf(settings: { readonly config: BrokerConfig }): AdmissionOptions {
  const limits = () => limitsOf(settings.config);
  return {
    get allowAutoTopicCreation() {
      return settings.config.allowAutoTopicCreation;
    },
    get autoTopicType() {
      return settings.config.allowAutoTopicCreationType;
    },
    get defaultPartitions() {
      return settings.config.defaultNumPartitions;
    },
    get maxPartitions() {
      return limits().maxPartitionsPerTopic;
    },
    get nonPersistentTopics() {
      return settings.config.enableNonPersistentTopics;
    },
    get maxTenants() {
      return limits().maxTenants;
    },
    get maxNamespacesPerTenant() {
      return limits().maxNamespacesPerTenant;
    },
    get maxResourceGroups() {
      return limits().maxResourceGroups;
    },
  };
}

/** How admission looks at actors. */
export interface ActorLookup {
  exposed(actor: string): unknown;
}

export interface AutoCreation {
  readonly allowed: boolean;
  /** 0: a plain topic. */
  readonly partitions: number;
}

/** Throws `namespace-not-found` where the tenant or the namespace is missing. */
export function checkNamespace(actors: ActorLookup, name: TopicName): void {
  if (actors.exposed(namespaceActor(name.namespace)) !== undefined) return;
  throw new BrokerError('namespace-not-found', 'Namespace not found');
}

/** Throws where isolation policies keep the namespace from this broker. */
export function checkIsolation(
  rules: { accepts(namespace: string): boolean },
  name: TopicName,
  code: ErrorCode = 'service-not-ready',
): void {
  if (rules.accepts(name.namespace)) return;
  throw new BrokerError(code, `Failed to find ownership for topic:${name.full}`);
}

/** Whether the topic exists. Throws where the name contradicts what is known of its partitions. */
export function checkUse(
  actors: ActorLookup,
  name: TopicName,
  { nonPersistentTopics }: AdmissionOptions,
): boolean {
  checkNamespace(actors, name);
  const isPersistent = name.domain === 'persistent';
  if (!isPersistent && !nonPersistentTopics) {
    throw new BrokerError('not-allowed', 'Broker is not unable to load non-persistent topic');
  }
  if (name.base.startsWith(COORDINATORS)) {
    throw new BrokerError('not-allowed', `Can not create transaction system topic ${name.full}`);
  }
  const whole = partitionedInfo(actors, name.base);
  if (name.partition < 0) {
    if (whole === undefined) return actors.exposed(topicActor(name.full)) !== undefined;
    const message = `Found partitioned metadata for non-partitioned topic: ${name.full}`;
    throw new BrokerError('not-allowed', message);
  }
  if (whole === undefined) {
    if (actors.exposed(topicActor(name.full)) !== undefined) return true;
    const message = `Partition metadata not found for the partitioned topic: ${name.full}`;
    throw new BrokerError('not-allowed', message);
  }
  if (name.partition >= whole.partitions && !isPersistent) {
    const message = `Illegal topic partition name ${name.full} with max allowed`;
    throw new BrokerError('not-allowed', `${message} ${whole.partitions} partitions`);
  }
  if (name.partition >= whole.partitions) {
    throw new BrokerError('topic-not-found', `Topic not found ${name.full}`);
  }
  return actors.exposed(topicActor(name.full)) !== undefined;
}

export function partitionedInfo(
  actors: ActorLookup,
  base: string,
): PartitionedTopicInfo | undefined {
  return actors.exposed(partitionedActor(base)) as PartitionedTopicInfo | undefined;
}

/** What a missing topic of this name would become if a client asked for it. */
export function autoCreation(
  actors: ActorLookup,
  name: TopicName,
  options: AdmissionOptions,
): AutoCreation {
  const policies = actors.exposed(namespaceActor(name.namespace)) as NamespacePolicies | undefined;
  const override = policies?.autoTopicCreation;
  const byPolicy = override?.allowAutoTopicCreation ?? options.allowAutoTopicCreation;
  // System topics come when they are needed, whatever the policy says of others.
  const allowed = byPolicy || isSystemTopic(name.full);
  const type = override?.topicType ?? options.autoTopicType;
  // Clients probe for these before they make them; they are never partitioned by themselves.
  const letterTopic = name.local.endsWith('-DLQ') || name.local.endsWith('-RETRY');
  const partitioned = type === 'partitioned' && !letterTopic && name.partition < 0;
  const count = override?.defaultNumPartitions ?? options.defaultPartitions;
  return { allowed, partitions: partitioned ? count : 0 };
}
