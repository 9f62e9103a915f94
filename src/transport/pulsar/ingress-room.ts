/**
 * A connection's part in the memory for what clients send. A large frame has its room set aside as
 * soon as it has said its size, and then comes in to its end, however much others take meanwhile:
 * nobody waits in the middle of a frame for memory that frames like it hold.
 */
import type { FrameReader } from '../../wire/frame.ts';
import type { BudgetWaiter, IngressBudget } from '../ingress-budget.ts';
import type { Session } from './session.ts';

/** Smaller ones are not counted before they are there, in bytes: it costs more than they do. */
const LARGE_BYTES = 16 * 1024;

export class IngressRoom {
  readonly #budget: IngressBudget;
  readonly #session: Session;
  readonly #frames: FrameReader;
  readonly #waiter: BudgetWaiter;
  /** Set aside for the frame that is coming in, and in whose name. */
  #bytes = 0;
  #party = '';

  constructor(budget: IngressBudget, session: Session, frames: FrameReader, waiter: BudgetWaiter) {
    this.#budget = budget;
    this.#session = session;
    this.#frames = frames;
    this.#waiter = waiter;
  }

  /**
   * Whether there is room to read on; if not, the waiter hears when there is. Who neither publishes
   * nor sends large frames always has some.
   */
  has(): boolean {
    if (this.#bytes > 0) return true;
    const open = this.#frames.openFrameBytes;
    const { party, producers } = this.#session;
    if (open < LARGE_BYTES && producers.size === 0) return true;
    if (this.#budget.isSpent(party)) {
      this.#budget.wait(party, this.#waiter);
      return false;
    }
    if (open < LARGE_BYTES) return true;
    this.#bytes = open;
    this.#party = party;
    this.#budget.take(party, open);
    return true;
  }

  /** The frame that came in is complete, or will never be. */
  free(): void {
    if (this.#bytes === 0) return;
    const bytes = this.#bytes;
    this.#bytes = 0;
    this.#budget.give(this.#party, bytes);
  }

  leave(): void {
    this.#budget.leave(this.#session.party, this.#waiter);
  }
}
