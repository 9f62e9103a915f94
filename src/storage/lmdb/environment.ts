/**
 * The seam to LMDB: how environments are opened, written and read. Everything that depends on how
 * lmdb-js behaves is in this file; specs put environments that fail in its place.
 */
import { existsSync, statfsSync } from 'node:fs';
import { type Database, IF_EXISTS, open, type RootDatabase } from 'lmdb';
import { BrokerError } from '../../base/errors.ts';
import { checkFile } from './file-check.ts';
import { ensureLockFile } from './new-file.ts';

/** A table of an environment; keys and values are bytes, keys in the order of their bytes. */
export interface Table {
  /** A copy of the value: in memory that `room` gives for so many bytes, or in its own. */
  get(key: Uint8Array, room?: (bytes: number) => Buffer): Buffer | undefined;
  put(key: Uint8Array, value: Uint8Array): void;
  remove(key: Uint8Array): void;
  /** Keys from `start` up to, without, `end`; from `start` down to it if `reverse`. */
  keys(range: KeyRange): Iterable<Buffer>;
  rows(range: KeyRange): Iterable<{ readonly key: Buffer; readonly value: Buffer }>;
  /** Brings the pages of these values into memory, off the main thread. */
  prefetch(keys: Uint8Array[]): Promise<void>;
}

export interface KeyRange {
  readonly start: Uint8Array;
  readonly end?: Uint8Array;
  readonly reverse?: boolean;
  readonly limit?: number;
}

export interface Environment {
  readonly root: Table;
  table(name: string): Table;
  /**
   * Writes what `work` puts and removes as one transaction; resolves when it is on disk. Buffers
   * handed to `put` must not change until then. Rejects with what LMDB or the system said, which
   * `storageError` understands.
   */
  write(work: () => void): Promise<void>;
  /** The same, but rejects without writing where the root table lacks `key`. */
  writeAfter(key: Uint8Array, work: () => void): Promise<void>;
  /** Writes a copy as of its last transaction into a new file, while others write. */
  copyTo(file: string): Promise<void>;
  close(): Promise<void>;
}

export interface EnvironmentOptions {
  /** The file; LMDB keeps its lock file beside it. */
  readonly file: string;
  /** Address space for the file; it costs nothing until it is used. */
  readonly mapBytes: number;
  readonly readOnly?: boolean;
  readonly tables?: number;
  /** Nothing of it must survive: it is never synced, so that nobody waits for the disk with it. */
  readonly isScratch?: boolean;
}

export type OpenEnvironment = (options: EnvironmentOptions) => Environment;

/**
 * Opens an LMDB environment whose commits are on disk when they resolve: `overlappingSync: false`
 * makes lmdb-js call `fdatasync` for the pages and then write the meta page through an `O_DSYNC`
 * descriptor, before the promise resolves. No write map: there a full disk kills the process.
 */
export const openLmdbEnvironment: OpenEnvironment = (options) => {
  checkFile(options.file, options.readOnly);
  if (existsSync(options.file)) ensureLockFile(options.file);
  return new LmdbEnvironment(options);
};

const TABLE_OPTIONS = { encoding: 'binary', keyEncoding: 'binary', cache: false } as const;

class LmdbEnvironment implements Environment {
  readonly root: Table;
  readonly #database: RootDatabase<Buffer, Uint8Array>;

