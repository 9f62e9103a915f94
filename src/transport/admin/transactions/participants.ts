/** What transactions hold back in topics (their buffers) and in subscriptions (pending acks). */
import type { CursorView } from '../../../actors/views.ts';
import { comparePositions, formatPosition, type Position } from '../../../base/position.ts';
import { type AdminContext, type Call, flag, MAX_INT, wholeParam, wholeText } from '../call.ts';
import { topicOf } from '../topic-of.ts';
import { inBuffer, inPendingAck } from './metadata.ts';
import { type On, requireCursor, requireTopic, TOPIC, TXN, txnOf } from './subjects.ts';

export function participantRoutes(on: On, { broker }: AdminContext): void {
  const topicIn = (call: Call) => requireTopic(broker, topicOf(call));
  const cursorIn = (call: Call) => requireCursor(broker, topicOf(call), call.param('subscription'));

  on('GET', `transactionBufferStats/${TOPIC}`, (call) => {
    const { transactions, createdAtMs } = topicIn(call);
    const isUsed = transactions.ongoing + transactions.committed + transactions.aborted > 0;
    return {
      state: isUsed ? 'Ready' : 'NoSnapshot',
      maxReadPosition: formatPosition(transactions.maxRead),
      lastSnapshotTimestamps: 0,
      ...lowWaterMarksIn(call, transactions.lowWaterMarks),
      ongoingTxnSize: transactions.ongoing,
      recoverStartTime: createdAtMs,
      recoverEndTime: createdAtMs,
      totalAbortedTransactions: transactions.aborted,
      snapshotType: 'Single',
    };
  });

  on('GET', `transactionInBufferStats/${TOPIC}/${TXN}`, (call) => {
    return inBuffer(topicIn(call), txnOf(call));
  });

  on('GET', `pendingAckStats/${TOPIC}/:subscription`, (call) => {
    const { pendingAcks } = cursorIn(call);
    return {
      state: pendingAcks === undefined ? 'None' : 'Ready',
      ...lowWaterMarksIn(call, pendingAcks?.lowWaterMarks),
      ongoingTxnSize: pendingAcks?.transactions ?? 0,
      recoverStartTime: 0,
      recoverEndTime: 0,
    };
  });

  on('GET', `transactionInPendingAckStats/${TOPIC}/:subscription/${TXN}`, (call) => {
    return inPendingAck(cursorIn(call), txnOf(call));
  });

  on('GET', `positionStatsInPendingAck/${TOPIC}/:subscription/:ledgerId/:entryId`, (call) => {
    const cursor = cursorIn(call);
    const ledgerId = wholeParam(call, 'ledgerId');
    const entryId = wholeParam(call, 'entryId');
    const index = call.query('batchIndex');
    const batchIndex = index === undefined ? undefined : wholeText(index, MAX_INT);
    return { state: positionState(cursor, { ledgerId, entryId }, batchIndex) };
  });
}

function lowWaterMarksIn(call: Call, marks: ReadonlyMap<number, number> | undefined) {
  return flag(call, 'lowWaterMarks') ? { lowWaterMarks: Object.fromEntries(marks ?? []) } : {};
}

/** Pulsar's PositionInPendingAckStats; of an entry that waits as a whole any index is invalid. */
function positionState(
  { pendingAcks, markDelete }: CursorView,
  position: Position,
  batchIndex: number | undefined,
): string {
  if (pendingAcks === undefined) return 'PendingAckNotReady';
  if (comparePositions(position, markDelete) <= 0) return 'MarkDelete';
  const open = pendingAcks.openAt(position);
  if (open === undefined) return 'NotInPendingAck';
  if (batchIndex === undefined) return 'PendingAck';
  const word = open[Math.floor(batchIndex / 64)];
  if (word === undefined) return 'InvalidPosition';
  return (word >> BigInt(batchIndex % 64)) & 1n ? 'NotInPendingAck' : 'PendingAck';
}
