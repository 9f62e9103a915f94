/**
 * Messages that are older than the TTL are let go, subscription by subscription
 * (ttlDurationDefaultInSeconds): not before the oldest one can be, and no more often than
 * messageExpiryCheckIntervalInMinutes says.
 */
import { Decision, type Facts } from '../runtime/behaviour.ts';
import { checkAge } from './backlog-quota.ts';
import type { Surveyed } from './commands.ts';
import type { Duty } from './duty.ts';
import type { TopicOptions } from './options.ts';
import { policiesOf } from './policies.ts';
import type { TopicState } from './state.ts';
import { survey, surveyedNames } from './survey.ts';

export const agingDuty: Duty = { dueAtMs, fulfil };

function dueAtMs(
  state: TopicState,
  facts: Facts,
  options: TopicOptions,
  away: boolean,
): number | undefined {
  const ttlMs = policiesOf(state, facts, options).messageTtlSeconds * 1_000;
  const { progress, live } = state;
  if (ttlMs <= 0 || surveyedNames(state).length === 0) return undefined;
  const { oldestMs = progress.ledgers[0]!.openedAtMs, checkedAtMs = 0 } = live.aging;
  if (oldestMs === Number.POSITIVE_INFINITY || state.next === progress.first) return undefined;
  const expiresAtMs = oldestMs + ttlMs + 1;
  return away ? expiresAtMs : Math.max(expiresAtMs, checkedAtMs + options.expiryCheckMs);
}

function fulfil(state: TopicState, facts: Facts, options: TopicOptions): Decision {
  const decision = new Decision();
  survey(state, decision, facts, options);
  return decision;
}

/** A cursor says how old its oldest message is; the last one ends the survey. */
export function surveyed(
  state: TopicState,
  { topicId, round, name, oldestMs }: Surveyed,
  facts: Facts,
  options: TopicOptions,
): Decision {
  const decision = new Decision();
  const current = state.live.aging.round;
  const isAwaited = current?.atMs === round && current.asked.has(name);
  if (topicId !== state.progress.topicId || !isAwaited) return decision;
  decision.change({ type: 'surveyed', data: { name, oldestMs } });
  if (current.asked.size > 1 || current.isEviction) return decision;
  const isBacklog = state.subscriptions.get(name)?.durable === true;
  const backlogMs = isBacklog ? Math.min(current.backlogMs, oldestMs) : current.backlogMs;
  checkAge(state, decision, backlogMs, facts, options);
  return decision;
}
