/**
 * Lets a few checks of credentials run at a time, as many in a turn of the event loop at most, and
 * the addresses they come from take turns: who sends thousands of wrong ones makes himself wait,
 * not the others.
 */
import type { Clock } from '../../base/clock.ts';
import { BrokerError } from '../../base/errors.ts';

export interface GateLimits {
  /** Checks that run at the same time. */
  readonly running: number;
  /** Checks that wait; beyond, `too-many-requests`. */
  readonly waiting: number;
}

interface Check {
  /** Whether somebody still waits for the answer. */
  readonly isWanted: () => boolean;
  readonly start: () => Promise<void>;
  readonly drop: (error: BrokerError) => void;
}

export class Gate {
  readonly #limits: GateLimits;
  readonly #clock: Pick<Clock, 'soon'>;
  /** Of each address those that wait; the address whose turn it is comes first. */
  readonly #queues = new Map<string, Check[]>();
  #waiting = 0;
  #running = 0;

  constructor(limits: GateLimits, clock: Pick<Clock, 'soon'>) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** What `check` gives; `too-many-requests` where too many wait or nobody wants it any more. */
  pass<T>(address: string, isWanted: () => boolean, check: () => Promise<T>): Promise<T> {
    if (this.#waiting >= this.#limits.waiting) return Promise.reject(tooMany());
    return new Promise<T>((resolve, reject) => {
      const start = () => check().then(resolve, reject);
      const queue = this.#queues.get(address);
      const waiting = { isWanted, start, drop: reject };
      if (queue === undefined) this.#queues.set(address, [waiting]);
      else queue.push(waiting);
      this.#waiting += 1;
      this.#proceed();
    });
  }

  #proceed(): void {
    while (this.#running < this.#limits.running && this.#waiting > 0) {
      const check = this.#next();
      if (!check.isWanted()) {
        check.drop(tooMany());
        continue;
      }
      this.#running += 1;
      check.start().finally(() => this.#clock.soon(() => this.#ended()));
    }
  }

  #ended(): void {
    this.#running -= 1;
    this.#proceed();
  }

  /** The oldest of the address whose turn it is, which then is the last in turn. */
  #next(): Check {
    const [[address, queue]] = this.#queues as unknown as [[string, Check[]]];
    const check = queue.shift() as Check;
    this.#queues.delete(address);
    if (queue.length > 0) this.#queues.set(address, queue);
    this.#waiting -= 1;
    return check;
  }
}

function tooMany(): BrokerError {
  return new BrokerError('too-many-requests', 'Too many credentials wait to be checked');
}
