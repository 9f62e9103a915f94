/**
 * Port: snapshots of actors, a projection of the journal that makes recovery short and lets idle
 * actors leave memory. Checkpoints are fuzzy: each snapshot says which journal record it includes,
 * and replay skips for each actor what its snapshot already holds.
 */

export interface Snapshot {
  readonly actor: string;
  /** The last journal record that the state includes. Must be durable before it is saved. */
  readonly sequence: number;
  /** Plain data as in `JournalEvent.data`; undefined removes the actor. */
  readonly state: unknown;
  /** When the actor has something to do by itself, in ms since the epoch; undefined: never. */
  readonly dueAtMs?: number | undefined;
}

/** A saved actor that has something to do at a time. */
export interface Deadline {
  readonly actor: string;
  readonly atMs: number;
}

export interface StateStore {
  /** Replay must start after this record: snapshots hold everything up to it. */
  readonly checkpointSequence: number;
  /** The saved snapshot of an actor, including any `save` called before. Synchronous. */
  load(actor: string): Snapshot | undefined;
  /** Saved actors whose identity starts with `prefix`, ascending by UTF-8 bytes, after `after`. */
  list(prefix: string, options?: { readonly after?: string; readonly limit?: number }): string[];
  /** Saved actors that are due up to `untilMs`, the earliest first, those after `after`. */
  due(untilMs: number, options: { readonly after?: Deadline; readonly limit: number }): Deadline[];
  /** Saves snapshots, all or none; lazily written, resolves when written. */
  save(snapshots: readonly Snapshot[]): Promise<void>;
  /**
   * Declares that saved snapshots hold all up to `sequence`. On disk when it resolves, and only
   * then may the journal reclaim segments up to there.
   */
  checkpoint(sequence: number): Promise<void>;
}
