/** The door of the actor layer, opened onto one runtime. */
import { BrokerError } from '../base/errors.ts';
import { inLanes, Lanes } from '../base/lanes.ts';
import { Latencies } from '../base/latencies.ts';
import type { BrokerConfig } from '../base/options.ts';
import { COORDINATORS } from '../base/system-topics.ts';
import {
  namespaceOf,
  parseTopicName,
  TOPIC_DOMAINS,
  type TopicDomain,
  type TopicName,
} from '../base/topic-name.ts';
import {
  type AdmissionOptions,
  admissionOf,
  autoCreation,
  checkIsolation,
  checkNamespace,
  checkUse,
  partitionedInfo,
} from './admission.ts';
import type {
  ActorRef,
  Admission,
  Broker,
  ClusterData,
  NamespaceChange,
  NamespacePolicies,
  PartitionedTopicInfo,
  RuntimeStats,
  TenantInfo,
} from './broker.ts';
import { Bystander } from './bystander.ts';
import { Entries } from './change.ts';
import type { TopicExposed } from './exposed.ts';
import type { LoadedTopic } from './gauges.ts';
import {
  clusterActor,
  keyOf,
  namespaceActor,
  partitionedActor,
  subscriptionActor,
  tenantActor,
  topicActor,
} from './names.ts';
import { ClusterRules } from './namespace/cluster-rules.ts';
import { AccessDoor } from './namespace/door.ts';
import { unloadTopics } from './namespace/unload.ts';
import { ignoreExisting, Partitions, partitionNames } from './partitions.ts';
import { Places } from './places.ts';
import { PolicyDoor } from './policies/door.ts';
import type { Policies, PoliciesChanged } from './policies/resolve.ts';
import { Question } from './question.ts';
import { ResourceGroups } from './resource-group/door.ts';
import type { Runtime } from './runtime/runtime.ts';
import { SchemaCounts } from './schema/counts.ts';
import { Schemas } from './schema/registry.ts';
import { schemaRules } from './schema/strategy.ts';
import { SettingsDoor } from './settings.ts';
import { Sight } from './sight.ts';
import type { ReplyTo, TopicCommand } from './topic/commands.ts';
import { settling, TopicCounts } from './topic-counts.ts';
import { TopicLists } from './topic-lists.ts';
import { Transactions } from './transaction/door.ts';
import type { CursorView, SubscriptionView, TopicView } from './views.ts';

const POLICIES_CHANGED: PoliciesChanged = { type: 'policies-changed' };

/** Of topics and partitions: one journal batch holds what many of them record. */
const DELETIONS_AT_ONCE = 64;

export class LocalBroker implements Broker {
  readonly #runtime: Runtime;
  readonly #options: AdmissionOptions;
  readonly schemas: Schemas;
  readonly lists: TopicLists;
  readonly access: AccessDoor;
  readonly policies: PolicyDoor;
  readonly resourceGroups: ResourceGroups;
  readonly clusterRules: ClusterRules;
  readonly settings: SettingsDoor;
  readonly transactions: Transactions;
  readonly #counts: TopicCounts;
  readonly #sight: Sight;
  readonly #places: Places;
  readonly #partitions = new Partitions(this);
  readonly #deletions = new Lanes(DELETIONS_AT_ONCE);
  readonly #lookups: { readonly latency: Latencies; failed: number };
  #keys = 0;

