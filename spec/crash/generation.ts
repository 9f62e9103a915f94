/**
 * The topics that live through a few crashes together, with their producers and subscriptions: what
 * one session does between two starts of the broker.
 */
import { type Connection, lookUp, untilLost } from './client.ts';
import { deliveryOf, LoadConsumer, type Manner, type Session } from './consumer.ts';
import { Broken, SubscriptionHistory, TopicHistory } from './history.ts';
import type { Received } from './message.ts';
import { LoadProducer } from './producer.ts';
import { Progress } from './progress.ts';
import type { Chance } from './random.ts';
import { readTopic } from './reading.ts';
import type { Access } from './stage.ts';

/** How a topic is used. */
interface Plan {
  readonly name: string;
  /** 0 for a topic without partitions. */
  readonly partitions: number;
  /** A subscription that acknowledges nothing holds every message, so that all can be read. */
  readonly isKept: boolean;
  readonly subscriptions: readonly SubscriptionPlan[];
}

interface SubscriptionPlan {
  readonly name: string;
  readonly type: Session['type'];
  readonly manner: Manner;
  readonly consumers: number;
}

const exclusive = {
  name: 'exclusive',
  type: 'Exclusive',
  manner: 'cumulative',
  consumers: 1,
} as const;
const shared = { name: 'shared', type: 'Shared', manner: 'mixed', consumers: 2 } as const;
const failover = {
  name: 'failover',
  type: 'Failover',
  manner: 'cumulative',
  consumers: 2,
} as const;
const keyShared = { name: 'keys', type: 'Key_Shared', manner: 'in-order', consumers: 2 } as const;

const PLANS: readonly Plan[] = [
  { name: 'plain', partitions: 0, isKept: true, subscriptions: [exclusive, shared] },
  { name: 'keyed', partitions: 0, isKept: true, subscriptions: [keyShared, failover] },
  { name: 'parted', partitions: 3, isKept: true, subscriptions: [shared] },
  {
    name: 'flowing',
    partitions: 0,
    isKept: false,
    subscriptions: [{ ...shared, manner: 'all' }, exclusive],
  },
];

/** Keeps every message of a topic: it reads and acknowledges nothing. */
const KEEPER = 'keeper';
const PRODUCERS = 2;
/** Most shipments of one producer in one session. */
const SHIPMENTS = 250;

interface Watched {
  readonly plan: SubscriptionPlan;
  readonly history: SubscriptionHistory;
}

interface LoadTopic {
  readonly history: TopicHistory;
  readonly isKept: boolean;
  readonly producers: readonly LoadProducer[];
  readonly subscriptions: readonly Watched[];
}

export class Generation {
  readonly deduplicated: boolean;
  readonly #number: number;
  readonly #chance: Chance;
  readonly #topics: readonly LoadTopic[];

  constructor(number: number, deduplicated: boolean, chance: Chance) {
    this.#number = number;
    this.deduplicated = deduplicated;
    this.#chance = chance;
    this.#topics = PLANS.flatMap((plan) => this.#topicsOf(plan));
  }

  /** Messages with a receipt, in all topics. */
  get storedMessages(): number {
    return this.#topics.reduce((sum, { history }) => sum + history.stored.length, 0);
  }

  #topicsOf({ name, partitions, isKept, subscriptions }: Plan): LoadTopic[] {
    const base = `persistent://public/default/${name}-${this.#number}`;
    const names = Array.from({ length: partitions }, (_, index) => `${base}-partition-${index}`);
    return (partitions === 0 ? [base] : names).map((topic) => {
      const history = new TopicHistory(topic);
      return {
        history,
        isKept,
        producers: Array.from({ length: PRODUCERS }, (_, index) => {
          const producer = `${name}-${this.#number}-${topic.at(-1)}-${index}`;
          return new LoadProducer(history, producer, this.deduplicated, this.#chance.fork());
        }),
        subscriptions: subscriptions.map((plan) => ({
          plan,
          history: new SubscriptionHistory(plan.name, history),
        })),
      };
    });
  }

