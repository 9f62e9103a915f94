/** What a topic can be told. */
import type { Long } from '../../base/long.ts';
import type { PeriodCounts } from '../../base/period-histogram.ts';
import type { Position } from '../../base/position.ts';
import type { Dispatched } from '../dispatch-pace.ts';
import type { Recipient } from '../ports.ts';
import type { WriteTimes } from '../runtime/behaviour.ts';
import type { Subscribe } from '../subscription/commands.ts';
import type { EndInParticipant } from '../transaction/commands.ts';
import type { TxnId } from '../txn-id.ts';
import type { Traffic } from '../views.ts';
import type { BrokerEntry } from './events.ts';

export type AccessMode = 'Shared' | 'Exclusive' | 'WaitForExclusive' | 'ExclusiveWithFencing';

/** Where a request came from and how to answer it. */
export interface ReplyTo {
  readonly recipient: Recipient;
  readonly requestId: Long;
}

/** A client opens a producer (PRODUCER). */
export interface AddProducer {
  readonly type: 'add-producer';
  readonly reply: ReplyTo;
  /** Unique in this process; names the producer in `publish` and `remove-producer`. */
  readonly key: number;
  readonly producerId: Long;
  /** Undefined: the broker gives one. */
  readonly name: string | undefined;
  readonly epoch: Long;
  readonly accessMode: AccessMode;
  readonly topicEpoch: number | undefined;
  /** Whether it says that it encrypts what it sends. */
  readonly encrypts: boolean;
  readonly metadata: Readonly<Record<string, string>>;
  readonly address: string;
  readonly clientVersion: string;
  readonly initialSubscription: string | undefined;
}

export interface RemoveProducer {
  readonly type: 'remove-producer';
  readonly key: number;
  /** Absent when the connection is gone. */
  readonly reply?: ReplyTo;
}

/** Messages of one producer that arrived together, one element an entry in every column. */
export interface Publish {
  readonly type: 'publish';
  readonly key: number;
  readonly sequenceIds: readonly Long[];
  readonly highestSequenceIds: readonly (Long | undefined)[];
  /** Messages in each entry: 1, or the size of the batch. */
  readonly messageCounts: readonly number[];
  /** Self-checking bytes, verified. */
  readonly entries: readonly Buffer[];
  /** Sum of the entries' lengths. */
  readonly bytes: number;
  /** Whether any of them is a chunk of a larger message. */
  readonly chunked: boolean;
  /** When each is to be delivered, in ms since the epoch, 0 for at once; absent: all at once. */
  readonly dueAtMs?: readonly number[];
  /** The transaction that all of them belong to. */
  readonly txn?: TxnId;
  /**
   * Too many at once for their connection, on a non-persistent topic: there are no entries, only
   * receipts to give.
   */
  readonly isDropped?: boolean;
}

/**
 * The runtime says that all entries below `end` are durable, and so are the ends of transactions by
 * which those below `readable` may be read.
 */
export interface Stored {
  readonly type: 'stored';
  readonly topicId: number;
  readonly end: number;
  readonly readable: number;
  /** How long entries took to become durable, where this is about some. */
  readonly written?: WriteTimes | undefined;
}

export interface CreateTopic {
  readonly type: 'create';
  readonly reply: ReplyTo;
  readonly properties?: Readonly<Record<string, string>>;
}

/** Closes producers and consumers (`force`), then removes the topic with its subscriptions. */
export interface DeleteTopic {
  readonly type: 'delete';
  readonly reply: ReplyTo;
  readonly force: boolean;
}

/** No more publishing; answers the last position. */
export interface TerminateTopic {
  readonly type: 'terminate';
  readonly reply: ReplyTo;
}

/** Closes all clients, which then look the topic up again. */
export interface UnloadTopic {
  readonly type: 'unload';
  readonly reply: ReplyTo;
}

export interface CreateSubscription {
  readonly type: 'create-subscription';
  readonly reply: ReplyTo;
  readonly name: string;
  /** Next position to read; `EARLIEST` and `LATEST` are understood. */
  readonly position: Position;
  readonly replicated: boolean;
  readonly properties: Readonly<Record<string, string>>;
}

/** REST: removes a subscription; `force` closes its consumers. */
export interface DeleteSubscription {
  readonly type: 'delete-subscription';
  readonly reply: ReplyTo;
  readonly name: string;
  readonly force: boolean;
}

/** From a subscription that is gone (unsubscribe, or its last non-durable consumer left). */
export interface SubscriptionGone {
  readonly type: 'subscription-gone';
  /** Of the topic that it belonged to; another may have its name meanwhile. */
  readonly topicId: number;
  readonly name: string;
  /** What it has sent since it was loaded: the topic goes on counting it. */
  readonly out: Traffic;
}

/** From a cursor that has moved past the end of a ledger. */
export interface CursorMoved {
  readonly type: 'cursor-moved';
  readonly name: string;
  /** Everything below is acknowledged. */
  readonly acked: number;
}

