/**
 * Acknowledgements in transactions: held until their transaction ends, then carried out or given
 * up. What one transaction holds, or what is acknowledged, no other may acknowledge: the later one
 * is refused with `transaction-conflict`, in Pulsar's words. (PendingAckHandleImpl)
 */
import type { Refusal } from '../../base/errors.ts';
import { intersect, overlaps } from '../ack-set.ts';
import type { TopicExposed } from '../exposed.ts';
import { coordinatorActor, subscriptionActor } from '../names.ts';
import { positionBefore, positionOf, type TopicProgress } from '../progress.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import type { AcksHeld, AcksReturned } from '../subscription/commands.ts';
import type { ConfirmEnd, EndInParticipant } from '../transaction/commands.ts';
import { partsOf, type TxnId } from '../txn-id.ts';
import { acknowledge } from './ack.ts';
import type { AckInTransaction, HeldEntry, PartialAck } from './commands.ts';
import { put } from './decide.ts';
import type { HeldByTxn } from './held-acks.ts';
import { type CursorState, isOpen } from './state.ts';

/** Entries that all transactions together may hold on a subscription. Beyond: `not-allowed`. */
const MAX_HELD = 1_000_000;

export function ackInTransaction(
  state: CursorState,
  command: AckInTransaction,
  { progress }: TopicExposed,
): Decision {
  const decision = new Decision();
  const { txn, entries, cumulative } = command;
  const refusal = cumulative
    ? cumulativeConflict(state, txn, entries, progress)
    : individualConflict(state, txn, entries, progress);
  answer(decision, command, refusal);
  if (refusal !== undefined) return decision;
  if (cumulative) {
    const { offset, words = null } = entries[0]!;
    const upTo = words === null ? offset + 1 : offset;
    put(state, decision, { type: 'cumulative-held', data: { txn, upTo, words } });
    return decision;
  }
  const held = heldOf(entries);
  put(state, decision, { type: 'acks-held', data: { txn, ...held } });
  const told: AcksHeld = { type: 'acks-held', key: command.key, ...leftOf(state, held) };
  decision.tell(subscriptionActor(state.topicId, state.name), told);
  return decision;
}

function answer(
  decision: Decision,
  { reply, consumerId }: AckInTransaction,
  refusal: Refusal | undefined,
): void {
  if (reply === undefined) return;
  const { recipient, requestId } = reply;
  decision.reply(recipient, { type: 'ack-answered', consumerId, requestId, refusal });
}

function heldOf(entries: readonly HeldEntry[]): HeldByTxn {
  const whole: number[] = [];
  const partial: PartialAck[] = [];
  for (const { offset, words } of entries) {
    if (words === undefined) whole.push(offset);
    else partial.push({ offset, words });
  }
  return { entries: whole, partial };
}

/** What nobody need wait for any more: entries that are held or acknowledged in all their parts. */
function leftOf(state: CursorState, { entries, partial }: HeldByTxn) {
  const offsets = [...entries];
  const left: PartialAck[] = [];
  for (const { offset, words } of partial) {
    const known = intersect(state.partial.get(offset) ?? words, words);
    const open = known && intersect(state.held.openOf(offset) ?? known, known);
    if (open === undefined) offsets.push(offset);
    else left.push({ offset, words: open });
  }
  return { offsets, partial: left };
}

function individualConflict(
  state: CursorState,
  txn: TxnId,
  entries: readonly HeldEntry[],
  progress: TopicProgress,
): Refusal | undefined {
  const { held } = state;
  if (held.size + entries.length > MAX_HELD) {
    const message = `More than ${MAX_HELD} entries of ${state.name} would wait for transactions`;
    return { code: 'not-allowed', message };
  }
  const seen = new Set<number>();
  for (const entry of entries) {
    const { offset, words, batchSize } = entry;
    const conflict = (what: string, why: string) =>
      conflictOf(state, `Transaction:${txn} try to ack ${what}:${textOf(progress, entry)} ${why}`);
    if (!isOpen(state, offset)) return conflict('message', 'already acked before.');
    const open = held.openOf(offset);
    if (words === undefined) {
      if (open !== undefined || seen.has(offset)) {
        return conflict('message', 'in pending ack status.');
      }
    } else {
      const known = state.partial.get(offset);
      if (known !== undefined && overlaps(words, known, batchSize)) {
        return conflict('message', 'already acked before.');
      }
      if (seen.has(offset) || (open !== undefined && overlaps(words, open, batchSize))) {
        return conflict('batch message', 'in pending ack status.');
      }
    }
    seen.add(offset);
  }
  return undefined;
}

