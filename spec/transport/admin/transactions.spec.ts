import { describe, expect, it } from 'vitest';
import type { ReplyTo } from '../../../src/actors/topic/commands.ts';
import type { TxnId } from '../../../src/actors/txn-id.ts';
import { parseTopicName } from '../../../src/base/topic-name.ts';
import { encodeEntry } from '../../../src/wire/entry.ts';
import { type Core, publish, startBroker } from './real-broker.ts';

const topic = 'persistent://public/default/t';

async function start(isEnabled = true) {
  const { core, port } = await startBroker({ transactionCoordinatorEnabled: isEnabled });
  const ask = async (method: string, path: string, body?: string) => {
    const response = await fetch(`http://127.0.0.1:${port}/admin/v3/transactions/${path}`, {
      method,
      ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
    });
    const text = await response.text();
    return [response.status, text === '' ? undefined : (JSON.parse(text) as unknown)] as const;
  };
  const metrics = async () => {
    const response = await fetch(`http://127.0.0.1:${port}/metrics/`);
    const lines = (await response.text()).split('\n').filter((line) => /^pulsar_txn/.test(line));
    return lines.filter((line) => !line.endsWith(' 0'));
  };
  return { core, broker: core.broker, get: (path: string) => ask('GET', path), ask, metrics };
}

/** A topic with a subscription, and a transaction for both. */
async function transaction(broker: Core['broker'], timeoutMs = 60_000) {
  const name = parseTopicName(topic);
  await broker.createTopic(name);
  await broker.ask(broker.topic(name).id, (reply: ReplyTo) => ({
    type: 'create-subscription',
    reply,
    name: 's',
    position: { ledgerId: -1, entryId: -1 },
    replicated: false,
    properties: {},
  }));
  const txn = await broker.transactions.begin(3, timeoutMs);
  await broker.transactions.join(txn, [
    { topic, writtenAs: 't' },
    { topic, subscription: 's' },
  ]);
  return txn;
}

/** Acknowledges entry 1 as a whole, and index 0 of entry 2, a batch of three. */
async function acknowledge(core: Core, txn: TxnId): Promise<void> {
  const { broker } = core;
  const entries = ['a', 'b', 'c'].map((text) =>
    encodeEntry({ producer_name: 'p', sequence_id: 0, publish_time: 0 }, Buffer.from(text)),
  );
  await publish(core, topic, entries, [1, 1, 3]);
  const { topicId } = broker.topicView(parseTopicName(topic)) ?? {};
  const held = [
    { offset: 1, words: undefined, batchSize: 1 },
    { offset: 2, words: [0b110n], batchSize: 3 },
  ];
  broker.ref(`cursor:${topicId}/s`).tell({
    ...{ type: 'ack-in-transaction', key: 1, consumerId: 1, reply: undefined },
    ...{ txn, entries: held, cumulative: false },
  });
}

