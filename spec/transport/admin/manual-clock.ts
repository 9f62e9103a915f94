/** A clock that stands still until it is told to go on. */
import type { Clock } from '../../../src/base/clock.ts';

export class ManualClock implements Clock {
  /** Times that somebody let other work run. */
  pauses = 0;
  #nowMs = 0;
  #timers: { readonly atMs: number; readonly task: () => void }[] = [];

  nowMs = (): number => this.#nowMs;
  monotonicMs = (): number => this.#nowMs;

  after(delayMs: number, task: () => void) {
    const timer = { atMs: this.#nowMs + delayMs, task };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  soon(task: () => void): void {
    this.pauses += 1;
    queueMicrotask(task);
  }

  /** Goes on, and runs what was due by then. */
  advance(ms: number): void {
    this.#nowMs += ms;
    const due = this.#timers.filter(({ atMs }) => atMs <= this.#nowMs);
    this.#timers = this.#timers.filter(({ atMs }) => atMs > this.#nowMs);
    for (const { task } of due) task();
  }

  get timers(): number {
    return this.#timers.length;
  }
}
