/** Port: everything durable of one shard, opened and closed together. */
import type { Entries } from './entries.ts';
import type { Journal } from './journal.ts';
import type { Scratch } from './scratch.ts';
import type { StateStore } from './state.ts';

/** Sizes and counters for metrics and the `doctor`. */
export interface StorageStats {
  readonly segments: number;
  /** Bytes of the segments on disk. */
  readonly journalBytes: number;
  /** Entry bytes that somebody still needs. */
  readonly liveBytes: number;
  /** Bytes on disk that hold nothing and wait to be written again. */
  readonly spareBytes: number;
  /** `Storage.isShort`. */
  readonly isShort: boolean;
  readonly cachedBytes: number;
  readonly cacheHits: number;
  readonly cacheMisses: number;
}

export interface Storage {
  readonly journal: Journal;
  readonly entries: Entries;
  readonly state: StateStore;
  /** Resolves with the reason once nothing can be written any more, until it is opened again. */
  readonly failed: Promise<Error>;
  readonly scratch: Scratch;
  /** Set while the disk has less room left than is kept for what gives room back. */
  readonly isShort: boolean;
  stats(): StorageStats;
  /** Waits for what was appended, then closes. Later calls on the ports reject. */
  close(): Promise<void>;
}

/** Opens the storage of a shard; called again after a failed append. */
export type OpenStorage = () => Promise<Storage>;
