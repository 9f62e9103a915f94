/**
 * Messages of batches, acknowledged in transactions and without, against a naive model that knows
 * each message by itself.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SubscriptionType } from '../../src/actors/subscription/commands.ts';
import type { TestConsumer } from '../actors/consumer.ts';
import type { Stage } from '../actors/harness.ts';
import { ackIn, begin, end, openStage } from '../actors/transacting.ts';
import { runs } from './runs.ts';

const BATCHES = 3;
const SIZE = 4;
/** All messages of a batch, as bits. */
const WHOLE = 2 ** SIZE - 1;

interface Txn {
  readonly id: string;
  isOpen: boolean;
  /** Bits of what it acknowledges of each batch. */
  readonly held: number[];
  /** Number of the message up to which it acknowledges; it hides nothing until it ends. */
  upTo: number | undefined;
}

class Model {
  readonly acked: number[] = Array<number>(BATCHES).fill(0);
  readonly txns: Txn[] = [];

  held(batch: number): number {
    const open = this.txns.filter(({ isOpen }) => isOpen);
    return open.reduce((bits, { held }) => bits | held[batch]!, 0);
  }

  /** A whole batch may have been acknowledged in part before, but not in whole. */
  isConflict(batch: number, bits: number): boolean {
    const acked = this.acked[batch]!;
    if ((this.held(batch) & bits) !== 0) return true;
    return bits === WHOLE ? acked === WHOLE : (acked & bits) !== 0;
  }

  /** One transaction at a time acknowledges up to a message, and goes only forward. */
  isConflictUpTo(txn: Txn, message: number): boolean {
    const done = this.acked.findIndex((bits) => bits !== WHOLE);
    if (message < (done < 0 ? BATCHES : done) * SIZE) return true;
    const other = this.txns.find(({ isOpen, upTo }) => isOpen && upTo !== undefined);
    return other !== undefined && (other !== txn || message <= (other.upTo ?? -1));
  }

  end(txn: Txn, commit: boolean): void {
    txn.isOpen = false;
    for (let batch = 0; batch < BATCHES && commit; batch++) {
      const below = Math.max(0, Math.min(SIZE, (txn.upTo ?? -1) + 1 - batch * SIZE));
      this.acked[batch]! |= txn.held[batch]! | (2 ** below - 1);
    }
  }

  /** What a consumer may be given, as bits by batch. */
  given(): Map<number, number> {
    const given = new Map<number, number>();
    for (let batch = 0; batch < BATCHES; batch++) {
      const bits = WHOLE & ~(this.acked[batch]! | this.held(batch));
      if (bits !== 0) given.set(batch, bits);
    }
    return given;
  }
}

class Real {
  readonly stage: Stage;
  readonly subType: SubscriptionType;
  consumer!: TestConsumer;
  readonly positions = new Map<number, { ledgerId: number; entryId: number }>();

  constructor(stage: Stage, subType: SubscriptionType) {
    this.stage = stage;
    this.subType = subType;
  }

  async connect(): Promise<void> {
    this.consumer = await this.stage.consumer('s', { subType: this.subType, permits: 100_000 });
  }

  readonly entry = (batch: number, bits: number) => {
    const position = this.positions.get(batch)!;
    const ackSet = bits === WHOLE ? undefined : [BigInt(WHOLE & ~bits)];
    return { position, ackSet, batchSize: SIZE };
  };
}

async function start(subType: SubscriptionType): Promise<Real> {
  const real = new Real(await openStage({ segmentRecords: 20 }), subType);
  await real.connect();
  const producer = await real.stage.producer();
  for (let batch = 0; batch < BATCHES; batch++) {
    const slots = Array.from({ length: SIZE }, (_, at) => ({ value: `${batch}.${at}` }));
    producer.send({ value: `${batch}`, batch: slots });
  }
  await real.stage.settle();
  for (const [batch, { ledgerId, entryId }] of real.consumer.received.entries()) {
    real.positions.set(batch, { ledgerId, entryId });
  }
  return real;
}

