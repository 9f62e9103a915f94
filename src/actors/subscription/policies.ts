/** The policies that count for a subscription, and what it does when they change. */
import type { PolicyValues } from '../policies/values.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import type { SubscriptionOptions } from './options.ts';
import type { SubscriptionState } from './state.ts';

/** Those of its topic. */
export function policiesOf(
  state: SubscriptionState,
  facts: Pick<Facts, 'exposed'>,
  { policies }: SubscriptionOptions,
): PolicyValues {
  return policies.of(state.live, state.topic, facts);
}

/** The new policies are looked up again, then applied. */
export function policiesChanged(): Decision {
  const decision = new Decision();
  decision.change({ type: 'policies-changed', data: {} });
  decision.again = { type: 'apply-policies' };
  return decision;
}

/** What a policy stopped may go on: the limits are compared again. */
export function applyPolicies(state: SubscriptionState): Decision {
  const decision = new Decision();
  if (state.exists) decision.again = { type: 'dispatch' };
  return decision;
}
