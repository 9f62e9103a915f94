/** What is measured of writing a topic's entries; only topics that are published to have it. */
import { type PeriodCounts, PeriodHistogram } from '../../base/period-histogram.ts';
import { ENTRY_SIZE_BOUNDS, WRITE_LATENCY_BOUNDS_US, type WriteGauges } from '../gauges.ts';
import type { WriteTimes } from '../runtime/behaviour.ts';

export class Writes implements WriteGauges {
  readonly #latency = new PeriodHistogram(WRITE_LATENCY_BOUNDS_US);
  readonly #journalLatency = new PeriodHistogram(WRITE_LATENCY_BOUNDS_US);
  readonly #sizes = new PeriodHistogram(ENTRY_SIZE_BOUNDS);

  /** These were decided to be stored. */
  decided(entries: readonly Buffer[], atMs: number): void {
    for (const entry of entries) this.#sizes.add(entry.length, 1, atMs);
  }

  /** So many have become durable. */
  durable(entries: number, { totalMs, journalMs }: WriteTimes, atMs: number): void {
    this.#latency.add(Math.round(totalMs * 1_000), entries, atMs);
    this.#journalLatency.add(Math.round(journalMs * 1_000), entries, atMs);
  }

  latency(nowMs: number): PeriodCounts {
    return this.#latency.over(nowMs);
  }

  journalLatency(nowMs: number): PeriodCounts {
    return this.#journalLatency.over(nowMs);
  }

  sizes(nowMs: number): PeriodCounts {
    return this.#sizes.over(nowMs);
  }
}
