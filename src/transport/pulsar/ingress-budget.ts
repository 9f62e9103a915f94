/**
 * Bytes of messages that were taken from sockets and are not answered yet, over all connections.
 * When the budget is spent, connections stop reading until half of it is free again: a slow disk
 * slows producers down instead of filling the memory.
 */
import { assert } from '../../base/assert.ts';

/** A connection that waits for the budget. */
export interface BudgetWaiter {
  regulate(): void;
}

export class IngressBudget {
  readonly #maxBytes: number;
  readonly #waiters = new Set<BudgetWaiter>();
  #usedBytes = 0;
  #spent = false;

  /** `maxBytes` may be infinite. */
  constructor(maxBytes: number) {
    assert(maxBytes > 0, 'a budget has room');
    this.#maxBytes = maxBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Whether connections must not read; stays so until half of the budget is free. */
  get spent(): boolean {
    return this.#spent;
  }

  /** Never refused: what was read has to be kept. */
  take(bytes: number): void {
    this.#usedBytes += bytes;
    if (this.#usedBytes >= this.#maxBytes) this.#spent = true;
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes;
    assert(this.#usedBytes >= 0, 'a budget gets back what was taken');
    if (!this.#spent || this.#usedBytes > this.#maxBytes / 2) return;
    this.#spent = false;
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) waiter.regulate();
  }

  /** `waiter.regulate` is called once when there is room again. */
  wait(waiter: BudgetWaiter): void {
    this.#waiters.add(waiter);
  }

  leave(waiter: BudgetWaiter): void {
    this.#waiters.delete(waiter);
  }
}
