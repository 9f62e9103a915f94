import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filterInSlices, inSlices, leisurelyPacer, nextSlice } from '../../src/base/slices.ts';
import { sortSlowly } from '../../src/base/slow-sort.ts';
import { VirtualClock } from '../actors/virtual-clock.ts';

/** A clock that work and rests move, and that remembers the rests. */
class WorkedClock {
  nowMs = 0;
  readonly restsMs: number[] = [];
  turns = 0;

  monotonicMs(): number {
    return this.nowMs;
  }

  after(delayMs: number, task: () => void): () => void {
    this.nowMs += delayMs;
    this.restsMs.push(delayMs);
    task();
    return () => {};
  }

  soon(task: () => void): void {
    this.turns += 1;
    task();
  }
}

describe('work in slices', () => {
  it('lets others work after each millisecond', async () => {
    const clock = new WorkedClock();
    const items = Array.from({ length: 1_600 }, (_, i) => i);
    const visited: number[] = [];
    await inSlices(clock, items, (item) => {
      clock.nowMs += 0.125;
      visited.push(item);
    });
    expect(visited).toEqual(items);
    expect(clock.turns).toBe(100);
  });

  it('gives one of all walks a slice in a turn of the loop, party by party', async () => {
    const clock = new VirtualClock(0);
    const walked: string[] = [];
    const walk = async (party: string, slices: number): Promise<void> => {
      for (let i = 0; i < slices; i++) {
        await nextSlice(clock, party);
        walked.push(party);
      }
    };
    const walks = [walk('a', 2), walk('a', 2), walk('b', 2)];
    const perTurn: string[] = [];
    while (clock.hasSoon) {
      clock.runSoon();
      await Promise.resolve();
      perTurn.push(walked.splice(0).join(' '));
    }
    await Promise.all(walks);
    expect(perTurn).toEqual(['a', 'b', 'a', 'b', 'a', 'a']);
  });

  it('picks what passes', async () => {
    const clock = new WorkedClock();
    const items = Array.from({ length: 100 }, (_, i) => i);
    const isEven = (item: number) => {
      clock.nowMs += 1;
      return item % 2 === 0;
    };
    expect(await filterInSlices(clock, items, isEven)).toEqual(items.filter((i) => i % 2 === 0));
    expect(clock.turns).toBe(6);
  });

  it('sorts texts, a thousand moves at a time', async () => {
    const text = fc.integer({ min: 0, max: 9_000 }).map(String);
    const texts = fc.array(text, { maxLength: 5_000, size: 'max' });
    await fc.assert(
      fc.asyncProperty(texts, async (given) => {
        let pauses = 0;
        const sorted = await sortSlowly(given, async () => {
          pauses += 1;
        });
        expect(sorted).toEqual([...given].sort());
        if (given.length > 1_000) expect(pauses).toBeGreaterThanOrEqual(given.length / 1_000);
      }),
      { numRuns: 30 },
    );
  });

  it('in no hurry rests for as long as it took, or longer where it is told to', async () => {
    const clock = new WorkedClock();
    const pace = leisurelyPacer(clock);
    clock.nowMs += 0.5;
    expect(pace.isOver()).toBe(false);
    clock.nowMs += 6.5;
    expect(pace.isOver()).toBe(true);
    await pace.pause();
    expect(pace.isOver()).toBe(false);
    clock.nowMs += 2;
    await pace.pause(30);
    await pace.pause();
    expect(clock.restsMs).toEqual([7, 30, 1]);
  });
});
