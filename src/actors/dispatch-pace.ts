/**
 * What subscriptions may dispatch: the rate that a policy gives them, and the buckets that all of
 * the broker draw from.
 */
import { draw, isSameLimit, newPace, type Pace, type Rate } from '../base/pace.ts';
import type { DispatchRate } from './policies/values.ts';
import { type Behaviour, Decision } from './runtime/behaviour.ts';
import type { Configured } from './settings.ts';
import type { Traffic } from './views.ts';

export const BROKER_PACE = 'pace:dispatch';

/** From a subscription that has sent something. */
export interface Dispatched {
  readonly type: 'dispatched';
  readonly messages: number;
  readonly bytes: number;
}

export interface DispatchedEvent {
  readonly type: 'dispatched';
  readonly data: {
    readonly messages: number;
    readonly bytes: number;
    /** What counts since then, or did before. */
    readonly rate: Rate;
    readonly atMs: number;
  };
}

/** What a rate comes to while so much is published a second on its topic. */
export function rateOf(rate: DispatchRate, published: Traffic): Rate {
  const more = (own: number, of: number) =>
    own > 0 && rate.relativeToPublishRate ? own + Math.floor(of) : own;
  return {
    messages: more(rate.dispatchThrottlingRateInMsg, published.messages),
    bytes: more(rate.dispatchThrottlingRateInByte, published.bytes),
    periodMs: Math.max(1, rate.ratePeriodInSecond) * 1_000,
  };
}

/** The broker's buckets, and the rate that they were made for. */
export interface BrokerPace {
  readonly rate: Rate;
  readonly pace: Pace | undefined;
}

/** Those of a rate that has not been drawn from yet are full. */
export function brokerPaceOf(
  exposed: BrokerPace | undefined,
  rate: Rate,
  nowMs: number,
): Pace | undefined {
  if (exposed !== undefined && isSameLimit(exposed.rate, rate)) return exposed.pace;
  return newPace(rate, nowMs);
}

const NO_RATE: Rate = { messages: 0, bytes: 0, periodMs: 1_000 };

/**
 * Without a limit nobody tells it anything. `rate`: what all subscriptions may be sent together.
 */
export function paceBehaviour(
  rate: Configured<Rate>,
): Behaviour<BrokerPace, Dispatched, DispatchedEvent> {
  const initial = () => ({ rate: NO_RATE, pace: undefined });
  return {
    kind: 'pace',
    initial,
    decide(_state, { messages, bytes }, facts) {
      const decision = new Decision();
      const data = { messages, bytes, rate: rate.now(facts), atMs: facts.nowMs };
      decision.change({ type: 'dispatched', data });
      return decision;
    },
    evolve(state, { data }) {
      const pace = brokerPaceOf(state, data.rate, data.atMs);
      if (pace !== undefined) draw(pace, data.messages, data.bytes, data.atMs);
      return { rate: data.rate, pace };
    },
    phase: () => 'open',
    exists: () => false,
    idle: () => false,
    snapshot: () => undefined,
    restore: initial,
    recovered: () => undefined,
    expose: (state) => state,
    abandon: () => new Decision(),
  };
}
