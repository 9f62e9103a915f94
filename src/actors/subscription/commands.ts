/** What a subscription can be told. `Subscribe` goes to the topic, which passes it on. */
import type { Refusal } from '../../base/errors.ts';
import type { Long } from '../../base/long.ts';
import type { Position } from '../../base/position.ts';
import type { DueEntry } from '../../storage/entries.ts';
import type { PartialAck } from '../cursor/commands.ts';
import type { EntrySlice } from '../entry-slice.ts';
import type { Generation } from '../generation.ts';
import type { ReplyTo } from '../topic/commands.ts';
import type { TxnId } from '../txn-id.ts';

export type SubscriptionType = 'Exclusive' | 'Shared' | 'Failover' | 'Key_Shared';

/** How key_shared consumers divide the hashes 0 to 65535. */
export interface KeySharedMode {
  readonly mode: 'AUTO_SPLIT' | 'STICKY';
  readonly allowOutOfOrder: boolean;
  /** Inclusive [start, end] pairs, sticky only. */
  readonly ranges: readonly (readonly [number, number])[];
}

/** A client opens a consumer (SUBSCRIBE). */
export interface Subscribe {
  readonly type: 'subscribe';
  readonly reply: ReplyTo;
  /** Unique in this process; names the consumer in every later command. */
  readonly key: number;
  readonly consumerId: Long;
  readonly subscription: string;
  readonly subType: SubscriptionType;
  readonly consumerName: string;
  readonly priorityLevel: number;
  /** Means no schema of its own (AUTO_CONSUME), so that it stands in the way of none. */
  readonly takesAnySchema?: boolean;
  readonly durable: boolean;
  readonly readCompacted: boolean;
  readonly initialPosition: 'Latest' | 'Earliest';
  /** Non-durable only: first entry to deliver, inclusive. */
  readonly startPosition: Position | undefined;
  /** Batch indexes of that first entry that are not wanted, as unacknowledged-bit words. */
  readonly startAckSet?: readonly bigint[];
  /** Start at the first entry published at or after this time, in ms since the epoch. */
  readonly startTimeMs?: number;
  /** That time as an offset of the topic, once it has been found. */
  readonly startOffset?: number;
  readonly keyShared: KeySharedMode | undefined;
  readonly consumerEpoch: Long | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly subscriptionProperties: Readonly<Record<string, string>>;
  readonly replicated: boolean;
  readonly address: string;
  readonly clientVersion: string;
  /** Whether the client understands REACHED_END_OF_TOPIC (Java's does; others hang up on it). */
  readonly knowsEndOfTopic: boolean;
  /** Whether the client understands ACTIVE_CONSUMER_CHANGE (protocol version 12 and later). */
  readonly knowsActiveChange: boolean;
}

export interface RemoveConsumer {
  readonly type: 'remove-consumer';
  readonly key: number;
  /** Absent when the connection is gone. */
  readonly reply?: ReplyTo;
}

export interface Flow {
  readonly type: 'flow';
  readonly key: number;
  readonly permits: number;
}

/** The consumer's socket has more bytes waiting than it should, or has drained. */
export interface Congestion {
  readonly type: 'congestion';
  readonly key: number;
  readonly congested: boolean;
}

/** One acknowledged entry, or some of the indexes of a batch. */
export interface AckedEntry {
  readonly position: Position;
  /** Words of the indexes still unacknowledged; undefined or empty: the whole entry. */
  readonly ackSet: readonly bigint[] | undefined;
  /** Messages in the batch, where clients say so: in transactions. */
  readonly batchSize?: number | undefined;
}

export interface Ack {
  readonly type: 'ack';
  readonly key: number;
  readonly cumulative: boolean;
  readonly entries: readonly AckedEntry[];
  /** Cursor properties, with cumulative acknowledgements. */
  readonly properties?: Readonly<Record<string, Long>>;
  /** Present when the client asked for an answer, which waits for the journal. */
  readonly reply?: ReplyTo;
  /** The transaction with whose end it counts. */
  readonly txn?: TxnId;
}

/** From the cursor: acknowledgements of a transaction are held, as if they counted already. */
export interface AcksHeld {
  readonly type: 'acks-held';
  /** The consumer that sent them. */
  readonly key: number;
  readonly offsets: readonly number[];
  /** Batches of which something is left to acknowledge. */
  readonly partial: readonly PartialAck[];
}

