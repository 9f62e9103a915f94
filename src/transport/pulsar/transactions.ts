/** What the commands about transactions have in common: ids, and answers of coordinators. */
import { type TxnId, txnId } from '../../actors/txn-id.ts';
import { type Refusal, refuse } from '../../base/errors.ts';
import type { Long } from '../../base/long.ts';
import { doerOf } from '../auth/identity.ts';
import type { Session } from './session.ts';
import { refusalOf } from './translate.ts';

interface TxnBits {
  readonly txnid_most_bits?: Long | undefined;
  readonly txnid_least_bits?: Long | undefined;
}

/** Numbers that no coordinator has given name no transaction, so that they may be rounded. */
export function txnOf({ txnid_most_bits: most = 0, txnid_least_bits: least = 0 }: TxnBits): TxnId {
  return txnId(Number(most), Number(least));
}

/** Whether a command is said in a transaction. */
export function isInTransaction(command: TxnBits): boolean {
  return command.txnid_least_bits !== undefined && command.txnid_most_bits !== undefined;
}

/** Whose a new transaction is; undefined where everybody may do everything. */
export function ownerOf({ context, identity }: Session): string | undefined {
  return context.authorization === undefined ? undefined : doerOf(identity);
}

/** Who uses a transaction, where it has to be the owner: super users need not be. */
export function userOf(session: Session): string | undefined {
  const { authorization } = session.context;
  const { identity } = session;
  if (identity !== undefined && authorization?.isSuperUser(identity) === true) return undefined;
  return ownerOf(session);
}

export interface Answers<T> {
  readonly ask: () => Promise<T>;
  readonly done: (value: T) => void;
  readonly failed: (refusal: Refusal) => void;
}

/** Asks a coordinator for the client; where there are no transactions it is told so. */
export function askCoordinator<T>(
  session: Session,
  requestId: Long,
  { ask, done, failed }: Answers<T>,
): void {
  if (!session.context.broker.transactions.isEnabled) {
    session.refuse(requestId, NOT_ENABLED);
    return;
  }
  session.begin(requestId, { kind: 'transaction' });
  const settled = (answer: () => void): void => {
    session.requests.settle(requestId);
    if (session.state === 'closed') return;
    answer();
    session.flush();
  };
  const fail = (error: unknown): void => {
    const refusal = refusalOf(error);
    if (refusal.code === 'unknown') session.log.error('a coordinator failed', { error });
    settled(() => failed(refusal));
  };
  ask().then((value) => settled(() => done(value)), fail);
}

export const NOT_ENABLED = refuse('not-allowed', 'Transactions are not enabled.');
