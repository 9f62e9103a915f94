/**
 * A broker without sockets: runtime and door over the memory storage, with time, steps and the disk
 * in the hands of the spec. A crash drops what was not synced and opens again on the same disk.
 */

import { brokerUnackedBehaviour } from '../../src/actors/broker-unacked.ts';
import { Compactor, type CompactorOptions } from '../../src/actors/compaction/compactor.ts';
import { cursorBehaviour } from '../../src/actors/cursor/behaviour.ts';
import { paceBehaviour } from '../../src/actors/dispatch-pace.ts';
import { LocalBroker } from '../../src/actors/local-broker.ts';
import {
  type ClusterOptions,
  clusterBehaviours,
  type NamespaceOptions,
  namespaceBehaviour,
  partitionedBehaviour,
  settingsBehaviour,
  tenantBehaviour,
} from '../../src/actors/namespace/document.ts';
import { reviewBehaviour } from '../../src/actors/namespace/review.ts';
import { topicPoliciesBehaviour } from '../../src/actors/policies/document.ts';
import { brokerPolicies, Policies } from '../../src/actors/policies/resolve.ts';
import type { SetPolicies } from '../../src/actors/policies/values.ts';
import type { Effect, EntryFormat } from '../../src/actors/ports.ts';
import { resourceGroupBehaviour } from '../../src/actors/resource-group/behaviour.ts';
import type { AnyBehaviour } from '../../src/actors/runtime/cell.ts';
import { Runtime, type RuntimeOptions } from '../../src/actors/runtime/runtime.ts';
import { shardBehaviour } from '../../src/actors/runtime/shard.ts';
import { schemaBehaviour } from '../../src/actors/schema/behaviour.ts';
import { Configured, fixed } from '../../src/actors/settings.ts';
import { subscriptionBehaviour } from '../../src/actors/subscription/behaviour.ts';
import type { SubscriptionOptions } from '../../src/actors/subscription/options.ts';
import { topicBehaviour } from '../../src/actors/topic/behaviour.ts';
import type { ReplyTo } from '../../src/actors/topic/commands.ts';
import type { TopicOptions } from '../../src/actors/topic/options.ts';
import { TopicLists } from '../../src/actors/topic-lists.ts';
import { coordinatorBehaviour } from '../../src/actors/transaction/behaviour.ts';
import type { CoordinatorOptions } from '../../src/actors/transaction/decide.ts';
import { type Settings, withSettings } from '../../src/base/dynamic-options.ts';
import type { Log } from '../../src/base/log.ts';
import { type BrokerConfig, configWith } from '../../src/base/options.ts';
import type { Rate } from '../../src/base/pace.ts';
import type { TopicName } from '../../src/base/topic-name.ts';
import type { Entries } from '../../src/storage/entries.ts';
import { MemoryDisk, openMemoryStorage } from '../../src/storage/memory/open.ts';
import type { OpenStorage } from '../../src/storage/storage.ts';
import { admit } from './admit.ts';
import { Connection, type ProducerOptions, TestProducer } from './clients.ts';
import { type ConsumerOptions, TestConsumer } from './consumer.ts';
import { compactionFormat, entryFormat } from './entries.ts';
import { replaceEntries } from './replace-entries.ts';
import { VirtualClock } from './virtual-clock.ts';

export interface StageOptions {
  readonly topic?: Partial<TopicOptions>;
  readonly subscription?: Partial<SubscriptionOptions>;
  /** What the broker's configuration says, where it differs from Pulsar's defaults. */
  readonly policies?: SetPolicies;
  /** What the broker as a whole may dispatch. */
  readonly dispatchRate?: Rate;
  readonly limits?: Partial<RuntimeOptions['limits']>;
  readonly allowAutoTopicCreation?: boolean;
  readonly nonPersistentTopics?: boolean;
  readonly maxTenants?: number;
  readonly maxNamespacesPerTenant?: number;
  readonly maxResourceGroups?: number;
  /** Of a tenant while others are served. */
  readonly topicCreationsPerSecond?: number;
  readonly autoTopicType?: 'partitioned' | 'non-partitioned';
  /** Bytes of entries that are read without waiting; 0 makes every read wait. */
  readonly cacheBytes?: number;
  /** Journal records that stay below the checkpoint. */
  readonly segmentRecords?: number;
  readonly format?: EntryFormat;
  readonly compaction?: Partial<CompactorOptions>;
  readonly coordinator?: Partial<CoordinatorOptions>;
  readonly cluster?: Partial<ClusterOptions>;
  readonly namespace?: Partial<NamespaceOptions>;
  /** Every actor contradicts itself when it is told `poison`. */
  readonly fragile?: boolean;
  /** Something between the runtime and its storage. */
  readonly wrapStorage?: (open: OpenStorage) => OpenStorage;
  /** Errors in the log are part of the story. */
  readonly expectsErrors?: boolean;
}

