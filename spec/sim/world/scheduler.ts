/**
 * Time and order of the whole world. Whatever waits, waits here: for a moment of simulated time.
 * Between two tasks every promise that can settle does so, and nothing real is ever waited for, so
 * that the seed alone decides what happens after what.
 */
import type { Cancel, Clock } from '../../../src/base/clock.ts';
import { Chance } from './chance.ts';

/** Something that can die, and with it all that it waits for. */
export class Owner {
  readonly name: string;
  isAlive = true;
  /** Timers that it waits for now, and the most that there were. */
  timers = 0;
  mostTimers = 0;

  constructor(name: string) {
    this.name = name;
  }
}

interface Task {
  readonly atMs: number;
  readonly order: number;
  readonly owner: Owner;
  readonly isTimer: boolean;
  run: (() => void) | undefined;
}

export class Scheduler {
  readonly #startMs: number;
  readonly #chance: Chance;
  readonly #heap: Task[] = [];
  #nowMs: number;
  #orders = 0;
  /** Tasks that have run. */
  steps = 0;

  constructor(seed: number) {
    this.#startMs = 1_700_000_000_000;
    this.#nowMs = this.#startMs;
    this.#chance = new Chance(seed, 'scheduler');
  }

  /** Simulated milliseconds since the world began. */
  get elapsedMs(): number {
    return this.#nowMs - this.#startMs;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Runs `task` after `delayMs`, unless its owner is dead by then. */
  after(owner: Owner, delayMs: number, run: () => void): Cancel {
    const task = this.#add(owner, delayMs, run, false);
    return () => {
      task.run = undefined;
    };
  }

  /** The clock of a process: its event loop is a little late, now and then. */
  clockOf(owner: Owner): Clock {
    return {
      nowMs: () => Math.floor(this.#nowMs),
      monotonicMs: () => this.elapsedMs,
      after: (delayMs, run) => {
        const lateMs = this.#chance.skewed(0, 2);
        const task = this.#add(owner, Math.max(1, delayMs) + lateMs, run, true);
        owner.timers += 1;
        owner.mostTimers = Math.max(owner.mostTimers, owner.timers);
        return () => {
          if (task.run === undefined) return;
          task.run = undefined;
          owner.timers -= 1;
        };
      },
      soon: (run) => {
        this.#add(owner, this.#chance.skewed(0, 0.5), run, false);
      },
    };
  }

  /** Lets the world go on for so long, or until `done` says so. */
  run(forMs: number, done: () => boolean = () => false): Promise<void> {
    const untilMs = this.#nowMs + forMs;
    let hasRun = false;
    return taskByTask(() => {
      if (hasRun && done()) return false;
      hasRun = this.#runNext(untilMs);
      if (!hasRun) this.#nowMs = Math.max(this.#nowMs, untilMs);
      return hasRun;
    });
  }

  /** Whether there was a task that is due until then. */
  #runNext(untilMs: number): boolean {
    for (;;) {
      const next = this.#heap[0];
      if (next === undefined || next.atMs > untilMs) return false;
      this.#pop();
      const { run, owner } = next;
      if (run === undefined || !owner.isAlive) continue;
      next.run = undefined;
      if (next.isTimer) owner.timers -= 1;
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      this.steps += 1;
      run();
      return true;
    }
  }

  #add(owner: Owner, delayMs: number, run: () => void, isTimer: boolean): Task {
    const atMs = this.#nowMs + Math.max(0, delayMs);
    const task: Task = { atMs, order: this.#orders++, owner, isTimer, run };
    const heap = this.#heap;
    let at = heap.length;
    heap.push(task);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(task, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = task;
    return task;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(a: Task, b: Task): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** Immediates that are asked for at once: Node's own loop turns that much less often. */
const ROUNDS = 64;

/**
 * Calls `next` until it says that there is no more, the first time at once. Before each other call
 * every promise that can settle has done so: Node sees to that between two immediates.
 */
function taskByTask(next: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let goesOn = true;
    const round = () => {
      if (!goesOn) return;
      try {
        goesOn = next();
        if (!goesOn) resolve();
      } catch (error) {
        goesOn = false;
        reject(error);
      }
    };
    const rounds = () => {
      if (!goesOn) return;
      for (let i = 0; i < ROUNDS; i++) setImmediate(round);
      setImmediate(rounds);
    };
    round();
    rounds();
  });
}
