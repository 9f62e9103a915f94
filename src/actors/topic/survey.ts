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
  /** No message of the backlog is older; Infinity: there is none; undefined: not known yet. */
  oldestMs: number | undefined;
  /** The subscription that holds the oldest one, as of the last survey. */
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
  subscription: string | undefined;
}

/** Asks every cursor. `maxAgeMs`: a quota lets go what is older, where the TTL goes less far. */
export function survey(
  state: TopicState,
  decision: Decision,
  facts: Facts,
  options: TopicOptions,
  maxAgeMs?: number,
): void {
  const ttlMs = policiesOf(state, facts, options).messageTtlSeconds * 1_000;
  const ageMs = Math.min(maxAgeMs ?? NO_LIMIT, ttlMs > 0 ? ttlMs : NO_LIMIT);
  const { nowMs } = facts;
  const isEviction = maxAgeMs !== undefined;
  decision.change({ type: 'survey-begun', data: { atMs: nowMs, isEviction } });
  const expireBelowMs = Number.isFinite(ageMs) ? nowMs - ageMs : undefined;
  for (const name of surveyedNames(state)) {
    const command: Survey = { type: 'survey', round: nowMs, expireBelowMs };
    decision.tell(cursorActor(state.progress.topicId, name), command);
  }
}

/** What is kept for compaction waits for it, however old it is. */
export function surveyedNames({ subscriptions }: Pick<TopicState, 'subscriptions'>): string[] {
  return [...subscriptions.keys()].filter((name) => name !== COMPACTION_SUBSCRIPTION);
}

const NO_LIMIT = Number.POSITIVE_INFINITY;
