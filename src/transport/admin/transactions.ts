/** `/admin/v3/transactions`: coordinators, their transactions, and what these hold back where. */
import type { Transaction } from '../../actors/transaction/state.ts';
import { type TxnId, txnId } from '../../actors/txn-id.ts';
import type { TopicView } from '../../actors/views.ts';
import { BrokerError } from '../../base/errors.ts';
import { formatPosition } from '../../base/position.ts';
import { parseTopicName, type TopicName } from '../../base/topic-name.ts';
import { emptyBody, wholeBody } from './body.ts';
import {
  type AdminContext,
  type Call,
  flag,
  type Handler,
  intParam,
  NO_CONTENT,
  type Routes,
  wholeParam,
  wholeText,
} from './call.ts';
import { subscriptionNotFound } from './subscriptions.ts';
import { topicOf } from './topic-of.ts';

const PATH = '/admin/v3/transactions';
const TOPIC = ':tenant/:namespace/:topic';
const TXN = ':mostSigBits/:leastSigBits';

export function transactionRoutes(routes: Routes, context: AdminContext): void {
  const { broker } = context;
  const on = (method: 'GET' | 'POST', path: string, handler: Handler) =>
    routes.on(method, `${PATH}/${path}`, (call) => {
      if (broker.transactions.isEnabled) return handler(call);
      const message = 'This Broker is not configured with transactionCoordinatorEnabled=true.';
      throw new BrokerError('service-not-ready', message);
    });

  coordinatorRoutes(on, context);

  on('GET', `transactionMetadata/${TXN}`, (call) => {
    const txn = txnOf(call);
    const coordinator = wholeParam(call, 'mostSigBits');
    const view = broker.transactions.view(coordinator);
    const sequence = wholeParam(call, 'leastSigBits');
    const transaction = view.transactions.get(sequence);
    if (transaction !== undefined) return metadataOf(context, txn, transaction);
    const timeoutMs = view.adriftTimeoutMs(sequence);
    if (timeoutMs !== undefined) {
      const begun = { status: 'open', openedAtMs: 0, timeoutMs, participants: new Map() } as const;
      return metadataOf(context, txn, begun);
    }
    const message = `The transaction with this txdID \`${txn}\`not found `;
    throw new BrokerError('transaction-not-found', message);
  });

  on('POST', `abortTransaction/${TXN}`, async (call) => {
    await broker.transactions.end(txnOf(call), false);
    return NO_CONTENT;
  });

  on('GET', `transactionBufferStats/${TOPIC}`, (call) => {
    const { transactions, createdAtMs } = requireTopic(context, topicOf(call));
    const isUsed = transactions.ongoing + transactions.committed + transactions.aborted > 0;
    return {
      state: isUsed ? 'Ready' : 'NoSnapshot',
      maxReadPosition: formatPosition(transactions.maxRead),
      lastSnapshotTimestamps: 0,
      ...(flag(call, 'lowWaterMarks') ? { lowWaterMarks: {} } : {}),
      ongoingTxnSize: transactions.ongoing,
      recoverStartTime: createdAtMs,
      recoverEndTime: createdAtMs,
      totalAbortedTransactions: transactions.aborted,
      snapshotType: 'Single',
    };
  });

  on('GET', `transactionInBufferStats/${TOPIC}/${TXN}`, (call) => {
    return inBuffer(context, topicOf(call).full, txnOf(call));
  });

  on('GET', `pendingAckStats/${TOPIC}/:subscription`, (call) => {
    const { heldTransactions, heldUpTo } = requireCursor(context, call);
    return {
      state: heldTransactions > 0 || heldUpTo !== undefined ? 'Ready' : 'None',
      ...(flag(call, 'lowWaterMarks') ? { lowWaterMarks: {} } : {}),
      ongoingTxnSize: heldTransactions,
      recoverStartTime: 0,
      recoverEndTime: 0,
    };
  });

  on('GET', `transactionInPendingAckStats/${TOPIC}/:subscription/${TXN}`, (call) => {
    return inPendingAck(context, topicOf(call).full, call.param('subscription'), txnOf(call));
  });
}

