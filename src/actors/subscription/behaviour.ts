/** The subscription as the runtime sees it. */
import { topicActor } from '../names.ts';
import { type Behaviour, Decision } from '../runtime/behaviour.ts';
import type { Configured } from '../settings.ts';
import { goneOf } from './consumers.ts';
import { decideSubscription, type SubscriptionMail } from './decide.ts';
import type { SubscriptionEvent } from './events.ts';
import { evolveSubscription } from './evolve.ts';
import { exposeSubscription } from './expose.ts';
import type { SubscriptionOptions } from './options.ts';
import { tellSource } from './source.ts';
import {
  initialSubscription,
  restoreSubscription,
  type SubscriptionState,
  snapshotSubscription,
} from './state.ts';
import { holdNothing } from './unacked.ts';

/** What events do rests on no option that can change. */
export function subscriptionBehaviour(
  options: Configured<SubscriptionOptions>,
): Behaviour<SubscriptionState, SubscriptionMail, SubscriptionEvent> {
  return {
    kind: 'subscription',
    initial: initialSubscription,
    decide: (state, command, facts) =>
      decideSubscription(state, command, facts, options.now(facts)),
    evolve: (state, event) => evolveSubscription(state, event, options.initial),
    phase: (state) => (state.deleted ? 'deleted' : 'open'),
    exists: (state) => state.exists && state.durable,
    idle: (state) => state.live.consumers.size === 0 && (state.durable || !state.exists),
    snapshot: snapshotSubscription,
    restore: restoreSubscription,
    recovered: () => undefined,
    topicOf: ({ topic }) => topic,
    expose: exposeSubscription,
    abandon,
  };
}

function abandon(state: SubscriptionState): Decision {
  const decision = new Decision();
  const { exists, durable, topic, live } = state;
  holdNothing(state, decision);
  if (exists && durable) tellSource(state, decision, { type: 'clear-redeliveries' });
  else if (exists) decision.tell(topicActor(topic), goneOf(state));
  for (const { recipient, consumerId } of live.consumers.values()) {
    decision.send(recipient, { type: 'consumer-closed', consumerId });
  }
  return decision;
}
