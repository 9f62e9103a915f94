/** The policies that count for a subscription, and what it does when they change. */
import type { PolicyValues } from '../policies/values.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import type { SubscriptionOptions } from './options.ts';
import type { SubscriptionState } from './state.ts';
import { unackedLimitsOf } from './unacked.ts';

/** Those of its topic; the broker's for one that is gone and still hears something. */
export function policiesOf(
  state: SubscriptionState,
  facts: Pick<Facts, 'exposed'>,
  { policies }: SubscriptionOptions,
): PolicyValues {
  return state.exists ? policies.of(state.live, state.topic, facts) : policies.broker(facts);
}

/** The new policies are looked up again, then applied. */
export function policiesChanged(): Decision {
  const decision = new Decision();
  decision.change({ type: 'policies-changed', data: {} });
  decision.again = { type: 'apply-policies' };
  return decision;
}

/** What a policy stopped may go on: the limits are compared again. */
export function applyPolicies(
  state: SubscriptionState,
  facts: Facts,
  options: SubscriptionOptions,
): Decision {
  const decision = new Decision();
  if (!state.exists) return decision;
  const limits = unackedLimitsOf(policiesOf(state, facts, options));
  decision.change({ type: 'unacked-limited', data: { limits } });
  decision.again = { type: 'dispatch' };
  return decision;
}
