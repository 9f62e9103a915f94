/**
 * The door of the actor layer: what transports may do. Everything that changes state goes by
 * command to an actor and is answered after the journal has it; views are read between steps.
 */
import type { Latencies } from '../base/latencies.ts';
import type { TopicDomain, TopicName } from '../base/topic-name.ts';
import type { LoadedTopic } from './gauges.ts';
import type { NamespaceAccess } from './namespace/access.ts';
import type { ClusterRules } from './namespace/cluster-rules.ts';
import type { AccessDoor } from './namespace/door.ts';
import type { PolicyDoor } from './policies/door.ts';
import type { PolicyChange, SetPolicies } from './policies/values.ts';
import type { ResourceGroups } from './resource-group/door.ts';
import type { RuntimeLatencies } from './runtime/runtime.ts';
import type { Schemas } from './schema/registry.ts';
import type { SettingsDoor } from './settings.ts';
import type { ReplyTo } from './topic/commands.ts';
import type { TopicLists } from './topic-lists.ts';
import type { Transactions } from './transaction/door.ts';
import type { CursorView, SubscriptionView, TopicView } from './views.ts';

/** An actor's mailbox, whether it is in memory just now or not. */
export interface ActorRef<Command = unknown> {
  readonly id: string;
  /** False when the mailbox is full: stop reading from whoever sent it, and try again later. */
  tell(command: Command): boolean;
}

export interface TenantInfo {
  readonly adminRoles: readonly string[];
  readonly allowedClusters: readonly string[];
}

export type ClusterData = Readonly<Record<string, unknown>>;

/** A namespace, its policies and its grants; those that are not set are absent. */
export interface NamespacePolicies extends SetPolicies, NamespaceAccess {
  readonly replicationClusters: readonly string[];
  readonly bundles: number;
  /** Of bundles that are not equally wide: hashes as `0x00000000`. */
  readonly boundaries?: readonly string[];
}

/** New values of some policies of a namespace, or of how it is cut. */
export type NamespaceChange = PolicyChange &
  Partial<Pick<NamespacePolicies, 'bundles' | 'boundaries'>>;

/** What is known of a partitioned topic as a whole. */
export interface PartitionedTopicInfo {
  readonly partitions: number;
  readonly properties?: Readonly<Record<string, string>>;
}

/** How a topic is asked for. */
export interface Admission {
  /** Whether it may be made where there is none. */
  readonly create: boolean;
  /** Pulsar has other words for producers. */
  readonly by?: 'producer';
}

export interface Broker {
  readonly schemas: Schemas;
  readonly lists: TopicLists;
  readonly access: AccessDoor;
  readonly settings: SettingsDoor;
  readonly policies: PolicyDoor;
  readonly resourceGroups: ResourceGroups;
  readonly clusterRules: ClusterRules;
  readonly transactions: Transactions;
  ref(actor: string): ActorRef;
  topic(name: TopicName): ActorRef<import('./topic/commands.ts').TopicCommand>;
  /** A number that no other producer or consumer of this process has. */
  nextKey(): number;
  /**
   * The topic, ready to be told `add-producer` or `subscribe`. Creates it where `create` is set and
   * policy allows. Throws BrokerError: `topic-not-found`, `namespace-not-found`, `not-allowed`
   * (partition or base name misused), `conflict` (its namespace is full), `service-not-ready`
   * (recovering, or while `ready` is to be waited for; kept from this broker by isolation).
   */
  admit(name: TopicName, options: Admission): ActorRef<import('./topic/commands.ts').TopicCommand>;
  /**
   * Resolves when the topic is to be admitted: once the topics of its namespace, which are limited
   * and many, are counted, and its tenant's turn to make one has come. Undefined where that is at
   * once. Rejects as listing the topics does.
   */
  ready(name: TopicName): Promise<void> | undefined;
  /** Throws as LOOKUP answers: `tenant-not-found`, `namespace-not-found`, `service-not-ready`. */
  checkLookup(name: TopicName): void;
  /** Partitions of a topic, 0 when it has none or does not exist; may create by policy. */
  partitionsOf(name: TopicName, options: { readonly create: boolean }): Promise<number>;
  /** By its base name; undefined when the topic is not partitioned or does not exist. */
  partitionedTopic(name: TopicName): PartitionedTopicInfo | undefined;
  /** Full names of a namespace's topics, partitions one by one, sorted; persistent by default. */
  topicsOf(namespace: string, domain?: TopicDomain): Promise<readonly string[]>;
  /** Full base names of a namespace's partitioned topics, sorted. */
  partitionedTopicsOf(namespace: string, domain?: TopicDomain): Promise<readonly string[]>;

