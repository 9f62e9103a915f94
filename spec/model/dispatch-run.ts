/** Drives a broker and the dispatch model through the same random story. */
import type { KeySharedMode, SubscriptionType } from '../../src/actors/subscription/commands.ts';
import type { ConsumerView, SubscriptionView } from '../../src/actors/views.ts';
import { BrokerError } from '../../src/base/errors.ts';
import { comparePositions, type Position } from '../../src/base/position.ts';
import type { TestProducer } from '../actors/clients.ts';
import type { TestConsumer } from '../actors/consumer.ts';
import { hashOf } from '../actors/entries.ts';
import { Stage, type StageOptions } from '../actors/harness.ts';
import { type Action, type ClientAction, LAST_NAME } from './dispatch-actions.ts';
import { DispatchModel, ModelConsumer, type Published } from './dispatch-model.ts';

export interface Setting {
  readonly type: SubscriptionType;
  readonly allowOutOfOrder: boolean;
  /** Each name has a range of its own, and names that are not there leave theirs to nobody. */
  readonly isSticky?: boolean;
  readonly options: StageOptions;
}

interface Member {
  readonly client: TestConsumer;
  readonly model: ModelConsumer;
  isCongested: boolean;
}

const TOPIC = 'topic:persistent://public/default/t';

/** Throws what the broker did wrong. */
export async function run(setting: Setting, story: readonly Action[]): Promise<void> {
  const options = { ...setting.options, fragile: true, expectsErrors: true };
  const run = new DispatchRun(setting, await Stage.open(options));
  await run.begin();
  for (const action of story) await run.act(action);
  await run.finish();
}

class DispatchRun {
  readonly #setting: Setting;
  readonly #stage: Stage;
  readonly #model: DispatchModel;
  readonly #positions = new Map<number, Position>();
  readonly #parts = new Map<number, number>();
  #members: Member[] = [];
  #producer!: TestProducer;
  #next = 0;
  #failure: unknown;

  constructor(setting: Setting, stage: Stage) {
    this.#setting = setting;
    this.#stage = stage;
    this.#model = new DispatchModel(setting.type, setting.allowOutOfOrder);
  }

