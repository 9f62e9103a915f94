/**
 * A topic, its subscriptions and their cursors against a naive model: lists of what was published
 * and sets of what is open, driven by fast-check's commands.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TestProducer } from '../actors/clients.ts';
import type { TestConsumer } from '../actors/consumer.ts';
import { Stage } from '../actors/harness.ts';
import { drawOpen } from '../generators/acks.ts';
import { drawn } from '../generators/drawn.ts';
import { drawEntry, type EntryDraw } from '../generators/entry.ts';
import { runs } from './runs.ts';

const TOPIC = 'topic:persistent://public/default/t';
const NAMES = ['a', 'b'] as const;
type Name = (typeof NAMES)[number];

interface Entry {
  readonly value: string;
  readonly messages: number;
}

/** What a topic is to whoever does not care how it works. */
class NaiveTopic {
  isThere = true;
  isTerminated = false;
  readonly entries: Entry[] = [];
  /** Of each subscription the entries that are open, and of those the messages that are. */
  readonly open = new Map<Name, Map<string, Set<number>>>();

  publish(entry: Entry): void {
    this.entries.push(entry);
    for (const open of this.open.values()) open.set(entry.value, allOf(entry));
  }

  subscribe(name: Name): void {
    if (this.open.has(name)) return;
    this.open.set(name, new Map());
  }

  delete(): void {
    this.isThere = false;
    this.isTerminated = false;
    this.entries.length = 0;
    this.open.clear();
  }
}

class Real {
  readonly stage: Stage;
  producer: TestProducer | undefined;
  consumers = new Map<Name, TestConsumer>();
  values = 0;

  constructor(stage: Stage) {
    this.stage = stage;
  }

  /** Everybody has gone, with the connections or with the process. */
  lose(): void {
    this.producer = undefined;
    this.consumers = new Map();
  }
}

type Step = fc.AsyncCommand<NaiveTopic, Real>;

/** Commands check what must hold after each of them. */
abstract class Checked implements Step {
  abstract check(model: Readonly<NaiveTopic>): boolean;
  abstract act(model: NaiveTopic, real: Real): Promise<void>;
  abstract toString(): string;

  async run(model: NaiveTopic, real: Real): Promise<void> {
    await this.act(model, real);
    await real.stage.settle();
    await compare(model, real);
  }
}

class Publish extends Checked {
  readonly #draw: EntryDraw;

  constructor(draw: EntryDraw) {
    super();
    this.#draw = draw;
  }

  check(model: Readonly<NaiveTopic>): boolean {
    return !model.isTerminated;
  }

  async act(model: NaiveTopic, real: Real): Promise<void> {
    const { batch, key, chunks } = this.#draw;
    model.isThere = true;
    if (real.producer === undefined || real.producer.isClosed) {
      real.producer = await real.stage.producer('t');
    }
    for (let index = 0; index < chunks; index++) {
      const entry = { value: `${real.values++}`, messages: batch ?? 1 };
      const keyed = key === undefined ? {} : { key };
      const chunk = chunks === 1 ? {} : { chunk: { uuid: entry.value, index, count: chunks } };
      real.producer.send({ ...entry, ...keyed, ...chunk });
      model.publish(entry);
    }
  }

  toString(): string {
    return `publish(${JSON.stringify(this.#draw)})`;
  }
}

class Subscribe extends Checked {
  readonly #name: Name;

  constructor(name: Name) {
    super();
    this.#name = name;
  }

  check(): boolean {
    return true;
  }

