/**
 * A topic that has neither producers nor subscriptions is deleted after a while, with its messages
 * (brokerDeleteInactiveTopicsEnabled, mode delete_when_no_subscriptions).
 */
import { Decision, type Facts } from '../runtime/behaviour.ts';
import type { TopicOptions } from './options.ts';
import type { TopicState } from './state.ts';
import { vanish } from './vanish.ts';

/** From the topic to itself: nobody has used it for a while. */
export interface ExpireInactive {
  readonly type: 'expire-inactive';
}

/** Called whenever the last producer or subscription may have gone. */
export function watchInactivity(decision: Decision, facts: Facts, options: TopicOptions): void {
  if (options.inactiveMs === undefined) return;
  const atMs = facts.nowMs + options.inactiveMs;
  decision.wake({ name: 'inactive', atMs, command: { type: 'expire-inactive' } });
}

/** Somebody uses the topic: no need to look at it again. */
export function endWatch(decision: Decision): void {
  decision.wake({ name: 'inactive', atMs: undefined, command: undefined });
}

export function expireInactive(state: TopicState, facts: Facts, options: TopicOptions): Decision {
  const decision = new Decision();
  const { live, subscriptions } = state;
  const used = live.producers.size > 0 || live.waiting.length > 0 || subscriptions.size > 0;
  if (!state.exists || used) return decision;
  vanish(state, decision, facts, options);
  return decision;
}
