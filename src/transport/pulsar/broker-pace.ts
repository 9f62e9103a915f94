/**
 * The broker's own publish rate, over all topics (brokerPublisherThrottlingMaxMessageRate and
 * ...ByteRate). A connection that publishes once it is exceeded is not read until there is room
 * again; those that publish nothing go on.
 */
import type { Clock } from '../../base/clock.ts';
import {
  draw,
  hasRoom,
  newPace,
  type Pace,
  type Rate,
  readyAtMs,
  roomOf,
} from '../../base/pace.ts';
import type { BudgetWaiter } from './ingress-budget.ts';

/** Undefined where there is no limit. */
export function newBrokerPace(rate: Rate, clock: Clock): BrokerPace | undefined {
  const pace = newPace(rate, clock.monotonicMs());
  return pace === undefined ? undefined : new BrokerPace(pace, clock);
}

export class BrokerPace {
  readonly #pace: Pace;
  readonly #clock: Clock;
  readonly #waiters = new Set<BudgetWaiter>();
  #isWaiting = false;

  constructor(pace: Pace, clock: Clock) {
    this.#pace = pace;
    this.#clock = clock;
  }

  /** Whether it has to wait; `waiter.regulate` is called when it need not any more. */
  holds(waiter: BudgetWaiter): boolean {
    return this.#waiters.has(waiter);
  }

  /** Counts what was published; where that was too much, whoever did it has to wait. */
  take(messages: number, bytes: number, waiter: BudgetWaiter): void {
    const nowMs = this.#clock.monotonicMs();
    draw(this.#pace, messages, bytes, nowMs);
    if (hasRoom(roomOf(this.#pace, nowMs))) return;
    this.#waiters.add(waiter);
    if (!this.#isWaiting) this.#waitForRoom(nowMs);
  }

  #waitForRoom(nowMs: number): void {
    this.#isWaiting = true;
    this.#clock.after(readyAtMs(this.#pace, nowMs) - nowMs, () => {
      const laterMs = this.#clock.monotonicMs();
      if (!hasRoom(roomOf(this.#pace, laterMs))) {
        this.#waitForRoom(laterMs);
        return;
      }
      this.#isWaiting = false;
      for (const waiter of [...this.#waiters]) {
        // Whoever uses up the room has to wait again, behind the others.
        this.#waiters.delete(waiter);
        waiter.regulate();
        if (this.#isWaiting) return;
      }
    });
  }
}
