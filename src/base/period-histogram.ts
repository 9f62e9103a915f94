/**
 * How many samples fell between which bounds within a period: what is shown is the last one that is
 * over, as Pulsar's histograms of topics show it. There may be very many of these.
 */

/** Counts by bucket, the last one for what is above all bounds, and behind them the sum. */
export type PeriodCounts = readonly number[];

/** In milliseconds (managedLedgerStatsPeriodSeconds has this default, and brokers keep it). */
export const PERIOD_MS = 60_000;

export class PeriodHistogram {
  /** The highest values of all buckets but the last, ascending. */
  readonly #bounds: readonly number[];
  #period = 0;
  #running: number[];
  #over: number[];

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#running = noCounts(bounds);
    this.#over = noCounts(bounds);
  }

  /** `times` samples of the same value. */
  add(value: number, times: number, nowMs: number): void {
    this.#turn(nowMs);
    addSample(this.#running, this.#bounds, value, times);
  }

  /** Of the last period that is over; good until the next call. */
  over(nowMs: number): PeriodCounts {
    this.#turn(nowMs);
    return this.#over;
  }

  #turn(nowMs: number): void {
    const period = Math.floor(nowMs / PERIOD_MS);
    if (period === this.#period) return;
    const isNext = period === this.#period + 1;
    this.#period = period;
    const before = this.#over;
    this.#over = this.#running;
    this.#running = before.fill(0);
    if (!isNext) this.#over.fill(0);
  }
}

/** `times` samples of the same value more. */
export function addSample(
  counts: number[],
  bounds: readonly number[],
  value: number,
  times: number,
): void {
  let bucket = 0;
  while (bucket < bounds.length && value > bounds[bucket]!) bucket += 1;
  counts[bucket] = counts[bucket]! + times;
  counts[bounds.length + 1] = counts[bounds.length + 1]! + value * times;
}

/** The same samples as others have. */
export function addCounts(counts: number[], others: PeriodCounts): void {
  for (let i = 0; i < counts.length; i += 1) counts[i] = counts[i]! + others[i]!;
}

/** Of no samples. */
export function noCounts(bounds: readonly number[]): number[] {
  return new Array<number>(bounds.length + 2).fill(0);
}
