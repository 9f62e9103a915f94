import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cursorBehaviour } from '../../src/actors/cursor/behaviour.ts';
import type { CursorCommand } from '../../src/actors/cursor/commands.ts';
import type { CursorState } from '../../src/actors/cursor/state.ts';
import type { CursorExposed, TopicExposed } from '../../src/actors/exposed.ts';
import type { Decision, Facts } from '../../src/actors/runtime/behaviour.ts';
import { runs } from './runs.ts';

/** Entries of the topic, each a batch of as many messages. */
const END = 40;
const MESSAGES = 4;
const ALL = (1n << BigInt(MESSAGES)) - 1n;

type Operation =
  | { readonly do: 'ack'; readonly ranges: readonly (readonly [number, number])[] }
  | { readonly do: 'ack-parts'; readonly parts: readonly (readonly [number, number])[] }
  | { readonly do: 'ack-up-to'; readonly offset: number; readonly open: number }
  | { readonly do: 'reset'; readonly to: number; readonly open: number }
  | { readonly do: 'skip'; readonly count: number | 'all' }
  | { readonly do: 'redeliver'; readonly offsets: readonly number[] }
  | { readonly do: 'forget' | 'reload' };

const offset = fc.nat(END);
const open = fc.nat(Number(ALL));

const operations: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({
    do: fc.constant('ack' as const),
    ranges: fc.array(fc.tuple(offset, fc.nat(4)), { maxLength: 3 }),
  }),
  fc.record({
    do: fc.constant('ack-parts' as const),
    parts: fc.uniqueArray(fc.tuple(offset, open), { maxLength: 3, selector: ([at]) => at }),
  }),
  fc.record({ do: fc.constant('ack-up-to' as const), offset, open }),
  fc.record({ do: fc.constant('reset' as const), to: offset, open }),
  fc.record({ do: fc.constant('skip' as const), count: fc.oneof(fc.nat(6), fc.constant('all')) }),
  fc.record({ do: fc.constant('redeliver' as const), offsets: fc.array(offset, { maxLength: 4 }) }),
  fc.record({ do: fc.constantFrom('forget', 'reload') }),
) as fc.Arbitrary<Operation>;

/** For each entry the batch indexes that are open; none at all is acknowledged. */
class NaiveCursor {
  readonly open = Array.from({ length: END }, () => ALL);
  readonly redeliveries = Array.from({ length: END }, () => 0);

  ack(at: number, words = 0n): void {
    if (at >= END) return;
    this.open[at]! &= words;
    if (this.open[at] === 0n) this.redeliveries[at] = 0;
  }

  reset(to: number, words: bigint): void {
    for (let at = 0; at < END; at++) {
      this.open[at] = at < to ? 0n : ALL;
      this.redeliveries[at] = 0;
    }
    if (to < END) this.open[to] = words;
  }

  skip(count: number): void {
    for (let at = 0; at < END && count > 0; at++) {
      if (this.open[at] !== 0n) count--;
      this.ack(at);
    }
  }

  get markDelete(): number {
    const first = this.open.findIndex((words) => words !== 0n);
    return first < 0 ? END : first;
  }
}

class Driver {
  state: CursorState = cursorBehaviour.initial('cursor:1/s');
  readonly #facts: Facts;

  constructor() {
    const ledgers = [{ ledgerId: 5, firstOffset: 0, openedAtMs: 0, bytes: 0 }];
    const progress = {
      topic: 't',
      topicId: 1,
      ledgers,
      first: 0,
      end: END,
      terminated: false,
      meanEntryBytes: 10,
    };
    const topic = { progress, next: END, subscriptions: new Set(['s']) } as unknown as TopicExposed;
    this.#facts = { nowMs: 1, exposed: () => topic } as unknown as Facts;
    this.tell({
      type: 'open',
      topic: 't',
      topicId: 1,
      name: 's',
      durable: true,
      acked: 0,
      ackSet: undefined,
    });
  }

  tell(command: CursorCommand): void {
    for (let next: unknown = command; next !== undefined; ) {
      const decision: Decision = cursorBehaviour.decide(
        this.state,
        next as CursorCommand,
        this.#facts,
      );
      for (const event of decision.events) {
        this.state = cursorBehaviour.evolve(this.state, event as never);
      }
      next = decision.again;
    }
  }

