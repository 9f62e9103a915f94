/** Time that only the spec moves: timers run when it is advanced, `soon` when it is told to. */
import type { Cancel, Clock } from '../../src/base/clock.ts';

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly task: () => void;
}

export class VirtualClock implements Clock {
  #nowMs: number;
  /** What the wall clock has been set back by. */
  #behindMs = 0;
  #order = 0;
  readonly #timers = new Set<Timer>();
  #soon: (() => void)[] = [];

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return this.#nowMs - this.#behindMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  /** As an administrator does it; timers run on. */
  setBack(ms: number): void {
    this.#behindMs += ms;
  }

  after(delayMs: number, task: () => void): Cancel {
    const timer = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, task };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  soon(task: () => void): void {
    this.#soon.push(task);
  }

  get hasSoon(): boolean {
    return this.#soon.length > 0;
  }

  /** Runs what was asked for so far; whether there was anything. */
  runSoon(): boolean {
    const tasks = this.#soon;
    this.#soon = [];
    for (const task of tasks) task();
    return tasks.length > 0;
  }

  /** Moves to the first timer due until `untilMs`, a monotonic time, and runs it; else to it. */
  step(untilMs: number): boolean {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.atMs > untilMs) continue;
      const earlier = next === undefined || timer.atMs < next.atMs;
      if (earlier || (timer.atMs === next?.atMs && timer.order < next.order)) next = timer;
    }
    this.#nowMs = Math.max(this.#nowMs, next?.atMs ?? untilMs);
    if (next === undefined) return false;
    this.#timers.delete(next);
    next.task();
    return true;
  }
}
