/**
 * A publish rate that many connections share: the broker's own, over all topics
 * (brokerPublisherThrottlingMaxMessageRate and ...ByteRate), or a resource group's. A connection
 * that publishes once it is exceeded is not read until there is room again; others go on.
 */
import type { Cancel, Clock } from '../../base/clock.ts';
import {
  draw,
  hasRoom,
  newPace,
  type Pace,
  type Rate,
  readyAtMs,
  roomOf,
} from '../../base/pace.ts';
import type { BudgetWaiter } from '../ingress-budget.ts';

export class SharedPace {
  #rate: Rate;
  /** Undefined where there is no limit. */
  #pace: Pace | undefined;
  readonly #clock: Clock;
  readonly #waiters = new Set<BudgetWaiter>();
  #waiting: Cancel | undefined;

  constructor(rate: Rate, clock: Clock) {
    this.#clock = clock;
    this.#rate = rate;
    this.#pace = newPace(rate, clock.monotonicMs());
  }

  get rate(): Rate {
    return this.#rate;
  }

  /** Nobody waits any more: whoever did is to be told by the caller. */
  setRate(rate: Rate): void {
    this.#rate = rate;
    this.#pace = newPace(rate, this.#clock.monotonicMs());
    this.#waiters.clear();
    this.#stopWaiting();
  }

  /** Whether it has to wait; `waiter.regulate` is called when it need not any more. */
  holds(waiter: BudgetWaiter): boolean {
    return this.#waiters.has(waiter);
  }

  /** Counts what was published; false where that was too much, and whoever did it has to wait. */
  take(messages: number, bytes: number, waiter: BudgetWaiter): boolean {
    if (this.#pace === undefined) return true;
    const nowMs = this.#clock.monotonicMs();
    draw(this.#pace, messages, bytes, nowMs);
    if (hasRoom(roomOf(this.#pace, nowMs))) return true;
    this.#waiters.add(waiter);
    if (this.#waiting === undefined) this.#waitForRoom(this.#pace, nowMs);
    return false;
  }

  leave(waiter: BudgetWaiter): void {
    this.#waiters.delete(waiter);
    if (this.#waiters.size === 0) this.#stopWaiting();
  }

  #stopWaiting(): void {
    this.#waiting?.();
    this.#waiting = undefined;
  }

  #waitForRoom(pace: Pace, nowMs: number): void {
    this.#waiting = this.#clock.after(readyAtMs(pace, nowMs) - nowMs, () => {
      const laterMs = this.#clock.monotonicMs();
      if (!hasRoom(roomOf(pace, laterMs))) {
        this.#waitForRoom(pace, laterMs);
        return;
      }
      this.#waiting = undefined;
      for (const waiter of [...this.#waiters]) {
        // Whoever uses up the room has to wait again, behind the others.
        this.#waiters.delete(waiter);
        waiter.regulate();
        if (this.#waiting !== undefined) return;
      }
    });
  }
}
