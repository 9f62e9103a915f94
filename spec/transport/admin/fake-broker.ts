/** A broker of plain maps: enough of the actor layer's door to answer REST, and no more. */
import type {
  ActorRef,
  Broker,
  ClusterData,
  NamespacePolicies,
  PartitionedTopicInfo,
  TenantInfo,
} from '../../../src/actors/broker.ts';
import { changed, Entries } from '../../../src/actors/change.ts';
import {
  type LoadedTopic,
  WRITE_LATENCY_BOUNDS_US,
  type WriteGauges,
} from '../../../src/actors/gauges.ts';
import { namespaceActor } from '../../../src/actors/names.ts';
import { ClusterRules } from '../../../src/actors/namespace/cluster-rules.ts';
import { AccessDoor } from '../../../src/actors/namespace/door.ts';
import type { TopicPolicies, TopicPoliciesCommand } from '../../../src/actors/policies/document.ts';
import { PolicyDoor } from '../../../src/actors/policies/door.ts';
import { configuredPolicies, Policies } from '../../../src/actors/policies/resolve.ts';
import type { PolicyValues } from '../../../src/actors/policies/values.ts';
import type { Effect } from '../../../src/actors/ports.ts';
import {
  type GroupCommand,
  type GroupRates,
  NO_GROUP_RATES,
} from '../../../src/actors/resource-group/behaviour.ts';
import { ResourceGroups } from '../../../src/actors/resource-group/door.ts';
import { SchemaCounts } from '../../../src/actors/schema/counts.ts';
import { Schemas } from '../../../src/actors/schema/registry.ts';
import { schemaRules } from '../../../src/actors/schema/strategy.ts';
import { SettingsDoor } from '../../../src/actors/settings.ts';
import type { ReplyTo } from '../../../src/actors/topic/commands.ts';
import { TopicLists } from '../../../src/actors/topic-lists.ts';
import { Transactions } from '../../../src/actors/transaction/door.ts';
import type { CursorView, SubscriptionView, TopicView } from '../../../src/actors/views.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { BrokerError } from '../../../src/base/errors.ts';
import { Latencies } from '../../../src/base/latencies.ts';
import { type BrokerConfig, configWith } from '../../../src/base/options.ts';
import { noCounts } from '../../../src/base/period-histogram.ts';
import { parseTopicName, partitionName, type TopicName } from '../../../src/base/topic-name.ts';

export interface FakeSubscription {
  view: SubscriptionView;
  cursor: CursorView;
}

export interface FakeTopic {
  view: Omit<TopicView, 'subscriptions'>;
  subscriptions: Map<string, FakeSubscription>;
  writes?: WriteGauges;
}

/** What was asked of an actor, without where to answer. */
export interface Asked {
  readonly actor: string;
  readonly type: string;
  readonly [field: string]: unknown;
}

export class FakeBroker implements Broker {
  readonly lists = new TopicLists();
  readonly access = new AccessDoor({
    exposed: (actor) => this.#policiesOf(actor),
    ask: async (actor, make) => this.#changeNamespace(actor, make),
  });
  readonly settings: SettingsDoor;
  /** No topic has any. */
  readonly schemas = new Schemas({
    exposed: () => undefined,
    ask: (actor, make) => this.ask(actor, make),
    topicView: () => undefined,
    schemaRules: (name) => schemaRules(this.policies.of(name)),
    counts: new SchemaCounts(systemClock),
  });
  readonly policies = new PolicyDoor({
    policies: new Policies(configuredPolicies(configWith())),
    exposed: (actor) => this.#policiesOf(actor),
    ask: async (actor, make) => this.#changePolicies(actor, make),
    changed: () => undefined,
  });
  readonly #groups = new Map<string, GroupRates>();
  readonly resourceGroups = new ResourceGroups({
    exposed: (actor) => this.#exposedOf(actor),
    list: (prefix) =>
      [...this.#groups.keys(), ...[...this.#namespaces.keys()].map(namespaceActor)].filter((one) =>
        one.startsWith(prefix),
      ),
    ask: async (actor, make) => this.#changeGroup(actor, make),
    place: (_actor, create) => create(),
    changed: async () => undefined,
  });
  readonly transactions = new Transactions({
    isEnabled: false,
    isReady: () => true,
    exposed: () => undefined,
    ask: (actor, make) => this.ask(actor, make),
  });
  readonly clusterRules = new ClusterRules({
    clock: systemClock,
    cluster: 'standalone',
    host: 'localhost',
    exposed: () => undefined,
    list: () => [],
    ask: (actor, make) => this.ask(actor, make),
    unload: async () => undefined,
  });
  readonly latencies = { publish: new Latencies(systemClock), load: new Latencies(systemClock) };
  readonly lookups = { latency: new Latencies(systemClock), failed: 0 };
  state = 'open';
  readonly topics = new Map<string, FakeTopic>();
  readonly partitioned = new Map<string, PartitionedTopicInfo>();
  readonly asked: Asked[] = [];
  /** Thrown by the next `ask`. */
  failure: Error | undefined;
  readonly #clusters = new Map<string, ClusterData>([['standalone', {}]]);
  readonly #tenants = new Map<string, TenantInfo>();
  readonly #namespaces = new Map<string, NamespacePolicies>();

