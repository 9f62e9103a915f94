import { describe, expect, it } from 'vitest';
import { inSlices, leisurelyPacer } from '../../src/base/slices.ts';

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
