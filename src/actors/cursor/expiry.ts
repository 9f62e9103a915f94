/** Messages that are too old are done with: because an administrator says so, or a policy. */
import type { TopicExposed } from '../exposed.ts';
import { topicActor } from '../names.ts';
import { offsetAtOrAfter, offsetOfEntry, positionOf, type TopicProgress } from '../progress.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import type { BacklogRequest, ExpiryLimit } from '../subscription/commands.ts';
import type { ReplyTo, Surveyed } from '../topic/commands.ts';
import type { EvictBacklog, ExpiryFound, OldestFound, Survey, SurveyFound } from './commands.ts';
import { moveTo } from './decide.ts';
import { backlogOf, openBetween } from './expose.ts';
import type { CursorState } from './state.ts';

/**
 * The topic asks for the oldest message, after those that are too old. What lies in a ledger that
 * was closed before is too old in any case, whatever the clock of its producer said.
 */
export function survey(state: CursorState, command: Survey, { progress }: TopicExposed): Decision {
  const decision = new Decision();
  const { round, expireBelowMs } = command;
  const { topicId, first, end, ledgers } = progress;
  const from = state.ranges.gapFrom(Math.max(state.acked, first));
  if (from >= end) return answer(state, decision, round, Number.POSITIVE_INFINITY);
  const timeMs = expireBelowMs ?? Number.NEGATIVE_INFINITY;
  const young = ledgers.findLast(({ openedAtMs }) => openedAtMs < timeMs)?.firstOffset ?? from;
  const start = Math.min(Math.max(from, young), end);
  decision.find({
    topicId,
    from: start,
    // Where nothing expires, the first one says it all.
    to: expireBelowMs === undefined ? start + 1 : end,
    timeMs,
    result: (offset, foundMs): SurveyFound => ({ type: 'survey-found', command, offset, foundMs }),
  });
  return decision;
}

export function surveyFound(
  state: CursorState,
  { command, offset, foundMs }: SurveyFound,
  { progress }: TopicExposed,
  facts: Facts,
): Decision {
  const decision = new Decision();
  // It is asked again before long.
  if (offset === undefined) return decision;
  if (command.expireBelowMs !== undefined) expireBelow(state, decision, offset, progress, facts);
  const isAll = foundMs === undefined;
  return answer(state, decision, command.round, isAll ? Number.POSITIVE_INFINITY : foundMs);
}

function answer(
  { topic, topicId, name }: CursorState,
  decision: Decision,
  round: number,
  oldestMs: number,
): Decision {
  const told: Surveyed = { type: 'surveyed', topicId, round, name, oldestMs };
  decision.tell(topicActor(topic), told);
  return decision;
}

/** A quota takes the oldest entries away, or trimming does from who holds none back. */
export function evict(
  state: CursorState,
  { below }: EvictBacklog,
  { progress }: TopicExposed,
  facts: Facts,
): Decision {
  const decision = new Decision();
  moveTo(state, decision, Math.min(below, progress.end), facts);
  return decision;
}

export function expire(
  state: CursorState,
  command: Extract<BacklogRequest, { type: 'expire' }> | OldestFound,
  { progress }: TopicExposed,
  facts: Facts,
): Decision {
  if (command.type === 'oldest-found') return oldestFound(state, command);
  const decision = new Decision();
  const { reply, limit } = command;
  if (limit.kind === 'time') return expireByTime(state, reply, limit, progress);
  const below = offsetBehind(progress, limit.position);
  if (below === undefined) return notIssued(state, decision, reply, 'id');
  expireBelow(state, decision, below, progress, facts);
  return decision.answer(reply);
}

function expireByTime(
  state: CursorState,
  reply: ReplyTo,
  { timeMs, oldestMs }: Extract<ExpiryLimit, { kind: 'time' }>,
  { topicId, first, end }: TopicProgress,
): Decision {
  const decision = new Decision();
  const backlog = backlogOf(state, end);
  if (backlog === 0) return notIssued(state, decision, reply, 'time');
  const from = state.ranges.gapFrom(Math.max(state.acked, first));
  if (oldestMs !== undefined && backlog < MUCH_WAITS) {
    decision.find({
      ...{ topicId, from, to: from + 1, timeMs: oldestMs, reply },
      result: (offset): OldestFound => {
        const isOld = offset === undefined ? undefined : offset > from;
        return { type: 'oldest-found', reply, timeMs, isOld };
      },
    });
    return decision;
  }
  decision.find({
    ...{ topicId, from, to: end, timeMs, reply },
    result: (offset): ExpiryFound => ({ type: 'expiry-found', reply, offset }),
  });
  return decision;
}

/** Consumers that nearly keep up are left alone. (Pulsar's MINIMUM_BACKLOG_FOR_EXPIRY_CHECK) */
const MUCH_WAITS = 1_000;

function oldestFound(state: CursorState, { reply, timeMs, isOld }: OldestFound): Decision {
  const decision = new Decision();
  if (isOld === undefined) return decision.refuse(reply, 'unknown', NOT_FOUND);
  if (!isOld) return notIssued(state, decision, reply, 'time');
  decision.again = { type: 'expire', reply, limit: { kind: 'time', timeMs } };
  return decision;
}

const NOT_FOUND = 'The time was not found: entries cannot be read';

export function expiryFound(
  state: CursorState,
  { reply, offset }: ExpiryFound,
  { progress }: TopicExposed,
  facts: Facts,
): Decision {
  const decision = new Decision();
  if (offset === undefined) {
    return decision.refuse(reply, 'unknown', NOT_FOUND);
  }
  expireBelow(state, decision, offset, progress, facts);
  return decision.answer(reply);
}

/** One past the entry that the position names or comes after; undefined past the last one. */
function offsetBehind(
  progress: TopicProgress,
  { ledgerId, entryId }: { readonly ledgerId: number; readonly entryId: number },
): number | undefined {
  const exact = offsetOfEntry(progress, ledgerId, entryId);
  if (exact >= 0) return exact + 1;
  const newest = progress.ledgers.at(-1);
  const last = positionOf(progress, progress.end - 1);
  const isPast = ledgerId > last.ledgerId || (ledgerId === last.ledgerId && entryId > last.entryId);
  if (newest !== undefined && isPast) return undefined;
  return offsetAtOrAfter(progress, { ledgerId, entryId });
}

function expireBelow(
  state: CursorState,
  decision: Decision,
  below: number,
  { first, end }: TopicProgress,
  facts: Facts,
): void {
  const to = Math.min(below, end);
  const data = { count: openBetween(state, first, to), atMs: facts.nowMs };
  decision.change({ type: 'expired', data });
  moveTo(state, decision, to, facts);
}

function notIssued(
  { topic, name }: CursorState,
  decision: Decision,
  reply: ReplyTo,
  kind: ExpiryLimit['kind'],
): Decision {
  const [by, why] = kind === 'time' ? ['timestamp', CAUGHT_UP] : ['position', NO_POSITION];
  const message =
    `Expire message by ${by} not issued on topic ${topic} for subscription ${name} due to ` +
    `ongoing message expiration not finished or ${why}`;
  return decision.refuse(reply, 'conflict', message);
}

/** Pulsar's words, to the blank. */
const CAUGHT_UP =
  "subscription almost catch  up. If it's performed on a partitioned topic operation might " +
  'succeeded on other partitions, please check stats of individual partition.';
const NO_POSITION = 'invalid message position provided.';
