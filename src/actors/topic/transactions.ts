/**
 * Messages published in transactions. They are stored at once, like any others; what is held back
 * is how far the topic may be read: to before the first entry of the oldest transaction that is
 * open on it. With its end its entries may be read, or are known as aborted until they are trimmed.
 * (TopicTransactionBuffer; without its markers)
 */
import { type Refusal, refuse } from '../../base/errors.ts';
import type { SmallMap, SmallSet } from '../../base/small-map.ts';
import { coordinatorActor } from '../names.ts';
import { positionBefore, positionOf } from '../progress.ts';
import { RangeSet } from '../range-set.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import type { ConfirmEnd, EndInParticipant } from '../transaction/commands.ts';
import { partsOf, type TxnId } from '../txn-id.ts';
import { standingOf } from '../txn-standing.ts';
import type { TopicTransactionsView } from '../views.ts';
import type { TopicState } from './state.ts';

/** Transactions that have entries in the topic and are open, in the order of their first ones. */
export type OpenTransactions = SmallMap<TxnId, RangeSet>;

/** How many have ended here which way, since the topic was loaded. */
export interface TopicTransactionsLive {
  committed: number;
  aborted: number;
  /** The last of those that were aborted. */
  readonly lately: SmallSet<TxnId>;
  /** By coordinator, as of the last end that it told of. */
  lowWaterMarks: Map<number, number> | undefined;
}

/** Why the topic takes nothing in for a transaction; undefined: it does. */
export function transactionRefusal(
  { name }: TopicState,
  txn: TxnId,
  facts: Facts,
): Refusal | undefined {
  const standing = standingOf(txn, { topic: name }, facts);
  if (standing === 'open') return undefined;
  return refuse(
    'not-allowed',
    standing === 'ended'
      ? `Transaction [${txn}] has been ended. Please use a new transaction to send message.`
      : `Transaction ${txn} was not told that it publishes to ${name} (ADD_PARTITION_TO_TXN)`,
  );
}

/** Offset below which all entries may be read, whatever is durable. */
export function heldBackFrom({ open, next }: TopicState): number {
  // Without open transactions, as nearly always, there is nothing to look up.
  if (open.size === 0) return next;
  for (const entries of open.values()) return entries.memberFrom(0);
  return next;
}

/** The transaction has ended: its entries count, or will be passed over by whoever reads. */
export function endTransaction(
  state: TopicState,
  { txn, commit, lowWaterMark }: EndInParticipant,
): Decision {
  const decision = new Decision();
  const { coordinator, sequence } = partsOf(txn);
  decision.change({ type: 'end-told', data: { coordinator, lowWaterMark } });
  if (state.open.has(txn)) {
    decision.record({ type: 'transaction-ended', data: { txn, commit } });
    decision.again = { type: 'transaction-gone' };
  }
  const confirmed: ConfirmEnd = { type: 'confirm', sequence, participant: { topic: state.name } };
  decision.tell(coordinatorActor(coordinator), confirmed);
  return decision;
}

/** What was behind the transaction may be read once its end is durable. */
export function transactionGone(state: TopicState): Decision {
  const decision = new Decision();
  const { topicId } = state.progress;
  decision.whenDurable = {
    type: 'stored',
    topicId,
    end: state.next,
    readable: heldBackFrom(state),
    written: undefined,
  };
  return decision;
}

export function joinTransaction(state: TopicState, txn: TxnId, from: number, to: number): void {
  let entries = state.open.get(txn);
  if (entries === undefined) {
    entries = new RangeSet();
    state.open.set(txn, entries);
  }
  entries.add(from, to);
}

export function transactionEnded(
  { open, progress, live }: TopicState,
  { txn, commit }: { readonly txn: TxnId; readonly commit: boolean },
): void {
  const entries = open.get(txn);
  open.delete(txn);
  live.transactions[commit ? 'committed' : 'aborted'] += 1;
  if (entries === undefined || commit) return;
  const { lately } = live.transactions;
  lately.add(txn);
  const [oldest] = lately;
  if (lately.size > MAX_LATELY && oldest !== undefined) lately.delete(oldest);
  for (const [from, to] of entries.head(Number.POSITIVE_INFINITY)) progress.aborted.add(from, to);
  if (progress.aborted.memberFrom(0) < progress.first) progress.aborted.removeBelow(progress.first);
}

/** Aborted transactions whose names are remembered, for who asks. */
const MAX_LATELY = 1_000;

export function transactionsView({ open, progress, live }: TopicState): TopicTransactionsView {
  const { committed, aborted, lately, lowWaterMarks } = live.transactions;
  return {
    lowWaterMarks,
    ongoing: open.size,
    committed,
    aborted,
    maxRead: positionBefore(progress, progress.readable),
    of: (txn) => {
      const first = open.get(txn)?.memberFrom(0);
      const start = first === undefined ? undefined : positionOf(progress, first);
      return { start, aborted: lately.has(txn) };
    },
  };
}

/** Offset of the last entry that anybody may read, -1 where there is none. */
export function lastReadable({ progress: { first, readable, aborted } }: TopicState): number {
  let last = readable - 1;
  if (aborted.size > 0) last = aborted.gapBefore(readable);
  return last < first ? -1 : last;
}
