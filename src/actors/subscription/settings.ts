/** What a subscription was given when it was made, and how REST and consumers change it. */
import { Decision } from '../runtime/behaviour.ts';
import type { ChangeSettings, Subscribe, SubscriptionSettings } from './commands.ts';
import type { SubscriptionState } from './state.ts';

/** REST: other settings in the place of those that it has. */
export function changeSettings(state: SubscriptionState, command: ChangeSettings): Decision {
  const decision = new Decision();
  const { type: _, reply, ...settings } = command;
  if (!state.exists) {
    // Between two looks at it the subscription may have been deleted.
    return decision.refuse(reply, 'subscription-not-found', 'Subscription not found');
  }
  set(state, decision, settings);
  return decision.answer(reply);
}

/**
 * What a consumer asks for of a subscription that is there already: it may turn replication on,
 * never off, and gives properties where there are none. (Pulsar's getDurableSubscription.)
 */
export function adoptSettings(
  state: SubscriptionState,
  decision: Decision,
  { replicated, subscriptionProperties: properties }: Subscribe,
): void {
  const isBare = Object.keys(state.properties).length === 0;
  const settings = {
    ...(replicated && !state.replicated ? { replicated } : {}),
    ...(isBare && Object.keys(properties).length > 0 ? { properties } : {}),
  };
  if (Object.keys(settings).length > 0) set(state, decision, settings);
}

function set(
  state: SubscriptionState,
  decision: Decision,
  settings: Partial<SubscriptionSettings>,
): void {
  decision.put({ type: 'settings-changed', data: settings }, state.durable);
}
