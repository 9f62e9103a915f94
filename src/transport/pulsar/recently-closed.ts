/**
 * Producers that the broker has closed a moment ago: what their clients had already sent still
 * arrives, and is no reason to hang up (Pulsar forgives for 30 s).
 */
import type { Clock } from '../../base/clock.ts';
import type { Long } from '../../base/long.ts';

const FORGIVEN_MS = 30_000;
/** More than this at a time are forgotten, the oldest first. */
const MAX_REMEMBERED = 10_000;

export class RecentlyClosed {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  /** Id to the time until which it is forgiven, oldest first. */
  readonly #until = new Map<Long, number>();

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  add(id: Long): void {
    const nowMs = this.#clock.monotonicMs();
    this.#until.delete(id);
    for (const [old, untilMs] of this.#until) {
      if (untilMs > nowMs && this.#until.size < MAX_REMEMBERED) break;
      this.#until.delete(old);
    }
    this.#until.set(id, nowMs + FORGIVEN_MS);
  }

  has(id: Long): boolean {
    const untilMs = this.#until.get(id);
    return untilMs !== undefined && untilMs > this.#clock.monotonicMs();
  }

  delete(id: Long): void {
    this.#until.delete(id);
  }
}
