/**
 * How much is published a second, as dispatch rates that are relative to it see it. It is taken
 * once in an interval; what has grown counts at once, what has fallen by half of the difference.
 * (Pulsar's lastUpdatedAvgPublishRateInMsg and ...InByte)
 */
import type { Traffic } from '../views.ts';

export interface PublishMeter {
  readonly intervalMs: number;
  /** When the interval began, and what had been published by then. */
  readonly sinceMs: number;
  readonly before: Traffic;
  /** A second, as of then. */
  readonly rate: Traffic;
}

export function newPublishMeter(intervalMs: number, nowMs: number, before: Traffic): PublishMeter {
  return { intervalMs, sinceMs: nowMs, before, rate: NOTHING };
}

export function isOver({ sinceMs, intervalMs }: PublishMeter, nowMs: number): boolean {
  return nowMs >= sinceMs + intervalMs;
}

/** The meter in the interval that `nowMs` lies in; asked with each publish, so that what came since
 * came in the first interval. `total`: what has been published so far. */
export function measured(meter: PublishMeter, nowMs: number, total: Traffic): PublishMeter {
  const { intervalMs, sinceMs, before, rate } = meter;
  const intervals = Math.floor((nowMs - sinceMs) / intervalMs);
  if (intervals < 1) return meter;
  const each = (now: number, then: number, last: number) => {
    const fresh = ((now - then) / intervalMs) * 1_000;
    return (fresh > last ? fresh : (fresh + last) / 2) / 2 ** (intervals - 1);
  };
  return {
    intervalMs,
    sinceMs: sinceMs + intervals * intervalMs,
    before: total,
    rate: {
      messages: each(total.messages, before.messages, rate.messages),
      bytes: each(total.bytes, before.bytes, rate.bytes),
    },
  };
}

const NOTHING: Traffic = { messages: 0, bytes: 0 };
