/**
 * The cursors of a topic are asked how old the oldest message is that they still hold, and to let
 * those go that are too old. What they say bounds the time in which nothing else becomes too old.
 */
import type { Survey } from '../cursor/commands.ts';
import { COMPACTION_SUBSCRIPTION, cursorActor } from '../names.ts';
import type { Decision, Facts } from '../runtime/behaviour.ts';
import type { TopicOptions } from './options.ts';
import { policiesOf } from './policies.ts';
import type { TopicState } from './state.ts';

/** What is known of the age of the backlog, as long as the topic is in memory. */
export interface Aging {
  /** No message that somebody holds is older; Infinity: there is none; undefined: not known yet. */
  oldestMs: number | undefined;
  /** The same of the backlog, which is what durable subscriptions hold. */
  backlogMs: number | undefined;
  /** The durable subscription that holds the oldest one, as of the last survey. */
  subscription: string | undefined;
  /** When that survey began. */
  checkedAtMs: number | undefined;
  /** The survey under way. */
  round: SurveyRound | undefined;
}

interface SurveyRound {
  readonly atMs: number;
  /** Offset of the first entry that it does not see. */
  readonly end: number;
  /** Who has not answered. */
  readonly asked: Set<string>;
  /** What is older than a quota goes with it, so that its outcome is none to act on. */
  readonly isEviction: boolean;
  oldestMs: number;
  backlogMs: number;
  subscription: string | undefined;
}

/**
 * Asks every cursor. `maxAgeMs`: a quota lets durable subscriptions go what is older, where the TTL
 * goes less far.
 */
export function survey(
  state: TopicState,
  decision: Decision,
  facts: Facts,
  options: TopicOptions,
  maxAgeMs?: number,
): void {
  const ttlMs = policiesOf(state, facts, options).messageTtlSeconds * 1_000;
  const readersMs = ttlMs > 0 ? ttlMs : NO_LIMIT;
  const ageMs = Math.min(maxAgeMs ?? NO_LIMIT, readersMs);
  const { nowMs } = facts;
  const isEviction = maxAgeMs !== undefined;
  decision.change({ type: 'survey-begun', data: { atMs: nowMs, isEviction } });
  for (const name of surveyedNames(state)) {
    const limitMs = state.subscriptions.get(name)?.durable === true ? ageMs : readersMs;
    const expireBelowMs = Number.isFinite(limitMs) ? nowMs - limitMs : undefined;
    const command: Survey = { type: 'survey', round: nowMs, expireBelowMs };
    decision.tell(cursorActor(state.progress.topicId, name), command);
  }
}

/** Somebody holds messages that no survey has seen. */
export function forgetAges(aging: Aging): void {
  aging.oldestMs = undefined;
  aging.backlogMs = undefined;
}

/** A message has come, to be held by everybody. */
export function haveCome(aging: Aging, atMs: number): void {
  if (aging.oldestMs === Number.POSITIVE_INFINITY) aging.oldestMs = atMs;
  if (aging.backlogMs === Number.POSITIVE_INFINITY) aging.backlogMs = atMs;
}

/** What is kept for compaction waits for it, however old it is. */
export function surveyedNames({ subscriptions }: Pick<TopicState, 'subscriptions'>): string[] {
  return [...subscriptions.keys()].filter((name) => name !== COMPACTION_SUBSCRIPTION);
}

/**
 * Of these the ones whose backlog counts against quotas: readers, which end with their clients,
 * hold nobody back, as in Pulsar.
 */
export function durableNames({ subscriptions }: Pick<TopicState, 'subscriptions'>): string[] {
  return surveyedNames({ subscriptions }).filter(
    (name) => subscriptions.get(name)?.durable === true,
  );
}

const NO_LIMIT = Number.POSITIVE_INFINITY;
