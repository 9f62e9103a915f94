/** How long things took, as quantiles and by bucket. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Latencies } from '../../src/base/latencies.ts';
import { noCounts, PERIOD_MS, PeriodHistogram } from '../../src/base/period-histogram.ts';

function timed() {
  let nowMs = 0;
  const latencies = new Latencies({ monotonicMs: () => nowMs });
  const advance = (ms: number) => {
    nowMs += ms;
  };
  return { latencies, advance };
}

describe('latencies', () => {
  it('say nothing of nothing', () => {
    expect(timed().latencies.quantile(0.5)).toBeNaN();
  });

  it('are told as quantiles that are six percent too high at most', () => {
    const millis = fc.double({ min: 0, max: 1e5, noNaN: true });
    const share = fc.constantFrom(0, 0.5, 0.95, 0.999, 1);
    fc.assert(
      fc.property(fc.array(millis, { minLength: 1 }), share, (all, quantile) => {
        const { latencies } = timed();
        for (const ms of all) latencies.add(ms);
        const sorted = [...all].sort((a, b) => a - b);
        const exact = sorted[Math.max(0, Math.ceil(quantile * all.length) - 1)]!;
        const told = latencies.quantile(quantile);
        expect(told).toBeGreaterThanOrEqual(exact - 1e-9);
        expect(told).toBeLessThanOrEqual(exact * 1.0626 + 0.001);
        expect(latencies.count).toBe(all.length);
      }),
    );
  });

  it('count for two minutes at most, and in count and sum for good', () => {
    const { latencies, advance } = timed();
    latencies.add(8, 3);
    advance(60_000);
    latencies.add(2);
    expect(latencies.quantile(0.75)).toBeCloseTo(8, 0);
    expect(latencies.ratePerSecond).toBe(3 / 60);
    advance(60_000);
    expect(latencies.quantile(1)).toBeCloseTo(2, 0);
    advance(120_000);
    expect(latencies.quantile(1)).toBeNaN();
    expect(latencies).toMatchObject({ count: 4, sumMs: 26 });
  });
});

describe('histograms of periods', () => {
  const BOUNDS = [10, 100];

  it('show the last period that is over, by bucket, with the sum', () => {
    const histogram = new PeriodHistogram(BOUNDS);
    const startMs = 1000 * PERIOD_MS;
    for (const [value, times] of [
      [10, 2],
      [11, 1],
      [101, 4],
    ] as const) {
      histogram.add(value, times, startMs);
    }
    expect(histogram.over(startMs + PERIOD_MS - 1)).toEqual(noCounts(BOUNDS));
    expect(histogram.over(startMs + PERIOD_MS)).toEqual([2, 1, 4, 435]);
    histogram.add(1, 1, startMs + PERIOD_MS);
    expect(histogram.over(startMs + 2 * PERIOD_MS)).toEqual([1, 0, 0, 1]);
    expect(histogram.over(startMs + 3 * PERIOD_MS)).toEqual(noCounts(BOUNDS));
  });

  it('forget what is older than a period, and what a clock set back has made of it', () => {
    const histogram = new PeriodHistogram(BOUNDS);
    histogram.add(1, 1, 5 * PERIOD_MS);
    expect(histogram.over(7 * PERIOD_MS)).toEqual(noCounts(BOUNDS));
    histogram.add(1, 1, 7 * PERIOD_MS);
    expect(histogram.over(6 * PERIOD_MS)).toEqual(noCounts(BOUNDS));
  });
});