function coordinatorRoutes(
  on: (method: 'GET' | 'POST', path: string, handler: Handler) => void,
  { broker, urls, ...rest }: AdminContext,
): void {
  const { transactions } = broker;
  const ids = () => Array.from({ length: transactions.coordinators }, (_, id) => id);
  const require = (call: Call) => {
    const id = call.query('coordinatorId');
    if (id === undefined) return undefined;
    const number = wholeText(id);
    if (transactions.has(number)) return number;
    const message = `Transaction coordinator not found! coordinator id : ${id}`;
    throw new BrokerError('coordinator-not-found', message);
  };

  on('GET', 'coordinators', () => ids().map((id) => ({ id, brokerServiceUrl: urls.broker })));

  on('POST', 'transactionCoordinator/replicas', async (call) => {
    const count = wholeBody(call);
    if (count === undefined) throw emptyBody();
    await transactions.grow(count);
    return NO_CONTENT;
  });

  const stats = (id: number) => {
    const { newest, transactions: open } = transactions.view(id);
    const [oldest = newest + 1] = open.keys();
    return {
      state: 'Ready',
      leastSigBits: newest,
      lowWaterMark: oldest - 1,
      ongoingTxnSize: open.size,
      recoverStartTime: 0,
      recoverEndTime: 0,
    };
  };

  on('GET', 'coordinatorStats', (call) => {
    const id = require(call);
    if (id !== undefined) return stats(id);
    return Object.fromEntries(ids().map((each) => [each, stats(each)]));
  });

  // Those that may stay open for longer than this, as Pulsar has it.
  on('GET', 'slowTransactions/:timeout', (call) => {
    const id = require(call);
    const timeoutMs = intParam(call, 'timeout');
    const slow: Record<string, unknown> = {};
    for (const each of id === undefined ? ids() : [id]) {
      for (const transaction of transactions.view(each).transactions.values()) {
        if (transaction.status !== 'open' || transaction.timeoutMs <= timeoutMs) continue;
        const txn = txnId(each, transaction.sequence);
        slow[txn] = metadataOf({ broker, urls, ...rest }, txn, transaction);
      }
    }
    return slow;
  });
}

function txnOf(call: Call): TxnId {
  return txnId(wholeParam(call, 'mostSigBits'), wholeParam(call, 'leastSigBits'));
}

function metadataOf(
  context: AdminContext,
  txn: TxnId,
  {
    status,
    openedAtMs,
    timeoutMs,
    participants,
  }: Pick<Transaction, 'status' | 'openedAtMs' | 'timeoutMs' | 'participants'>,
) {
  const produced: Record<string, unknown> = {};
  const acked: Record<string, Record<string, unknown>> = {};
  for (const { topic, subscription, writtenAs = topic } of participants.values()) {
    if (subscription === undefined) produced[writtenAs] = inBuffer(context, topic, txn, true);
    else {
      acked[writtenAs] ??= {};
      acked[writtenAs][subscription] = inPendingAck(context, topic, subscription, txn, true);
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

/** Throws `topic-not-found`, unless it may be gone. */
function inBuffer(context: AdminContext, topic: string, txn: TxnId, mayBeGone = false) {
  const name = parseTopicName(topic);
  const view = mayBeGone ? context.broker.topicView(name) : requireTopic(context, name);
  const { start, aborted = false } = view?.transactions.of(txn) ?? {};
  return { ...(start === undefined ? {} : { startPosition: formatPosition(start) }), aborted };
}

function inPendingAck(
  context: AdminContext,
  topic: string,
  subscription: string,
  txn: TxnId,
  mayBeGone = false,
) {
  const name = parseTopicName(topic);
  if (!mayBeGone) requireTopic(context, name);
  const upTo = context.broker.cursorView(name, subscription)?.heldUpTo;
  return upTo?.txn === txn ? { cumulativeAckPosition: formatPosition(upTo.position) } : {};
}

/** In the words that Pulsar has for topics here. */
function requireTopic({ broker }: AdminContext, name: TopicName): TopicView {
  const view = broker.topicView(name);
  if (view !== undefined) return view;
  throw new BrokerError('topic-not-found', `Topic not found ${name.full}`);
}

function requireCursor(context: AdminContext, call: Call) {
  const name = topicOf(call);
  const subscription = call.param('subscription');
  requireTopic(context, name);
  const cursor = context.broker.cursorView(name, subscription);
  if (cursor === undefined) throw subscriptionNotFound(name, subscription);
  return cursor;
}