  /** `config`: which its settings stand on. Nothing changes them. */
  constructor(config: BrokerConfig = configWith()) {
    this.settings = new SettingsDoor({
      config,
      exposed: () => undefined,
      ask: (actor, make) => this.ask(actor, make),
      changed: async () => undefined,
    });
    this.#tenants.set('public', { adminRoles: [], allowedClusters: ['standalone'] });
    this.#namespaces.set('public/default', { replicationClusters: ['standalone'], bundles: 4 });
  }

  ref(actor: string): ActorRef {
    return { id: actor, tell: () => true };
  }
  topic(name: TopicName) {
    return this.ref(`topic:${name.full}`);
  }
  nextKey(): number {
    return 1;
  }
  admit(name: TopicName, { create }: { readonly create: boolean }) {
    if (!this.topics.has(name.full)) {
      if (!create) throw new BrokerError('topic-not-found', `Topic ${name.full} does not exist`);
      this.add(name.full);
    }
    return this.topic(name);
  }
  ready(): undefined {
    return undefined;
  }
  checkLookup(): void {
    if (this.state !== 'open') throw new BrokerError('service-not-ready', 'not ready');
  }
  async partitionsOf(name: TopicName): Promise<number> {
    return this.partitioned.get(name.full)?.partitions ?? 0;
  }
  partitionedTopic(name: TopicName): PartitionedTopicInfo | undefined {
    return this.partitioned.get(name.full);
  }
  async topicsOf(namespace: string, domain = 'persistent'): Promise<readonly string[]> {
    const start = `${domain}://${namespace}/`;
    return [...this.topics.keys()].filter((one) => one.startsWith(start)).sort();
  }
  async partitionedTopicsOf(namespace: string, domain = 'persistent'): Promise<readonly string[]> {
    const start = `${domain}://${namespace}/`;
    return [...this.partitioned.keys()].filter((one) => one.startsWith(start)).sort();
  }

  async settled(): Promise<void> {}

  async ask<T>(actor: string, make: (reply: ReplyTo) => unknown): Promise<T> {
    if (this.failure !== undefined) throw this.failure;
    const recipient = { label: 'spec', receive(_effect: Effect) {}, flush() {} };
    const command = make({ recipient, requestId: 1 }) as { readonly type: string };
    const { reply: _reply, ...rest } = command as Record<string, unknown> & { type: string };
    this.asked.push({ actor, ...rest });
    const topic = this.topics.get(actor.replace(/^topic:/, ''));
    return (topic === undefined ? undefined : this.#obey(topic, rest)) as T;
  }

  readonly #topicPolicies = new Map<string, TopicPolicies>();

  #policiesOf(actor: string): unknown {
    if (actor.startsWith('namespace:')) return this.namespace(actor.slice('namespace:'.length));
    return this.#topicPolicies.get(actor);
  }

