import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IngressBudget } from '../../src/transport/ingress-budget.ts';

const MAX_BYTES = 1_000;
const MOST_AT_ONCE = 100;

/** Takes whenever it may, and waits when it may not, as connections do. */
class Client {
  readonly held: number[] = [];
  readonly #budget: IngressBudget;
  readonly #party: string;
  readonly wanted: number[] = [];
  isWaiting = false;

  constructor(budget: IngressBudget, party: string) {
    this.#budget = budget;
    this.#party = party;
  }

  want(bytes: number): void {
    this.wanted.push(bytes);
    if (!this.isWaiting) this.regulate();
  }

  give(): void {
    const bytes = this.held.shift();
    if (bytes !== undefined) this.#budget.give(this.#party, bytes);
  }

  regulate(): void {
    this.isWaiting = false;
    while (this.wanted.length > 0) {
      if (this.#budget.isSpent(this.#party)) {
        this.isWaiting = true;
        this.#budget.wait(this.#party, this);
        return;
      }
      const bytes = this.wanted.shift()!;
      this.#budget.take(this.#party, bytes);
      this.held.push(bytes);
    }
  }
}

const client = fc.nat({ max: 7 });
const deed = fc.oneof(
  fc.record({ client, bytes: fc.integer({ min: 1, max: MOST_AT_ONCE }) }),
  fc.record({ client, gives: fc.constant(true) }),
);

describe('the memory for what clients send', () => {
  it('is bounded, and whoever waits gets it in the end', () => {
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 400 }), (deeds) => {
        const budget = new IngressBudget(MAX_BYTES);
        // Two connections of each party.
        const clients = Array.from({ length: 8 }, (_, i) => new Client(budget, `${i >> 1}`));
        for (const one of deeds) {
          const whose = clients[one.client]!;
          if ('bytes' in one) whose.want(one.bytes);
          else whose.give();
          const held = clients.flatMap((each) => each.held).reduce((sum, each) => sum + each, 0);
          expect(budget.usedBytes).toBe(held);
          expect(held).toBeLessThan(MAX_BYTES + MOST_AT_ONCE);
        }
        while (clients.some(({ held }) => held.length > 0)) for (const one of clients) one.give();
        expect(clients.filter(({ isWaiting }) => isWaiting)).toEqual([]);
        expect(budget.usedBytes).toBe(0);
      }),
    );
  });

  it('goes to one alone by half, and leaves as much as is free to whoever comes next', () => {
    const budget = new IngressBudget(MAX_BYTES);
    const takeAll = (party: string) => {
      let bytes = 0;
      for (; !budget.isSpent(party); bytes += 10) budget.take(party, 10);
      return bytes;
    };
    expect(['a', 'b', 'c'].map(takeAll)).toEqual([500, 250, 130]);
    budget.give('a', 300);
    expect(budget.isSpent('a')).toBe(false);
    expect(budget.isSpent('b')).toBe(true);
    budget.give('b', 40);
    expect(budget.isSpent('b')).toBe(false);
  });

  it('lets nobody in when all of it is used up, before half is free', () => {
    const budget = new IngressBudget(MAX_BYTES);
    budget.take('a', 1_000);
    expect(budget.isSpent('stranger')).toBe(true);
    budget.give('a', 400);
    expect(budget.isSpent('stranger')).toBe(true);
    budget.give('a', 100);
    expect(budget.isSpent('stranger')).toBe(false);
  });
});
