import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ANYBODY, ReplayQueue } from '../../src/actors/subscription/replay-queue.ts';
import { runs } from './runs.ts';

const offset = fc.nat(300);
const hash = fc.integer({ min: -3, max: 5 });

const operation = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('add' as const), offset, hash }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('delete' as const), offset }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('drain' as const), from: offset, count: fc.nat(200) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fill' as const), from: offset, hash }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('clear' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('divide' as const),
      lanes: fc.integer({ min: 1, max: 4 }),
    }),
  },
);

/** Whether somebody looks at the queue then: what comes between two looks may be much. */
const step = fc.tuple(operation, fc.boolean());

describe('a replay queue', () => {
  it('is lists sorted by offset, one a consumer, with the hash last given to each', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (story) => {
        const queue = new ReplayQueue();
        const naive = new Map<number, number>();
        let laneOf = (_: number) => ANYBODY;
        const remove = (each: number) => {
          queue.delete(each);
          naive.delete(each);
        };
        const add = (each: number, tag: number) => {
          queue.add(each, tag);
          naive.set(each, tag);
        };
        for (const [each, looks] of story) {
          if (each.do === 'add') add(each.offset, each.hash);
          else if (each.do === 'delete') remove(each.offset);
          else if (each.do === 'drain') {
            for (let i = 0; i < each.count; i++) remove(each.from + i);
          } else if (each.do === 'fill') {
            for (let i = 0; i < 100; i++) add(each.from + i, each.hash);
          } else if (each.do === 'divide') {
            laneOf = (tag) => Math.abs(tag) % each.lanes;
            queue.divide(laneOf);
          } else {
            queue.clear();
            naive.clear();
          }
          if (!looks) continue;
          for (const lane of [ANYBODY, 1, 2, 3]) {
            const waiting = [...naive].filter(([, tag]) => laneOf(tag) === lane);
            expect([...queue.waitingFor(lane)]).toEqual(waiting.sort(([a], [b]) => a - b));
          }
          expect(new Set(queue.offsets())).toEqual(new Set(naive.keys()));
          expect(queue.size).toBe(naive.size);
          const tags = new Set(naive.values());
          for (const tag of [-3, -1, 1, 2, 5]) expect(queue.hasHash(tag)).toBe(tags.has(tag));
        }
        for (let i = 0; i < 300; i += 7) expect(queue.has(i)).toBe(naive.has(i));
      }),
      runs(60),
    );
  });
});
