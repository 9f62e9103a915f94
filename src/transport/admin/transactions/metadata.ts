/** A transaction as its coordinator and its participants know it. (TransactionMetadata) */
import type { Broker } from '../../../actors/broker.ts';
import type { Transaction } from '../../../actors/transaction/state.ts';
import type { TxnId } from '../../../actors/txn-id.ts';
import type { CursorView, TopicView } from '../../../actors/views.ts';
import { formatPosition } from '../../../base/position.ts';
import { parseTopicName } from '../../../base/topic-name.ts';

type Told = Pick<Transaction, 'status' | 'openedAtMs' | 'timeoutMs' | 'participants'>;

/** Topics and subscriptions may be gone by now. */
export function metadataOf(broker: Broker, txn: TxnId, told: Told) {
  const { status, openedAtMs, timeoutMs, participants } = told;
  const produced: Record<string, unknown> = {};
  const acked: Record<string, Record<string, unknown>> = {};
  for (const { topic, subscription, writtenAs = topic } of participants.values()) {
    const name = parseTopicName(topic);
    if (subscription === undefined) produced[writtenAs] = inBuffer(broker.topicView(name), txn);
    else {
      acked[writtenAs] ??= {};
      acked[writtenAs][subscription] = inPendingAck(broker.cursorView(name, subscription), txn);
    }
  }
  return {
    txnId: txn,
    status: status.toUpperCase(),
    openTimestamp: openedAtMs,
    timeoutAt: timeoutMs,
    producedPartitions: produced,
    ackedPartitions: acked,
  };
}

/** TransactionInBufferStats */
export function inBuffer(view: TopicView | undefined, txn: TxnId) {
  const { start, aborted = false } = view?.transactions.of(txn) ?? {};
  return { ...(start === undefined ? {} : { startPosition: formatPosition(start) }), aborted };
}

/** TransactionInPendingAckStats */
export function inPendingAck(view: CursorView | undefined, txn: TxnId) {
  const upTo = view?.pendingAcks?.upTo;
  return upTo?.txn === txn ? { cumulativeAckPosition: formatPosition(upTo.position) } : {};
}
