import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RangeSet } from '../../src/actors/range-set.ts';
import { runs } from './runs.ts';

/** Numbers on both sides of a border of pages; every second one is too many runs for either. */
const FIRST = 3 * 65_536 - 5_000;
const SIZE = 10_000;
const LAST = FIRST + SIZE;

type Operation =
  | { readonly do: 'add'; readonly start: number; readonly length: number }
  | { readonly do: 'remove-below'; readonly value: number }
  | { readonly do: 'rebuild' }
  | { readonly do: 'clear' };

const number = fc.oneof(
  fc.integer({ min: FIRST, max: LAST }),
  fc.integer({ min: 3 * 65_536 - 2, max: 3 * 65_536 + 2 }),
);

const operations: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('add' as const),
      start: number,
      length: fc.oneof(fc.nat(4), fc.nat(1_500), fc.nat(SIZE)),
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
    for (let each = Math.max(value, FIRST); each <= LAST + SIZE; each++) {
      if (this.members.has(each)) return each;
    }
    return Number.POSITIVE_INFINITY;
  }

  countIn(start: number, end: number): number {
    return [...this.members].filter((member) => start <= member && member < end).length;
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
  expect(set.head(Number.POSITIVE_INFINITY).flat()).toEqual(flat);
  expect([set.size, set.covered]).toEqual([flat.length / 2, naive.members.size]);
  expect(set.head(3).flat()).toEqual(flat.slice(0, 6));
  for (const probe of [0, ...probes, LAST + SIZE]) {
    expect(set.has(probe)).toBe(naive.members.has(probe));
    expect(set.gapFrom(probe)).toBe(naive.gapFrom(probe));
    expect(set.memberFrom(probe)).toBe(naive.memberFrom(probe));
    const [other = 0] = probes;
    expect(set.countIn(other, probe)).toBe(naive.countIn(other, probe));
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
          for (let i = FIRST; gap > 0 && i < LAST; i += gap) {
            set.add(i, i + 1);
            naive.add(i, i + 1);
          }
          for (const operation of story) {
            if (operation.do === 'add') {
              const { start, length } = operation;
              expect(set.add(start, start + length)).toBe(naive.add(start, start + length));
            } else if (operation.do === 'remove-below') {
              set.removeBelow(operation.value);
              naive.removeBelow(operation.value);
            } else if (operation.do === 'rebuild') set = RangeSet.unpack(set.pack());
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

  it('packs the same members into the same bytes, however they came', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(number, fc.nat(3)), { maxLength: 50 }),
        fc.boolean(),
        (ranges, many) => {
          const [there, back] = [new RangeSet(), new RangeSet()];
          for (const set of [there, back]) {
            for (let i = FIRST; many && i < LAST; i += 2) set.add(i, i + 1);
          }
          for (const [start, length] of ranges) there.add(start, start + length);
          for (const [start, length] of ranges.toReversed()) back.add(start, start + length);
          expect(there.pack()).toEqual(back.pack());
        },
      ),
      runs(40),
    );
  });

  it('takes five bytes a hole at most, and a quarter of one where they lie together', () => {
    const [dense, sparse] = [new RangeSet(), new RangeSet()];
    for (let i = 0; i < 100_000; i++) {
      dense.add(i * 2, i * 2 + 1);
      sparse.add(i * 1_000, i * 1_000 + 1);
    }
    expect(dense.pack().length).toBeLessThan(0.35 * 100_000);
    expect(sparse.pack().length).toBeLessThan(5 * 100_000);
  });

  it('holds a hundred thousand holes and closes them one by one', () => {
    const set = new RangeSet();
    for (let i = 0; i < 100_000; i++) set.add(i * 2, i * 2 + 1);
    expect([set.size, set.covered]).toEqual([100_000, 100_000]);
    for (let i = 0; i < 100_000; i++) {
      expect(set.gapFrom(i * 2)).toBe(i * 2 + 1);
      set.add(i * 2 + 1, i * 2 + 2);
    }
    expect(set.head(2)).toEqual([[0, 200_000]]);
  });
});