  #changeNamespace(actor: string, make: (reply: ReplyTo) => unknown): void {
    const recipient = { label: 'spec', receive() {}, flush() {} };
    const { change } = make({ recipient, requestId: 1 }) as { readonly change: object };
    const name = actor.slice('namespace:'.length);
    this.#namespaces.set(name, changed(this.#namespaces.get(name)!, change) as NamespacePolicies);
  }

  #exposedOf(actor: string): unknown {
    const rates = this.#groups.get(actor);
    return rates === undefined ? this.#policiesOf(actor) : { rates };
  }

  #changeGroup(actor: string, make: (reply: ReplyTo) => unknown): void {
    const recipient = { label: 'spec', receive() {}, flush() {} };
    const command = make({ recipient, requestId: 1 }) as GroupCommand;
    if (command.type === 'delete') this.#groups.delete(actor);
    if (command.type !== 'put') return;
    const before = this.#groups.get(actor) ?? NO_GROUP_RATES;
    this.#groups.set(actor, { ...before, ...command.change });
  }

  #changePolicies(actor: string, make: (reply: ReplyTo) => unknown): void {
    const recipient = { label: 'spec', receive() {}, flush() {} };
    const command = make({ recipient, requestId: 1 }) as TopicPoliciesCommand;
    if (command.type === 'forget') this.#topicPolicies.delete(actor);
    else {
      const { scope, change } = command;
      const before = this.#topicPolicies.get(actor) ?? { local: {}, global: {} };
      this.#topicPolicies.set(actor, { ...before, [scope]: changed(before[scope], change) });
    }
  }

  #obey(topic: FakeTopic, command: Record<string, unknown> & { type: string }): unknown {
    const name = String(command['name']);
    if (command.type === 'create-subscription') topic.subscriptions.set(name, subscription(name));
    if (command.type === 'delete-subscription') topic.subscriptions.delete(name);
    if (command.type !== 'terminate') return undefined;
    const { last } = topic.view;
    topic.view = { ...topic.view, terminated: true };
    // A message was on its way to the disk, which the view does not show yet.
    return { ...last, entryId: last.entryId + 1 };
  }

  async createTopic(name: TopicName, properties: Readonly<Record<string, string>> = {}) {
    this.add(name.full, { properties });
  }
  async deleteTopic(name: TopicName): Promise<void> {
    this.topics.delete(name.full);
  }
  async createPartitionedTopic(
    name: TopicName,
    partitions: number,
    properties: Readonly<Record<string, string>> = {},
  ) {
    this.partitioned.set(name.full, { partitions, properties });
    for (let index = 0; index < partitions; index += 1) this.add(partitionName(name.full, index));
  }
  async updatePartitions(name: TopicName, partitions: number): Promise<void> {
    await this.createPartitionedTopic(name, partitions);
  }
  async setPartitionedProperties(
    name: TopicName,
    properties: Readonly<Record<string, string | undefined>>,
  ) {
    const known = this.partitioned.get(name.full);
    if (known === undefined) return;
    const next = changed(known, { properties: new Entries(properties) });
    this.partitioned.set(name.full, next as PartitionedTopicInfo);
  }
  async deletePartitionedTopic(name: TopicName): Promise<void> {
    this.partitioned.delete(name.full);
    for (const full of [...this.topics.keys()]) {
      if (parseTopicName(full).base === name.full) this.topics.delete(full);
    }
  }

  clusters(): readonly string[] {
    return [...this.#clusters.keys()].sort();
  }
  cluster(name: string): ClusterData | undefined {
    return this.#clusters.get(name);
  }
  async putCluster(name: string, data: ClusterData): Promise<void> {
    this.#clusters.set(name, data);
  }
  async deleteCluster(name: string): Promise<void> {
    this.#clusters.delete(name);
  }
  tenants(): readonly string[] {
    return [...this.#tenants.keys()].sort();
  }
  tenant(name: string): TenantInfo | undefined {
    return this.#tenants.get(name);
  }
  async putTenant(name: string, info: TenantInfo): Promise<void> {
    this.#tenants.set(name, info);
  }
  async deleteTenant(name: string): Promise<void> {
    this.#tenants.delete(name);
  }
  namespaces(tenant: string): readonly string[] {
    return [...this.#namespaces.keys()].filter((one) => one.startsWith(`${tenant}/`)).sort();
  }
  namespace(name: string): NamespacePolicies | undefined {
    return this.#namespaces.get(name);
  }
  async createNamespace(name: string, policies: NamespacePolicies): Promise<void> {
    this.#namespaces.set(name, policies);
  }
  async setNamespacePolicies(name: string, change: object): Promise<void> {
    const policies = changed(this.#namespaces.get(name) ?? {}, change) as NamespacePolicies;
    this.#namespaces.set(name, policies);
  }
  async deleteNamespace(name: string): Promise<void> {
    this.#namespaces.delete(name);
  }

  topicView(name: TopicName): TopicView | undefined {
    const topic = this.topics.get(name.full);
    return topic && { ...topic.view, subscriptions: [...topic.subscriptions.keys()] };
  }
  subscriptionView(name: TopicName, subscription: string): SubscriptionView | undefined {
    return this.topics.get(name.full)?.subscriptions.get(subscription)?.view;
  }
  cursorView(name: TopicName, subscription: string): CursorView | undefined {
    return this.topics.get(name.full)?.subscriptions.get(subscription)?.cursor;
  }
  subscriptionActor(name: TopicName, subscription: string): string | undefined {
    const known = this.topics.get(name.full)?.subscriptions.has(subscription);
    return known ? `subscription:${name.full}/${subscription}` : undefined;
  }
  loadedTopics(): readonly string[] {
    return [...this.topics.keys()];
  }
  *loaded(): Iterable<LoadedTopic> {
    for (const full of this.topics.keys()) {
      const name = parseTopicName(full);
      const view = this.topicView(name);
      if (view !== undefined)
        yield loadedTopic(view, this.policies.of(name), this.topics.get(full));
    }
  }
  runtimeStats() {
    const { state, latencies, lookups } = this;
    return {
      state,
      actors: 9,
      steps: 8,
      batches: 7,
      journalSequence: 6,
      pendingBytes: 5,
      latencies,
      lookups,
    };
  }

  /** Adds a topic, with a view that differs from the plain one as given. */
  add(full: string, view: Partial<TopicView> = {}): FakeTopic {
    const topic: FakeTopic = {
      view: { ...plainTopic(full), ...view },
      subscriptions: new Map(),
    };
    this.topics.set(full, topic);
    return topic;
  }
}

/** An instant that all views speak of: 2026-11-22T04:12:32.042Z. */
export const SOME_MS = Date.UTC(2026, 10, 22, 4, 12, 32, 42);

function plainTopic(name: string): Omit<TopicView, 'subscriptions'> {
  return {
    exists: true,
    name,
    topicId: 1,
    createdAtMs: SOME_MS,
    sentByGone: { messages: 0, bytes: 0 },
    terminated: false,
    properties: {},
    producers: [],
    waitingProducers: 0,
    compaction: {
      status: 'NOT_RUN',
      error: '',
      removed: 0,
      durationMs: 0,
      succeededAtMs: 0,
      failedAtMs: 0,
      readRate: 0,
      writeRate: 0,
      writeLatency: noCounts(WRITE_LATENCY_BOUNDS_US),
      totals: { removed: 0, succeeded: 0, failed: 0 },
      ledger: undefined,
    },
    offloadFailed: false,
    topicEpoch: undefined,
    lastPublishAtMs: 0,
    ledgers: [{ ledgerId: 5, entries: 0, bytes: 0, openedAtMs: SOME_MS }],
    ledgerOpen: true,
    last: { ledgerId: 5, entryId: -1 },
    in: { messages: 0, bytes: 0 },
    publishThrottledTimes: 0,
    entriesAdded: 0,
    oldest: undefined,
    evictions: { size: 0, age: 0 },
    transactions: {
      ongoing: 0,
      committed: 0,
      aborted: 0,
      lowWaterMarks: undefined,
      maxRead: { ledgerId: 5, entryId: -1 },
      of: () => ({ start: undefined, aborted: false }),
    },
    chunkPublished: false,
  };
}

export function subscription(
  name: string,
  view: Partial<SubscriptionView> = {},
  cursor: Partial<CursorView> = {},
): FakeSubscription {
  return {
    view: {
      name,
      durable: true,
      type: undefined,
      activeConsumer: undefined,
      consumers: [],
      replicated: false,
      properties: {},
      out: { messages: 0, bytes: 0 },
      throttled: undefined,
      dropped: 0,
      redelivered: 0,
      unacked: 0,
      blocked: false,
      inReplay: 0,
      delayed: 0,
      keyShared: undefined,
      lastFlowAtMs: 0,
      lastDeliveredAtMs: 0,
      lastAckedAtMs: 0,
      ...view,
    },
    cursor: {
      markDelete: { ledgerId: 5, entryId: -1 },
      readPosition: { ledgerId: 5, entryId: 0 },
      backlogEntries: 0,
      backlogBytes: 0,
      entriesSinceFirstUnacked: 0,
      ackedRanges: 0,
      ackedRangesText: '[]',
      messagesConsumed: 0,
      waitingRead: false,
      lastMoveAtMs: 0,
      expired: 0,
      lastExpireAtMs: 0,
      pendingAcks: undefined,
      properties: {},
      ...cursor,
    },
  };
}

/** What the views say, as metrics read it. */
function loadedTopic(
  view: TopicView,
  policies: PolicyValues,
  topic: FakeTopic | undefined,
): LoadedTopic {
  const producers = view.producers.map((one) => ({ ...one, ...one.in }));
  return {
    policies,
    topic: {
      name: view.name,
      policies,
      producers: { size: producers.length, values: () => producers },
      messagesIn: view.in.messages,
      bytesIn: view.in.bytes,
      entriesIn: view.entriesAdded,
      writes: topic?.writes,
      storedBytes: view.ledgers.reduce((sum, { bytes }) => sum + bytes, 0),
      publishThrottledTimes: view.publishThrottledTimes,
      evictions: view.evictions,
      compactions: view.compaction.totals,
      transactions: view.transactions,
      view: () => view,
    },
    subscriptions: [...(topic?.subscriptions.values() ?? [])].map(({ view: sub, cursor }) => ({
      subscription: { ...sub, ...outOf(sub), consumers: consumersOf(sub), entriesOut: 0 },
      cursor,
      delayed: sub.delayed,
    })),
  };
}

function consumersOf({ consumers }: SubscriptionView) {
  const all = consumers.map((one) => ({ ...one, ...outOf(one) }));
  return { size: all.length, values: () => all };
}

function outOf({ out }: Pick<SubscriptionView, 'out'>) {
  return { messagesOut: out.messages, bytesOut: out.bytes };
}
