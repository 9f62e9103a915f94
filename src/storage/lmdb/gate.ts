/** Lets a bounded number of tasks run at the same time; the others wait for their turn in order. */
import { assert } from '../../base/assert.ts';

export class Gate {
  readonly #places: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #onIdle: (() => void) | undefined;

  constructor(places: number) {
    this.#places = places;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running < this.#places) this.#running += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      this.#leave();
    }
  }

  /** Resolves when no task runs or waits any more. */
  async close(): Promise<void> {
    if (this.#running === 0) return;
    assert(this.#onIdle === undefined, 'a gate is closed once');
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
  }

  /** Hands the place to whoever waits longest. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next !== undefined) {
      next();
      return;
    }
    this.#running -= 1;
    if (this.#running === 0) this.#onIdle?.();
  }
}
