/**
 * Port: the journal, the one durable truth of a shard. Whoever decides appends what was decided as
 * one batch; nothing may be said to anybody before the batch is durable.
 */

/** Bytes of consecutive entries of one topic; `offset` counts the topic's entries from 0 on. */
export interface EntryBlock {
  /** Number of the topic within the shard; never reused. */
  readonly topicId: number;
  /** Offset of the first entry; the others follow without a gap. */
  readonly firstOffset: number;
  /**
   * One buffer an entry, each in the self-checking form that clients send and receive: u16 0x0e01,
   * u32 CRC32C of all that follows, then the rest. The journal stores them untouched. They must not
   * change afterwards: the tail cache serves these very buffers. Empty in records read back.
   */
  readonly entries: readonly Buffer[];
  /**
   * When each entry is due, in milliseconds since the epoch and below 2^48, 0 where it has no time
   * of its own; absent where none has. Those that have one can be found by it (`Entries.due`).
   */
  readonly dueAtMs?: readonly number[];
}

/** Entries of a topic below `before` are no longer needed by anybody. */
export interface TrimMark {
  readonly topicId: number;
  readonly before: number;
}

/** One decided fact of one actor. */
export interface JournalEvent {
  /** Identity of the actor, such as `topic:persistent://public/default/t`. */
  readonly actor: string;
  readonly type: string;
  /** Plain data: numbers, bigints, strings, booleans, null, Uint8Array, arrays and objects. */
  readonly data: unknown;
  /** What led to it: command, connection, role, timer or fault recovery. */
  readonly cause: string;
  /** The messages that the event stores. `data` is handed back with each run read from them. */
  readonly entries?: EntryBlock;
  /** The messages that the event gives up. */
  readonly trim?: TrimMark;
}

/** What one step decided; becomes durable as a whole or not at all. */
export interface JournalBatch {
  /** Wall-clock time of the step, in milliseconds since the epoch. */
  readonly atMs: number;
  readonly events: readonly JournalEvent[];
}

export interface JournalRecord extends JournalBatch {
  /** Position in the journal: 1, 2, 3 ... without a gap. */
  readonly sequence: number;
}

export interface Appended {
  readonly sequence: number;
  /**
   * Resolves once this batch and all before it are on disk; batches become durable in order.
   * Rejects with a `BrokerError` (`storage-full`, `storage-failed`) when that is no longer certain:
   * then every later append rejects too, and the owner must close, reopen and recover.
   */
  readonly durable: Promise<void>;
}

export interface Journal {
  /** Sequence of the last durable record, 0 when there is none. */
  readonly lastSequence: number;
  append(batch: JournalBatch): Appended;
  /**
   * Durable records after `sequence`, oldest first, without the entries' bytes.
   * Throws `storage-corrupt` or `storage-missing`, naming the segment and the record.
   */
  read(sequence: number): AsyncIterable<JournalRecord>;
}
