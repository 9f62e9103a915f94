/** A clock that only the spec moves; `soon` is the event loop's own. */
import type { Cancel, Clock } from '../../../src/base/clock.ts';

export class ManualClock implements Clock {
  #nowMs = 1_700_000_000_000;
  readonly #tasks = new Set<{ readonly atMs: number; readonly task: () => void }>();

  /** How many are set and have not gone off. */
  get timers(): number {
    return this.#tasks.size;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, task: () => void): Cancel {
    const entry = { atMs: this.#nowMs + delayMs, task };
    this.#tasks.add(entry);
    return () => this.#tasks.delete(entry);
  }

  soon(task: () => void): void {
    setImmediate(task);
  }

  /** Runs what is due until then, in the order of time. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const due = [...this.#tasks].filter(({ atMs }) => atMs <= untilMs);
      const next = due.sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#tasks.delete(next);
      this.#nowMs = next.atMs;
      next.task();
    }
    this.#nowMs = untilMs;
  }
}