describe('REST about transactions', () => {
  it('is not ready where they are off', async () => {
    const { get } = await start(false);
    expect(await get('coordinatorStats')).toEqual([
      503,
      { reason: 'This Broker is not configured with transactionCoordinatorEnabled=true.' },
    ]);
  });

  it('tells of coordinators', async () => {
    const { broker, get } = await start();
    await transaction(broker);
    const [status, all] = await get('coordinatorStats');
    expect([status, Object.keys(all as object).length]).toEqual([200, 16]);
    const idle = { state: 'Ready', leastSigBits: -1, lowWaterMark: -1, ongoingTxnSize: 0 };
    expect(await get('coordinatorStats?coordinatorId=0')).toMatchObject([200, idle]);
    const busy = { leastSigBits: 0, lowWaterMark: -1, ongoingTxnSize: 1 };
    expect(await get('coordinatorStats?coordinatorId=3')).toMatchObject([200, busy]);
    expect(await get('coordinatorStats?coordinatorId=77')).toEqual([
      404,
      { reason: 'Transaction coordinator not found! coordinator id : 77' },
    ]);
    const [, list] = await get('coordinators');
    expect(list).toHaveLength(16);
    expect(list).toContainEqual({ id: 7, brokerServiceUrl: 'pulsar://localhost:6650' });
  });

  it('gives more coordinators, never fewer', async () => {
    const { get, ask } = await start();
    const grow = (count: string) => ask('POST', 'transactionCoordinator/replicas', count);
    expect(await grow('16')).toMatchObject([406, {}]);
    expect(await grow('20')).toEqual([204, undefined]);
    expect(await get('coordinatorStats?coordinatorId=19')).toMatchObject([200, {}]);
  });

  it('tells of a transaction, and of those that may stay open for long', async () => {
    const { broker, get } = await start();
    await transaction(broker, 5_000);
    const metadata = {
      txnId: '(3,0)',
      status: 'OPEN',
      openTimestamp: expect.any(Number),
      timeoutAt: 5_000,
      producedPartitions: { t: { aborted: false } },
      ackedPartitions: { [topic]: { s: {} } },
    };
    expect(await get('transactionMetadata/3/0')).toEqual([200, metadata]);
    expect(await get('slowTransactions/4999')).toEqual([200, { '(3,0)': metadata }]);
    expect(await get('slowTransactions/4999?coordinatorId=0')).toEqual([200, {}]);
    expect(await get('slowTransactions/5000')).toEqual([200, {}]);
    const notFound = 'The transaction with this txdID `(3,9)`not found ';
    expect(await get('transactionMetadata/3/9')).toEqual([404, { reason: notFound }]);
    const nowhere = 'Transaction coordinator with id 77 not found!';
    expect(await get('transactionMetadata/77/0')).toEqual([404, { reason: nowhere }]);
  });

  it('aborts', async () => {
    const { broker, get, ask } = await start();
    await transaction(broker);
    expect(await ask('POST', 'abortTransaction/3/0')).toEqual([204, undefined]);
    expect(await get('transactionMetadata/3/0')).toMatchObject([404, {}]);
    expect(await ask('POST', 'abortTransaction/3/0')).toMatchObject([404, {}]);
  });

  it('tells what transactions hold back in topics and subscriptions', async () => {
    const { broker, get } = await start();
    await transaction(broker);
    const at = 'public/default/t';
    expect(await get(`transactionBufferStats/${at}?lowWaterMarks=true`)).toMatchObject([
      200,
      {
        state: 'NoSnapshot',
        maxReadPosition: expect.stringMatching(/^\d+:-1$/),
        lowWaterMarks: {},
        ongoingTxnSize: 0,
        totalAbortedTransactions: 0,
        snapshotType: 'Single',
      },
    ]);
    expect(await get(`pendingAckStats/${at}/s`)).toEqual([
      200,
      { state: 'None', ongoingTxnSize: 0, recoverStartTime: 0, recoverEndTime: 0 },
    ]);
    expect(await get(`transactionInBufferStats/${at}/3/0`)).toEqual([200, { aborted: false }]);
    expect(await get(`transactionInPendingAckStats/${at}/s/3/0`)).toEqual([200, {}]);
    expect(await get(`pendingAckInternalStats/${at}/s`)).toEqual([
      503,
      { reason: 'Pending ack have not init success!' },
    ]);
    expect(await get(`positionStatsInPendingAck/${at}/s/0/0`)).toEqual([
      200,
      { state: 'PendingAckNotReady' },
    ]);
    const missing = { reason: 'Topic not found persistent://public/default/none' };
    expect(await get('transactionBufferStats/public/default/none')).toEqual([404, missing]);
    expect(await get(`pendingAckStats/${at}/none`)).toMatchObject([404, {}]);
  });
});