const MINUTE_MS = 60_000;
const NO_RATE: Rate = { messages: 0, bytes: 0, periodMs: 1_000 };

const topicDefaults: Omit<TopicOptions, 'policies'> = {
  clusterName: 'standalone',
  maxDeduplicationProducers: 10_000,
  deduplicationIdleMs: 360 * MINUTE_MS,
  maxEntriesPerLedger: 50_000,
  maxBytesPerLedger: 2 ** 30,
  minRolloverMs: 0,
  maxRolloverMs: 240 * MINUTE_MS,
  rolloverBytes: 2 ** 30,
  maxProducersPerAddress: Number.POSITIVE_INFINITY,
  maxConsumersPerAddress: Number.POSITIVE_INFINITY,
  statsIntervalMs: MINUTE_MS,
  strictSubscriptionNames: false,
  inactivityCheckMs: MINUTE_MS,
  expiryCheckMs: MINUTE_MS,
  subscriptionCheckMs: MINUTE_MS,
  quotaCheckMs: 10_000,
  preciseAge: false,
  deletesPartitionedMetadata: false,
  numbersMessages: false,
  stampsMessages: false,
  retentionCheckMs: MINUTE_MS,
  compactionCheckMs: MINUTE_MS,
};

const subscriptionDefaults: Omit<SubscriptionOptions, 'policies'> = {
  failoverDelayMs: 1_000,
  failoverByRing: false,
  redeliveryCounts: true,
  brokerRate: NO_RATE,
  brokerUnacked: undefined,
  throttlesAll: true,
  maxReadEntries: 100,
  maxReadBytes: 5 * 1024 * 1024,
  roundRobinEntries: 20,
  ringPoints: 100,
  maxReplay: 4_000,
  maxReplayPerConsumer: 2_000,
  batchIndexAck: true,
  maxChunkOwners: 1_000,
};

const limitDefaults: RuntimeOptions['limits'] = {
  maxCommandsPerStep: 10_000,
  maxStepMs: 8,
  maxSharedStepMs: 2,
  mailboxLimit: 10_000,
  maxInFlight: 4,
  maxBatchBytes: 2 ** 20,
  maxBatchEvents: 10_000,
  maxSharedBytesInFlight: 2 ** 22,
  checkpointIntervalMs: 10_000,
  actorIdleMs: MINUTE_MS,
  maxIdleActors: 20_000,
};

/** Turns of settling before something is taken to run in circles. */
const MAX_TURNS = 10_000;

export class Stage {
  readonly disk: MemoryDisk;
  readonly errors: string[] = [];
  clock: VirtualClock;
  runtime!: Runtime;
  broker!: LocalBroker;
  compactor!: Compactor;
  /** While true nothing becomes durable by settling. */
  holdsSyncs = false;
  /** While true what is not cached is not read before `letRead`. */
  holdsReads = false;
  readonly #reads: (() => void)[] = [];
  #options: StageOptions;
  #lists = new TopicLists();
  #ids = 0;

  private constructor(options: StageOptions) {
    this.#options = options;
    this.clock = new VirtualClock(1_700_000_000_000);
    const { segmentRecords } = options;
    this.disk = new MemoryDisk({
      autoSync: false,
      ...(segmentRecords === undefined ? {} : { segmentRecords }),
    });
  }

  /** A fresh broker with the namespace `public/default`. */
  static async open(options: StageOptions = {}): Promise<Stage> {
    const stage = new Stage(options);
    await stage.#begin();
    const { broker } = stage;
    await stage.until(broker.putCluster('standalone', {}, 'create'));
    const tenant = { adminRoles: [], allowedClusters: ['standalone'] };
    await stage.until(broker.putTenant('public', tenant, 'create'));
    const policies = { replicationClusters: ['standalone'], bundles: 4 };
    await stage.until(broker.createNamespace('public/default', policies));
    return stage;
  }

  /** Lets everything happen that can happen now. Throws when the log holds an error. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < MAX_TURNS; turn++) {
      const ran = this.clock.runSoon();
      await microtasks();
      const syncs = !this.holdsSyncs && this.disk.unsynced > 0;
      if (syncs) this.disk.sync();
      const reads = !this.holdsReads && this.#reads.length > 0;
      if (reads) this.letRead();
      if (!ran && !syncs && !reads && !this.clock.hasSoon) return this.#checkErrors();
    }
    throw new Error('the broker does not come to rest');
  }

  /** One step of the broker; what it makes ready waits for the next. */
  async step(): Promise<void> {
    this.clock.runSoon();
    await microtasks();
  }

