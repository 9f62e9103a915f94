/** What coordinators tell of themselves. */

import { txnId } from '../../../actors/txn-id.ts';
import { emptyBody, intBody } from '../body.ts';
import { type AdminContext, type Call, intParam, NO_CONTENT } from '../call.ts';
import { metadataOf } from './metadata.ts';
import { type On, requireCoordinator } from './subjects.ts';

export function coordinatorRoutes(on: On, { broker, urls }: AdminContext): void {
  const { transactions } = broker;
  const ids = () => Array.from({ length: transactions.coordinators }, (_, id) => id);
  const idIn = (call: Call) => {
    const id = call.query('coordinatorId');
    return id === undefined ? undefined : requireCoordinator(broker, id);
  };

  on('GET', 'coordinators', () => ids().map((id) => ({ id, brokerServiceUrl: urls.pulsar })));

  on('POST', 'transactionCoordinator/replicas', async (call) => {
    const count = intBody(call);
    if (count === undefined) throw emptyBody();
    await transactions.grow(count);
    return NO_CONTENT;
  });

  const stats = (id: number) => {
    const { newest, lowWaterMark, transactions: open } = transactions.view(id);
    return {
      state: 'Ready',
      leastSigBits: newest,
      lowWaterMark,
      ongoingTxnSize: open.size,
      recoverStartTime: 0,
      recoverEndTime: 0,
    };
  };

  on('GET', 'coordinatorStats', (call) => {
    const id = idIn(call);
    if (id !== undefined) return stats(id);
    return Object.fromEntries(ids().map((each) => [each, stats(each)]));
  });

  // Those that may stay open for longer than this, as Pulsar has it.
  on('GET', 'slowTransactions/:timeout', (call) => {
    const id = idIn(call);
    const timeoutMs = intParam(call, 'timeout');
    const slow: Record<string, unknown> = {};
    for (const each of id === undefined ? ids() : [id]) {
      for (const transaction of transactions.view(each).transactions.values()) {
        if (transaction.status !== 'open' || transaction.timeoutMs <= timeoutMs) continue;
        const txn = txnId(each, transaction.sequence);
        slow[txn] = metadataOf(broker, txn, transaction);
      }
    }
    return slow;
  });
}
