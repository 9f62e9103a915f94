/** How a transaction stands, for those who are to take something in for it. */
import { coordinatorActor } from './names.ts';
import type { Facts } from './runtime/behaviour.ts';
import { type Participant, participantKey } from './transaction/commands.ts';
import type { CoordinatorCounts } from './transaction/counts.ts';
import type { Transaction } from './transaction/state.ts';
import { partsOf, type TxnId } from './txn-id.ts';

/** What participants and views read of a coordinator. */
export interface CoordinatorExposed {
  /** Sequence of the newest transaction, -1 where there was none. */
  readonly newest: number;
  /** The sequence up to which all have ended. */
  readonly lowWaterMark: number;
  readonly transactions: ReadonlyMap<number, Transaction>;
  readonly counts: Readonly<CoordinatorCounts>;
  /** Of a transaction that is not among these, and may be open (transaction/reservation.ts). */
  adriftTimeoutMs(sequence: number): number | undefined;
}

/** What a participant makes of a transaction that a client names. */
export type Standing = 'open' | 'ended' | 'not-joined';

/**
 * Whether a participant may take something in for a transaction. It is asked in the step that takes
 * it in, so that nothing is taken in behind the transaction's end.
 */
export function standingOf(txn: TxnId, participant: Participant, facts: Facts): Standing {
  const { coordinator, sequence } = partsOf(txn);
  const exposed = facts.exposed(coordinatorActor(coordinator)) as CoordinatorExposed;
  const transaction = exposed.transactions.get(sequence);
  if (transaction?.status !== 'open') return 'ended';
  return transaction.participants.has(participantKey(participant)) ? 'open' : 'not-joined';
}