  /** Lets the oldest `count` reads that are held back go on. */
  letRead(count = this.#reads.length): void {
    for (const read of this.#reads.splice(0, count)) read();
  }

  /** The disk does its work and says so; the broker has not taken a step since. */
  async syncOnly(): Promise<void> {
    this.disk.sync();
    await microtasks();
  }

  /** Makes the oldest `count` unsynced writes durable, and lets what follows happen. */
  async sync(count?: number): Promise<void> {
    this.disk.sync(count);
    await this.settle();
  }

  /** Lets time pass, timer by timer. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.clock.monotonicMs() + ms;
    await this.settle();
    while (this.clock.step(untilMs)) await this.settle();
  }

  /** Settles until the promise has; throws when it never does. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const mark = () => {
      isSettled = true;
    };
    promise.then(mark, mark);
    for (let turn = 0; turn < 10 && !isSettled; turn++) await this.settle();
    if (!isSettled) throw new Error('never answered');
    return promise;
  }

  /**
   * Kill or power loss: what was not synced is gone, nobody is told, and the broker starts anew.
   */
  async crash(): Promise<void> {
    this.disk.crash();
    await this.#begin();
  }

  /** Ends in good order and starts again, with options changed. */
  async restart(options: StageOptions = {}): Promise<void> {
    await this.close();
    this.#options = { ...this.#options, ...options };
    await this.#begin();
  }

  async close(): Promise<void> {
    await this.until(this.runtime.close());
  }

  /** Opens a producer; creates the topic if need be. Refusals are kept in it. */
  async producer(
    topic: string | TopicName = 't',
    options: ProducerOptions & { readonly connection?: Connection } = {},
  ): Promise<TestProducer> {
    const name = await admit(this, topic);
    const connection = options.connection ?? new Connection(`p${this.nextId()}`);
    const ids = {
      key: this.broker.nextKey(),
      producerId: options.producerId ?? this.nextId(),
      requestId: this.nextId(),
    };
    const nowMs = () => this.clock.nowMs();
    const producer = new TestProducer(this.broker, name, connection, ids, nowMs);
    producer.add(options);
    await this.settle();
    return producer;
  }

  /** Opens a consumer; creates the topic if need be. Grants `permits` once it is subscribed. */
  async consumer(
    subscription: string,
    options: ConsumerOptions & {
      readonly topic?: string;
      readonly permits?: number;
      readonly connection?: Connection;
    } = {},
  ): Promise<TestConsumer> {
    const { topic = 't', permits = 1_000, connection, ...rest } = options;
    const name = await admit(this, topic);
    const own = connection ?? new Connection(`c${this.nextId()}`);
    const ids = {
      key: this.broker.nextKey(),
      consumerId: options.consumerId ?? this.nextId(),
      requestId: this.nextId(),
    };
    const consumer = new TestConsumer(this.broker, name, subscription, own, ids);
    consumer.subscribe(rest);
    await this.settle();
    if (consumer.subscribed !== undefined && permits > 0) {
      consumer.flow(permits);
      await this.settle();
    }
    return consumer;
  }

  /** Tells an actor something that is answered, and gives the answer. */
  async request(
    actor: string,
    make: (reply: ReplyTo) => { readonly type: string },
  ): Promise<Effect> {
    const requestId = this.nextId();
    const connection = new Connection(`r${requestId}`);
    this.broker.ref(actor).tell(make({ recipient: connection, requestId }));
    await this.settle();
    const answer = connection.answers.get(requestId);
    if (answer === undefined) throw new Error('never answered');
    return answer;
  }

  nextId(): number {
    return ++this.#ids;
  }

  async #begin(): Promise<void> {
    this.clock = new VirtualClock(this.clock.nowMs());
    this.#lists = new TopicLists();
    this.compactor = this.#newCompactor();
    this.runtime = new Runtime(this.#runtimeOptions());
    const [config, policies] = [configOf(this.#options), policiesOf(this.#options)];
    this.broker = new LocalBroker(this.runtime, config, policies, this.#lists);
    const { runtime, broker } = this;
    this.compactor.attach({
      get storage() {
        return runtime.storage;
      },
      ask: (actor, make) => broker.ask(actor, make),
    });
    await this.until(this.runtime.open());
    await this.settle();
  }

  #newCompactor(): Compactor {
    const options: CompactorOptions = {
      memoryBytes: 1024 * 1024,
      bytesPerSecond: Number.POSITIVE_INFINITY,
      retainNullKey: false,
      maxConcurrent: 2,
      maxWaiting: 100,
      ...this.#options.compaction,
    };
    const { clock } = this;
    return new Compactor({ options, format: compactionFormat, clock, log: this.#log() });
  }

  #runtimeOptions(): RuntimeOptions {
    const { cacheBytes, limits, format, wrapStorage } = this.#options;
    const open = openMemoryStorage(this.disk, cacheBytes === undefined ? {} : { cacheBytes });
    this.#reads.length = 0;
    return {
      openStorage: wrapStorage?.(open) ?? this.#withHeldReads(open),
      behaviours: behavioursOf(this.#options, this.#lists, this.compactor),
      clock: this.clock,
      log: this.#log(),
      format: format ?? entryFormat,
      limits: { ...limitDefaults, ...limits },
    };
  }

  #withHeldReads(open: OpenStorage): OpenStorage {
    return async () => {
      const storage = await open();
      const read: Entries['read'] = (...request) => {
        if (!this.holdsReads) return storage.entries.read(...request);
        return new Promise((resolve, reject) => {
          this.#reads.push(() => storage.entries.read(...request).then(resolve, reject));
        });
      };
      return replaceEntries(storage, { read });
    };
  }

  #log(): Log {
    const error = (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
      this.errors.push(`${message}: ${Object.values(fields).map(String).join(' ')}`);
    };
    const nothing = () => undefined;
    const same = (): Log => log;
    const log = { debug: nothing, info: nothing, warn: nothing, error, with: same, of: same };
    return log;
  }

  #checkErrors(): void {
    if (this.errors.length === 0 || this.#options.expectsErrors === true) return;
    throw new Error(`the broker logged errors:\n${this.errors.join('\n')}`);
  }
}

/** Every kind of actor, with the options of the stage. */
export function behavioursOf(
  options: StageOptions,
  lists = new TopicLists(),
  compactor?: Compactor,
): readonly AnyBehaviour[] {
  const policies = policiesOf(options);
  const brokerRate = options.dispatchRate ?? NO_RATE;
  const all = [
    shardBehaviour,
    topicBehaviour(
      fixed({
        ...topicDefaults,
        policies,
        lists,
        ...(compactor === undefined ? {} : { compactor }),
        ...options.topic,
      }),
    ),
    subscriptionBehaviour(
      fixed({ ...subscriptionDefaults, policies, brokerRate, ...options.subscription }),
    ),
    paceBehaviour(fixed(brokerRate)),
    brokerUnackedBehaviour(options.subscription?.brokerUnacked),
    cursorBehaviour,
    ...clusterBehaviours({ maxRules: 10, ...options.cluster }),
    tenantBehaviour,
    settingsBehaviour,
    namespaceBehaviour({ maxGrants: 10, ...options.namespace }),
    reviewBehaviour,
    resourceGroupBehaviour,
    partitionedBehaviour,
    topicPoliciesBehaviour,
    schemaBehaviour({ maxVersions: 20, maxDefinitionBytes: 10_000 }),
    coordinatorBehaviour({ maxTransactions: 100, maxParticipants: 20, ...options.coordinator }),
  ] as unknown as readonly AnyBehaviour[];
  return options.fragile === true ? all.map(fragile) : all;
}

/** Stories are told without haste. */
const NO_DELETION = { brokerDeleteInactiveTopicsEnabled: false };

function configOf(options: StageOptions): BrokerConfig {
  return configWith({
    ...NO_DELETION,
    allowAutoTopicCreation: options.allowAutoTopicCreation ?? true,
    allowAutoTopicCreationType: options.autoTopicType ?? 'non-partitioned',
    defaultNumPartitions: 2,
    maxNumPartitionsPerPartitionedTopic: 8,
    enableNonPersistentTopics: options.nonPersistentTopics ?? true,
    maxTenants: options.maxTenants ?? 0,
    maxNamespacesPerTenant: options.maxNamespacesPerTenant ?? 0,
    velamqMaxResourceGroups: options.maxResourceGroups ?? 10_000,
    velamqTopicCreationsPerSecond: options.topicCreationsPerSecond ?? 0,
    transactionCoordinatorEnabled: true,
  });
}

function policiesOf(options: StageOptions): Policies {
  const under = (settings: Settings) => ({
    ...brokerPolicies(withSettings(configOf(options), settings)),
    ...options.policies,
  });
  return new Policies(new Configured(under({}), under));
}

function fragile(behaviour: AnyBehaviour): AnyBehaviour {
  return {
    ...behaviour,
    decide(state, command, facts) {
      if ((command as { readonly type: string }).type === 'poison') throw new Error('poison');
      return behaviour.decide(state, command, facts);
    },
  };
}

/** Lets every promise that can settle do so. */
function microtasks(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
