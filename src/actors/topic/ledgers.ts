/** When a topic opens a new ledger and which ledgers it gives up. */
import type { CursorExposed } from '../exposed.ts';
import { cursorActor } from '../names.ts';
import type { LedgerStart } from '../progress.ts';
import type { Decision, Facts } from '../runtime/behaviour.ts';
import type { TopicOptions } from './options.ts';
import { policiesOf } from './policies.ts';
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

/** Gives up whole closed ledgers that every subscription has read and retention does not keep. */
export function trim(
  state: TopicState,
  decision: Decision,
  facts: Facts,
  options: TopicOptions,
  keepsRetained = true,
): void {
  const { ledgers, topicId } = state.progress;
  if (ledgers.length < 2) return;
  const last = ledgers.length - 1;
  let acked = ledgers[last]!.firstOffset;
  for (const [name, entry] of state.subscriptions) {
    acked = Math.min(acked, entry.acked ?? askCursor(state, decision, name, facts));
  }
  const retention = retentionOf(state, facts, options, state.subscriptions.size === 0);
  let keep = 0;
  let bytes = ledgers.reduce((sum, ledger) => sum + ledger.bytes, 0);
  while (keep < last && ledgers[keep + 1]!.firstOffset <= acked) {
    if (keepsRetained && retained(ledgers[keep + 1]!, bytes, retention, facts.nowMs)) {
      const atMs = facts.nowMs + options.retentionCheckMs;
      if (retention.ms >= 0) decision.wake({ name: 'trim', atMs, command: { type: 'trim' } });
      break;
    }
    bytes -= ledgers[keep]!.bytes;
    keep++;
  }
  if (keep === 0) return;
  const before = ledgers[keep]!.firstOffset;
  decision.record({ type: 'trimmed', data: { before }, trim: { topicId, before } });
}

/** How far a subscription has come, remembered until its cursor says more. */
function askCursor(state: TopicState, decision: Decision, name: string, facts: Facts): number {
  const actor = cursorActor(state.progress.topicId, name);
  const cursor = facts.exposed(actor) as CursorExposed | undefined;
  if (cursor === undefined) return state.progress.first;
  const { acked } = cursor;
  decision.change({ type: 'cursor-moved', data: { name, acked } });
  return acked;
}

interface Retention {
  readonly ms: number;
  readonly bytes: number;
}

/** Whether the ledger before `next` stays: by age since it was closed, and by size. */
function retained(next: LedgerStart, bytes: number, retention: Retention, nowMs: number): boolean {
  if (retention.ms === 0 && retention.bytes === 0) return false;
  const young = retention.ms < 0 || nowMs - next.openedAtMs <= retention.ms;
  const small = retention.bytes < 0 || bytes <= retention.bytes;
  return young && small;
}

function retentionOf(
  state: TopicState,
  facts: Facts,
  options: TopicOptions,
  unread: boolean,
): Retention {
  const { retention } = policiesOf(state, facts, options);
  const ms = retention.retentionTimeInMinutes * MINUTE_MS;
  const bytes = retention.retentionSizeInMB * MIB;
  // What nobody has subscribed to yet stays until the next look, as in Pulsar, or a few ledgers.
  if (unread && ms === 0 && bytes === 0) {
    return { ms: options.retentionCheckMs, bytes: options.rolloverBytes * UNREAD_LEDGERS };
  }
  return { ms: Math.max(ms, -1), bytes: Math.max(bytes, -1) };
}

const MINUTE_MS = 60_000;
const MIB = 1024 * 1024;
const UNREAD_LEDGERS = 4;
