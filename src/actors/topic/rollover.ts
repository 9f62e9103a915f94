/**
 * A ledger that is old enough is closed though nothing more is published
 * (managedLedgerMaxLedgerRolloverTimeMinutes): only closed ones can be given up.
 */
import { Decision, type Facts } from '../runtime/behaviour.ts';
import type { Duty } from './duty.ts';
import { openLedgerEvent } from './ledgers.ts';
import type { TopicOptions } from './options.ts';
import { retentionOf } from './retention.ts';
import type { TopicState } from './state.ts';

export const rolloverDuty: Duty = { dueAtMs, fulfil };

function dueAtMs(state: TopicState, facts: Facts, options: TopicOptions): number | undefined {
  const { ledgers, terminated } = state.progress;
  const ledger = ledgers.at(-1);
  if (ledger === undefined || terminated || ledger.firstOffset === state.next) return undefined;
  const { ms, bytes } = retentionOf(state, facts, options);
  if (ms < 0 && bytes < 0) return undefined;
  return ledger.openedAtMs + options.maxRolloverMs;
}

function fulfil(_state: TopicState, facts: Facts): Decision {
  const decision = new Decision();
  decision.record(openLedgerEvent(facts));
  return decision;
}
