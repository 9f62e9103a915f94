/**
 * How long something took, as quantiles over the last minutes: counts in buckets that are a
 * sixteenth of their values wide, so that a quantile is six percent too high at most, and nothing
 * is kept of a single sample.
 */
import type { Clock } from './clock.ts';

const PERIOD_MS = 60_000;

/** Buckets for each doubling, and the values below which each has its own, in microseconds. */
const STEPS = 16;
const EXACT = 2 * STEPS;
const MAX_US = 2 ** 31 - 1;

export class Latencies {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  /** Of the minute that runs and the one before it, by bucket. */
  #running: number[] = [];
  #before: number[] = [];
  #period = 0;
  /** Since the start. */
  count = 0;
  sumMs = 0;

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /** Of `times` things that took so many milliseconds each. */
  add(tookMs: number, times = 1): void {
    this.#turn();
    this.count += times;
    this.sumMs += tookMs * times;
    const bucket = bucketOf(tookMs * 1_000);
    while (this.#running.length <= bucket) this.#running.push(0);
    this.#running[bucket] = this.#running[bucket]! + times;
  }

  /** Since `beganMs` by the monotonic clock. */
  addSince(beganMs: number): void {
    this.add(this.#clock.monotonicMs() - beganMs);
  }

  /** In the last minute that is over. */
  get ratePerSecond(): number {
    this.#turn();
    return this.#before.reduce((sum, count) => sum + count, 0) / (PERIOD_MS / 1_000);
  }

  /** In milliseconds, over the last one to two minutes; NaN where there was nothing. */
  quantile(share: number): number {
    this.#turn();
    const buckets = Math.max(this.#running.length, this.#before.length);
    const countAt = (at: number) => (this.#running[at] ?? 0) + (this.#before[at] ?? 0);
    let all = 0;
    for (let at = 0; at < buckets; at += 1) all += countAt(at);
    const rank = Math.max(1, Math.ceil(share * all));
    let seen = 0;
    for (let at = 0; at < buckets; at += 1) {
      seen += countAt(at);
      if (seen >= rank) return highestOf(at) / 1_000;
    }
    return Number.NaN;
  }

  #turn(): void {
    const period = Math.floor(this.#clock.monotonicMs() / PERIOD_MS);
    if (period === this.#period) return;
    this.#before = period === this.#period + 1 ? this.#running : [];
    this.#running = [];
    this.#period = period;
  }
}

function bucketOf(micros: number): number {
  const whole = Math.min(MAX_US, Math.max(0, Math.ceil(micros)));
  if (whole < EXACT) return whole;
  const shift = 31 - Math.clz32(whole) - Math.log2(STEPS);
  return shift * STEPS + (whole >>> shift);
}

/** The highest number of microseconds of a bucket. */
function highestOf(bucket: number): number {
  if (bucket < EXACT) return bucket;
  const shift = Math.floor(bucket / STEPS) - 1;
  return (bucket - shift * STEPS + 1) * 2 ** shift - 1;
}
