/** Drives a broker and the dispatch model through the same random story. */
import fc from 'fast-check';
import type { KeySharedMode, SubscriptionType } from '../../src/actors/subscription/commands.ts';
import type { TestProducer } from '../actors/clients.ts';
import type { TestConsumer } from '../actors/consumer.ts';
import { Stage, type StageOptions } from '../actors/harness.ts';
import { DispatchModel, ModelConsumer } from './dispatch-model.ts';

export type Action =
  | { readonly do: 'publish'; readonly entries: readonly (readonly [number, number])[] }
  | { readonly do: 'join'; readonly name: number; readonly priority: number }
  | { readonly do: 'leave' | 'congest'; readonly who: number }
  | { readonly do: 'flow'; readonly who: number; readonly permits: number }
  | { readonly do: 'ack' | 'nack'; readonly who: number; readonly which: readonly number[] }
  | { readonly do: 'ack-up-to'; readonly who: number; readonly which: number }
  | { readonly do: 'redeliver-all'; readonly who: number }
  | { readonly do: 'step' | 'sync' | 'read' | 'settle' | 'crash' | 'restart' }
  | { readonly do: 'wait'; readonly ms: number };

type RedeliverAll = Extract<Action, { readonly do: 'redeliver-all' }>;

const who = fc.nat(4);

export const actions: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('publish' as const),
      entries: fc.array(fc.tuple(fc.nat(5), fc.integer({ min: 1, max: 3 })), {
        minLength: 1,
        maxLength: 5,
      }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('join' as const),
      name: fc.nat(6),
      priority: fc.nat(1),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('leave', 'congest'), who }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('flow' as const),
      who,
      permits: fc.integer({ min: 1, max: 6 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('ack', 'nack'),
      who,
      which: fc.array(fc.nat(9), { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('ack-up-to' as const), who, which: fc.nat(9) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('redeliver-all' as const), who }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constantFrom('step', 'sync', 'read', 'settle') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('crash', 'restart') }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1_000, 90_000) }),
  },
);

export interface Setting {
  readonly type: SubscriptionType;
  readonly allowOutOfOrder: boolean;
  readonly options: StageOptions;
}

interface Member {
  readonly client: TestConsumer;
  readonly model: ModelConsumer;
  isCongested: boolean;
}

/** Throws what the broker did wrong. */
export async function run(setting: Setting, story: readonly Action[]): Promise<void> {
  const run = new DispatchRun(setting, await Stage.open(setting.options));
  await run.begin();
  for (const action of story) await run.act(action);
  await run.finish();
}

class DispatchRun {
  readonly #setting: Setting;
  readonly #stage: Stage;
  readonly #model: DispatchModel;
  readonly #keyShared: KeySharedMode;
  #members: Member[] = [];
  #producer!: TestProducer;
  #next = 0;
  #failure: unknown;

  constructor(setting: Setting, stage: Stage) {
    this.#setting = setting;
    this.#stage = stage;
    this.#model = new DispatchModel(setting.type, setting.allowOutOfOrder);
    const { allowOutOfOrder } = setting;
    this.#keyShared = { mode: 'AUTO_SPLIT', allowOutOfOrder, ranges: [] };
  }

  async begin(): Promise<void> {
    // Somebody subscribes first, or nothing would be kept.
    const first = await this.#stage.consumer('s', { subType: this.#setting.type, permits: 0 });
    first.drop();
    this.#producer = await this.#stage.producer();
    this.#hold(true);
  }

  async act(action: Action): Promise<void> {
    switch (action.do) {
      case 'publish':
        this.#publish(action.entries);
        break;
      case 'join':
        await this.#join(action.name, action.priority);
        break;
      case 'redeliver-all':
        await this.#redeliverAll(action.who);
        break;
      case 'step':
        await this.#stage.step();
        break;
      case 'sync':
        await this.#stage.syncOnly();
        break;
      case 'read':
        this.#stage.letRead(1);
        await this.#stage.step();
        break;
      case 'settle':
        await this.#settle();
        break;
      case 'crash':
        await this.#crash();
        break;
      case 'restart':
        await this.#restart();
        break;
      case 'wait':
        await this.#settle();
        await this.#stage.advance(action.ms);
        await this.#settle();
        break;
      default:
        this.#clientDoes(action);
    }
    this.#check();
  }

