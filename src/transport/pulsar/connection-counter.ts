/** Counts connections since the start, for metrics. */
import { assert } from '../../base/assert.ts';
import type { ConnectionCounts } from '../metrics/broker-metrics.ts';

export class ConnectionCounter {
  #created = 0;
  #succeeded = 0;
  #closed = 0;
  #failed = 0;

  /** Turned away before it was a connection. */
  refused(): void {
    this.#failed += 1;
  }

  opened(): void {
    this.#created += 1;
  }

  /** CONNECT was answered. */
  connected(): void {
    this.#succeeded += 1;
  }

  gone(wasConnected: boolean): void {
    this.#closed += 1;
    if (!wasConnected) this.#failed += 1;
    assert(this.#closed <= this.#created, 'a connection ends once');
  }

  counts(): ConnectionCounts {
    return {
      active: this.#created - this.#closed,
      created: this.#created,
      succeeded: this.#succeeded,
      closed: this.#closed,
      failed: this.#failed,
    };
  }
}
