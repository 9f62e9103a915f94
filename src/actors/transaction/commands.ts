/** What a transaction's coordinator can be told: by clients, by participants, by the runtime. */
import type { ReplyTo } from '../topic/commands.ts';
import type { Reservation } from './reservation.ts';

/** A topic that a transaction publishes to, or a subscription that it acknowledges on. */
export interface Participant {
  /** Full name, that of a partition where there are any. */
  readonly topic: string;
  readonly subscription?: string;
  /** The topic's name as the client wrote it, where that is another. */
  readonly writtenAs?: string;
}

export function participantKey({ topic, subscription }: Participant): string {
  return subscription === undefined ? topic : `${topic}\n${subscription}`;
}

/** NEW_TXN; answers its sequence. Refused with `transaction-limit` where too many are open. */
export interface BeginTransaction {
  readonly type: 'begin';
  readonly reply: ReplyTo;
  /** How long it may stay open before it is aborted. */
  readonly timeoutMs: number;
  /** The role that alone may use it; undefined: whoever knows its id. */
  readonly owner?: string | undefined;
}

/** ADD_PARTITION_TO_TXN, ADD_SUBSCRIPTION_TO_TXN: they will be told how it ends. */
export interface JoinTransaction {
  readonly type: 'join';
  readonly reply: ReplyTo;
  readonly sequence: number;
  readonly participants: readonly Participant[];
  /** Who wants it, where it has to be the owner. */
  readonly by?: string | undefined;
}

/** END_TXN; answered when all participants have done their part. */
export interface EndTransaction {
  readonly type: 'end';
  readonly reply: ReplyTo;
  readonly sequence: number;
  readonly commit: boolean;
  /** As in `join`. */
  readonly by?: string | undefined;
}

/** From a participant: its part of the transaction is done. */
export interface ConfirmEnd {
  readonly type: 'confirm';
  readonly sequence: number;
  readonly participant: Participant;
}

/** From itself: what it has decided up to here is durable. */
export interface Settled {
  readonly type: 'settled';
  /** As `CoordinatorState.live` counts them. */
  readonly aborts: number;
  readonly reserved: Reservation | undefined;
}

/** The process is about to end: numbers that it has promised and not given are free again. */
export interface ReleaseNumbers {
  readonly type: 'release';
  readonly reply: ReplyTo;
}

export type CoordinatorCommand =
  | BeginTransaction
  | JoinTransaction
  | EndTransaction
  | ConfirmEnd
  | Settled
  | ReleaseNumbers
  /** From the runtime: a transaction has timed out, or its end is to be gone on with. */
  | { readonly type: 'due' };

/** To a participant: how a transaction ends. Told again until it confirms. */
export interface EndInParticipant {
  readonly type: 'end-transaction';
  readonly txn: string;
  readonly commit: boolean;
  /** The coordinator's transactions have ended up to this sequence. */
  readonly lowWaterMark: number;
}
