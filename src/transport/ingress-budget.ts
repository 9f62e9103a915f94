/**
 * Memory for what clients send, over both protocols: messages that are not answered yet, large
 * frames that have begun, and bodies of HTTP requests (`maxMessagePublishBufferSizeInMB`). A slow
 * disk slows clients down instead of filling the memory.
 *
 * A party (a tenant; a role, or a host, that has not said which) may hold as much as is free; then
 * nothing more is taken from it until it holds half of what is free. So one alone gets half of all,
 * two get a third each, and whoever comes next finds room. Should all be used up nevertheless,
 * everybody waits until half is free.
 */
import { assert } from '../base/assert.ts';

/** A connection that waits for the budget. */
export interface BudgetWaiter {
  regulate(): void;
}

interface Party {
  usedBytes: number;
  /** Holds all that it may. */
  isSpent: boolean;
}

export class IngressBudget {
  readonly #maxBytes: number;
  /** Those that hold something. */
  readonly #parties = new Map<string, Party>();
  /** How many of them are spent. */
  #spent = 0;
  #isFull = false;
  #usedBytes = 0;
  readonly #waiters = new Map<string, Set<BudgetWaiter>>();

  /** `maxBytes` may be infinite. */
  constructor(maxBytes: number) {
    assert(maxBytes > 0, 'a budget has room');
    this.#maxBytes = maxBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Whether nothing more is to be taken from the party. */
  isSpent(name: string): boolean {
    if (this.#isFull) return true;
    return this.#spent > 0 && this.#parties.get(name)?.isSpent === true;
  }

  /** Never refused: what was read has to be kept. */
  take(name: string, bytes: number): void {
    let party = this.#parties.get(name);
    if (party === undefined) {
      party = { usedBytes: 0, isSpent: false };
      this.#parties.set(name, party);
    }
    party.usedBytes += bytes;
    this.#usedBytes += bytes;
    if (this.#usedBytes >= this.#maxBytes) this.#isFull = true;
    if (party.isSpent || party.usedBytes < this.#maxBytes - this.#usedBytes) return;
    party.isSpent = true;
    this.#spent += 1;
  }

  give(name: string, bytes: number): void {
    const party = this.#parties.get(name);
    assert(party !== undefined && party.usedBytes >= bytes, 'a budget gets back what was taken');
    party.usedBytes -= bytes;
    this.#usedBytes -= bytes;
    if (this.#spent > 0 || this.#isFull) this.#release();
    if (party.usedBytes === 0) this.#parties.delete(name);
  }

  /** `waiter.regulate` is called once when the party has room again. */
  wait(name: string, waiter: BudgetWaiter): void {
    const waiters = this.#waiters.get(name);
    if (waiters === undefined) this.#waiters.set(name, new Set([waiter]));
    else waiters.add(waiter);
  }

  leave(name: string, waiter: BudgetWaiter): void {
    const waiters = this.#waiters.get(name);
    if (waiters?.delete(waiter) === true && waiters.size === 0) this.#waiters.delete(name);
  }

  /** What is free has grown for all of them. */
  #release(): void {
    if (this.#usedBytes <= this.#maxBytes / 2) this.#isFull = false;
    const free = Math.max(0, this.#maxBytes - this.#usedBytes);
    for (const party of this.#parties.values()) {
      if (!party.isSpent || party.usedBytes > free / 2) continue;
      party.isSpent = false;
      this.#spent -= 1;
    }
    for (const [name, waiters] of [...this.#waiters]) {
      if (this.isSpent(name)) continue;
      this.#waiters.delete(name);
      for (const waiter of waiters) waiter.regulate();
    }
  }
}
