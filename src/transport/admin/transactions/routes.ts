/** `/admin/v3/transactions`: coordinators, their transactions, and what these hold back where. */
import { BrokerError } from '../../../base/errors.ts';
import { type AdminContext, NO_CONTENT, type Routes, wholeParam } from '../call.ts';
import { coordinatorRoutes } from './coordinators.ts';
import { internalRoutes } from './internals.ts';
import { metadataOf } from './metadata.ts';
import { participantRoutes } from './participants.ts';
import { type On, TXN, txnOf } from './subjects.ts';

const PATH = '/admin/v3/transactions';

export function transactionRoutes(routes: Routes, context: AdminContext): void {
  const { broker } = context;
  const { transactions } = broker;
  const on: On = (method, path, handler) =>
    routes.on(method, `${PATH}/${path}`, (call) => {
      if (transactions.isEnabled) return handler(call);
      const message = 'This Broker is not configured with transactionCoordinatorEnabled=true.';
      throw new BrokerError('service-not-ready', message);
    });

  coordinatorRoutes(on, context);
  participantRoutes(on, context);
  internalRoutes(on, context);

  on('GET', `transactionMetadata/${TXN}`, (call) => {
    const txn = txnOf(call);
    const view = transactions.view(wholeParam(call, 'mostSigBits'));
    const sequence = wholeParam(call, 'leastSigBits');
    const transaction = view.transactions.get(sequence);
    if (transaction !== undefined) return metadataOf(broker, txn, transaction);
    const timeoutMs = view.adriftTimeoutMs(sequence);
    if (timeoutMs !== undefined) {
      const begun = { status: 'open', openedAtMs: 0, timeoutMs, participants: new Map() } as const;
      return metadataOf(broker, txn, begun);
    }
    const message = `The transaction with this txdID \`${txn}\`not found `;
    throw new BrokerError('transaction-not-found', message);
  });

  on('POST', `abortTransaction/${TXN}`, async (call) => {
    await transactions.end(txnOf(call), false);
    return NO_CONTENT;
  });
}
