/**
 * A subscription that has been without consumers for long enough is deleted, whatever it has not
 * read (subscriptionExpirationTimeMinutes). Replicated ones stay.
 */
import type { SubscriptionExposed } from '../exposed.ts';
import { COMPACTION_SUBSCRIPTION, subscriptionActor } from '../names.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import type { Duty } from './duty.ts';
import type { TopicOptions } from './options.ts';
import { policiesOf } from './policies.ts';
import type { SubscriptionEntry, TopicState } from './state.ts';

export const subscriptionExpiryDuty: Duty = { dueAtMs, fulfil };

const MINUTE_MS = 60_000;

function dueAtMs(
  state: TopicState,
  facts: Facts,
  options: TopicOptions,
  away: boolean,
): number | undefined {
  const minutes = policiesOf(state, facts, options).subscriptionExpirationMinutes;
  if (minutes <= 0 || state.subscriptions.size === 0) return undefined;
  const { idleCheckedAtMs } = state.live;
  const checkMs = idleCheckedAtMs === undefined ? 0 : idleCheckedAtMs + options.subscriptionCheckMs;
  if (!away) return checkMs;
  let first: number | undefined;
  for (const [name, { durable, idleSinceMs }] of state.subscriptions) {
    if (name === COMPACTION_SUBSCRIPTION) continue;
    const atMs = idleSinceMs === undefined ? checkMs : idleSinceMs + minutes * MINUTE_MS + 1;
    if (durable && (first === undefined || atMs < first)) first = atMs;
  }
  return first;
}

function fulfil(state: TopicState, facts: Facts, options: TopicOptions): Decision {
  const decision = new Decision();
  const minutes = policiesOf(state, facts, options).subscriptionExpirationMinutes;
  const { nowMs } = facts;
  decision.change({ type: 'idle-subscriptions-checked', data: { atMs: nowMs } });
  const idle: string[] = [];
  for (const [name, entry] of state.subscriptions) {
    if (name === COMPACTION_SUBSCRIPTION || isInUse(state, name, entry, facts)) continue;
    if (entry.idleSinceMs === undefined) idle.push(name);
    else if (nowMs - entry.idleSinceMs > minutes * MINUTE_MS) {
      decision.tell(subscriptionActor(state.progress.topicId, name), {
        type: 'delete',
        force: false,
      });
    }
  }
  if (idle.length > 0) {
    decision.record({ type: 'subscriptions-idle', data: { names: idle, atMs: nowMs } });
  }
  return decision;
}

function isInUse(state: TopicState, name: string, { durable }: SubscriptionEntry, facts: Facts) {
  const actor = subscriptionActor(state.progress.topicId, name);
  const { consumers, replicated } = facts.exposed(actor) as SubscriptionExposed;
  return !durable || consumers.size > 0 || replicated;
}