  /**
   * Sends the command that `make` builds and resolves with the `done` value; rejects as
   * BrokerError.
   */
  ask<T = unknown>(actor: string, make: (reply: ReplyTo) => unknown): Promise<T>;

  createTopic(name: TopicName, properties?: Readonly<Record<string, string>>): Promise<void>;
  deleteTopic(name: TopicName, force: boolean): Promise<void>;
  createPartitionedTopic(
    name: TopicName,
    partitions: number,
    properties?: Readonly<Record<string, string>>,
  ): Promise<void>;
  updatePartitions(name: TopicName, partitions: number): Promise<void>;
  deletePartitionedTopic(name: TopicName, force: boolean): Promise<void>;
  /** Undefined takes one away, the others stay; its partitions have their own. */
  setPartitionedProperties(
    name: TopicName,
    properties: Readonly<Record<string, string | undefined>>,
  ): Promise<void>;

  clusters(): readonly string[];
  cluster(name: string): ClusterData | undefined;
  putCluster(name: string, data: ClusterData, mode: 'create' | 'update'): Promise<void>;
  deleteCluster(name: string): Promise<void>;
  tenants(): readonly string[];
  tenant(name: string): TenantInfo | undefined;
  putTenant(name: string, info: TenantInfo, mode: 'create' | 'update'): Promise<void>;
  deleteTenant(name: string, force: boolean): Promise<void>;
  /** Of one tenant, as `tenant/namespace`. */
  namespaces(tenant: string): readonly string[];
  namespace(name: string): NamespacePolicies | undefined;
  createNamespace(name: string, policies: NamespacePolicies): Promise<void>;
  /** Resolves once they are durable and count. */
  setNamespacePolicies(name: string, change: NamespaceChange): Promise<void>;
  deleteNamespace(name: string, force: boolean): Promise<void>;

  /** Undefined when there is no such topic. Loads it when it is not in memory. */
  topicView(name: TopicName): TopicView | undefined;
  subscriptionView(name: TopicName, subscription: string): SubscriptionView | undefined;
  cursorView(name: TopicName, subscription: string): CursorView | undefined;
  /** Identity of a subscription's actor, for `ask` and `ref`; undefined when there is none. */
  subscriptionActor(name: TopicName, subscription: string): string | undefined;
  /**
   * Full names of the topics in memory now: what metrics walk over, at leisure. One that leaves
   * memory before its turn is left out.
   */
  loadedTopics(): Iterable<string>;
  /** The same topics as they stand, with what hangs on them. */
  loaded(): Iterable<LoadedTopic>;
  runtimeStats(): RuntimeStats;
  /**
   * Resolves once all that views show by now is durable, and may be told. Rejects with
   * `service-not-ready` when it was lost.
   */
  settled(): Promise<void>;
}

/** Health of the step loop. */
export interface RuntimeStats {
  /** recovering, open or failed. */
  readonly state: string;
  readonly actors: number;
  readonly steps: number;
  readonly batches: number;
  readonly journalSequence: number;
  readonly pendingBytes: number;
  readonly latencies: RuntimeLatencies;
  readonly lookups: LookupCounts;
}

export interface LookupCounts {
  /** Of all, those that failed included. */
  readonly latency: Latencies;
  readonly failed: number;
}
