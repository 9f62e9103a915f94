/**
 * Which ledgers a topic gives up: closed ones that no durable subscription needs and retention does
 * not keep. Others hold none back, as in Pulsar: they go on with what is left.
 */
import type { CursorExposed } from '../exposed.ts';
import { cursorActor } from '../names.ts';
import type { LedgerStart } from '../progress.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import type { Duty } from './duty.ts';
import type { TopicOptions } from './options.ts';
import { policiesOf } from './policies.ts';
import type { TopicState } from './state.ts';
import { heldBackFrom } from './transactions.ts';

/** Ledgers that only retention keeps go once they are old enough (retentionCheckInterval...). */
export const retentionDuty: Duty = { dueAtMs, fulfil };

function dueAtMs(
  state: TopicState,
  facts: Facts,
  options: TopicOptions,
  away: boolean,
): number | undefined {
  const { ledgers } = state.progress;
  const second = ledgers[1];
  if (second === undefined) return undefined;
  for (const { durable, acked } of state.subscriptions.values()) {
    // What its cursor has not passed waits for its word, however old it is.
    if (durable && acked !== undefined && acked < second.firstOffset) return undefined;
  }
  const { ms, bytes } = keptOf(state, facts, options);
  const isOver = bytes >= 0 && ledgers.reduce((sum, ledger) => sum + ledger.bytes, 0) > bytes;
  if (ms < 0 && !isOver) return undefined;
  const atMs = isOver ? second.openedAtMs : second.openedAtMs + ms + 1;
  const { trimCheckedAtMs } = state.live;
  if (away || trimCheckedAtMs === undefined) return atMs;
  return Math.max(atMs, trimCheckedAtMs + options.retentionCheckMs);
}

function fulfil(state: TopicState, facts: Facts, options: TopicOptions): Decision {
  const decision = new Decision();
  trim(state, decision, facts, options);
  decision.change({ type: 'trim-checked', data: { atMs: facts.nowMs } });
  return decision;
}

/** Gives up whole closed ledgers that are read and that retention does not keep. */
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
  let acked = Math.min(ledgers[last]!.firstOffset, heldBackFrom(state));
  for (const [name, entry] of state.subscriptions) {
    if (!entry.durable) continue;
    acked = Math.min(acked, entry.acked ?? askCursor(state, decision, name, facts));
  }
  const retention = keptOf(state, facts, options);
  let keep = 0;
  let bytes = ledgers.reduce((sum, ledger) => sum + ledger.bytes, 0);
  while (keep < last && ledgers[keep + 1]!.firstOffset <= acked) {
    if (keepsRetained && retained(ledgers[keep + 1]!, bytes, retention, facts.nowMs)) break;
    bytes -= ledgers[keep]!.bytes;
    keep++;
  }
  if (keep === 0) return;
  const before = ledgers[keep]!.firstOffset;
  decision.record({ type: 'trimmed', data: { before }, trim: { topicId, before } });
  for (const [name, { durable, acked: known = 0, readsCompacted }] of state.subscriptions) {
    // What is compacted stays for those who read that.
    if (durable || readsCompacted === true || known >= before) continue;
    decision.tell(cursorActor(topicId, name), { type: 'evict', below: before });
  }
}

/** How far a subscription has come, remembered until its cursor says more. */
export function askCursor(
  state: TopicState,
  decision: Decision,
  name: string,
  facts: Facts,
): number {
  const acked = ackedBy(state, name, facts);
  if (acked === undefined) return state.progress.first;
  decision.change({ type: 'cursor-moved', data: { name, acked } });
  return acked;
}

/** What the cursor says itself; undefined before it has begun. */
export function ackedBy(state: TopicState, name: string, facts: Facts): number | undefined {
  const actor = cursorActor(state.progress.topicId, name);
  return (facts.exposed(actor) as CursorExposed | undefined)?.acked;
}

/** How long and how much of what is consumed stays; both 0: nothing, -1: no limit. */
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

/** What policies say. */
export function retentionOf(state: TopicState, facts: Facts, options: TopicOptions): Retention {
  const { retention } = policiesOf(state, facts, options);
  const ms = retention.retentionTimeInMinutes * MINUTE_MS;
  return { ms: Math.max(ms, -1), bytes: Math.max(retention.retentionSizeInMB * MIB, -1) };
}

/** What nobody has subscribed to yet stays until the next look, as in Pulsar, or a few ledgers. */
function keptOf(state: TopicState, facts: Facts, options: TopicOptions): Retention {
  const retention = retentionOf(state, facts, options);
  const isKept = retention.ms !== 0 || retention.bytes !== 0;
  if (isKept || hasDurable(state)) return retention;
  return { ms: options.retentionCheckMs, bytes: options.rolloverBytes * UNREAD_LEDGERS };
}

function hasDurable({ subscriptions }: TopicState): boolean {
  for (const { durable } of subscriptions.values()) if (durable) return true;
  return false;
}

const MINUTE_MS = 60_000;
const MIB = 1024 * 1024;
const UNREAD_LEDGERS = 8;
