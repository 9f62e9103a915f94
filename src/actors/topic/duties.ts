/**
 * What a topic does by itself when the time has come, whether anybody uses it or not: a duty knows
 * when it is due and what is to be done then. Those of topics that are not in memory wait on disk.
 */
import { Decision, type Facts } from '../runtime/behaviour.ts';
import { agingDuty } from './aging.ts';
import { backlogQuotaDuty } from './backlog-quota.ts';
import { compactionDuty } from './compaction.ts';
import type { Duty } from './duty.ts';
import { inactivityDuty } from './inactivity.ts';
import type { TopicOptions } from './options.ts';
import { retentionDuty } from './retention.ts';
import { rolloverDuty } from './rollover.ts';
import type { TopicState } from './state.ts';
import { subscriptionExpiryDuty } from './subscription-expiry.ts';

/** From the runtime: something may be due; from the topic to itself: the duties from one on. */
export interface Due {
  readonly type: 'due';
  readonly from?: number;
}

/** The last one may end the topic. */
const DUTIES: readonly Duty[] = [
  agingDuty,
  backlogQuotaDuty,
  rolloverDuty,
  compactionDuty,
  retentionDuty,
  subscriptionExpiryDuty,
  inactivityDuty,
];

/** Of a non-persistent topic. */
const WITHOUT_STORE: readonly Duty[] = [inactivityDuty];

/** When the first of the duties is due. */
export function topicDueAtMs(
  state: TopicState,
  facts: Facts,
  options: TopicOptions,
  away: boolean,
): number | undefined {
  if (!state.exists) return undefined;
  let first: number | undefined;
  for (const duty of state.isPersistent ? DUTIES : WITHOUT_STORE) {
    const atMs = duty.dueAtMs(state, facts, options, away);
    if (atMs !== undefined && (first === undefined || atMs < first)) first = atMs;
  }
  return first;
}

/** Fulfils one duty that is due, then looks at those behind it. */
export function due(
  state: TopicState,
  { from = 0 }: Due,
  facts: Facts,
  options: TopicOptions,
): Decision {
  if (!state.exists) return new Decision();
  const duties = state.isPersistent ? DUTIES : WITHOUT_STORE;
  for (let i = from; i < duties.length; i++) {
    const duty = duties[i]!;
    const atMs = duty.dueAtMs(state, facts, options, false);
    if (atMs === undefined || atMs > facts.nowMs) continue;
    const decision = duty.fulfil(state, facts, options);
    decision.again = { type: 'due', from: i + 1 } satisfies Due;
    return decision;
  }
  return new Decision();
}
