/**
 * A topic that nobody has used for a while is deleted, with its messages
 * (brokerDeleteInactiveTopicsEnabled): one without producers that has no subscriptions, or whose
 * subscriptions have read everything and have no consumers, as the mode says. Retention keeps
 * one that holds messages.
 */
import { parseTopicName } from '../../base/topic-name.ts';
import type { CursorExposed, SubscriptionExposed } from '../exposed.ts';
import { cursorActor, partitionedActor, subscriptionActor } from '../names.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import type { Duty } from './duty.ts';
import type { TopicOptions } from './options.ts';
import { policiesOf } from './policies.ts';
import { retentionOf } from './retention.ts';
import type { TopicState } from './state.ts';
import { vanish } from './vanish.ts';

export const inactivityDuty: Duty = { dueAtMs, fulfil };

/** Somebody uses the topic: the time without use begins anew afterwards. */
export function endInactivity(state: TopicState, decision: Decision): void {
  if (state.unusedSinceMs === undefined) return;
  decision.put({ type: 'used', data: {} }, state.isPersistent);
}

function dueAtMs(
  state: TopicState,
  facts: Facts,
  options: TopicOptions,
  away: boolean,
): number | undefined {
  const { inactiveTopics } = policiesOf(state, facts, options);
  if (!inactiveTopics.deleteWhileInactive) return undefined;
  const { unusedSinceMs, live } = state;
  const isEmpty = state.next === state.progress.first;
  const retainedMs = isEmpty ? 0 : retentionOf(state, facts, options).ms;
  const allowedMs = Math.max(inactiveTopics.maxInactiveDurationSeconds * 1_000, retainedMs);
  const mayCatchUp = maySubscriptionsCatchUp(state, facts, options);
  if (!mayCatchUp && hasSubscriptions(state, away)) return undefined;
  if (away) {
    if (retainedMs < 0 || live.useChecked?.isBehind) return undefined;
    return unusedSinceMs === undefined ? facts.nowMs : unusedSinceMs + allowedMs;
  }
  if (live.producers.size > 0 || live.waiting.length > 0) return undefined;
  const nextCheckMs = mayCatchUp ? (live.useChecked?.atMs ?? 0) + options.inactivityCheckMs : 0;
  if (unusedSinceMs === undefined) return nextCheckMs;
  return retainedMs < 0 ? undefined : Math.max(unusedSinceMs + allowedMs, nextCheckMs);
}

function fulfil(state: TopicState, facts: Facts, options: TopicOptions): Decision {
  const decision = new Decision();
  if (maySubscriptionsCatchUp(state, facts, options)) {
    const isBehind = areSubscriptionsBehind(state, facts);
    decision.change({ type: 'use-checked', data: { atMs: facts.nowMs, isBehind } });
    if (isBehind || hasConsumers(state, facts)) {
      endInactivity(state, decision);
      return decision;
    }
  }
  if (state.unusedSinceMs === undefined) {
    decision.put({ type: 'unused', data: { atMs: facts.nowMs } }, state.isPersistent);
  } else remove(state, decision, facts, options);
  return decision;
}

/** Whether subscriptions alone do not keep the topic. */
function maySubscriptionsCatchUp(state: TopicState, facts: Facts, options: TopicOptions): boolean {
  const { inactiveTopicDeleteMode } = policiesOf(state, facts, options).inactiveTopics;
  return inactiveTopicDeleteMode === 'delete_when_subscriptions_caught_up';
}

/** Those that are not durable go with their consumers. */
function hasSubscriptions({ subscriptions }: TopicState, away: boolean): boolean {
  if (!away) return subscriptions.size > 0;
  for (const { durable } of subscriptions.values()) if (durable) return true;
  return false;
}

function areSubscriptionsBehind({ progress, subscriptions, next }: TopicState, facts: Facts) {
  for (const name of subscriptions.keys()) {
    const cursor = facts.exposed(cursorActor(progress.topicId, name)) as CursorExposed | undefined;
    if (cursor !== undefined && cursor.backlog(next) > 0) return true;
  }
  return false;
}

function hasConsumers({ progress, subscriptions }: TopicState, facts: Facts): boolean {
  for (const name of subscriptions.keys()) {
    const subscription = facts.exposed(subscriptionActor(progress.topicId, name));
    if ((subscription as SubscriptionExposed).consumers.size > 0) return true;
  }
  return false;
}

/** Where partitions go by themselves, the last one takes what is known of the whole with it. */
function remove(state: TopicState, decision: Decision, facts: Facts, options: TopicOptions): void {
  vanish(state, decision, facts, options);
  const { base, partition } = parseTopicName(state.name);
  if (partition >= 0 && options.deletesPartitionedMetadata) {
    decision.tell(partitionedActor(base), { type: 'partition-gone' });
  }
}
