/** Acknowledgements in transactions: the cursor holds them; here consumers are done with them. */
import { type Refusal, refuse } from '../../base/errors.ts';
import { intersect } from '../ack-set.ts';
import type { HeldEntry } from '../cursor/commands.ts';
import { offsetOfEntry, type TopicProgress } from '../progress.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import type { TxnId } from '../txn-id.ts';
import { standingOf } from '../txn-standing.ts';
import { leftOf, settle } from './acks.ts';
import type { Ack, AckedEntry, AcksHeld, AcksReturned } from './commands.ts';
import { tellSource } from './source.ts';
import { type Consumer, isMulti, type SubscriptionState } from './state.ts';

export function ackInTransaction(
  state: SubscriptionState,
  decision: Decision,
  command: Ack,
  txn: TxnId,
  { key, consumerId }: Consumer,
  progress: TopicProgress,
  facts: Facts,
): void {
  const { entries, cumulative, reply } = command;
  const held = entries.map((entry) => heldEntry(entry, progress));
  const refusal = refusalOf(state, txn, held, facts);
  if (refusal !== undefined) {
    if (reply === undefined) return;
    const { recipient, requestId } = reply;
    decision.reply(recipient, { type: 'ack-answered', consumerId, requestId, refusal });
    return;
  }
  // Up to a message means nothing where several consumers receive: answered, as without one.
  const isNothing = cumulative && isMulti(state);
  if (isNothing) {
    const nothing = { ranges: [], partial: [], cumulative: undefined, properties: undefined };
    tellSource(state, decision, { type: 'ack', ...nothing, consumerId, reply });
    return;
  }
  tellSource(state, decision, {
    type: 'ack-in-transaction',
    txn,
    entries: held,
    cumulative,
    key,
    consumerId,
    reply,
  });
}

function refusalOf(
  { topic, name, isPersistent }: SubscriptionState,
  txn: TxnId,
  entries: readonly HeldEntry[],
  facts: Facts,
): Refusal | undefined {
  if (!isPersistent) return refuse('not-allowed', 'A non-persistent topic has no transactions');
  const standing = standingOf(txn, { topic, subscription: name }, facts);
  if (standing === 'ended') {
    return refuse('transaction-not-found', `Transaction ${txn} is not open any more`);
  }
  if (standing === 'not-joined') {
    const message = `Transaction ${txn} was not told of ${name} (ADD_SUBSCRIPTION_TO_TXN)`;
    return refuse('not-allowed', message);
  }
  if (entries.every(({ offset }) => offset >= 0)) return undefined;
  const message = `Transaction:${txn} try to ack a message that the topic does not have`;
  return refuse('transaction-conflict', message);
}

function heldEntry({ position, ackSet, batchSize }: AckedEntry, progress: TopicProgress) {
  const words = ackSet === undefined ? undefined : intersect(ackSet, ackSet);
  return {
    offset: offsetOfEntry(progress, position.ledgerId, position.entryId),
    words,
    batchSize: batchSize ?? (words?.length ?? 0) * 64,
  };
}

export function acksHeld(
  state: SubscriptionState,
  { key, offsets, partial }: AcksHeld,
  { nowMs }: Facts,
): Decision {
  const decision = new Decision();
  // Other indexes of the same batches may have been acknowledged since the cursor was told.
  const parts = new Map(partial.map(({ offset, words }) => [offset, words]));
  const now = leftOf(state, parts, offsets);
  settle(state, decision, { key }, now.offsets, now.left, nowMs);
  return decision;
}

/**
 * They are to be sent again. Where one consumer receives in order, with all that it has not
 * acknowledged, as in Pulsar; what reading has not come to yet is left to it.
 */
export function acksReturned(state: SubscriptionState, { offsets }: AcksReturned): Decision {
  const decision = new Decision();
  const { live } = state;
  if (offsets.length === 0) return decision;
  if (live.consumers.size === 0) {
    // They count as sent to who left, also where all had left before.
    if (isMulti(state)) tellSource(state, decision, { type: 'count-redeliveries', offsets });
    return decision;
  }
  decision.again = { type: 'dispatch' };
  if (!isMulti(state)) {
    decision.change({ type: 'rewound', data: {} });
    return decision;
  }
  // A read that is under way, or waits for more, has left out what was held then.
  if (live.reading && offsets.at(-1)! >= live.next) {
    decision.change({ type: 'reads-given-up', data: {} });
  }
  const passed = offsets.filter((offset) => offset < live.next);
  const byConsumer = new Map<number, number[]>();
  const free: number[] = [];
  for (const offset of passed) {
    const key = live.pending.get(offset)?.key;
    if (key === undefined) free.push(offset);
    else byConsumer.set(key, [...(byConsumer.get(key) ?? []), offset]);
  }
  // A consumer that has the rest of a batch is sent all of it again.
  for (const [key, own] of byConsumer) {
    decision.change({ type: 'given-back', data: { key, offsets: own } });
  }
  if (free.length > 0) decision.change({ type: 'acks-returned', data: { offsets: free } });
  tellSource(state, decision, { type: 'count-redeliveries', offsets });
  return decision;
}
