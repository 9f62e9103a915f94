/**
 * Transactions over two topics against a naive model: all or nothing, nothing before the commit,
 * one acknowledgement of each message, whenever the broker dies.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SubscriptionType } from '../../src/actors/subscription/commands.ts';
import type { TestProducer } from '../actors/clients.ts';
import type { Received, TestConsumer } from '../actors/consumer.ts';
import type { Stage } from '../actors/harness.ts';
import { ackIn, begin, end, openStage } from '../actors/transacting.ts';
import { runs } from './runs.ts';

const TOPICS = ['p', 'q'] as const;
type Topic = (typeof TOPICS)[number];

type Outcome = 'open' | 'committed' | 'aborted';

interface Txn {
  readonly id: string;
  outcome: Outcome;
  /** What it acknowledges, once it is committed. */
  readonly acks: { readonly topic: Topic; readonly value: string }[];
}

/** What topics and a subscription on each are to whoever does not care how they work. */
class Model {
  readonly txns: Txn[] = [];
  readonly entries: Record<Topic, { readonly value: string; readonly txn: Txn | undefined }[]> = {
    p: [],
    q: [],
  };
  readonly acked: Record<Topic, Set<string>> = { p: new Set(), q: new Set() };

  visible(topic: Topic): string[] {
    const entries = this.entries[topic];
    const held = entries.findIndex(({ txn }) => txn?.outcome === 'open');
    return entries
      .slice(0, held < 0 ? entries.length : held)
      .filter(({ txn }) => txn?.outcome !== 'aborted')
      .map(({ value }) => value);
  }

  isHeld(topic: Topic, value: string): boolean {
    return this.txns.some(({ outcome, acks }) => {
      return outcome === 'open' && acks.some((ack) => ack.topic === topic && ack.value === value);
    });
  }

  end(txn: Txn, commit: boolean): void {
    txn.outcome = commit ? 'committed' : 'aborted';
    if (commit) for (const { topic, value } of txn.acks) this.acked[topic].add(value);
  }
}

class Real {
  readonly stage: Stage;
  readonly subType: SubscriptionType;
  readonly producers = new Map<Topic, TestProducer>();
  readonly consumers = new Map<Topic, TestConsumer>();
  values = 0;
  readers = 0;

  constructor(stage: Stage, subType: SubscriptionType) {
    this.stage = stage;
    this.subType = subType;
  }

  async producer(topic: Topic): Promise<TestProducer> {
    const known = this.producers.get(topic) ?? (await this.stage.producer(topic));
    this.producers.set(topic, known);
    return known;
  }

  async consumer(topic: Topic): Promise<TestConsumer> {
    const options = { topic, subType: this.subType, permits: 100_000 } as const;
    const known = this.consumers.get(topic) ?? (await this.stage.consumer('s', options));
    this.consumers.set(topic, known);
    return known;
  }

  lose(): void {
    this.producers.clear();
    this.consumers.clear();
  }
}

/** What nobody has acknowledged comes again when it is asked for, and nothing else does. */
async function compare(model: Model, real: Real): Promise<void> {
  for (const topic of TOPICS) {
    const visible = model.visible(topic);
    const left = visible.filter((value) => !model.acked[topic].has(value));
    const consumer = await real.consumer(topic);
    const before = consumer.received.length;
    consumer.redeliver();
    await real.stage.settle();
    const again = consumer.values.slice(before).map(Number);
    const wanted = left.filter((value) => !model.isHeld(topic, value)).map(Number);
    expect(again.sort((a, b) => a - b)).toEqual(wanted);
    const options = { topic, durable: false } as const;
    const reader = await real.stage.consumer(`reader-${real.readers++}`, options);
    expect(reader.values).toEqual(visible);
    reader.drop();
    await real.stage.settle();
  }
}

type Step = (model: Model, real: Real) => Promise<void>;

/** A step that fast-check can show. */
function told<Draw extends readonly unknown[]>(name: string, make: (...draw: Draw) => Step) {
  return (draw: Draw): Step => {
    const shown = { [fc.toStringMethod]: () => `${name}(${draw.map(String).join(', ')})` };
    return Object.assign<Step, typeof shown>((model, real) => make(...draw)(model, real), shown);
  };
}

/** The one that a number stands for, if there is any. */
function pick<T>(all: readonly T[], number: number): T | undefined {
  return all[number % Math.max(1, all.length)];
}

const started: Step = async (model, { stage }) => {
  const id = await begin(stage, [...TOPICS], ['p/s', 'q/s'], 3_600_000);
  model.txns.push({ id, outcome: 'open', acks: [] });
};