  /** With consumers that take and acknowledge everything, everything arrives. */
  async finish(): Promise<void> {
    await this.#settle();
    if (this.#members.length === 0) await this.#join(0, 0);
    await this.#settle();
    for (const member of this.#members) {
      if (member.isCongested) member.client.congest(false);
      member.client.flow(10_000);
    }
    for (let goesOn = true; goesOn; ) {
      await this.#rest();
      goesOn = false;
      for (const member of this.#members) {
        const numbers = [...member.model.held.keys()];
        if (numbers.length > 0) goesOn = true;
        this.#ack(member, numbers);
      }
    }
    const missing = this.#model.missing();
    if (missing.length > 0) throw new Error(`${missing} never came`);
    const { topic } = this.#producer;
    const backlog = this.#stage.broker.cursorView(topic, 's')?.backlogEntries;
    if (backlog !== 0) throw new Error(`${backlog} entries are left though all are acknowledged`);
    const view = this.#stage.broker.subscriptionView(topic, 's');
    if (view?.unacked !== 0 || view.inReplay !== 0) {
      throw new Error(`${view?.unacked} unacknowledged and ${view?.inReplay} to replay are left`);
    }
  }

  async #rest(): Promise<void> {
    await this.#settle();
    await this.#stage.advance(1_000);
    await this.#settle();
    this.#check();
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #publish(entries: readonly (readonly [number, number])[]): void {
    const messages = entries.map(([key, count]) => {
      const number = this.#next++;
      const entry = { number, key: `k${key}`, messages: count, isConfirmed: false };
      this.#model.published.set(number, entry);
      return { value: String(number), key: entry.key, messages: count, sequenceId: number };
    });
    this.#producer.send(...messages);
  }

