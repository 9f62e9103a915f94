/** NEW_TXN: begins a transaction. */
import { partsOf } from '../../../actors/txn-id.ts';
import type { CommandNewTxn } from '../../../wire/messages.ts';
import type { Session } from '../session.ts';
import { askCoordinator, ownerOf } from '../transactions.ts';
import { serverErrorOf } from '../translate.ts';

export function newTxn(session: Session, command: CommandNewTxn): void {
  const { request_id: requestId, tc_id: id = 0, txn_ttl_millis: timeoutMs = 0 } = command;
  const { broker } = session.context;
  askCoordinator(session, requestId, {
    ask: () => broker.transactions.begin(Number(id), Number(timeoutMs), ownerOf(session)),
    done: (txn) => {
      const { coordinator, sequence } = partsOf(txn);
      session.outbox.command('NEW_TXN_RESPONSE', {
        request_id: requestId,
        txnid_least_bits: sequence,
        txnid_most_bits: coordinator,
      });
    },
    failed: ({ code, message }) => {
      // Pulsar says nothing then: a client that is told asks again at once.
      if (code === 'transaction-limit') return;
      session.outbox.command('NEW_TXN_RESPONSE', {
        request_id: requestId,
        txnid_most_bits: id,
        error: serverErrorOf(code),
        message,
      });
    },
  });
}
