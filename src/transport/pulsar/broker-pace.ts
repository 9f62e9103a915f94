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
  #exceeded = false;

  constructor(pace: Pace, clock: Clock) {
    this.#pace = pace;
    this.#clock = clock;
  }

  /** Stays so until there is room again. */
  get isExceeded(): boolean {
    return this.#exceeded;
  }

  /** Whether that was too much; then `waiter.regulate` is called once there is room. */
  take(messages: number, bytes: number, waiter: BudgetWaiter): boolean {
    const nowMs = this.#clock.monotonicMs();
    draw(this.#pace, messages, bytes, nowMs);
    if (hasRoom(roomOf(this.#pace, nowMs))) return false;
    this.#waiters.add(waiter);
    if (!this.#exceeded) {
      this.#exceeded = true;
      this.#waitForRoom(nowMs);
    }
    return true;
  }

  #waitForRoom(nowMs: number): void {
    this.#clock.after(readyAtMs(this.#pace, nowMs) - nowMs, () => {
      const laterMs = this.#clock.monotonicMs();
      if (!hasRoom(roomOf(this.#pace, laterMs))) {
        this.#waitForRoom(laterMs);
        return;
      }
      this.#exceeded = false;
      const waiters = [...this.#waiters];
      this.#waiters.clear();
      for (const waiter of waiters) waiter.regulate();
    });
  }
}
