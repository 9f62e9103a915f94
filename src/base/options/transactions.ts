/** Options of transactions. Keys and defaults are Pulsar 4.2's. */
import { flag, whole } from './option.ts';

export const transactionOptions = {
  transactionCoordinatorEnabled: flag(false, 'Clients may publish and acknowledge in transactions'),
  maxActiveTransactionsPerCoordinator: whole(
    0,
    {},
    'Transactions of a coordinator that have not ended; 0 sets no limit',
  ),
};
