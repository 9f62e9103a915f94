/** When a topic opens a new ledger. */
import type { Facts } from '../runtime/behaviour.ts';
import type { TopicOptions } from './options.ts';
import type { TopicState } from './state.ts';

export function openLedgerEvent(facts: Facts) {
  return {
    type: 'ledger-opened' as const,
    data: {
      ledgerId: facts.nextId('ledger'),
      atMs: facts.nowMs,
      incarnation: facts.incarnation,
    },
  };
}

/**
 * Whether the next entry starts a new ledger: after a restart, as Pulsar does on loading a topic,
 * or when the open one is full (managedLedgerMaxEntriesPerLedger and its kin).
 */
export function needsLedger(state: TopicState, facts: Facts, options: TopicOptions): boolean {
  const ledger = state.progress.ledgers.at(-1)!;
  if (state.ledgerIncarnation !== facts.incarnation) return true;
  if (state.live.unloaded) return true;
  const entries = state.next - ledger.firstOffset;
  if (entries === 0) return false;
  if (ledger.bytes >= options.rolloverBytes) return true;
  const ageMs = facts.nowMs - ledger.openedAtMs;
  const full =
    entries >= options.maxEntriesPerLedger ||
    ledger.bytes >= options.maxBytesPerLedger ||
    ageMs >= options.maxRolloverMs;
  return full && ageMs >= options.minRolloverMs;
}

/** How many more entries the ledger takes; one that is too young to be closed takes all. */
export function roomIn(
  openedAtMs: number,
  entries: number,
  { nowMs }: Facts,
  { maxEntriesPerLedger, minRolloverMs }: TopicOptions,
): number {
  const isYoung = nowMs - openedAtMs < minRolloverMs;
  return isYoung ? Number.POSITIVE_INFINITY : maxEntriesPerLedger - entries;
}