function cumulativeConflict(
  state: CursorState,
  txn: TxnId,
  [entry]: readonly HeldEntry[],
  progress: TopicProgress,
): Refusal | undefined {
  if (entry === undefined) return { code: 'not-allowed', message: 'Nothing to acknowledge' };
  const { offset, words } = entry;
  const position = `${positionText(progress, offset)}${ofIndexes(words)}`;
  if (offset < state.acked) {
    const { ledgerId, entryId } = positionBefore(progress, state.acked);
    return conflictOf(
      state,
      `Transaction:${txn} try to cumulative ack position: ${position} within range of cursor's ` +
        `markDeletePosition: ${ledgerId}:${entryId}`,
    );
  }
  const { cumulative } = state.held;
  if (cumulative === undefined) return undefined;
  const reaches = words === undefined ? offset + 1 : offset;
  const isFarther =
    reaches > cumulative.upTo ||
    (reaches === cumulative.upTo && words !== undefined && isMore(words, cumulative.words));
  if (cumulative.txn === txn && isFarther) return undefined;
  const last = cumulative.upTo - (cumulative.words === null ? 1 : 0);
  const current = `${positionText(progress, last)}${ofIndexes(cumulative.words ?? undefined)}`;
  return conflictOf(
    state,
    `Transaction:${txn} try to cumulative batch ack position: ${position} within range of ` +
      `current currentPosition: ${current}`,
  );
}

/** Whether the words acknowledge indexes of the same entry that those before did not. */
function isMore(words: readonly bigint[], before: readonly bigint[] | null): boolean {
  if (before === null) return true;
  return before.some((word, i) => (word & ~(words[i] ?? 0n)) !== 0n);
}

function conflictOf({ topic, name }: CursorState, what: string): Refusal {
  const thrown = 'org.apache.pulsar.transaction.common.exception.TransactionConflictException';
  return { code: 'transaction-conflict', message: `${thrown}: [${topic}][${name}] ${what}` };
}

function positionText(progress: TopicProgress, offset: number): string {
  const { ledgerId, entryId } = positionOf(progress, offset);
  return `${ledgerId}:${entryId}`;
}

function textOf(progress: TopicProgress, { offset, words }: HeldEntry): string {
  const indexes = words === undefined ? ' (ackSet is null)' : ofIndexes(words);
  return `${positionText(progress, offset)}${indexes}`;
}

function ofIndexes(words: readonly bigint[] | undefined): string {
  return words === undefined ? '' : ` (ackSet with long[] size of ${words.length})`;
}

/** The transaction has ended: what it held is acknowledged, or may be given to somebody again. */
export function endTransaction(
  state: CursorState,
  { txn, commit, lowWaterMark }: EndInParticipant,
  topic: TopicExposed,
  facts: Facts,
): Decision {
  const decision = new Decision();
  const { coordinator, sequence } = partsOf(txn);
  decision.change({ type: 'end-told', data: { coordinator, lowWaterMark, commit } });
  const held = state.held.of(txn);
  const cumulative = state.held.cumulative;
  const isUpTo = cumulative?.txn === txn;
  if (held !== undefined || isUpTo) {
    put(state, decision, { type: 'held-ended', data: { txn } });
    if (!commit) giveBack(state, decision, held);
    else {
      const { entries = [], partial = [] } = held ?? {};
      const isInside = isUpTo && cumulative.words !== null;
      const last = isInside ? [{ offset: cumulative.upTo, words: cumulative.words ?? [] }] : [];
      acknowledge(state, decision, topic, facts, {
        ranges: entries.flatMap((offset) => [offset, offset + 1]),
        partial: merged([...partial, ...last]),
        cumulative: isUpTo ? cumulative.upTo : undefined,
        properties: undefined,
      });
    }
  }
  const participant = { topic: state.topic, subscription: state.name };
  const confirmed: ConfirmEnd = { type: 'confirm', sequence, participant };
  decision.tell(coordinatorActor(coordinator), confirmed);
  return decision;
}

/** A batch may have been acknowledged in several parts. */
function merged(partial: readonly PartialAck[]): PartialAck[] {
  const parts = new Map<number, readonly bigint[]>();
  for (const { offset, words } of partial) {
    parts.set(offset, intersect(parts.get(offset) ?? words, words) ?? []);
  }
  return [...parts].map(([offset, words]) => ({ offset, words }));
}

function giveBack(state: CursorState, decision: Decision, held: HeldByTxn | undefined): void {
  if (held === undefined) return;
  const all = new Set([...held.entries, ...held.partial.map(({ offset }) => offset)]);
  const offsets = [...all].filter((offset) => isOpen(state, offset)).sort((a, b) => a - b);
  const told: AcksReturned = { type: 'acks-returned', offsets };
  decision.tell(subscriptionActor(state.topicId, state.name), told);
}