describe('REST about what waits for a transaction', () => {
  const at = 'public/default/t';

  it('tells of each position whether it waits', async () => {
    const { core, broker, get } = await start();
    const txn = await transaction(broker);
    await acknowledge(core, txn);
    expect(await get(`pendingAckStats/${at}/s`)).toMatchObject([
      200,
      { state: 'Ready', ongoingTxnSize: 1 },
    ]);
    const { ledgerId = 0 } = broker.topicView(parseTopicName(topic))?.last ?? {};
    const state = async (entry: string) => {
      const [, body] = await get(`positionStatsInPendingAck/${at}/s/${ledgerId}/${entry}`);
      return (body as { state: string }).state;
    };
    expect(await state('0')).toBe('NotInPendingAck');
    expect(await state('1')).toBe('PendingAck');
    expect(await state('1?batchIndex=0')).toBe('InvalidPosition');
    expect(await state('2')).toBe('PendingAck');
    expect(await state('2?batchIndex=0')).toBe('PendingAck');
    expect(await state('2?batchIndex=1')).toBe('NotInPendingAck');
    expect(await state('2?batchIndex=64')).toBe('InvalidPosition');
    expect(await state('-1')).toBe('MarkDelete');
    const none = { reason: `${topic} not found subscription : none` };
    expect(await get(`positionStatsInPendingAck/${at}/none/0/0`)).toEqual([404, none]);
  });

  it('tells up to which transaction all had ended when the last one ended there', async () => {
    const { broker, get } = await start();
    const [first, second] = [await transaction(broker), await broker.transactions.begin(3, 60_000)];
    const marks = async (path: string) => {
      const [, body] = await get(`${path}?lowWaterMarks=true`);
      return (body as { lowWaterMarks: unknown }).lowWaterMarks;
    };
    const [buffer, pending] = [`transactionBufferStats/${at}`, `pendingAckStats/${at}/s`];
    expect([await marks(buffer), await marks(pending)]).toEqual([{}, {}]);
    await broker.transactions.end(first, true);
    expect([await marks(buffer), await marks(pending)]).toEqual([{ 3: -1 }, { 3: -1 }]);
    await broker.transactions.join(second, [{ topic, subscription: 's' }]);
    await broker.transactions.end(second, true);
    expect([await marks(buffer), await marks(pending)]).toEqual([{ 3: -1 }, { 3: 0 }]);
  });

  it('shows logs without ledgers where Pulsar has logs', async () => {
    const { core, broker, get } = await start();
    await acknowledge(core, await transaction(broker));
    const log = {
      totalSize: 0,
      currentLedgerEntries: 0,
      currentLedgerSize: 0,
      lastLedgerCreatedTimestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      waitingCursorsCount: 0,
      pendingAddEntriesCount: 0,
      lastConfirmedEntry: '-1:-1',
      state: 'LedgerOpened',
      ledgers: [],
      cursors: {},
    };
    const numbers = { entriesAddedCounter: 2, numberOfEntries: 1 };
    const properties = { max_local_txn_id: '0' };
    expect(await get('coordinatorInternalStats/3?metadata=true')).toEqual([
      200,
      {
        transactionLogStats: {
          managedLedgerName: 'pulsar/system/persistent/__transaction_log_3',
          managedLedgerInternalStats: { ...log, ...numbers, properties },
        },
      },
    ]);
    expect(await get('coordinatorInternalStats/77')).toMatchObject([404, {}]);
    expect(await get(`pendingAckInternalStats/${at}/s`)).toEqual([
      200,
      {
        pendingAckLogStats: {
          managedLedgerName: 'public/default/persistent/t-s__transaction_pending_ack',
          managedLedgerInternalStats: {
            ...{ ...log, entriesAddedCounter: 2, numberOfEntries: 2, properties: {} },
          },
        },
      },
    ]);
    expect(await get(`transactionBufferInternalStats/${at}`)).toMatchObject([
      200,
      {
        snapshotType: 'Single',
        singleSnapshotSystemTopicInternalStats: {
          managedLedgerName: '__transaction_buffer_snapshot',
          managedLedgerInternalStats: { ...log, schemaLedgers: [] },
        },
      },
    ]);
    expect(await get('transactionBufferInternalStats/public/default/none')).toMatchObject([
      404,
      {},
    ]);
  });
});

describe('metrics of transactions', () => {
  it('count what coordinators have done, under names of Pulsar', async () => {
    const { broker, metrics } = await start();
    await broker.transactions.end(await transaction(broker), true);
    await broker.transactions.end(await broker.transactions.begin(3, 60_000), false);
    await broker.transactions.begin(3, 60_000);
    const lines = await metrics();
    const latency = lines.filter((line) => line.includes('latency'));
    expect(latency).toHaveLength(1);
    expect(latency[0]).toMatch(/^pulsar_txn_execution_latency_le_\d+\{.*coordinator_id="3"\} 1$/);
    const labels = '{cluster="standalone",coordinator_id="3"}';
    const place = `cluster="standalone",namespace="public/default",topic="${topic}"`;
    expect(lines.filter((line) => !line.includes('latency'))).toEqual([
      `pulsar_txn_tp_committed_count_total{${place},subscription="s",status="succeed"} 1`,
      `pulsar_txn_active_count${labels} 1`,
      `pulsar_txn_created_total${labels} 3`,
      `pulsar_txn_committed_total${labels} 1`,
      `pulsar_txn_aborted_total${labels} 1`,
      `pulsar_txn_append_log_total${labels} 8`,
    ]);
  });

  it('are not there where transactions are off', async () => {
    const { metrics } = await start(false);
    expect(await metrics()).toEqual([]);
  });
});
