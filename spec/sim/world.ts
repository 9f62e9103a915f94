/** One world: a broker, its disk, its network, its clients, and those who look on. */
import type { TxnId } from '../../src/actors/txn-id.ts';
import { type BrokerConfig, configWith } from '../../src/base/options.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { Abuser } from './clients/abuser.ts';
import { Client, type ClientWorld } from './clients/client.ts';
import { Consumer } from './clients/consumer.ts';
import { Producer } from './clients/producer.ts';
import { Transactions, type Use } from './clients/transactions.ts';
import { Watcher } from './clients/watcher.ts';
import { strike } from './faults.ts';
import type { Observation } from './observe/observation.ts';
import { Observer } from './observe/observer.ts';
import { Operator } from './operator.ts';
import type { ClientPlan, Plan } from './plan.ts';
import { type BrokerParts, BrokerProcess, openStorage } from './world/broker-process.ts';
import { Chance } from './world/chance.ts';
import { SimDisk } from './world/disk.ts';
import { Network } from './world/network.ts';
import { Owner, Scheduler } from './world/scheduler.ts';

const STATE_FILE = '/data/state/data.mdb';

/** What a spec changes about production, to see it found out. */
export type Seams = Pick<BrokerParts, 'behaviours' | 'openStorage' | 'openEnvironment'>;

export class World implements ClientWorld {
  readonly plan: Plan;
  readonly config: BrokerConfig;
  readonly scheduler: Scheduler;
  readonly disk: SimDisk;
  readonly network: Network;
  readonly observer: Observer;
  readonly operator: Operator;
  readonly clients: Client[] = [];
  readonly producers: Producer[] = [];
  readonly openTransactions = new Set<TxnId>();
  isCalm = false;
  broker!: BrokerProcess;
  readonly #nature = new Owner('nature');
  readonly #see: (observation: Observation) => void;
  readonly #seams: Seams;
  readonly #abusers = new Set<string>();
  #generation = 0;
  #messages = 0;
  /** How to end the faults that last. */
  readonly #endings = new Set<() => void>();

  constructor(plan: Plan, seams: Seams, see: (observation: Observation) => void) {
    this.plan = plan;
    this.config = configWith(plan.config);
    this.#seams = seams;
    this.#see = see;
    this.scheduler = new Scheduler(plan.seed);
    this.disk = new SimDisk(this.scheduler, new Chance(plan.seed, 'disk'));
    this.network = new Network(this.scheduler, new Chance(plan.seed, 'network'));
    this.observer = new Observer(see);
    this.network.watcher = this.observer;
    this.operator = new Operator(this, plan.seed, see);
  }

  /** Whether the client of a link breaks the rules. */
  isAbusive(link: number): boolean {
    return this.#abusers.has(this.network.hostOf(link));
  }

  nextMessage(): number {
    return ++this.#messages;
  }

