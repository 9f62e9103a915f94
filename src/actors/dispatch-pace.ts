/**
 * What subscriptions may dispatch: the rate that a policy gives them, and the buckets that all of
 * the broker draw from.
 */
import { draw, newPace, type Pace, type Rate } from '../base/pace.ts';
import type { DispatchRate } from './policies/values.ts';
import { type Behaviour, Decision } from './runtime/behaviour.ts';
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
  readonly data: { readonly messages: number; readonly bytes: number; readonly atMs: number };
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

type PaceState = Pace | undefined;

/** Without a limit it shows no buckets, and nobody tells it anything. */
export function paceBehaviour(rate: Rate): Behaviour<PaceState, Dispatched, DispatchedEvent> {
  return {
    kind: 'pace',
    initial: () => newPace(rate, 0),
    decide(_state, { messages, bytes }, facts) {
      const decision = new Decision();
      decision.change({ type: 'dispatched', data: { messages, bytes, atMs: facts.nowMs } });
      return decision;
    },
    evolve(state, { data: { messages, bytes, atMs } }) {
      if (state !== undefined) draw(state, messages, bytes, atMs);
      return state;
    },
    phase: () => 'open',
    exists: () => false,
    idle: () => false,
    snapshot: () => undefined,
    restore: () => newPace(rate, 0),
    recovered: () => undefined,
    expose: (state) => state,
    abandon: () => new Decision(),
  };
}