async function compare(model: Model, { stage, consumer }: Real): Promise<void> {
  const before = consumer.received.length;
  consumer.redeliver();
  await stage.settle();
  const given = consumer.received.slice(before).map(({ value, ackSet }) => {
    return [Number(value), ackSet === undefined ? WHOLE : Number(ackSet[0])] as const;
  });
  expect(new Map(given)).toEqual(model.given());
  expect(given).toHaveLength(model.given().size);
}

type Step =
  | { readonly do: 'begin' }
  | { readonly do: 'ack'; readonly batch: number; readonly bits: number; readonly txn?: number }
  | { readonly do: 'up-to'; readonly message: number; readonly txn: number }
  | { readonly do: 'end'; readonly txn: number; readonly commit: boolean }
  | { readonly do: 'crash' }
  | { readonly do: 'restart' };

const number = fc.nat(3);
const batch = fc.nat(BATCHES - 1);
const message = fc.nat(BATCHES * SIZE - 1);
const bits = fc.integer({ min: 1, max: WHOLE });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ do: 'begin' } as const) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('ack' as const), batch, bits, txn: number }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('ack' as const), batch, bits }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('up-to' as const), message, txn: number }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('end' as const), txn: number, commit: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Step>({ do: 'crash' }, { do: 'restart' }),
  },
);

async function perform(each: Step, model: Model, real: Real): Promise<void> {
  const { stage } = real;
  if (each.do === 'begin') {
    const id = await begin(stage, [], ['t/s'], 3_600_000);
    model.txns.push({ id, isOpen: true, held: Array<number>(BATCHES).fill(0), upTo: undefined });
  } else if (each.do === 'crash' || each.do === 'restart') {
    await stage[each.do]();
    await real.connect();
  } else if (each.do === 'end') {
    const txn = openOf(model, each.txn);
    if (txn === undefined) return;
    await end(stage, txn.id, each.commit);
    model.end(txn, each.commit);
  } else if (each.do === 'up-to') await acknowledgeUpTo(each, model, real);
  else await acknowledge(each, model, real);
}

/** Which consumers do that have nobody beside them. */
async function acknowledgeUpTo(
  { message, txn: at }: Extract<Step, { do: 'up-to' }>,
  model: Model,
  { stage, consumer, entry, subType }: Real,
): Promise<void> {
  const txn = openOf(model, at);
  if (txn === undefined || subType !== 'Exclusive') return;
  const isConflict = model.isConflictUpTo(txn, message);
  const bits = 2 ** ((message % SIZE) + 1) - 1;
  const last = entry(Math.floor(message / SIZE), bits);
  const refusal = await ackIn(stage, consumer, txn.id, [last], true);
  expect(refusal?.code).toBe(isConflict ? 'transaction-conflict' : undefined);
  if (!isConflict) txn.upTo = message;
}

async function acknowledge(
  { batch, bits, txn: at }: Extract<Step, { do: 'ack' }>,
  model: Model,
  { stage, consumer, entry }: Real,
): Promise<void> {
  if (at === undefined) {
    consumer.ackEntries([entry(batch, bits)]);
    await stage.settle();
    model.acked[batch]! |= bits;
    return;
  }
  const txn = openOf(model, at);
  if (txn === undefined) return;
  const isConflict = model.isConflict(batch, bits);
  const refusal = await ackIn(stage, consumer, txn.id, [entry(batch, bits)]);
  expect(refusal?.code).toBe(isConflict ? 'transaction-conflict' : undefined);
  if (!isConflict) txn.held[batch]! |= bits;
}

/** The one that a number stands for, if any is open. */
function openOf({ txns }: Model, at: number): Txn | undefined {
  const open = txns.filter(({ isOpen }) => isOpen);
  return open[at % Math.max(1, open.length)];
}

describe('messages of batches in transactions', () => {
  it('are acknowledged one by one, as a naive model says', async () => {
    const types = fc.constantFrom<SubscriptionType>('Shared', 'Key_Shared', 'Exclusive');
    const story = fc.asyncProperty(types, fc.array(step, { maxLength: 25 }), async (type, all) => {
      const model = new Model();
      const real = await start(type);
      for (const each of all) {
        await perform(each, model, real);
        await compare(model, real);
      }
    });
    await fc.assert(story, runs(40));
  }, 60_000);
});