  async begin(): Promise<void> {
    // Somebody subscribes first, or nothing would be kept.
    const { type: subType } = this.#setting;
    const keyShared = this.#keySharedOf(0);
    const first = await this.#stage.consumer('s', { subType, keyShared, permits: 0 });
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
      case 'wait':
        await this.#rest(action.ms);
        break;
      case 'settle':
        await this.#settle();
        break;
      default:
        if ('who' in action) await this.#clientDoes(action);
        else await this.#happens(action);
    }
    this.#check();
  }

  /** With consumers that take and acknowledge everything, everything arrives. */
  async finish(): Promise<void> {
    await this.#settle();
    if (this.#setting.isSticky)
      for (let name = 0; name <= LAST_NAME; name++) await this.#join(name, 0);
    else if (this.#members.length === 0) await this.#join(0, 0);
    await this.#settle();
    for (const member of this.#members) {
      if (member.isCongested) member.client.congest(false);
      member.client.flow(10_000);
    }
    for (let goesOn = true; goesOn; ) {
      await this.#rest(1_000);
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

  async #happens(
    action: Extract<
      Action,
      { readonly do: 'seek' | 'skip' | 'poison' | 'crash' | 'restart' | 'disk-fails' }
    >,
  ): Promise<void> {
    switch (action.do) {
      case 'seek':
        return this.#seek(action.which);
      case 'skip':
        return this.#skip(action.which);
      case 'poison': {
        this.#model.troubled();
        const actor = action.what === 'topic' ? TOPIC : `${action.what}:1/s`;
        this.#stage.broker.ref(actor).tell({ type: 'poison' });
        break;
      }
      case 'disk-fails':
        return this.#diskFails();
      case 'restart':
        await this.#settle();
        await this.#reopen(() => this.#stage.restart());
        break;
      case 'crash':
        await this.#reopen(() => this.#stage.crash());
    }
  }

  async #rest(ms: number): Promise<void> {
    await this.#settle();
    await this.#stage.advance(ms);
    await this.#settle();
    this.#check();
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure;
    const other = this.#stage.errors.find((error) => !/poison|The disk is full/.test(error));
    if (other !== undefined) throw new Error(other);
  }

  #publish(entries: readonly (readonly [number, number])[]): void {
    if (this.#producer.isClosed) return;
    const messages = entries.map(([key, count]) => {
      const number = this.#next++;
      const chunk = this.#chunkOf(key);
      const messages = chunk === undefined ? count : 1;
      const entry = { number, key: `k${key}`, messages, chunk, isConfirmed: false };
      this.#model.published.set(number, entry);
      const message = { value: String(number), key: entry.key, messages, sequenceId: number };
      return chunk === undefined ? message : { ...message, chunk };
    });
    this.#producer.send(...messages);
  }

  /** On shared subscriptions some keys stand for chunked messages of three parts each. */
  #chunkOf(key: number): { uuid: string; index: number; count: number } | undefined {
    if (this.#setting.type !== 'Shared' || key > 1) return undefined;
    const parts = this.#parts.get(key) ?? 0;
    this.#parts.set(key, parts + 1);
    return { uuid: `${key}/${Math.floor(parts / 3)}`, index: parts % 3, count: 3 };
  }

  async #join(name: number, priorityLevel: number): Promise<void> {
    await this.#settle();
    this.#hold(false);
    const client = await this.#stage.consumer('s', {
      subType: this.#setting.type,
      consumerName: `c${name}`,
      priorityLevel,
      permits: 0,
      keyShared: this.#keySharedOf(name),
    });
    this.#hold(true);
    if (client.subscribed === undefined) return;
    const model = new ModelConsumer(`c${name}#${client.key}`);
    this.#model.consumers.add(model);
    const member = { client, model, isCongested: false };
    this.#members.push(member);
    this.#membersChanged();
    client.onClosed = () => this.#remove(member);
    client.onReceived = (received, permits) => {
      try {
        this.#confirm();
        this.#model.delivered(model, received, permits);
      } catch (error) {
        this.#failure ??= error;
      }
    };
  }

  #keySharedOf(name: number): KeySharedMode {
    const { allowOutOfOrder, isSticky = false } = this.#setting;
    if (!isSticky) return { mode: 'AUTO_SPLIT', allowOutOfOrder, ranges: [] };
    const width = Math.ceil(65_536 / (LAST_NAME + 1));
    const range = [name * width, Math.min((name + 1) * width, 65_536) - 1] as const;
    return { mode: 'STICKY', allowOutOfOrder, ranges: [range] };
  }

  #remove(member: Member): void {
    member.client.connection.isOpen = false;
    this.#model.consumers.delete(member.model);
    this.#members = this.#members.filter((each) => each !== member);
    this.#membersChanged();
  }

  /** Who becomes the active one starts at the first unacknowledged message, once more perhaps. */
  #membersChanged(): void {
    if (this.#setting.type !== 'Failover') return;
    for (const { model } of this.#members) model.redeliverRequests++;
  }

  async #clientDoes(action: ClientAction): Promise<void> {
    // The broker must have sent all that this client gives back.
    if (action.do === 'redeliver-all') await this.#settle();
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
        this.#remove(member);
        break;
      case 'ack':
        this.#ack(member, chosen(model, action.which));
        break;
      case 'ack-up-to':
        this.#ackUpTo(member, action.which);
        break;
      case 'ack-part':
        this.#ackPart(member, action.which);
        break;
      case 'nack':
        this.#nack(member, chosen(model, action.which));
        break;
      case 'redeliver-all':
        this.#nack(member, [...model.held.keys()], true);
    }
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

  #ackPart({ client, model }: Member, which: number): void {
    const [number] = chosen(model, [which]);
    if (number === undefined) return;
    const position = model.held.get(number)!;
    const index = which % position.messages;
    const words = this.#model.acknowledgePart(number, index);
    client.ackEntries([{ position, ackSet: [words] }]);
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

  /** Back or forth to some message, as an administrator does it. */
  async #seek(which: number): Promise<void> {
    await this.#settle();
    const numbers = [...this.#model.published.values()].filter((each) => each.isConfirmed);
    const entry = numbers[which % Math.max(1, numbers.length)];
    const position = entry === undefined ? undefined : this.#positions.get(entry.number);
    if (entry === undefined || position === undefined) return;
    this.#model.troubled();
    const [oldest] = this.#stage.broker.topicView(this.#producer.topic)!.ledgers;
    this.#model.reset(entry.number, (number) => {
      const at = this.#positions.get(number);
      return at !== undefined && at.ledgerId < oldest!.ledgerId;
    });
    this.#hold(false);
    await this.#stage.request('subscription:1/s', (reply) => ({
      type: 'seek',
      key: undefined,
      reply,
      target: { kind: 'position', position },
    }));
    for (const { model } of this.#members) model.last = -1;
    await this.#settle();
  }

  async #skip(count: number): Promise<void> {
    await this.#settle();
    this.#hold(false);
    // What follows is sent before this model knows how much was skipped.
    this.#model.isInTurmoil = true;
    await this.#stage.request('subscription:1/s', (reply) => ({ type: 'skip', reply, count }));
    const { markDelete } = this.#stage.broker.cursorView(this.#producer.topic, 's')!;
    for (const [number, position] of this.#positions) {
      if (comparePositions(position, markDelete) <= 0) this.#model.skipped(number);
    }
    await this.#settle();
  }

  async #settle(): Promise<void> {
    this.#hold(false);
    await this.#stage.settle();
    this.#hold(true);
    this.#confirm();
    this.#model.settled();
    this.#check();
    if (this.#producer.isClosed) {
      this.#hold(false);
      this.#producer = await this.#stage.producer();
      this.#hold(true);
    }
    if (this.#setting.type !== 'Failover') this.#checkNobodyStarves();
  }

  /** Whoever can take something has got what there is for it, without asking again. */
  #checkNobodyStarves(): void {
    const view = this.#stage.broker.subscriptionView(this.#producer.topic, 's');
    if (view === undefined || view.blocked || this.#members.length === 0) return;
    const isReady = ({ client, isCongested }: Member) =>
      client.permits > 0 &&
      !isCongested &&
      view.consumers.every((each) => each.consumerId !== client.consumerId || !each.blocked);
    const ready = this.#members.filter(isReady);
    if (ready.length === 0) return;
    const { maxReplay = 0 } = this.#setting.options.subscription ?? {};
    if (view.inReplay >= maxReplay) return;
    const mayWait =
      this.#setting.type === 'Key_Shared'
        ? this.#mayWaitForItsKey(view, ready)
        : ({ chunk }: Published) => chunk !== undefined && ready.length < this.#members.length;
    const missing = this.#model.missing().map((number) => this.#model.published.get(number)!);
    const starving = missing.filter((entry) => !mayWait(entry)).map(({ number }) => number);
    if (starving.length > 0) throw new Error(`nobody gets ${starving}, though somebody could`);
  }

  /** A key may stand still only if its own consumer takes nothing, or somebody has some of it. */
  #mayWaitForItsKey({ consumers }: SubscriptionView, ready: readonly Member[]) {
    const { ringPoints } = this.#setting.options.subscription ?? {};
    const isRing = ringPoints !== 0 && !this.#setting.isSticky;
    const hash = (key: string) => (isRing ? (hashOf(key) % 65_535) + 1 : hashOf(key) % 65_536 || 1);
    const held = [...this.#model.consumers].flatMap((consumer) => [...consumer.held.keys()]);
    const heldHashes = new Set(held.map((number) => hash(this.#model.published.get(number)!.key)));
    const isOwner = (at: number) => (each: ConsumerView) =>
      each.hashRanges.some(([first, last]) => first <= at && at <= last);
    return ({ key }: Published): boolean => {
      const owner = consumers.find(isOwner(hash(key)));
      const takes = ready.some(({ client }) => client.consumerId === owner?.consumerId);
      return !takes || heldHashes.has(hash(key));
    };
  }

  /** Between actions the disk does only what the story says. */
  #hold(holds: boolean): void {
    this.#stage.holdsSyncs = holds;
    this.#stage.holdsReads = holds;
  }

  #confirm(): void {
    for (const { sequenceId, ledgerId, entryId } of this.#producer.receipts.splice(0)) {
      this.#positions.set(Number(sequenceId), { ledgerId, entryId });
      this.#model.published.get(Number(sequenceId))!.isConfirmed = true;
    }
  }

  async #diskFails(): Promise<void> {
    if (this.#stage.disk.unsynced === 0) return;
    this.#stage.disk.fail(new BrokerError('storage-full', 'The disk is full'));
    await this.#reopen(() => this.#stage.advance(3_000));
  }

  async #reopen(again: () => Promise<void>): Promise<void> {
    this.#confirm();
    for (const { client } of this.#members) client.connection.isOpen = false;
    this.#members = [];
    this.#model.crashed();
    this.#hold(false);
    await again();
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
