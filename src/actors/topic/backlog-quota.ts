/**
 * What happens when a backlog is larger or older than its quota: producers are let go and none is
 * admitted, or the slowest subscriptions lose their oldest messages. Rules are those of Pulsar's
 * BacklogQuotaManager.
 */
import type { CursorExposed } from '../exposed.ts';
import { cursorActor } from '../names.ts';
import type { BacklogQuota } from '../policies/values.ts';
import { bytesFrom, ledgerEnd, offsetLeaving } from '../progress.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import type { Duty } from './duty.ts';
import type { TopicOptions } from './options.ts';
import { policiesOf } from './policies.ts';
import { closeProducers } from './producers.ts';
import { EXCEPTION, type WhyNot } from './refusals.ts';
import type { TopicState } from './state.ts';
import { durableNames, survey } from './survey.ts';

export const backlogQuotaDuty: Duty = { dueAtMs, fulfil };

/** Eviction goes so far below a quota, so that it is not needed again at once. */
const EVICTION_TARGET = 0.9;

function dueAtMs(
  state: TopicState,
  facts: Facts,
  options: TopicOptions,
  away: boolean,
): number | undefined {
  const { storageQuota, ageQuota } = policiesOf(state, facts, options);
  const { quotaCheckMs } = options;
  const { live, progress } = state;
  if (quotaCheckMs === undefined || state.subscriptions.size === 0) return undefined;
  // Where ages are to be precise, statistics tell them of topics without a quota, too.
  const isLimited = storageQuota.limitSize >= 0 || ageQuota.limitTime > 0;
  if (!isLimited && (away || !options.preciseAge)) return undefined;
  if (!away) return (live.quotaCheckedAtMs ?? 0) + quotaCheckMs;
  // While nobody publishes a backlog grows only older.
  const isEvicted = ageQuota.policy === 'consumer_backlog_eviction' && ageQuota.limitTime >= 0;
  if (!isEvicted || state.next === progress.first) return undefined;
  const isUnread = options.preciseAge && live.aging.backlogMs === undefined;
  const oldestMs = isUnread ? progress.ledgers[0]!.openedAtMs : oldestOf(state, facts, options);
  return oldestMs === undefined ? undefined : oldestMs + ageQuota.limitTime * 1_000 + 1;
}

function fulfil(state: TopicState, facts: Facts, options: TopicOptions): Decision {
  const decision = new Decision();
  const { storageQuota } = policiesOf(state, facts, options);
  decision.change({ type: 'quota-checked', data: { atMs: facts.nowMs } });
  if (isTooLarge(state, storageQuota, facts)) {
    if (storageQuota.policy === 'consumer_backlog_eviction') {
      decision.change({ type: 'backlog-evicted', data: { quota: 'size' } });
      const leftBytes = storageQuota.limitSize * EVICTION_TARGET;
      evictBelow(state, decision, offsetLeaving(state.progress, leftBytes));
    } else closeProducers(state, decision, facts, wordsOf(storageQuota));
  } else if (options.preciseAge) survey(state, decision, facts, options);
  else checkAge(state, decision, oldestOf(state, facts, options), facts, options);
  return decision;
}

/** Acts on the age of the oldest message, where it is known and too much. */
export function checkAge(
  state: TopicState,
  decision: Decision,
  oldestMs: number | undefined,
  facts: Facts,
  options: TopicOptions,
): void {
  const { ageQuota } = policiesOf(state, facts, options);
  if (!isTooOld(oldestMs, ageQuota, facts)) return;
  if (ageQuota.policy !== 'consumer_backlog_eviction') {
    closeProducers(state, decision, facts, wordsOf(ageQuota));
    return;
  }
  decision.change({ type: 'backlog-evicted', data: { quota: 'age' } });
  if (options.preciseAge) {
    survey(state, decision, facts, options, ageQuota.limitTime * 1_000 * EVICTION_TARGET);
  } else evictBelow(state, decision, endOfOldLedgers(state, ageQuota, facts));
}

/** Why no producer is admitted now, in Pulsar's words. */
export function quotaRefusal(
  state: TopicState,
  facts: Facts,
  options: TopicOptions,
): WhyNot | undefined {
  const { storageQuota, ageQuota } = policiesOf(state, facts, options);
  const exceeded = [
    isTooLarge(state, storageQuota, facts) ? storageQuota : undefined,
    isTooOld(oldestOf(state, facts, options), ageQuota, facts) ? ageQuota : undefined,
  ].find((quota) => quota !== undefined && quota.policy !== 'consumer_backlog_eviction');
  return exceeded && wordsOf(exceeded);
}

/** Clients that are to wait are told so by another code than those whose messages fail. */
function wordsOf({ policy }: BacklogQuota): WhyNot {
  const code = policy === 'producer_exception' ? 'quota-exceeded' : 'quota-exceeded-hold';
  const message = 'Cannot create producer on topic with backlog quota exceeded';
  return [code, `${EXCEPTION}TopicBacklogQuotaExceededException: ${message}`];
}

function isTooLarge(state: TopicState, { limitSize }: BacklogQuota, facts: Facts): boolean {
  if (limitSize < 0 || state.subscriptions.size === 0) return false;
  return bytesFrom(state.progress, slowest(state, facts)) >= limitSize;
}

function isTooOld(oldestMs: number | undefined, { limitTime }: BacklogQuota, facts: Facts) {
  if (oldestMs === undefined || limitTime <= 0) return false;
  return facts.nowMs - oldestMs > limitTime * 1_000;
}

/**
 * Publish time of the oldest message in the backlog. Unless it is to be precise, that is taken to
 * be the time when its ledger was closed: undefined while it is open, and where all is read.
 */
function oldestOf(state: TopicState, facts: Facts, options: TopicOptions): number | undefined {
  if (state.subscriptions.size === 0) return undefined;
  if (!options.preciseAge) return ledgerEnd(state.progress, slowest(state, facts));
  const { backlogMs } = state.live.aging;
  return backlogMs === Number.POSITIVE_INFINITY ? undefined : backlogMs;
}

/** Offset of the first entry that some durable subscription has not acknowledged. */
function slowest(state: TopicState, facts: Facts): number {
  const { progress } = state;
  let acked = progress.end;
  for (const name of durableNames(state)) {
    const cursor = facts.exposed(cursorActor(progress.topicId, name)) as CursorExposed | undefined;
    if (cursor !== undefined) acked = Math.min(acked, cursor.acked);
  }
  return Math.max(acked, progress.first);
}

function endOfOldLedgers({ progress }: TopicState, quota: BacklogQuota, facts: Facts): number {
  const { ledgers } = progress;
  const next = ledgers.findLast(({ openedAtMs }) => isTooOld(openedAtMs, quota, facts));
  return next?.firstOffset ?? progress.first;
}

/** Moves all durable subscriptions on that have not come so far. */
function evictBelow(state: TopicState, decision: Decision, below: number): void {
  for (const name of durableNames(state)) {
    decision.tell(cursorActor(state.progress.topicId, name), { type: 'evict', below });
  }
}