/** From the cursor: a transaction was aborted, so its acknowledgements never were. */
export interface AcksReturned {
  readonly type: 'acks-returned';
  /** Ascending. */
  readonly offsets: readonly number[];
}

/** REDELIVER_UNACKNOWLEDGED_MESSAGES; no positions: all of them. */
export interface Redeliver {
  readonly type: 'redeliver';
  readonly key: number;
  readonly positions: readonly Position[];
  readonly consumerEpoch: Long | undefined;
}

export interface Unsubscribe {
  readonly type: 'unsubscribe';
  readonly key: number;
  readonly reply: ReplyTo;
  readonly force: boolean;
}

export type SeekTarget =
  | { readonly kind: 'position'; readonly position: Position; readonly ackSet?: readonly bigint[] }
  | { readonly kind: 'time'; readonly publishTimeMs: number };

/** SEEK by a consumer (`key`), or a cursor reset over REST. */
export interface Seek {
  readonly type: 'seek';
  readonly key: number | undefined;
  readonly reply: ReplyTo;
  readonly target: SeekTarget;
  /** REST's resetcursor by id: start after the position instead of at it. */
  readonly excluded?: boolean;
}

/** REST: moves the cursor past `count` unacknowledged entries, or past all of them. */
export interface SkipMessages {
  readonly type: 'skip';
  readonly reply: ReplyTo;
  readonly count: number | 'all';
}

/** REST: what is asked of the backlog as a whole, answered by the cursor. */
export type BacklogRequest =
  /** The `number`th unacknowledged entry, counted from 1, as a `StoredEntry`. */
  | { readonly type: 'peek'; readonly reply: ReplyTo; readonly number: number }
  /** Counts what is not acknowledged, from the position on where there is one. */
  | {
      readonly type: 'analyze';
      readonly reply: ReplyTo;
      readonly from: Position | undefined;
      /** Entries that are counted at most. */
      readonly maxEntries: number;
    }
  /** Moves the cursor past what is older than a time, or up to an entry and past it. */
  | { readonly type: 'expire'; readonly reply: ReplyTo; readonly limit: ExpiryLimit };

export type ExpiryLimit =
  | {
      readonly kind: 'time';
      readonly timeMs: number;
      /** With a consumer and little waiting, the oldest must be from before this. */
      readonly oldestMs?: number;
    }
  | { readonly kind: 'id'; readonly position: Position };

/** REST: other settings in the place of those that the subscription has; what is absent stays. */
export interface ChangeSettings extends Partial<SubscriptionSettings> {
  readonly type: 'change-settings';
  readonly reply: ReplyTo;
}

/** What a subscription is given when it is made, and may be given anew. */
export interface SubscriptionSettings {
  readonly properties: Readonly<Record<string, string>>;
  /** Whether its position is meant to follow to other clusters; kept for clients to see. */
  readonly replicated: boolean;
}

/** From the cursor: everything below an offset is done with, whoever has it. */
export interface Skipped {
  readonly type: 'skipped';
  readonly below: number;
}

/** The topic closes the consumers of this subscription (unload, delete). */
export interface CloseConsumers {
  readonly type: 'close-consumers';
  readonly refusal?: Refusal;
}

/** From the cursor: entries to dispatch. */
export interface EntriesForDispatch {
  readonly type: 'entries';
  readonly generation: Generation;
  readonly slices: readonly EntrySlice[];
  /** Where the next read starts if all of these are dispatched. */
  readonly next: number;
}

/** From a non-persistent topic: entries for who can take them now, lent for this step. */
export interface PassingEntries {
  readonly type: 'passing';
  readonly isLent: true;
  readonly slice: EntrySlice;
}

/** From the cursor: entries whose time has come, as the topic's time index has them. */
export interface CameDue {
  readonly type: 'came-due';
  readonly generation: Generation;
  readonly offsets: readonly number[];
  /** How far in the index's order these are all that are due. */
  readonly taken: DueEntry;
  /** When the next one is due, Infinity where there is none. */
  readonly nextAtMs: number;
}

/** From the cursor: entries to dispatch again. */
export interface EntriesForReplay {
  readonly type: 'replay-entries';
  readonly generation: Generation;
  readonly slices: readonly EntrySlice[];
  /** Offsets asked for that lie below `until` and are in no slice need no dispatch any more. */
  readonly asked: readonly number[];
  readonly until: number;
}
