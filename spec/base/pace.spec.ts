import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { draw, hasRoom, newPace, readyAtMs, roomOf } from '../../src/base/pace.ts';

const START_MS = 1_700_000_000_000;

describe('a pace', () => {
  it('is full at first, and never holds more than a period brings', () => {
    const pace = newPace({ messages: 20, bytes: -1, periodMs: 1_000 }, START_MS)!;
    expect(roomOf(pace, START_MS)).toEqual({ messages: 20, bytes: Number.POSITIVE_INFINITY });
    draw(pace, 5, 1_000_000, START_MS);
    expect(roomOf(pace, START_MS + 60_000).messages).toBe(20);
  });

  it('pays off what was taken too much before anything more may pass', () => {
    const pace = newPace({ messages: 0, bytes: 1_000, periodMs: 1_000 }, START_MS)!;
    draw(pace, 1, 3_000, START_MS);
    expect(hasRoom(roomOf(pace, START_MS + 1_999))).toBe(false);
    // Pulsar waits for what 16 ms bring, not for a single byte.
    expect(readyAtMs(pace, START_MS)).toBe(START_MS + 2_016);
    expect(roomOf(pace, START_MS + 2_016).bytes).toBe(16);
  });

  it('is none where the rate is no limit', () => {
    expect(newPace({ messages: 0, bytes: -1, periodMs: 1_000 }, START_MS)).toBeUndefined();
  });

  it('does not run backwards with the clock', () => {
    const pace = newPace({ messages: 10, bytes: 0, periodMs: 1_000 }, START_MS)!;
    draw(pace, 4, 0, START_MS);
    expect(roomOf(pace, START_MS - 5_000).messages).toBe(6);
  });

  it('keeps the rate in the long run, whatever is taken at a time', () => {
    const cases = fc.record({
      rate: fc.integer({ min: 1, max: 100_000 }),
      periodMs: fc.constantFrom(1_000, 5_000),
      sizes: fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 5 }),
    });
    fc.assert(
      fc.property(cases, ({ rate, periodMs, sizes }) => {
        const pace = newPace({ messages: rate, bytes: 0, periodMs }, START_MS)!;
        let [nowMs, taken, turn] = [START_MS, 0, 0];
        const largest = Math.max(...sizes);
        const untilMs = START_MS + Math.max(100 * periodMs, (100 * largest * periodMs) / rate);
        while (nowMs < untilMs && turn < 20_000) {
          const size = sizes[turn++ % sizes.length]!;
          draw(pace, size, 0, nowMs);
          taken += size;
          if (!hasRoom(roomOf(pace, nowMs))) nowMs = readyAtMs(pace, nowMs);
        }
        const brought = (rate * (nowMs - START_MS)) / periodMs;
        expect(taken).toBeLessThanOrEqual(rate + brought + largest);
        expect(taken).toBeGreaterThanOrEqual(brought * 0.98);
      }),
    );
  });
});