/** From a cursor that has read everything and waits for more. */
export interface AwaitEntries {
  readonly type: 'await-entries';
  readonly name: string;
  /** Offset of the first entry that it lacks. */
  readonly from: number;
}

/** From a cursor that waited for more and has nobody left to read for. */
export interface StopAwaiting {
  readonly type: 'stop-awaiting';
  readonly name: string;
}

/** From a cursor that was asked. */
export interface Surveyed {
  readonly type: 'surveyed';
  readonly topicId: number;
  readonly round: number;
  readonly name: string;
  /** Publish time of its oldest message; Infinity where it holds none. */
  readonly oldestMs: number;
}

/** GET_LAST_MESSAGE_ID and REST's lastMessageId. `subscription` adds its mark-delete position. */
export interface GetLastMessageId {
  readonly type: 'get-last-message-id';
  readonly reply: ReplyTo;
  readonly subscription: string | undefined;
  /** Whether what is compacted counts in the place of the originals. */
  readonly readCompacted?: boolean;
}

/** REST: merges properties into the topic's, or takes some away. */
export interface ChangeProperties {
  readonly type: 'change-properties';
  readonly reply: ReplyTo;
  readonly set: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
}

/** An entry by its id, or counted from either end, the first one being 1. */
export type EntryChoice =
  | { readonly kind: 'id'; readonly position: Position }
  | { readonly kind: 'nth'; readonly from: 'earliest' | 'latest'; readonly number: number };

/** REST: one stored entry; answers with a `StoredEntry`. */
export interface ReadEntry {
  readonly type: 'read-entry';
  readonly reply: ReplyTo;
  readonly choice: EntryChoice;
}

/** What looking at a single entry answers. */
export interface StoredEntry {
  readonly position: Position;
  /** Its stored bytes. */
  readonly entry: Buffer;
  /** What the broker noted of it. */
  readonly noted?: BrokerEntry | undefined;
  /** Behind an open transaction, or part of one that was aborted: nobody is given it. */
  readonly withheld?: 'uncommitted' | 'aborted' | undefined;
}

/** REST: answers the position of the first entry published at or after a time. */
export interface FindEntry {
  readonly type: 'find-entry';
  readonly reply: ReplyTo;
  readonly timeMs: number;
}

/** REST: answers the position of the entry that holds the message with this number. */
export interface FindIndex {
  readonly type: 'find-index';
  readonly reply: ReplyTo;
  readonly index: number;
}

/** REST: gives up the ledgers that nobody needs now, or also those that retention would keep. */
export interface TrimLedgers {
  readonly type: 'trim-ledgers';
  readonly reply: ReplyTo;
  readonly retained: boolean;
}

/** REST, or a threshold that was crossed: compacts all that is durable. */
export interface Compact {
  readonly type: 'compact';
  readonly reply?: ReplyTo;
}

/** REST: offloads ledgers to other storage, of which there is none. */
export interface Offload {
  readonly type: 'offload';
  readonly reply: ReplyTo;
}

/** From the topic to itself once it is made: with a threshold, it keeps what is to be compacted. */
export interface CheckThreshold {
  readonly type: 'check-threshold';
}

/** From whoever compacts the topic: entries that survive, answered once they are durable. */
export interface StoreCompacted {
  readonly type: 'store-compacted';
  readonly reply: ReplyTo;
  /** Which compaction it belongs to. */
  readonly storageId: number;
  /** Their offsets in the topic, ascending, and the messages in each. */
  readonly offsets: readonly number[];
  readonly messages: readonly number[];
  readonly chunked: boolean;
  /** Self-checking bytes. */
  readonly entries: readonly Buffer[];
}

export interface EndCompaction {
  readonly type: 'end-compaction';
  readonly reply: ReplyTo;
  readonly storageId: number;
  readonly outcome: CompactionOutcome;
}

export type CompactionOutcome =
  | {
      readonly kind: 'done';
      /** Of the last entry that survives; -1 where it is no batch. */
      readonly lastBatchIndex: number;
      /** Messages that did not survive. */
      readonly removed: number;
      readonly readBytes: number;
      /** Until its entries were durable (`WRITE_LATENCY_BOUNDS_US`). */
      readonly writeLatency: PeriodCounts;
    }
  | { readonly kind: 'failed'; readonly message: string };

export type TopicCommand =
  | AddProducer
  | RemoveProducer
  | Publish
  | Dispatched
  | Stored
  | EndInParticipant
  | CreateTopic
  | DeleteTopic
  | TerminateTopic
  | UnloadTopic
  | Subscribe
  | CreateSubscription
  | DeleteSubscription
  | SubscriptionGone
  | CursorMoved
  | AwaitEntries
  | StopAwaiting
  | Surveyed
  | GetLastMessageId
  | ChangeProperties
  | ReadEntry
  | FindEntry
  | FindIndex
  | TrimLedgers
  | Compact
  | Offload
  | CheckThreshold
  | StoreCompacted
  | EndCompaction;
