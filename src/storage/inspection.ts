/** Port: what a look at all of a data folder finds, without a broker and without a change. */
import type { Snapshot } from './state.ts';

export interface SegmentReport {
  readonly number: number;
  /** Its first and last journal record; the last is one less where it has none. */
  readonly first: number;
  readonly last: number;
  /** Blocks of entries that were moved into it. */
  readonly moves: number;
  readonly entries: number;
  /** Of the file, in use. */
  readonly bytes: number;
  /** Of entries that somebody still needs. */
  readonly liveBytes: number;
  readonly pins: readonly Pin[];
}

/** Why a segment is still there. */
export type Pin =
  | { readonly by: 'newest' }
  /** Records that a start replays. */
  | { readonly by: 'replay'; readonly records: number }
  | { readonly by: 'topic'; readonly topicId: number; readonly bytes: number };

export interface FolderReport {
  /** What is wrong, one line each. */
  readonly problems: readonly string[];
  /** What is not wrong and yet worth knowing. */
  readonly notes: readonly string[];
  readonly records: { readonly first: number; readonly last: number };
  /** Snapshots hold everything up to here ... */
  readonly checkpoint: number;
  /** ... and the index up to here. */
  readonly indexed: number;
  readonly liveBytes: number;
  /** Topics of which given-up entries still have to be taken out of the index. */
  readonly unfinishedSweeps: number;
  readonly segments: readonly SegmentReport[];
  /** All snapshots that can be read. */
  readonly snapshots: Iterable<Snapshot>;
  /** Which actor stored entries of a topic, as far as a record says it. */
  readonly actorOf: (topicId: number) => string | undefined;
  /** Up to which offset, without, the index has entries of a topic. */
  readonly endOf: (topicId: number) => number | undefined;
}