  /** Makes topics and subscriptions, so that each subscription sees everything. */
  async create({ httpPort, connect }: Access): Promise<void> {
    for (const { name, partitions } of PLANS) {
      if (partitions === 0) continue;
      const topic = `persistent/public/default/${name}-${this.#number}/partitions`;
      const url = `http://127.0.0.1:${httpPort}/admin/v2/${topic}`;
      const answer = await fetch(url, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: String(partitions),
      });
      if (!answer.ok) throw new Broken(`PUT ${topic}: ${answer.status} ${await answer.text()}`);
    }
    const connection = await connect();
    for (const { history, isKept, subscriptions } of this.#topics) {
      await lookUp(connection, history.name);
      const keeper = new SubscriptionHistory(KEEPER, history);
      const all = [...(isKept ? [keeper] : []), ...subscriptions.map((one) => one.history)];
      for (const subscription of all) await this.#subscribeOnce(connection, subscription);
    }
    connection.close();
    await connection.closed;
  }

  /** Makes a subscription by coming and going, without taking anything. */
  async #subscribeOnce(connection: Connection, history: SubscriptionHistory): Promise<void> {
    const consumer_id = connection.nextId();
    await connection.request('SUBSCRIBE', {
      topic: history.topic.name,
      subscription: history.name,
      subType: 0,
      consumer_id,
      initialPosition: 1,
    });
    await connection.request('CLOSE_CONSUMER', { consumer_id });
  }

  /** Reads every kept topic from the first entry to the last and checks it. */
  async checkContent({ connect }: Access): Promise<void> {
    const connection = await connect();
    for (const { history, isKept } of this.#topics) {
      await lookUp(connection, history.name);
      if (isKept) {
        const source = { topic: history.name, subscription: KEEPER };
        history.readAll(await readTopic(connection, source, deliveryOf));
      }
    }
    connection.close();
    await connection.closed;
  }

  /** Produces and consumes on every topic until told that it is over, or there is nothing to do. */
  async load({ connect }: Access, isOver: () => boolean): Promise<void> {
    const connections = await Promise.all([connect(), connect(), connect()]);
    const [producing, consuming, other] = connections as [Connection, Connection, Connection];
    const subscribing = this.#subscriptions.flatMap(({ plan, history }) => {
      const order = orderOfKeys(history);
      return Array.from({ length: plan.consumers }, (_, index) =>
        LoadConsumer.subscribe({
          // A failover's consumers share a connection, so that what they get can be put in order.
          connection: index > 0 && plan.type !== 'Failover' ? other : consuming,
          history,
          type: plan.type,
          manner: plan.manner,
          name: `consumer-${index}`,
          chance: this.#chance.fork(),
          ...(plan.manner === 'in-order' ? { onMessage: order } : {}),
        }),
      );
    });
    const sending = this.#topics.flatMap(({ producers }) =>
      producers.map(async (producer) => {
        await producer.attach(producing);
        await producer.run(SHIPMENTS, isOver);
      }),
    );
    await untilLost([...subscribing, ...sending], isOver);
  }

  /** Takes everything that was never acknowledged; fails when something of it does not come. */
  async drain({ connect }: Access): Promise<void> {
    const connection = await connect();
    for (const watched of this.#subscriptions) {
      const missing = watched.history.outstanding();
      await this.#takeUntil(connection, watched, missing);
      if (missing.size === 0) continue;
      const some = [...missing].slice(0, 5).join(' ');
      const { topic, name } = watched.history;
      throw new Broken(`${topic.name} / ${name}: ${missing.size} did not come, such as ${some}`);
    }
    // The answers to the last acknowledgements come before the answer to this.
    await lookUp(connection, 'persistent://public/default/fence');
    connection.close();
    await connection.closed;
  }

  /** Sends one more message to each topic, waits for it everywhere, and ends the subscriptions. */
  async retire({ connect }: Access): Promise<void> {
    const connection = await connect();
    for (const { producers, subscriptions } of this.#topics) {
      const [producer] = producers;
      await producer?.attach(connection);
      const last = (await producer?.sendLast()) ?? '';
      for (const watched of subscriptions) {
        const missing = new Set([last]);
        const consumer = await this.#takeUntil(connection, watched, missing);
        if (missing.size > 0) throw new Broken(`${watched.history.topic.name}: ${last} never came`);
        await consumer.unsubscribe();
      }
    }
    connection.close();
    await connection.closed;
  }

  get #subscriptions(): readonly Watched[] {
    return this.#topics.flatMap(({ subscriptions }) => subscriptions);
  }

  /** Acknowledges what comes until `missing` is empty, or nothing comes any more. */
  async #takeUntil(
    connection: Connection,
    { plan, history }: Watched,
    missing: Set<string>,
  ): Promise<LoadConsumer> {
    const progress = new Progress();
    const consumer = await LoadConsumer.subscribe({
      connection,
      history,
      type: plan.type,
      manner: 'all',
      name: 'drain',
      chance: this.#chance.fork(),
      onMessage: ({ name }) => {
        missing.delete(name);
        progress.step();
      },
    });
    await progress.until(() => missing.size === 0);
    return consumer;
  }
}

/** Checks that the messages of one producer with one key come in their order. */
function orderOfKeys(history: SubscriptionHistory): (message: Received) => void {
  const lastOf = new Map<string, number>();
  return ({ name, producer, sequence, key }) => {
    const of = `${producer} ${key}`;
    if (sequence <= (lastOf.get(of) ?? -1)) {
      throw new Broken(`${history.topic.name} / ${history.name}: ${name} of ${key} out of order`);
    }
    lastOf.set(of, sequence);
  };
}
