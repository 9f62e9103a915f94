/**
 * The seam to LMDB: how environments are opened, written and read. Everything that depends on how
 * lmdb-js behaves is in this file; specs put environments that fail in its place.
 */
import { type Database, IF_EXISTS, open, type RootDatabase } from 'lmdb';
import { BrokerError } from '../../base/errors.ts';

/** A table of an environment; keys and values are bytes, keys in the order of their bytes. */
export interface Table {
  /** A copy of the value. */
  get(key: Uint8Array): Buffer | undefined;
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
   * handed to `put` must not change until then. Rejects with `storage-full` or `storage-failed`.
   */
  write(work: () => void): Promise<void>;
  /** The same, but rejects without writing where the root table lacks `key`. */
  writeAfter(key: Uint8Array, work: () => void): Promise<void>;
  /** Bytes of the file that the newest transaction uses. */
  usedBytes(): number;
  close(): Promise<void>;
}

export interface EnvironmentOptions {
  /** The file; LMDB keeps its lock file beside it. */
  readonly file: string;
  /** Address space for the file; it costs nothing until it is used. */
  readonly mapBytes: number;
  readonly readOnly?: boolean;
  readonly tables?: number;
}

export type OpenEnvironment = (options: EnvironmentOptions) => Environment;

/**
 * Opens an LMDB environment whose commits are on disk when they resolve: `overlappingSync: false`
 * makes lmdb-js call `fdatasync` for the pages and then write the meta page through an `O_DSYNC`
 * descriptor, before the promise resolves. No write map: there a full disk kills the process.
 */
export const openLmdbEnvironment: OpenEnvironment = (options) => {
  try {
    return new LmdbEnvironment(options);
  } catch (error) {
    throw storageError(error, options.file);
  }
};

const TABLE_OPTIONS = { encoding: 'binary', keyEncoding: 'binary', cache: false } as const;

class LmdbEnvironment implements Environment {
  readonly root: Table;
  readonly #database: RootDatabase<Buffer, Uint8Array>;
  readonly #file: string;

  constructor(options: EnvironmentOptions) {
    this.#file = options.file;
    this.#database = open<Buffer, Uint8Array>({
      ...TABLE_OPTIONS,
      path: options.file,
      mapSize: options.mapBytes,
      maxDbs: options.tables ?? 1,
      readOnly: options.readOnly ?? false,
      compression: false,
      overlappingSync: false,
      noMemInit: true,
    });
    this.root = new LmdbTable(this.#database);
  }

  table(name: string): Table {
    return new LmdbTable(this.#database.openDB({ ...TABLE_OPTIONS, name }));
  }

  async write(work: () => void): Promise<void> {
    await this.#settled(this.#database.batch(work));
  }

  async writeAfter(key: Uint8Array, work: () => void): Promise<void> {
    await this.#settled(this.#database.ifVersion(key, IF_EXISTS, work));
  }

  usedBytes(): number {
    const stats = this.#database.getStats() as { lastPageNumber: number; pageSize: number };
    return (stats.lastPageNumber + 1) * stats.pageSize;
  }

  async close(): Promise<void> {
    await this.#database.close();
  }

  async #settled(written: Promise<boolean>): Promise<void> {
    let isWritten: boolean;
    try {
      isWritten = await written;
    } catch (error) {
      throw storageError(await causeOf(error), this.#file);
    }
    if (isWritten) return;
    throw new BrokerError('storage-failed', `${this.#file}: the write before this one failed.`);
  }
}

class LmdbTable implements Table {
  readonly #table: Database<Buffer, Uint8Array>;

  constructor(table: Database<Buffer, Uint8Array>) {
    this.#table = table;
  }

  get(key: Uint8Array): Buffer | undefined {
    // The value lies in a buffer that the next read overwrites; its `length` is made up.
    const shared = this.#table.getBinaryFast(key);
    if (shared === undefined) return undefined;
    const value = Buffer.allocUnsafeSlow(shared.length);
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
const ENOSPC = 28;
const EDQUOT = 122;

/** The registry's error for what LMDB or the file system said about `file`. */
export function storageError(error: unknown, file: string): BrokerError {
  if (error instanceof BrokerError) return error;
  const { code, message } = error as { code?: number | string; message?: string };
  const isFull = code === ENOSPC || code === EDQUOT || code === MDB_MAP_FULL || code === 'ENOSPC';
  if (!isFull) return new BrokerError('storage-failed', `${file}: ${message}`, { cause: error });
  return new BrokerError(
    'storage-full',
    `No space left to write ${file}: free some on its disk and start again.`,
    { cause: error },
  );
}
