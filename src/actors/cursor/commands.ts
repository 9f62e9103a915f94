/** What a cursor can be told: by its topic and its subscription only. */
import type { Long } from '../../base/long.ts';
import type { Position } from '../../base/position.ts';
import type { DueEntry, EntryRun } from '../../storage/entries.ts';
import type { Generation } from '../generation.ts';
import type { BacklogRequest } from '../subscription/commands.ts';
import type { ReplyTo } from '../topic/commands.ts';
import type { EndInParticipant } from '../transaction/commands.ts';
import type { TxnId } from '../txn-id.ts';

/** The topic creates the cursor. */
export interface OpenCursor {
  readonly type: 'open';
  readonly topic: string;
  readonly topicId: number;
  readonly name: string;
  readonly durable: boolean;
  /** Everything below counts as acknowledged. */
  readonly acked: number;
  /** Batch indexes of the first entry still wanted. */
  readonly ackSet: readonly bigint[] | undefined;
}

/** Words of the batch indexes of one entry that are still unacknowledged. */
export interface PartialAck {
  readonly offset: number;
  readonly words: readonly bigint[];
}

export interface AckCursor {
  readonly type: 'ack';
  /** Acknowledged entries, flat [start, end) pairs. */
  readonly ranges: readonly number[];
  readonly partial: readonly PartialAck[];
  /** Everything below this offset. */
  readonly cumulative: number | undefined;
  readonly properties: Readonly<Record<string, Long>> | undefined;
  readonly consumerId: Long;
  readonly reply: ReplyTo | undefined;
}

/** One entry that a transaction acknowledges, or some of the indexes of a batch. */
export interface HeldEntry {
  readonly offset: number;
  /** Words of the indexes that it does not acknowledge; undefined: the whole entry. */
  readonly words: readonly bigint[] | undefined;
  readonly batchSize: number;
}

/** Held until the transaction ends. */
export interface AckInTransaction {
  readonly type: 'ack-in-transaction';
  readonly txn: TxnId;
  readonly entries: readonly HeldEntry[];
  /** Everything up to the one entry that there is, with it. */
  readonly cumulative: boolean;
  /** The consumer that acknowledges. */
  readonly key: number;
  readonly consumerId: Long;
  readonly reply: ReplyTo | undefined;
}

/** Back or forth to an offset; forgets what was acknowledged and redelivered. */
export interface ResetCursor {
  readonly type: 'reset';
  readonly to: number;
  readonly ackSet: readonly bigint[] | undefined;
  readonly reply: ReplyTo | undefined;
}

export interface SkipEntries {
  readonly type: 'skip';
  readonly count: number | 'all';
  readonly reply: ReplyTo;
}

/** From the cursor to itself: the entry to show is here, unless it was trimmed meanwhile. */
export interface PeekRead {
  readonly type: 'peek-read';
  readonly reply: ReplyTo;
  readonly offset: number;
  readonly runs: readonly EntryRun[];
}

/** From the cursor to itself: a stretch of the backlog to count. */
export interface AnalyzeRead {
  readonly type: 'analyze-read';
  readonly reply: ReplyTo;
  readonly found: BacklogAnalysis;
  readonly maxEntries: number;
  readonly from: number;
  readonly runs: readonly EntryRun[];
}

/** What a backlog holds, as far as it was looked at. */
export interface BacklogAnalysis {
  readonly entries: number;
  readonly messages: number;
  /** There is more than was looked at. */
  readonly aborted: boolean;
  readonly first: Position | undefined;
  readonly last: Position | undefined;
}

/** From the cursor to itself: where what is old ends; undefined when it was not found out. */
export interface ExpiryFound {
  readonly type: 'expiry-found';
  readonly reply: ReplyTo;
  readonly offset: number | undefined;
}

/** Whether the oldest entry is as old as it has to be; undefined: it cannot be read. */
export interface OldestFound {
  readonly type: 'oldest-found';
  readonly reply: ReplyTo;
  readonly timeMs: number;
  readonly isOld: boolean | undefined;
}

/** From the topic: let go what was published before a time, and say what is the oldest then. */
export interface Survey {
  readonly type: 'survey';
  /** Comes back with the answer. */
  readonly round: number;
  /** Undefined: nothing is too old. */
  readonly expireBelowMs: number | undefined;
}

