/**
 * END_TXN: commits or aborts; answered when all of it is done. END_TXN_ON_PARTITION and
 * END_TXN_ON_SUBSCRIPTION are for coordinators alone: from anybody else they would tear a
 * transaction apart.
 */
import {
  type CommandEndTxn,
  type CommandEndTxnOnPartition,
  type CommandEndTxnOnSubscription,
  ServerError,
  TxnAction,
} from '../../../wire/messages.ts';
import type { Session } from '../session.ts';
import { askCoordinator, NOT_ENABLED, txnOf, userOf } from '../transactions.ts';
import { serverErrorOf } from '../translate.ts';

export function endTxn(session: Session, command: CommandEndTxn): void {
  const { request_id, txnid_least_bits, txnid_most_bits } = command;
  const answer = { request_id, txnid_least_bits, txnid_most_bits };
  const commit = command.txn_action !== TxnAction.ABORT;
  askCoordinator(session, request_id, {
    ask: () => session.context.broker.transactions.end(txnOf(command), commit, userOf(session)),
    done: () => session.outbox.command('END_TXN_RESPONSE', answer),
    failed: ({ code, message }) =>
      session.outbox.command('END_TXN_RESPONSE', {
        ...answer,
        error: serverErrorOf(code),
        message,
      }),
  });
}

export function endTxnOnPartition(session: Session, command: CommandEndTxnOnPartition): void {
  refusePart(session, 'END_TXN_ON_PARTITION_RESPONSE', command);
}

export function endTxnOnSubscription(session: Session, command: CommandEndTxnOnSubscription): void {
  refusePart(session, 'END_TXN_ON_SUBSCRIPTION_RESPONSE', command);
}

function refusePart(
  session: Session,
  response: 'END_TXN_ON_PARTITION_RESPONSE' | 'END_TXN_ON_SUBSCRIPTION_RESPONSE',
  command: CommandEndTxnOnPartition | CommandEndTxnOnSubscription,
): void {
  const { request_id, txnid_least_bits, txnid_most_bits } = command;
  if (!session.context.broker.transactions.isEnabled) {
    session.refuse(request_id, NOT_ENABLED);
    return;
  }
  session.outbox.command(response, {
    request_id,
    txnid_least_bits,
    txnid_most_bits,
    error: ServerError.NotAllowedError,
    message: 'Only the coordinator of a transaction ends its parts',
  });
}
