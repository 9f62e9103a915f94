/**
 * How many messages consumers may hold without acknowledging them: one consumer, and all of a
 * shared or key_shared subscription together. Who holds too many gets nothing new until half of
 * them are gone, so that it does not flicker. (Pulsar's maxUnackedMessagesPerConsumer and
 * maxUnackedMessagesPerSubscription)
 */
import { orNone } from '../../base/limits.ts';
import { BROKER_UNACKED, type BrokerUnackedExposed, type HoldsUnacked } from '../broker-unacked.ts';
import { subscriptionActor } from '../names.ts';
import type { PolicyValues } from '../policies/values.ts';
import type { Decision, Facts } from '../runtime/behaviour.ts';
import type { SubscriptionOptions } from './options.ts';
import type { Consumer, SubscriptionLive, SubscriptionState } from './state.ts';

/** Infinity: no limit. */
export interface UnackedLimits {
  readonly perConsumer: number;
  readonly perSubscription: number;
}

export const NO_LIMITS: UnackedLimits = Object.freeze({
  perConsumer: Number.POSITIVE_INFINITY,
  perSubscription: Number.POSITIVE_INFINITY,
});

export function unackedLimitsOf(policies: PolicyValues): UnackedLimits {
  return {
    perConsumer: orNone(policies.maxUnackedPerConsumer),
    perSubscription: orNone(policies.maxUnackedPerSubscription),
  };
}

/** Messages that a consumer may still be given; a batch goes as a whole all the same. */
export function roomOf({ unackedLimits: { perConsumer } }: SubscriptionLive, consumer: Consumer) {
  return perConsumer - consumer.unacked;
}

/** A consumer has been given more. */
export function block(live: SubscriptionLive, consumer: Consumer): void {
  const { perConsumer, perSubscription } = live.unackedLimits;
  if (consumer.unacked >= perConsumer) consumer.blocked = true;
  if (live.unacked >= perSubscription) live.blocked = true;
}

/** A consumer holds less than before. */
export function unblock(live: SubscriptionLive, consumer: Consumer): void {
  const { perConsumer, perSubscription } = live.unackedLimits;
  if (consumer.unacked <= perConsumer / 2) consumer.blocked = false;
  if (live.unacked < perSubscription / 2) live.blocked = false;
}

/** The limits are others now. */
export function limit(live: SubscriptionLive, limits: UnackedLimits): void {
  live.unackedLimits = limits;
  for (const consumer of live.consumers.values()) {
    unblock(live, consumer);
    block(live, consumer);
  }
}

/**
 * Whether the broker as a whole holds so much that this subscription gets nothing new. Tells it
 * what is held here.
 */
export function isHeldByBroker(
  state: SubscriptionState,
  decision: Decision,
  facts: Facts,
  { brokerUnacked }: SubscriptionOptions,
): boolean {
  if (brokerUnacked === undefined) return false;
  const { unacked, toldUnacked, isHeldByBroker: wasHeld } = state.live;
  if (unacked !== toldUnacked) tellBroker(state, decision, unacked);
  const { isBlocked } = facts.exposed(BROKER_UNACKED) as BrokerUnackedExposed;
  const { perSubscription } = brokerUnacked;
  const isMuch = wasHeld ? unacked >= Math.floor(perSubscription / 2) : unacked > perSubscription;
  const held = isBlocked && isMuch;
  if (held !== wasHeld) decision.change({ type: 'held-by-broker', data: { held } });
  return held;
}

/** Nobody is left who could hold anything. */
export function holdNothing(state: SubscriptionState, decision: Decision): void {
  if (state.live.toldUnacked > 0) tellBroker(state, decision, 0);
}

function tellBroker(state: SubscriptionState, decision: Decision, messages: number): void {
  const holder = subscriptionActor(state.topicId, state.name);
  decision.tell(BROKER_UNACKED, { type: 'holds-unacked', holder, messages } satisfies HoldsUnacked);
  decision.change({ type: 'unacked-told', data: { messages } });
}
