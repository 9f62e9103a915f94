import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RangeSet } from '../../src/actors/cursor/range-set.ts';
import { runs } from './runs.ts';

/** Far more ranges than one chunk holds, once every second number is in it. */
const SIZE = 4_000;

type Operation =
  | { readonly do: 'add'; readonly start: number; readonly length: number }
  | { readonly do: 'remove-below'; readonly value: number }
  | { readonly do: 'rebuild' }
  | { readonly do: 'clear' };

const number = fc.nat(SIZE);

const operations: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('add' as const),
      start: number,
      length: fc.oneof(fc.nat(4), fc.nat(1_500)),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove-below' as const), value: number }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('rebuild', 'clear') }) },
);

/** A set of numbers, and nothing clever. */
class NaiveSet {
  members = new Set<number>();

  add(start: number, end: number): number {
    const before = this.members.size;
    for (let value = start; value < end; value++) this.members.add(value);
    return this.members.size - before;
  }

  removeBelow(value: number): void {
    this.members = new Set([...this.members].filter((member) => member >= value));
  }

  gapFrom(value: number): number {
    while (this.members.has(value)) value++;
    return value;
  }

  memberFrom(value: number): number {
    for (let each = value; each <= 2 * SIZE; each++) if (this.members.has(each)) return each;
    return Number.POSITIVE_INFINITY;
  }

  flat(): number[] {
    const flat: number[] = [];
    for (const value of [...this.members].sort((a, b) => a - b)) {
      if (flat.at(-1) === value) flat[flat.length - 1] = value + 1;
      else flat.push(value, value + 1);
    }
    return flat;
  }
}

function same(set: RangeSet, naive: NaiveSet, probes: readonly number[]): void {
  const flat = naive.flat();
  expect(set.flat()).toEqual(flat);
  expect([set.size, set.covered]).toEqual([flat.length / 2, naive.members.size]);
  expect(set.head(3).flat()).toEqual(flat.slice(0, 6));
  for (const probe of [0, ...probes, SIZE * 2]) {
    expect(set.has(probe)).toBe(naive.members.has(probe));
    expect(set.gapFrom(probe)).toBe(naive.gapFrom(probe));
    expect(set.memberFrom(probe)).toBe(naive.memberFrom(probe));
  }
}

describe('a set of ranges', () => {
  it.each([
    ['empty', 0],
    ['full of holes', 2],
    ['full of holes of two', 3],
  ])('that starts %s is the set of its numbers', (_, gap) => {
    fc.assert(
      fc.property(
        fc.array(operations, { maxLength: 25 }),
        fc.array(number, { maxLength: 20 }),
        (story, probes) => {
          let set = new RangeSet();
          const naive = new NaiveSet();
          for (let i = 0; gap > 0 && i < SIZE; i += gap) set.add(i, i + 1) && naive.add(i, i + 1);
          for (const operation of story) {
            if (operation.do === 'add') {
              const { start, length } = operation;
              expect(set.add(start, start + length)).toBe(naive.add(start, start + length));
            } else if (operation.do === 'remove-below') {
              set.removeBelow(operation.value);
              naive.removeBelow(operation.value);
            } else if (operation.do === 'rebuild') set = RangeSet.from(set.flat());
            else {
              set.clear();
              naive.members.clear();
            }
          }
          same(set, naive, probes);
        },
      ),
      runs(40),
    );
  });

  it('holds a hundred thousand holes and closes them one by one', () => {
    const set = new RangeSet();
    for (let i = 0; i < 100_000; i++) set.add(i * 2, i * 2 + 1);
    expect([set.size, set.covered]).toEqual([100_000, 100_000]);
    for (let i = 0; i < 100_000; i++) {
      expect(set.gapFrom(i * 2)).toBe(i * 2 + 1);
      set.add(i * 2 + 1, i * 2 + 2);
    }
    expect(set.flat()).toEqual([0, 200_000]);
  });
});