  constructor(options: EnvironmentOptions) {
    this.#database = open<Buffer, Uint8Array>({
      ...TABLE_OPTIONS,
      path: options.file,
      mapSize: options.mapBytes,
      maxDbs: options.tables ?? 1,
      readOnly: options.readOnly ?? false,
      compression: false,
      overlappingSync: false,
      noSync: options.isScratch ?? false,
      // Transactions begin at once, and no promise is left that nobody could catch.
      eventTurnBatching: false,
      noMemInit: true,
    });
    this.root = new LmdbTable(this.#database);
  }

  table(name: string): Table {
    return new LmdbTable(this.#database.openDB({ ...TABLE_OPTIONS, name }));
  }

  async write(work: () => void): Promise<void> {
    await settled(this.#database.batch(work));
  }

  async writeAfter(key: Uint8Array, work: () => void): Promise<void> {
    await settled(this.#database.ifVersion(key, IF_EXISTS, work));
  }

  async copyTo(file: string): Promise<void> {
    await this.#database.backup(file, false);
  }

  async close(): Promise<void> {
    await this.#database.close();
  }
}

async function settled(written: Promise<boolean>): Promise<void> {
  let isWritten: boolean;
  try {
    isWritten = await written;
  } catch (error) {
    throw await causeOf(error);
  }
  if (!isWritten) throw new Error('the write before this one failed');
}

class LmdbTable implements Table {
  readonly #table: Database<Buffer, Uint8Array>;

  constructor(table: Database<Buffer, Uint8Array>) {
    this.#table = table;
  }

  get(key: Uint8Array, room: (bytes: number) => Buffer = ownRoom): Buffer | undefined {
    // The value lies in a buffer that the next read overwrites; its `length` is made up.
    const shared = this.#table.getBinaryFast(key);
    if (shared === undefined) return undefined;
    const value = room(shared.length);
    value.set(new Uint8Array(shared.buffer, shared.byteOffset, shared.length));
    return value;
  }

  /** Only inside `write`: there lmdb-js answers with a promise that is already resolved. */
  put(key: Uint8Array, value: Uint8Array): void {
    void this.#table.put(key, value as Buffer);
  }

  remove(key: Uint8Array): void {
    void this.#table.remove(key);
  }

  *keys(range: KeyRange): Iterable<Buffer> {
    for (const key of this.#table.getKeys({ ...range })) yield asBuffer(key);
  }

  *rows(range: KeyRange): Iterable<{ readonly key: Buffer; readonly value: Buffer }> {
    for (const { key, value } of this.#table.getRange({ ...range })) {
      yield { key: asBuffer(key), value: asBuffer(value) };
    }
  }

  prefetch(keys: Uint8Array[]): Promise<void> {
    return this.#table.prefetch(keys);
  }
}

const ownRoom = (bytes: number) => Buffer.allocUnsafeSlow(bytes);

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** lmdb-js rejects with "Commit failed" and hides the reason in another promise. */
async function causeOf(error: unknown): Promise<unknown> {
  const { commitError } = error as { commitError?: Promise<unknown> };
  if (commitError === undefined) return error;
  return commitError.then(
    () => error,
    (cause: unknown) => cause,
  );
}

const MDB_MAP_FULL = -30792;
const EIO = 5;
const ENOSPC = 28;
const EDQUOT = 122;

/** Less free space than this, where a write came to a sudden end, means that it was too little. */
const FULL_BELOW_BYTES = 4 * 1024 * 1024;

/** The registry's error for what LMDB or the file system said while working in folder `dir`. */
export function storageError(error: unknown, dir: string): BrokerError {
  if (error instanceof BrokerError) return error;
  const { message } = error as { message?: string };
  if (!isFull(error, dir)) {
    return new BrokerError('storage-failed', `${dir}: ${message}`, { cause: error });
  }
  return new BrokerError(
    'storage-full',
    `No space left to write in ${dir}: free some on its disk and start again.`,
    { cause: error },
  );
}

function isFull(error: unknown, dir: string): boolean {
  const { code } = error as { code?: number | string };
  // LMDB calls a write that was cut short an I/O error.
  if (code === EIO) return freeBytes(dir) < FULL_BELOW_BYTES;
  return code === ENOSPC || code === 'ENOSPC' || code === EDQUOT || code === MDB_MAP_FULL;
}

function freeBytes(dir: string): number {
  try {
    const { bavail, bsize } = statfsSync(dir);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
