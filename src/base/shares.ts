/**
 * What each of several parties takes in one turn of the event loop: all that a crowd of one party's
 * clients sent since the last one would keep the others waiting for milliseconds.
 */
import type { Clock } from './clock.ts';
import { Company } from './company.ts';

export class Shares {
  readonly #clock: Pick<Clock, 'monotonicMs' | 'soon'>;
  readonly #most: number;
  readonly #company = new Company();
  /** What parties have taken in this turn. */
  readonly #taken = new Map<string, number>();
  #isShared = false;

  /** A party takes `most` in a turn, and what it was about to take then. */
  constructor(clock: Pick<Clock, 'monotonicMs' | 'soon'>, most: number) {
    this.#clock = clock;
    this.#most = most;
  }

  /** Whether the party is to take no more in this turn. Never while it is the only one. */
  isSpent(party: string): boolean {
    return this.#isShared && (this.#taken.get(party) ?? 0) >= this.#most;
  }

  /** One that `counts` is company for others. */
  take(party: string, amount: number, counts: boolean): void {
    if (this.#taken.size === 0) this.#clock.soon(() => this.#taken.clear());
    this.#taken.set(party, (this.#taken.get(party) ?? 0) + amount);
    const nowMs = this.#clock.monotonicMs();
    if (counts) this.#company.note(party, nowMs);
    this.#isShared = this.#company.isThere(nowMs);
  }
}
