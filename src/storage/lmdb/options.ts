/** What can be set about a data folder, and the defaults. */
import { assert } from '../../base/assert.ts';
import { type Clock, systemClock } from '../../base/clock.ts';
import type { OpenEnvironment } from './environment.ts';
import { diskFiles, type Files } from './files.ts';

const MIB = 1024 * 1024;

export interface LmdbStorageOptions {
  /** The data folder; created where it is missing. */
  readonly dir: string;
  /** A segment is left for the next one when it holds this much. A larger batch still fits. */
  readonly segmentBytes?: number;
  /** The newest entries of all topics together that memory holds, with what holding them costs. */
  readonly cacheBytes?: number;
  /** LMDB transactions that are being written or wait for the one before: 1 or 2. */
  readonly maxTransactions?: number;
  /** Batches appended and not durable yet. More is a bug of whoever appends. */
  readonly maxBatchesInFlight?: number;
  /** Small entries are joined up to this size. 16 pages of 4 KiB, less LMDB's 16 bytes. */
  readonly valueBytes?: number;
  /** How much one read from disk brings in at once. */
  readonly readWindowBytes?: number;
  /** Windows that are brought in at the same time; further reads wait for their turn. */
  readonly maxConcurrentReads?: number;
  /** Entries that are brought in before readers of a backlog ask for them, all together. */
  readonly readAheadBytes?: number;
  /** Values read from disk that are kept for the next reader. */
  readonly readCacheBytes?: number;
  /** Files of segments that went, kept for the next ones to be written into. 0 keeps none. */
  readonly spareSegments?: number;
  /** Room on the disk that messages leave for what gives room back; less of a small disk. */
  readonly reserveBytes?: number;
  /** Older segments that are open for reading ... */
  readonly maxOpenSegments?: number;
  /** ... and how many of them stay open when nobody reads them. */
  readonly maxRestingSegments?: number;
  /** The index is written when it is this many blocks behind the journal ... */
  readonly flushBlocks?: number;
  /** ... or has changed for this many topics ... */
  readonly flushTopics?: number;
  /** ... or lacks this many entries that are due at a time ... */
  readonly flushDueEntries?: number;
  /** ... or the journal grew by so much, which also bounds what a start has to replay. */
  readonly flushJournalBytes?: number;
  /** Saved snapshots wait so long, in milliseconds, for others to be written with them. */
  readonly flushDelayMs?: number;
  /** A segment with a smaller share of live bytes has them copied forward. 0 turns it off. */
  readonly relocateBelow?: number;
  /** Only once nothing of it was given up for so long: most such segments soon empty themselves. */
  readonly relocateAfterMs?: number;
  /** How fast that may go. */
  readonly relocateBytesPerSecond?: number;
  /** Checks each entry's CRC32C on append. The transport has just done so. */
  readonly verifyOnAppend?: boolean;
  readonly clock?: Clock;
  /** Opens LMDB environments; specs put failing ones in its place. */
  readonly openEnvironment?: OpenEnvironment;
  readonly files?: Files;
}

/** All options with a default, as the storage uses them. */
export type LmdbSettings = Required<Omit<LmdbStorageOptions, 'openEnvironment'>>;

/** See `bench/storage/README.md` for the measurements behind the numbers. */
export const lmdbDefaults = Object.freeze({
  segmentBytes: 32 * MIB,
  cacheBytes: 64 * MIB,
  maxTransactions: 2,
  maxBatchesInFlight: 65_536,
  valueBytes: 16 * 4096 - 16,
  readWindowBytes: MIB,
  maxConcurrentReads: 2,
  readAheadBytes: 16 * MIB,
  readCacheBytes: 16 * MIB,
  spareSegments: 16,
  reserveBytes: 256 * MIB,
  maxOpenSegments: 16,
  maxRestingSegments: 3,
  flushBlocks: 16_384,
  flushTopics: 2_048,
  flushDueEntries: 16_384,
  flushJournalBytes: 128 * MIB,
  flushDelayMs: 50,
  relocateBelow: 0.25,
  relocateAfterMs: 60_000,
  relocateBytesPerSecond: 16 * MIB,
  verifyOnAppend: false,
  clock: systemClock,
  files: diskFiles,
});

export function settingsOf(options: LmdbStorageOptions): LmdbSettings {
  const { openEnvironment: _, ...rest } = options;
  const settings = Object.freeze({ ...lmdbDefaults, ...rest });
  assert(settings.dir !== '', 'the data folder has a name');
  assert(settings.segmentBytes >= 256 * 1024, 'a segment holds at least 256 KiB');
  assert(settings.maxTransactions === 1 || settings.maxTransactions === 2, '1 or 2 transactions');
  assert(settings.valueBytes >= 1024 && settings.valueBytes <= 8 * MIB, 'values of 1 KiB to 8 MiB');
  assert(settings.maxOpenSegments >= 1, 'at least one older segment can be open');
  assert(settings.maxRestingSegments >= 1, 'at least one older segment may rest');
  assert(settings.spareSegments >= 0, 'the number of spare files is 0 or more');
  assert(settings.maxConcurrentReads >= 1, 'at least one read at a time');
  assert(settings.relocateBelow < 1, 'a segment that is all alive is not copied');
  return settings;
}