  async act(model: NaiveTopic, real: Real): Promise<void> {
    const before = real.consumers.get(this.#name);
    if (before?.isClosed === false) return;
    model.isThere = true;
    model.subscribe(this.#name);
    const options = { topic: 't', subType: 'Shared', permits: 1_000, initialPosition: 'Latest' };
    real.consumers.set(this.#name, await real.stage.consumer(this.#name, options as object));
  }

  toString(): string {
    return `subscribe(${this.#name})`;
  }
}

/** Acknowledges some entry that is open, all of it or a part. */
class Acknowledge extends Checked {
  readonly #name: Name;
  readonly #which: number;
  /** Messages of a batch that it leaves open, as far as they were. */
  readonly #leaves: readonly number[];

  constructor(name: Name, which: number, leaves: readonly number[]) {
    super();
    this.#name = name;
    this.#which = which;
    this.#leaves = leaves;
  }

  check(model: Readonly<NaiveTopic>): boolean {
    return (model.open.get(this.#name)?.size ?? 0) > 0;
  }

  async act(model: NaiveTopic, real: Real): Promise<void> {
    const consumer = real.consumers.get(this.#name);
    const open = model.open.get(this.#name)!;
    const value = [...open.keys()][this.#which % open.size]!;
    const received = consumer?.received.findLast((each) => each.value === value);
    if (consumer === undefined || consumer.isClosed || received === undefined) return;
    const left = this.#leaves.filter((index) => open.get(value)!.has(index));
    if (left.length === 0) {
      consumer.ack(received);
      open.delete(value);
      return;
    }
    const words = left.reduce((sum, index) => sum | (1n << BigInt(index)), 0n);
    consumer.ackEntries([{ position: received, ackSet: [words] }]);
    open.set(value, new Set(left));
  }

  toString(): string {
    return `acknowledge(${this.#name}, ${this.#which}, all but ${this.#leaves})`;
  }
}

/** What somebody does to the topic as a whole. */
class Whole extends Checked {
  readonly #what: 'terminate' | 'delete' | 'unload' | 'crash' | 'restart';

  constructor(what: 'terminate' | 'delete' | 'unload' | 'crash' | 'restart') {
    super();
    this.#what = what;
  }

  check(model: Readonly<NaiveTopic>): boolean {
    return model.isThere || this.#what === 'crash' || this.#what === 'restart';
  }

  async act(model: NaiveTopic, real: Real): Promise<void> {
    const { stage } = real;
    if (this.#what === 'crash' || this.#what === 'restart') {
      await stage[this.#what]();
      real.lose();
      return;
    }
    const type = this.#what;
    await stage.request(TOPIC, (reply) => ({ type, reply, force: true }));
    if (type === 'terminate') model.isTerminated = true;
    if (type === 'delete') model.delete();
    // Whoever consumes a terminated topic goes on with what is there.
    if (type !== 'terminate') real.lose();
  }

  toString(): string {
    return this.#what;
  }
}

/** What the broker says of itself, and a consumer that comes now is sent, is what the model has. */
async function compare(model: NaiveTopic, real: Real): Promise<void> {
  const { broker } = real.stage;
  const name = { full: 'persistent://public/default/t' } as TestProducer['topic'];
  const view = broker.topicView(name);
  expect(view !== undefined).toBe(model.isThere);
  if (view === undefined) return;
  expect(view.terminated).toBe(model.isTerminated);
  expect([...view.subscriptions].sort()).toEqual([...model.open.keys()].sort());
  for (const [subscription, open] of model.open) {
    expect(broker.cursorView(name, subscription)?.backlogEntries).toBe(open.size);
    const consumer = real.consumers.get(subscription);
    if (consumer === undefined || consumer.isClosed) continue;
    const held = new Set(consumer.received.map(({ value }) => value));
    for (const value of open.keys()) expect(held).toContain(value);
  }
}

function allOf({ messages }: Pick<Entry, 'messages'>): Set<number> {
  return new Set(Array.from({ length: messages }, (_, index) => index));
}

const name = fc.constantFrom(...NAMES);
const MOST_MESSAGES = 4;
const leaves = drawn((draws) => drawOpen(draws, allOf({ messages: MOST_MESSAGES })), MOST_MESSAGES);
const entry = drawn(
  (draws) => drawEntry(draws, { batch: MOST_MESSAGES, keys: 3, chunks: 0.2, delays: 0 }),
  6,
);

const commands: fc.Arbitrary<Step>[] = [
  entry.map((draw) => new Publish(draw)),
  entry.map((draw) => new Publish(draw)),
  name.map((each) => new Subscribe(each)),
  fc
    .tuple(name, fc.nat(20), leaves)
    .map(([each, which, left]) => new Acknowledge(each, which, left)),
  fc.tuple(name, fc.nat(20)).map(([each, which]) => new Acknowledge(each, which, [])),
  fc
    .constantFrom('terminate' as const, 'delete' as const, 'unload' as const)
    .map((what) => new Whole(what)),
  fc.constantFrom('crash' as const, 'restart' as const).map((what) => new Whole(what)),
];

describe('a topic', () => {
  it('is what was published and what is open, whatever comes, ends and goes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 40, size: 'max' }), async (story) => {
        const setup = async () => {
          const options = { topic: { maxEntriesPerLedger: 3 }, cacheBytes: 0 };
          return { model: new NaiveTopic(), real: new Real(await Stage.open(options)) };
        };
        const begun = await setup();
        begun.model.isThere = false;
        await fc.asyncModelRun(() => begun, story);
      }),
      runs(60),
    );
  });
});
