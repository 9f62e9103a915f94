/** The state of a coordinator: transactions that have begun and not ended. */
import { keyOf } from '../names.ts';
import type { Asker } from '../runtime/behaviour.ts';
import type { Participant } from './commands.ts';
import { type CoordinatorCounts, noCounts } from './counts.ts';
import type { Adrift, Reservation } from './reservation.ts';

export type TransactionStatus = 'open' | 'committing' | 'aborting';

export interface Transaction {
  readonly sequence: number;
  readonly openedAtMs: number;
  readonly timeoutMs: number;
  /** The role that alone may use it, if there is one. */
  readonly owner: string | undefined;
  status: TransactionStatus;
  readonly participants: Map<string, Participant>;
  readonly live: TransactionLive;
}

/** What ends with the process: then all participants are told again, and clients ask again. */
export interface TransactionLive {
  readonly confirmed: Set<string>;
  /** When the participants were told how it ends; undefined: not in this process. */
  toldAtMs: number | undefined;
  /** Which of the coordinator's aborts it is, whose participants hear of it once it is durable. */
  waits: number | undefined;
  readonly askers: Asker[];
}

export interface CoordinatorState {
  readonly id: number;
  /** Sequence of the next transaction. */
  next: number;
  /** The newest reservation; what it says of numbers below `next` has been used. */
  reserved: Reservation | undefined;
  adrift: Adrift | undefined;
  readonly transactions: Map<number, Transaction>;
  readonly live: {
    /** Since the process started. */
    counts: CoordinatorCounts;
    /** How often it has decided to abort some. */
    aborts: number;
    /** Whether the reservation is of this process, which knows what it has given. */
    isReserving: boolean;
    /** Whether this process has given back what it had reserved, and reserves no more. */
    isReleased: boolean;
    /** The newest reservation that is durable. */
    promised: Reservation | undefined;
    /** When something is due next, Infinity for never; undefined: to be found out. */
    dueAtMs: number | undefined;
  };
}

export function initialCoordinator(actor: string): CoordinatorState {
  return {
    id: Number(keyOf(actor)),
    next: 0,
    reserved: undefined,
    adrift: undefined,
    transactions: new Map(),
    live: {
      counts: noCounts(),
      aborts: 0,
      isReserving: false,
      isReleased: false,
      promised: undefined,
      dueAtMs: undefined,
    },
  };
}

/** The sequence up to which there is no transaction that has not ended. */
export function lowWaterMark({
  next,
  transactions,
}: Pick<CoordinatorState, 'next' | 'transactions'>): number {
  const [oldest = next] = transactions.keys();
  return oldest - 1;
}

export function newTransaction(
  sequence: number,
  openedAtMs: number,
  timeoutMs: number,
  owner: string | undefined,
): Transaction {
  return {
    sequence,
    openedAtMs,
    timeoutMs,
    owner,
    status: 'open',
    participants: new Map(),
    live: { confirmed: new Set(), toldAtMs: undefined, waits: undefined, askers: [] },
  };
}