  ack(change: Partial<Extract<CursorCommand, { readonly type: 'ack' }>>): void {
    this.tell({
      type: 'ack',
      ranges: [],
      partial: [],
      cumulative: undefined,
      properties: undefined,
      consumerId: 1,
      reply: undefined,
      ...change,
    });
  }

  reload(): void {
    const snapshot = structuredClone(cursorBehaviour.snapshot(this.state));
    this.state = cursorBehaviour.restore('cursor:1/s', snapshot);
  }
}

const nobody = { recipient: { label: '', receive() {}, flush() {} }, requestId: 0 };

function apply(operation: Operation, driver: Driver, naive: NaiveCursor): void {
  switch (operation.do) {
    case 'ack':
      driver.ack({ ranges: operation.ranges.flatMap(([at, length]) => [at, at + length]) });
      for (const [at, length] of operation.ranges) {
        for (let i = 0; i < length; i++) naive.ack(at + i);
      }
      return;
    case 'ack-parts': {
      const parts = operation.parts.filter(([at]) => at < END);
      driver.ack({ partial: parts.map(([at, words]) => ({ offset: at, words: [BigInt(words)] })) });
      for (const [at, words] of parts) naive.ack(at, BigInt(words));
      return;
    }
    case 'ack-up-to': {
      const words = [BigInt(operation.open)];
      const isPart = operation.open > 0 && operation.offset < END;
      const partial = isPart ? [{ offset: operation.offset, words }] : [];
      driver.ack({ cumulative: operation.offset, partial });
      for (let at = 0; at < operation.offset; at++) naive.ack(at);
      if (isPart) naive.ack(operation.offset, BigInt(operation.open));
      return;
    }
    case 'reset': {
      const words = BigInt(operation.open) || ALL;
      const ackSet = words === ALL ? undefined : [words];
      driver.tell({ type: 'reset', to: operation.to, ackSet, reply: undefined });
      naive.reset(operation.to, words);
      return;
    }
    case 'skip':
      driver.tell({ type: 'skip', count: operation.count, reply: nobody });
      naive.skip(operation.count === 'all' ? END : operation.count);
      return;
    case 'redeliver': {
      const offsets = [...new Set(operation.offsets)].filter((at) => at < END);
      driver.tell({ type: 'count-redeliveries', offsets });
      for (const at of offsets) if (naive.open[at] !== 0n) naive.redeliveries[at]!++;
      return;
    }
    case 'forget':
      driver.tell({ type: 'clear-redeliveries' });
      naive.redeliveries.fill(0);
      return;
    case 'reload':
      driver.reload();
  }
}

function same({ state }: Driver, naive: NaiveCursor): void {
  const openIn = (at: number) => {
    if (at < state.acked || state.ranges.has(at)) return 0n;
    return (state.partial.get(at)?.[0] ?? ALL) & ALL;
  };
  const all = naive.open.map((_, at) => at);
  expect(all.map(openIn)).toEqual(naive.open);
  expect(all.map((at) => state.redeliveries.get(at) ?? 0)).toEqual(naive.redeliveries);
  expect(state.acked).toBe(naive.markDelete);
  const exposed = cursorBehaviour.expose(state) as CursorExposed;
  expect(exposed.acked).toBe(naive.markDelete);
  expect(exposed.backlog(END)).toBe(naive.open.filter((words) => words !== 0n).length);
  // Nothing is kept about what is done with.
  for (const at of [...state.partial.keys(), ...state.redeliveries.keys()]) {
    expect(at >= END || naive.open[at] !== 0n).toBe(true);
  }
}

describe('a cursor', () => {
  it('is the set of what is open, whatever is acknowledged, taken back and reloaded', () => {
    fc.assert(
      fc.property(fc.array(operations, { maxLength: 40, size: 'max' }), (story) => {
        const driver = new Driver();
        const naive = new NaiveCursor();
        for (const operation of story) {
          apply(operation, driver, naive);
          same(driver, naive);
        }
      }),
      runs(300),
    );
  });
});