  constructor(
    runtime: Runtime,
    config: BrokerConfig,
    policies: Policies,
    lists = new TopicLists(),
  ) {
    this.#runtime = runtime;
    this.lists = lists;
    this.#lookups = { latency: new Latencies(runtime.clock), failed: 0 };
    const parts = {
      exposed: (actor: string) => runtime.exposed(actor),
      ask: <T>(actor: string, make: (reply: ReplyTo) => unknown) => this.ask<T>(actor, make),
    };
    this.settings = new SettingsDoor({
      ...parts,
      config,
      changed: () => {
        this.access.changed('/');
        return runtime.tellLoaded(() => true, POLICIES_CHANGED);
      },
    });
    this.#options = admissionOf(this.settings);
    this.access = new AccessDoor(parts);
    this.policies = new PolicyDoor({
      ...parts,
      policies,
      changed: (name) => this.#policiesChanged(name),
    });
    this.#sight = new Sight(runtime, this.policies);
    this.#places = new Places((prefix) => runtime.list(prefix), this.#options);
    this.resourceGroups = new ResourceGroups({
      ...parts,
      list: (prefix) => runtime.list(prefix),
      place: (actor, create) => this.#places.resourceGroup(actor, create),
      changed: (isMeant) => this.#namespacesChanged(isMeant),
    });
    this.clusterRules = new ClusterRules({
      ...parts,
      clock: runtime.clock,
      cluster: config.clusterName,
      host: config.advertisedAddress,
      list: (prefix) => runtime.list(prefix),
      unload: (namespaces) =>
        unloadTopics(this, runtime.clock, (topic) =>
          namespaces.has(parseTopicName(topic).namespace),
        ),
    });
    this.#counts = new TopicCounts({
      clock: runtime.clock,
      policies: this.policies,
      lists,
      list: (namespace) => this.topicsOf(namespace),
      topicsPerSecond: config.velamqTopicCreationsPerSecond,
      isShared: () => runtime.isShared,
    });
    const isReady = () => runtime.state === 'open';
    this.transactions = new Transactions({
      ...parts,
      isReady,
      isEnabled: config.transactionCoordinatorEnabled,
    });
    this.schemas = new Schemas({
      ...parts,
      topicView: (name) => this.topicView(name),
      schemaRules: (name) => schemaRules(this.policies.of(name)),
      counts: new SchemaCounts(runtime.clock),
    });
  }

  ref<Command = unknown>(id: string): ActorRef<Command> {
    return { id, tell: (command) => this.#runtime.tell(id, command) };
  }

  topic(name: TopicName): ActorRef<TopicCommand> {
    return this.ref(topicActor(name.full));
  }

  nextKey(): number {
    return ++this.#keys;
  }

  admit(name: TopicName, { create, by }: Admission): ActorRef<TopicCommand> {
    checkIsolation(this.clusterRules, name);
    const topic = this.topic(name);
    if (checkUse(this.#runtime, name, this.#options)) return topic;
    const isPartition = this.#partitioned(name.base) !== undefined;
    const allowed = isPartition || autoCreation(this.#runtime, name, this.#options).allowed;
    if (!create || !allowed) {
      const isProducer = by === 'producer';
      throw new BrokerError(
        'topic-not-found',
        isProducer ? `Topic not found ${name.full}` : `Topic ${name.full} does not exist`,
      );
    }
    const recipient = new Bystander(this.#counts.admit(name));
    topic.tell({ type: 'create', reply: { recipient, requestId: 0 } });
    return topic;
  }

  ready(name: TopicName): Promise<void> | undefined {
    return this.#topic(name) === undefined ? this.#counts.ready(name) : undefined;
  }

  checkLookup(name: TopicName): void {
    const beganMs = this.#runtime.clock.monotonicMs();
    try {
      checkNamespace(this.#runtime, name);
      checkIsolation(this.clusterRules, name);
    } catch (error) {
      this.#lookups.failed += 1;
      throw error;
    } finally {
      this.#lookups.latency.addSince(beganMs);
    }
  }

  async partitionsOf(name: TopicName, { create }: { readonly create: boolean }): Promise<number> {
    const info = this.#partitioned(name.full);
    if (info !== undefined) return info.partitions;
    if (this.#runtime.exposed(topicActor(name.full)) !== undefined) return 0;
    // Pulsar says no more than that it is not there, not even that its namespace is missing.
    if (!create) throw new BrokerError('topic-not-found', '');
    checkNamespace(this.#runtime, name);
    const whole = name.partition < 0 ? undefined : this.#partitioned(name.base);
    if (whole !== undefined && name.partition >= whole.partitions) {
      throw new BrokerError('topic-not-found', '');
    }
    const { allowed, partitions } = autoCreation(this.#runtime, name, this.#options);
    if (!allowed && whole === undefined) throw new BrokerError('topic-not-found', '');
    if (partitions === 0) return 0;
    await this.createPartitionedTopic(name, partitions).catch(ignoreExisting);
    return partitionedInfo(this.#runtime, name.full)?.partitions ?? 0;
  }

  async topicsOf(
    namespace: string,
    domain: TopicDomain = 'persistent',
  ): Promise<readonly string[]> {
    return this.#runtime.listSlowly(topicActor(`${domain}://${namespace}/`));
  }

  async partitionedTopicsOf(
    namespace: string,
    domain: TopicDomain = 'persistent',
  ): Promise<readonly string[]> {
    return this.#runtime.listSlowly(partitionedActor(`${domain}://${namespace}/`));
  }

  ask<T>(actor: string, make: (reply: ReplyTo) => unknown): Promise<T> {
    return new Promise<unknown>((resolve, reject) => {
      const recipient = new Question(resolve, reject);
      if (!this.#runtime.tell(actor, make({ recipient, requestId: 0 }))) {
        reject(new BrokerError('too-many-requests', `${actor} has too many requests waiting`));
      }
    }) as Promise<T>;
  }

  async createTopic(name: TopicName, properties = {}): Promise<void> {
    this.#checkNew(name);
    checkIsolation(this.clusterRules, name, 'precondition-failed');
    const actor = topicActor(name.full);
    await this.ready(name);
    await settling(this.#counts.admit(name), async () => {
      await this.ask(actor, (reply) => ({ type: 'create', reply, properties }));
    });
  }

  async deleteTopic(name: TopicName, force: boolean): Promise<void> {
    await this.ask(topicActor(name.full), (reply) => ({ type: 'delete', reply, force }));
  }

  async createPartitionedTopic(
    name: TopicName,
    partitions: number,
    properties = {},
  ): Promise<void> {
    this.#checkNew(name);
    this.#checkPartitions(partitions);
    const document = { partitions, properties };
    const unless = topicActor(name.full);
    const actor = partitionedActor(name.full);
    await this.ready(name);
    await settling(this.#counts.admitPartitions(name, 0, partitions), async () => {
      await this.ask(actor, (reply) => ({ type: 'create', reply, document, unless }));
      await this.#partitions.create(name, 0, partitions);
    });
  }

  async updatePartitions(name: TopicName, partitions: number): Promise<void> {
    this.#checkPartitions(partitions);
    const actor = partitionedActor(name.full);
    await this.ready(name);
    const before = partitionedInfo(this.#runtime, name.full)?.partitions ?? 0;
    await settling(this.#counts.admitPartitions(name, before, partitions), async () => {
      await this.ask(actor, (reply) => ({ type: 'change', reply, change: { partitions } }));
      await this.#partitions.create(name, before, partitions);
    });
    await this.#partitions.copySubscriptions(name, before, partitions);
  }

  setPartitionedProperties(
    name: TopicName,
    properties: Readonly<Record<string, string | undefined>>,
  ): Promise<void> {
    const actor = partitionedActor(name.full);
    const change = { properties: new Entries(properties) };
    return this.ask(actor, (reply) => ({ type: 'change', reply, change }));
  }

  async deletePartitionedTopic(name: TopicName, force: boolean): Promise<void> {
    const actor = partitionedActor(name.full);
    const partitions = partitionedInfo(this.#runtime, name.full)?.partitions ?? 0;
    await inLanes(partitionNames(name.full, 0, partitions), DELETIONS_AT_ONCE, (full) =>
      this.#deleteInLane(parseTopicName(full), force),
    );
    await this.ask(actor, (reply) => ({ type: 'delete', reply }));
    if (this.schemas.find(name) !== undefined) await this.schemas.remove(name, true);
    if (this.policies.set(name) !== undefined) await this.policies.forget(name);
    await this.access.forget(name);
  }

  /** Partitions of many topics, and of many namespaces, are bounded together. */
  #deleteInLane(name: TopicName, force: boolean): Promise<void> {
    return this.#deletions.run(() => this.deleteTopic(name, force)).catch(ignoreMissing);
  }

  partitionedTopic(name: TopicName): PartitionedTopicInfo | undefined {
    return this.#partitioned(name.full);
  }

  clusters(): readonly string[] {
    return this.#runtime.list(clusterActor('')).map(keyOf);
  }

  cluster(name: string): ClusterData | undefined {
    return this.#runtime.exposed(clusterActor(name)) as ClusterData | undefined;
  }

  putCluster(name: string, data: ClusterData, mode: 'create' | 'update'): Promise<void> {
    return this.#put(clusterActor(name), data, mode);
  }

  async deleteCluster(name: string): Promise<void> {
    if (this.clusterRules.of(name).isolationPolicies !== undefined) {
      throw new BrokerError('precondition-failed', 'Cluster not empty');
    }
    await this.clusterRules.forget(name);
    await this.ask(clusterActor(name), (reply) => ({ type: 'delete', reply }));
  }

  tenants(): readonly string[] {
    return this.#runtime.list(tenantActor('')).map(keyOf);
  }

  tenant(name: string): TenantInfo | undefined {
    return this.#runtime.exposed(tenantActor(name)) as TenantInfo | undefined;
  }

  async putTenant(name: string, info: TenantInfo, mode: 'create' | 'update'): Promise<void> {
    const actor = tenantActor(name);
    const put = () => this.#put(actor, info, mode);
    await (mode === 'create' ? this.#places.tenant(actor, put) : put());
    this.access.changed(`${name}/`);
  }

  async deleteTenant(name: string, force: boolean): Promise<void> {
    const namespaces = this.namespaces(name);
    if (namespaces.length > 0 && !force) {
      throw new BrokerError('conflict', 'The tenant still has active namespaces');
    }
    for (const namespace of namespaces) await this.deleteNamespace(namespace, true);
    await this.ask(tenantActor(name), (reply) => ({ type: 'delete', reply }));
  }

  namespaces(tenant: string): readonly string[] {
    return this.#runtime.list(namespaceActor(`${tenant}/`)).map(keyOf);
  }

  namespace(name: string): NamespacePolicies | undefined {
    return this.#runtime.exposed(namespaceActor(name)) as NamespacePolicies | undefined;
  }

  createNamespace(name: string, policies: NamespacePolicies): Promise<void> {
    const actor = namespaceActor(name);
    return this.#places.namespace(actor, () => this.#put(actor, policies, 'create'));
  }

  async setNamespacePolicies(name: string, change: NamespaceChange): Promise<void> {
    await this.ask(namespaceActor(name), (reply) => ({ type: 'change', reply, change }));
    if ('resourceGroup' in change) this.resourceGroups.moved();
    await this.#namespacesChanged((namespace) => namespace === name);
    this.access.changed(name);
  }

  async deleteNamespace(name: string, force: boolean): Promise<void> {
    for (const domain of TOPIC_DOMAINS) {
      const partitioned = await this.partitionedTopicsOf(name, domain);
      const topics = await this.topicsOf(name, domain);
      if (partitioned.length + topics.length > 0 && !force) {
        throw new BrokerError('conflict', 'Cannot delete non empty namespace');
      }
    }
    for (const domain of TOPIC_DOMAINS) {
      const bases = await this.partitionedTopicsOf(name, domain);
      await inLanes(bases, DELETIONS_AT_ONCE, (base) =>
        this.deletePartitionedTopic(parseTopicName(base), true).catch(ignoreMissing),
      );
      const topics = await this.topicsOf(name, domain);
      await inLanes(topics, DELETIONS_AT_ONCE, (topic) =>
        this.#deleteInLane(parseTopicName(topic), true),
      );
    }
    await this.ask(namespaceActor(name), (reply) => ({ type: 'delete', reply }));
    this.#counts.forget(name);
    this.schemas.counts.forget(name);
  }

  topicView(name: TopicName): TopicView | undefined {
    return this.#topic(name)?.view();
  }

  subscriptionView(name: TopicName, subscription: string): SubscriptionView | undefined {
    const topic = this.#topic(name);
    return topic && this.#sight.subscription(topic, subscription);
  }

  cursorView(name: TopicName, subscription: string): CursorView | undefined {
    const topic = this.#topic(name);
    return topic && this.#sight.cursor(topic, subscription);
  }

  subscriptionActor(name: TopicName, subscription: string): string | undefined {
    const topic = this.#topic(name);
    if (topic === undefined || !topic.subscriptions.has(subscription)) return undefined;
    return subscriptionActor(topic.progress.topicId, subscription);
  }

  *loadedTopics(): Iterable<string> {
    for (const id of this.#runtime.loaded('topic')) yield keyOf(id);
  }

  loaded(): Iterable<LoadedTopic> {
    return this.#sight.loaded();
  }

  runtimeStats(): RuntimeStats {
    return { ...this.#runtime.stats(), lookups: this.#lookups };
  }

  async settled(): Promise<void> {
    await new Promise<unknown>((resolve, reject) => {
      this.#runtime.settle({ recipient: new Question(resolve, reject), requestId: 0 });
    });
  }

  /** Coordinators that are not enabled are as good as none: who finds some waits for them. */
  #partitioned(full: string): PartitionedTopicInfo | undefined {
    if (full === COORDINATORS && !this.transactions.isEnabled) return undefined;
    return partitionedInfo(this.#runtime, full);
  }

  async #namespacesChanged(isMeant: (namespace: string) => boolean): Promise<void> {
    const isTold = (topic: string) => isMeant(namespaceOf(topic));
    await this.#runtime.tellLoaded(isTold, POLICIES_CHANGED);
  }

  /** Those of a topic, or of all partitions of one. */
  #policiesChanged({ base }: TopicName): void {
    const partitions = partitionedInfo(this.#runtime, base)?.partitions;
    const names = partitions === undefined ? [base] : partitionNames(base, 0, partitions);
    for (const full of names) {
      const topic = this.#topic(parseTopicName(full));
      if (topic === undefined) continue;
      this.#runtime.tellIfLoaded(topicActor(full), POLICIES_CHANGED);
      for (const name of topic.subscriptions.keys()) {
        const actor = subscriptionActor(topic.progress.topicId, name);
        this.#runtime.tellIfLoaded(actor, POLICIES_CHANGED);
      }
    }
  }

  #topic(name: TopicName): TopicExposed | undefined {
    return this.#runtime.exposed(topicActor(name.full)) as TopicExposed | undefined;
  }

  async #put(actor: string, document: object, mode: 'create' | 'update'): Promise<void> {
    const type = mode === 'create' ? 'create' : 'replace';
    await this.ask(actor, (reply) => ({ type, reply, document }));
  }

  #checkNew(name: TopicName): void {
    if (name.domain === 'non-persistent') checkUse(this.#runtime, name, this.#options);
    else checkNamespace(this.#runtime, name);
  }

  #checkPartitions(partitions: number): void {
    const { maxPartitions } = this.#options;
    if (partitions <= maxPartitions) return;
    const message = `Number of partitions should be less than or equal to ${maxPartitions}`;
    throw new BrokerError('not-acceptable', message);
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof BrokerError && error.code === 'topic-not-found')) throw error;
}