/** From the cursor to itself: where what is young enough begins, and how old the first of it is. */
export interface SurveyFound {
  readonly type: 'survey-found';
  readonly command: Survey;
  /** Undefined when it was not found out. */
  readonly offset: number | undefined;
  /** Publish time of the entry there; undefined when there is none. */
  readonly foundMs: number | undefined;
}

/** From the topic, whose backlog is too large or which trims: everything below is done with. */
export interface EvictBacklog {
  readonly type: 'evict';
  readonly below: number;
}

/** A client asked for these entries again. */
export interface CountRedeliveries {
  readonly type: 'count-redeliveries';
  readonly offsets: readonly number[];
}

/** The last consumer has left: redeliveries are counted anew, and nobody waits for entries. */
export interface ClearRedeliveries {
  readonly type: 'clear-redeliveries';
}

/** Entries to dispatch, from an offset on; answered by `entries` once there are some. */
export interface ReadCursor {
  readonly type: 'read';
  readonly from: number;
  readonly maxEntries: number;
  readonly maxBytes: number;
  /** Comes back with the answer, so that the answer to an outdated question is known as such. */
  readonly generation: Generation;
  /** Reads what is compacted in the place of the originals. */
  readonly compacted?: boolean;
}

/** From the cursor to itself: entries of a compacted ledger have come back. */
export interface CompactedRead {
  readonly type: 'compacted-read';
  readonly request: ReadCursor;
  /** Which compacted ledger was read, and from which of its entries on. */
  readonly storageId: number;
  readonly index: number;
  readonly runs: readonly EntryRun[];
}

/** From the cursor to itself: one look in the search for an offset in a compacted ledger. */
export interface CompactedLook {
  readonly type: 'compacted-look';
  readonly request: ReadCursor;
  readonly storageId: number;
  /** The entry that is searched is one of [low, high], and `index` was looked at. */
  readonly low: number;
  readonly high: number;
  readonly index: number;
  readonly runs: readonly EntryRun[];
}

/** Particular entries, ascending, to dispatch again. */
export interface ReplayCursor {
  readonly type: 'replay';
  readonly offsets: readonly number[];
  readonly maxBytes: number;
  readonly generation: Generation;
}

/** Which unacknowledged entries are due, from a point of the topic's time index on. */
export interface FindDue {
  readonly type: 'find-due';
  readonly after: DueEntry;
  readonly untilMs: number;
  readonly limit: number;
  readonly generation: Generation;
}

/** From the cursor to itself: what the time index says. */
export interface DueFound {
  readonly type: 'due-found';
  readonly request: FindDue;
  readonly found: readonly DueEntry[];
}

export interface EntriesAvailable {
  readonly type: 'entries-available';
}

export interface DropCursor {
  readonly type: 'drop';
}

/** From the cursor to itself: a read has come back. */
export interface EntriesRead {
  readonly type: 'entries-read';
  readonly request: ReadCursor;
  /** One past the last offset that was looked for: what lies there may be withheld from readers. */
  readonly until: number;
  readonly runs: readonly EntryRun[];
}

export interface ReplayRead {
  readonly type: 'replay-read';
  readonly request: ReplayCursor;
  /** One past the last offset that was looked for. */
  readonly until: number;
  readonly runs: readonly EntryRun[];
}

/** From the cursor to itself after it has moved. */
export interface ReportMove {
  readonly type: 'report';
}

export type CursorCommand =
  | OpenCursor
  | AckCursor
  | AckInTransaction
  | EndInParticipant
  | ResetCursor
  | SkipEntries
  | BacklogRequest
  | PeekRead
  | AnalyzeRead
  | ExpiryFound
  | OldestFound
  | Survey
  | SurveyFound
  | EvictBacklog
  | CountRedeliveries
  | ClearRedeliveries
  | ReadCursor
  | ReplayCursor
  | FindDue
  | DueFound
  | EntriesAvailable
  | DropCursor
  | EntriesRead
  | CompactedRead
  | CompactedLook
  | ReplayRead
  | ReportMove;