  async #join(name: number, priorityLevel: number): Promise<void> {
    await this.#settle();
    this.#hold(false);
    const client = await this.#stage.consumer('s', {
      subType: this.#setting.type,
      consumerName: `c${name}`,
      priorityLevel,
      permits: 0,
      keyShared: this.#keyShared,
    });
    this.#hold(true);
    if (client.subscribed === undefined) return;
    const model = new ModelConsumer(`c${name}#${client.key}`);
    this.#model.consumers.add(model);
    this.#members.push({ client, model, isCongested: false });
    this.#membersChanged();
    client.onReceived = (received, permits) => {
      try {
        this.#confirm();
        this.#model.delivered(model, received, permits);
      } catch (error) {
        this.#failure ??= error;
      }
    };
  }

  /** Who becomes the active one starts at the first unacknowledged message, once more perhaps. */
  #membersChanged(): void {
    if (this.#setting.type !== 'Failover') return;
    for (const { model } of this.#members) model.redeliverRequests++;
  }

  #clientDoes(action: Exclude<Extract<Action, { readonly who: number }>, RedeliverAll>): void {
    const member = this.#members[action.who % Math.max(1, this.#members.length)];
    if (member === undefined) return;
    const { client, model } = member;
    switch (action.do) {
      case 'flow':
        client.flow(action.permits);
        break;
      case 'congest':
        member.isCongested = !member.isCongested;
        client.congest(member.isCongested);
        break;
      case 'leave':
        client.drop();
        client.connection.isOpen = false;
        this.#model.consumers.delete(model);
        this.#members = this.#members.filter((each) => each !== member);
        this.#membersChanged();
        break;
      case 'ack':
        this.#ack(member, chosen(model, action.which));
        break;
      case 'ack-up-to':
        this.#ackUpTo(member, action.which);
        break;
      case 'nack':
        this.#nack(member, chosen(model, action.which));
        break;
    }
  }

  /** Everything that the broker sent: so all of it must have arrived. */
  async #redeliverAll(who: number): Promise<void> {
    await this.#settle();
    const member = this.#members[who % Math.max(1, this.#members.length)];
    if (member !== undefined) this.#nack(member, [...member.model.held.keys()], true);
  }

  #ack({ client, model }: Member, numbers: readonly number[]): void {
    if (numbers.length === 0) return;
    client.ack(...numbers.map((number) => model.held.get(number)!));
    for (const number of numbers) this.#model.acknowledge(number);
  }

  #ackUpTo({ client, model }: Member, which: number): void {
    const numbers = [...model.held.keys()].sort((a, b) => a - b);
    const number = numbers[which % Math.max(1, numbers.length)];
    if (this.#model.isMulti || number === undefined) return;
    client.ackUpTo(model.held.get(number)!);
    for (let each = 0; each <= number; each++) this.#model.acknowledge(each);
  }

  #nack({ client, model }: Member, numbers: readonly number[], all = false): void {
    const positions = numbers.map((number) => model.held.get(number)!);
    model.redeliverRequests++;
    if (this.#model.isMulti) {
      for (const number of numbers) {
        model.held.delete(number);
        model.givenBack.add(number);
        this.#model.nacks.set(number, (this.#model.nacks.get(number) ?? 0) + 1);
      }
    } else model.held.clear();
    if (all || !this.#model.isMulti) client.redeliver();
    else if (positions.length > 0) client.redeliver(positions);
  }

  async #settle(): Promise<void> {
    this.#hold(false);
    await this.#stage.settle();
    this.#hold(true);
    this.#confirm();
    this.#model.settled();
    this.#check();
    if (this.#setting.type !== 'Failover') this.#checkNobodyStarves();
  }

  /** Whoever can take something has got what there is for it, without asking again. */
  #checkNobodyStarves(): void {
    const view = this.#stage.broker.subscriptionView(this.#producer.topic, 's');
    if (view === undefined || view.blocked || this.#members.length === 0) return;
    const isReady = ({ client, isCongested }: Member) =>
      client.permits > 0 &&
      !isCongested &&
      view.consumers.every(
        ({ consumerId, blocked }) => consumerId !== client.consumerId || !blocked,
      );
    const ready = this.#members.filter(isReady).length;
    const isByKey = this.#setting.type === 'Key_Shared';
    if (ready < (isByKey ? this.#members.length : 1)) return;
    const { maxReplay = 0 } = this.#setting.options.subscription ?? {};
    if (isByKey && view.inReplay >= maxReplay) return;
    const held = [...this.#model.consumers].flatMap((consumer) => [...consumer.held.keys()]);
    const heldKeys = new Set(held.map((number) => this.#model.published.get(number)!.key));
    const isDraining = (number: number) =>
      isByKey && heldKeys.has(this.#model.published.get(number)!.key);
    const starving = this.#model.missing().filter((number) => !isDraining(number));
    if (starving.length > 0) throw new Error(`nobody gets ${starving}, though all could`);
  }

  /** Between actions the disk does only what the story says. */
  #hold(holds: boolean): void {
    this.#stage.holdsSyncs = holds;
    this.#stage.holdsReads = holds;
  }

  #confirm(): void {
    for (const { sequenceId } of this.#producer.receipts.splice(0)) {
      this.#model.published.get(Number(sequenceId))!.isConfirmed = true;
    }
  }

  async #crash(): Promise<void> {
    this.#confirm();
    this.#members = [];
    this.#model.crashed();
    this.#hold(false);
    await this.#stage.crash();
    await this.#reopened();
  }

  async #restart(): Promise<void> {
    await this.#settle();
    this.#members = [];
    this.#model.crashed();
    this.#hold(false);
    await this.#stage.restart();
    await this.#reopened();
  }

  async #reopened(): Promise<void> {
    this.#producer = await this.#stage.producer();
    this.#hold(true);
  }
}

/** Some of what a consumer holds. */
function chosen({ held }: ModelConsumer, which: readonly number[]): number[] {
  const numbers = [...held.keys()];
  if (numbers.length === 0) return [];
  return [...new Set(which.map((index) => numbers[index % numbers.length]!))];
}
