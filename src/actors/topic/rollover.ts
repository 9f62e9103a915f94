/**
 * A ledger that is old enough is closed though nothing more is published
 * (managedLedgerMaxLedgerRolloverTimeMinutes): only closed ones can be given up. Where the disk is
 * short of room, one that is consumed is at once.
 */
import { topicActor } from '../names.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import type { Duty } from './duty.ts';
import { openLedgerEvent } from './ledgers.ts';
import type { TopicOptions } from './options.ts';
import { ackedBy, askCursor, retentionOf } from './retention.ts';
import type { TopicState } from './state.ts';

export const rolloverDuty: Duty = { dueAtMs, fulfil };

function dueAtMs(state: TopicState, facts: Facts, options: TopicOptions): number | undefined {
  const { ledgers, terminated } = state.progress;
  const ledger = ledgers.at(-1);
  if (ledger === undefined || terminated || ledger.firstOffset === state.next) return undefined;
  const { ms, bytes } = retentionOf(state, facts, options);
  if (ms < 0 && bytes < 0) return undefined;
  const isKept = ms !== 0 || bytes !== 0;
  if (facts.isStorageShort && !isKept && isConsumed(state, facts)) return ledger.openedAtMs;
  return ledger.openedAtMs + options.maxRolloverMs;
}

/** Every subscription has acknowledged all that there is. */
function isConsumed(state: TopicState, facts: Facts): boolean {
  const { subscriptions, next } = state;
  if (subscriptions.size === 0) return false;
  return [...subscriptions.keys()].every((name) => ackedBy(state, name, facts) === next);
}

function fulfil(state: TopicState, facts: Facts): Decision {
  const decision = new Decision();
  decision.record(openLedgerEvent(facts));
  for (const name of state.subscriptions.keys()) askCursor(state, decision, name, facts);
  decision.tell(topicActor(state.name), { type: 'trim' });
  return decision;
}