const published =
  (topic: Topic, at: number | undefined): Step =>
  async (model, real) => {
    const txn = at === undefined ? undefined : pick(model.txns, at);
    const producer = await real.producer(topic);
    const value = `${real.values++}`;
    if (txn === undefined) producer.send(value);
    else producer.sendIn(txn.id, value);
    await real.stage.settle();
    const isTaken = txn === undefined || txn.outcome === 'open';
    if (isTaken) model.entries[topic].push({ value, txn });
    expect(producer.failures.length).toBe(isTaken ? 0 : 1);
    producer.failures.length = 0;
  };

const acknowledged =
  (topic: Topic, number: number, at: number | undefined): Step =>
  async (model, real) => {
    const consumer = await real.consumer(topic);
    const message: Received | undefined = pick(consumer.received, number);
    if (message === undefined) return;
    const { value } = message;
    const txn = at === undefined ? undefined : pick(model.txns, at);
    if (txn === undefined) {
      consumer.ack(message);
      await real.stage.settle();
      model.acked[topic].add(value);
      return;
    }
    const refusal = await ackIn(real.stage, consumer, txn.id, [message]);
    const isTaken = model.acked[topic].has(value) || model.isHeld(topic, value);
    if (txn.outcome !== 'open') expect(refusal?.code).toBe('transaction-not-found');
    else expect(refusal?.code).toBe(isTaken ? 'transaction-conflict' : undefined);
    if (txn.outcome === 'open' && !isTaken) txn.acks.push({ topic, value });
  };

const ended =
  (at: number, commit: boolean): Step =>
  async (model, { stage }) => {
    const txn = pick(model.txns, at);
    if (txn === undefined) return;
    if (txn.outcome === 'open') {
      await end(stage, txn.id, commit);
      model.end(txn, commit);
    } else {
      const again = end(stage, txn.id, commit);
      await expect(again).rejects.toMatchObject({ code: 'transaction-not-found' });
    }
  };

/** Of what the end writes, the disk has so many parts when the broker dies. */
const died =
  (at: number, commit: boolean, synced: number): Step =>
  async (model, real) => {
    const txn = pick(
      model.txns.filter(({ outcome }) => outcome === 'open'),
      at,
    );
    const { stage } = real;
    if (txn !== undefined) {
      stage.holdsSyncs = true;
      const ending = stage.broker.transactions.end(txn.id, commit);
      ending.catch(() => undefined);
      await stage.settle();
      stage.disk.sync(synced);
    }
    stage.holdsSyncs = false;
    await stage.crash();
    real.lose();
    await stage.advance(2_000);
    if (txn === undefined) return;
    const sequence = Number(txn.id.slice(3, -1));
    if (!stage.broker.transactions.view(0).transactions.has(sequence)) model.end(txn, commit);
  };

const restarted: Step = async (_, real) => {
  await real.stage.restart();
  real.lose();
};

const topics = fc.constantFrom(...TOPICS);
const types = fc.constantFrom<SubscriptionType>('Shared', 'Key_Shared', 'Exclusive');
const small = fc.nat(9);
const perhaps = fc.option(small, { nil: undefined, freq: 3 });
const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constant(told('begin', () => started)([])) },
    { weight: 6, arbitrary: fc.tuple(topics, perhaps).map(told('publish', published)) },
    { weight: 6, arbitrary: fc.tuple(topics, small, perhaps).map(told('ack', acknowledged)) },
    { weight: 4, arbitrary: fc.tuple(small, fc.boolean()).map(told('end', ended)) },
    { weight: 1, arbitrary: fc.constant(told('restart', () => restarted)([])) },
    { weight: 2, arbitrary: fc.tuple(small, fc.boolean(), fc.nat(2)).map(told('die', died)) },
  ),
  { minLength: 1, maxLength: 25 },
);

/** Readers see what is acknowledged, too. */
const KEEPS_ALL = { retention: { retentionTimeInMinutes: -1, retentionSizeInMB: -1 } };

describe('transactions', () => {
  it('are what a naive model says, at any point of any story', async () => {
    const story = fc.asyncProperty(types, steps, async (subType, all) => {
      const model = new Model();
      const stage = await openStage({ segmentRecords: 20, policies: KEEPS_ALL });
      const real = new Real(stage, subType);
      for (const topic of TOPICS) await real.consumer(topic);
      for (const step of all) {
        await step(model, real);
        await compare(model, real);
      }
      await restarted(model, real);
      await compare(model, real);
    });
    await fc.assert(story, runs(25));
  }, 60_000);
});
