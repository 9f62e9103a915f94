/**
 * Port: message bytes by topic and offset, a projection of the journal. An entry can be read as
 * soon as its batch is durable, until a trim mark gives it up.
 */

/** Consecutive entries that were stored by one event. */
export interface EntryRun {
  /** Offset of `entries[0]`. */
  readonly firstOffset: number;
  readonly entries: readonly Buffer[];
  /** The storing event's `data`, and the place of `entries[0]` in that event's block. */
  readonly data: unknown;
  readonly dataIndex: number;
  /** The block's `dueAtMs`; `dataIndex` is the place of `entries[0]` in it, too. */
  readonly dueAtMs?: readonly number[] | undefined;
}

/** An entry that was stored with a time at which it is due; in order of time, then of offset. */
export interface DueEntry {
  readonly atMs: number;
  readonly offset: number;
}

export function compareDue(a: DueEntry, b: DueEntry): number {
  return a.atMs - b.atMs || a.offset - b.offset;
}

export interface ReadLimits {
  readonly maxEntries: number;
  /** A read gives at least one entry, even one larger than this. */
  readonly maxBytes: number;
}

/** How much one topic holds. Bytes of a block that is trimmed in part are counted by its share. */
export interface TopicUsage {
  readonly liveBytes: number;
  readonly liveEntries: number;
}

export interface Entries {
  /**
   * Entries from `offset` on as far as the tail cache holds them without a gap, within the limits;
   * undefined when the entry at `offset` is not cached. Never touches the disk. The bytes are lent:
   * after `settle` they may be others.
   */
  cached(topicId: number, offset: number, limits: ReadLimits): readonly EntryRun[] | undefined;
  /**
   * Resolves when entries from `offset` on, which are being brought in ahead of their reader, have
   * come or will not come: then it is worth asking for `cached` again. Undefined where none are.
   */
  arrival(topicId: number, offset: number): Promise<void> | undefined;
  /**
   * Entries from `offset` on, for the caller to keep, from the cache or the disk, in order and
   * without a gap. Where `offset` itself was trimmed, starts at the first entry that is left. Empty
   * past the last durable entry.
   * Reading from disk happens off the main thread in bounded windows.
   * Rejects with `storage-corrupt` or `storage-missing`, naming the segment and the record.
   */
  read(topicId: number, offset: number, limits: ReadLimits): Promise<readonly EntryRun[]>;
  /**
   * As `read`, of the entries at these ascending offsets alone: of the first ones as many as fit
   * into `maxBytes`, at least one. Those that were trimmed are left out.
   */
  pick(topicId: number, offsets: readonly number[], maxBytes: number): Promise<EntryRun[]>;
  /**
   * Ends the loan of all that `cached` gave so far; `kept` when somebody still holds some of it,
   * who may keep it then.
   */
  settle(kept: boolean): void;
  usage(topicId: number): TopicUsage;
  /**
   * Entries with a due time, in their order, from behind `after` on: at most `limit`, ending with
   * the first one that is due after `untilMs`. Some of them may have been trimmed. Synchronous.
   */
  due(topicId: number, after: DueEntry, untilMs: number, limit: number): readonly DueEntry[];
}