  /** Starts the broker and all clients, and lets the plan's faults come. */
  begin(): void {
    this.startBroker();
    for (const plan of this.plan.partitioned ?? []) this.operator.provide(plan);
    for (const plan of this.plan.settings ?? []) this.operator.change(plan);
    for (const plan of this.plan.clients) this.#addClient(plan);
    for (const operation of this.plan.operations ?? []) {
      this.scheduler.after(this.#nature, operation.atMs, () => this.operator.perform(operation));
    }
    for (const fault of this.plan.faults) {
      this.scheduler.after(this.#nature, fault.atMs, () => {
        this.#see({ type: 'fault', what: fault.kind });
        const end = strike(this, fault);
        if (end === undefined) return;
        this.#endings.add(end);
        this.scheduler.after(this.#nature, fault.forMs, () => this.#end(end));
      });
    }
  }

  /** Nothing goes wrong from here on: what must get done gets done. */
  calm(): void {
    this.#nature.isAlive = false;
    this.isCalm = true;
    for (const end of [...this.#endings]) this.#end(end);
    this.startBroker();
    this.operator.calm();
  }

  /** Opens the disk as a start would find it now; nothing of this world hears of it. */
  async inspect(work: (storage: Storage) => Promise<void>): Promise<void> {
    const scheduler = new Scheduler(0);
    const disk = new SimDisk(scheduler, new Chance(0, 'inspection'));
    this.disk.copyTo(disk);
    const owner = new Owner('inspector');
    let isDone = false;
    const open = disk.openEnvironment(owner);
    const inspected = openStorage(disk, owner, scheduler.clockOf(owner), open, this.plan.storage)
      .then((storage) => work(storage).finally(() => storage.close()))
      .finally(() => {
        isDone = true;
      });
    inspected.catch(() => undefined);
    while (!isDone) await scheduler.run(1_000, () => isDone);
    await inspected;
  }

  startBroker(): void {
    if (this.#generation > 0 && this.broker.state !== 'down') {
      // One that is ending is waited for.
      if (this.broker.state === 'stopping') this.#later(50, () => this.startBroker());
      return;
    }
    this.#generation += 1;
    this.operator.lose();
    this.#see({ type: 'broker', what: 'starts' });
    if (this.#generation % 3 === 1) this.disk.keepCopy(STATE_FILE);
    this.broker = new BrokerProcess(
      {
        scheduler: this.scheduler,
        disk: this.disk,
        network: this.network,
        config: this.config,
        storage: this.plan.storage,
        listener: this.plan.listener ?? { entryBlockBytes: 8 * 1024 },
        log: (level, message, fields) => this.#log(level, message, fields),
        ended: () => this.#ended(),
        ...this.#seams,
      },
      this.#generation,
    );
  }

  /** Topics that clients use. */
  get topics(): readonly string[] {
    const used = this.plan.clients.flatMap(({ producers, consumers }) => [
      ...producers.map(({ topic }) => topic),
      ...consumers.map(({ topic }) => topic),
    ]);
    return [...new Set(used)];
  }

  subscriptionsOf(topic: string): readonly string[] {
    const consumers = this.plan.clients.flatMap((client) => client.consumers);
    const durable = consumers.filter((each) => each.topic === topic && each.durable);
    return [...new Set(durable.map(({ subscription }) => subscription))];
  }

  killBroker(): void {
    if (this.broker.state === 'down') return;
    this.#see({ type: 'broker', what: 'is killed' });
    this.broker.kill();
  }

  stopBroker(): void {
    if (this.broker.state !== 'up') return;
    this.#see({ type: 'broker', what: 'stops' });
    this.broker.stop();
  }

  #ended(): void {
    if (this.broker.failure === undefined) return;
    this.#see({ type: 'broker', what: 'fails' });
    // Whoever runs it starts it again.
    this.#later(1_000, () => this.startBroker());
  }

  #later(delayMs: number, task: () => void): void {
    this.scheduler.after(new Owner('operator'), delayMs, task);
  }

  #end(end: () => void): void {
    if (this.#endings.delete(end)) end();
  }

  #addClient(plan: ClientPlan): void {
    const { name, producers, consumers, abuse, version, transactions, watches } = plan;
    const client = new Client(this, name, new Chance(this.plan.seed, name), version);
    if (transactions !== undefined) {
      client.transactions = new Transactions(client, transactions, usesOf(plan));
      client.add(client.transactions);
    }
    for (const plan of producers) {
      const producer = new Producer(client, plan);
      this.producers.push(producer);
      client.add(producer);
    }
    for (const plan of consumers) client.add(new Consumer(client, plan));
    if (watches !== undefined) client.add(new Watcher(client, watches));
    if (abuse !== undefined) {
      client.add(new Abuser(client, abuse));
      this.#abusers.add(client.address);
    }
    this.clients.push(client);
    client.start();
  }

  #log(level: string, message: string, fields: Readonly<Record<string, unknown>>): void {
    if (level === 'debug' || level === 'info') return;
    const detail = Object.entries(fields)
      .map(([key, value]) => `${key}=${value instanceof Error ? value.message : String(value)}`)
      .join(' ');
    this.#see({ type: 'log', level, message, detail });
  }
}

/** Of what a client does, what may be done in a transaction. */
function usesOf({ producers, consumers }: ClientPlan): Use[] {
  return [
    ...producers.filter((each) => each.inTransactions).map(({ topic }) => ({ topic })),
    ...consumers
      .filter((each) => each.inTransactions)
      .map(({ topic, subscription }) => ({ topic, subscription })),
  ];
}
