/**
 * A disk under the production storage: environments whose transactions take time, and folders. What
 * a transaction wrote is there, for readers and for good, at its sync and not before; a crash keeps
 * what was synced and, of what was under way, as many transactions as chance wants.
 */
import type {
  Environment,
  EnvironmentOptions,
  KeyRange,
  OpenEnvironment,
  Table,
} from '../../../src/storage/lmdb/environment.ts';
import type { Files } from '../../../src/storage/lmdb/files.ts';
import type { Chance } from './chance.ts';
import { undamaged } from './damage.ts';
import type { Owner, Scheduler } from './scheduler.ts';
import { SimTable, textOf } from './table.ts';

/** A put, or a remove where `value` is undefined. */
export interface Change {
  readonly table: string;
  readonly key: string;
  readonly value: Buffer | undefined;
}

interface Transaction {
  readonly changes: readonly Change[];
  /** What `put` was given; it must still be the same at the sync. */
  readonly given: readonly (Uint8Array | undefined)[];
  /** Key of the root table without which nothing is written. */
  readonly after: string | undefined;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export interface SimFile {
  readonly path: string;
  readonly tables: Map<string, SimTable>;
  /** Handed over and not synced, oldest first. */
  pending: Transaction[];
}

/** How the disk behaves now. */
export interface DiskMood {
  /** Milliseconds that a sync takes, about. */
  syncMs: number;
  readMs: number;
  isFull: boolean;
  /** Syncs fail, and nobody knows what of them is on the disk. */
  failsSyncs: boolean;
  failsReads: boolean;
}

export interface DiskWatcher {
  /** Something is on disk now; `file` says where. */
  synced(file: SimFile, changes: readonly Change[]): void;
}

export class SimDisk {
  readonly files = new Map<string, SimFile>();
  readonly mood: DiskMood = {
    syncMs: 1,
    readMs: 0.5,
    isFull: false,
    failsSyncs: false,
    failsReads: false,
  };
  watcher: DiskWatcher = { synced: () => {} };
  readonly #scheduler: Scheduler;
  readonly #chance: Chance;
  readonly #locked = new Set<string>();
  readonly #copies = new Map<string, SimFile>();
  syncs = 0;

  constructor(scheduler: Scheduler, chance: Chance) {
    this.#scheduler = scheduler;
    this.#chance = chance;
  }

  /** The end of whoever used the disk; what was not synced survives in part. */
  crash(): void {
    this.#locked.clear();
    for (const file of this.files.values()) {
      const survivors = this.#chance.between(0, file.pending.length);
      const lost = file.pending;
      file.pending = [];
      for (const { changes, after } of lost.slice(0, survivors)) {
        if (after === undefined || tableOf(file, '').has(after)) this.#apply(file, changes);
      }
    }
  }

  /** Keeps a copy of a file as it is now, to be restored some day. */
  keepCopy(path: string): void {
    const file = this.files.get(path);
    // Nobody keeps a damaged copy to heal damage with.
    if (file !== undefined) this.#copies.set(path, copyOf(file, undamaged));
  }

  /** Puts the copy that was kept in the file's place; what that gives undoes it. */
  restoreOld(path: string): (() => void) | undefined {
    const copy = this.#copies.get(path);
    const current = this.files.get(path);
    if (copy === undefined || current === undefined) return undefined;
    this.files.set(path, copyOf(copy));
    return () => this.files.set(path, current);
  }

  /** The same bytes on a disk of their own, for an inspection that changes nothing here. */
  copyTo(other: SimDisk): void {
    for (const file of this.files.values()) other.files.set(file.path, copyOf(file));
  }

  /** The disk as one process sees it. */
  openEnvironment(owner: Owner): OpenEnvironment {
    return ({ file: path }: EnvironmentOptions) => {
      const file = this.#file(path);
      return new SimEnvironment(file, {
        write: (work, after) => this.#write(owner, file, work, after),
        read: () => this.#read(owner),
      });
    };
  }

  filesOf(owner: Owner): Files {
    return {
      prepareFolder: () => this.#alive(owner),
      lockFolder: (dir) => {
        if (!owner.isAlive) throw new Error('the process has been killed');
        if (this.#locked.has(dir)) throw new Error(`${dir} is in use`);
        this.#locked.add(dir);
        return () => this.#locked.delete(dir);
      },
      prepareEmpty: async (dir) => `${dir}/empty.mdb`,
      createEnvironmentFolder: async (dir) => {
        await this.#alive(owner);
        this.#file(`${dir}/data.mdb`);
      },
      setAside: async (dir, spare) => {
        if (!owner.isAlive) return never();
        const file = this.files.get(`${dir}/data.mdb`)!;
        this.files.delete(file.path);
        let bytes = 0;
        for (const table of file.tables.values()) bytes += table.bytes;
        // What is in it counts no more, wherever it comes up again.
        this.#file(`${spare}/data.mdb`);
        return bytes;
      },
      reuseEnvironmentFolder: async (spare, dir) => {
        if (!owner.isAlive) return never();
        this.files.delete(`${spare}/data.mdb`);
        this.#file(`${dir}/data.mdb`);
      },
      read: () => {
        throw new Error('nobody backs up a simulated disk');
      },
      exists: (file) => this.files.has(file),
      diskOf: () => ({
        bytes: Number.POSITIVE_INFINITY,
        freeBytes: this.mood.isFull ? 0 : Number.POSITIVE_INFINITY,
      }),
      usedBytesOf: (path) => {
        let bytes = 0;
        for (const table of this.files.get(path)?.tables.values() ?? []) bytes += table.bytes;
        return bytes;
      },
      namesIn: async (dir) => {
        const below = [...this.files.keys()].filter((path) => path.startsWith(`${dir}/`));
        return [...new Set(below.map((path) => path.slice(dir.length + 1).split('/')[0]!))];
      },
      remove: async (dir) => {
        if (!owner.isAlive) return never();
        for (const path of this.files.keys()) {
          if (path.startsWith(`${dir}/`)) this.files.delete(path);
        }
      },
    };
  }

  #file(path: string): SimFile {
    let file = this.files.get(path);
    if (file === undefined) {
      file = { path, tables: new Map(), pending: [] };
      this.files.set(path, file);
    }
    return file;
  }

  /** What makes a file fails where the disk is full. */
  async #alive(owner: Owner): Promise<void> {
    if (!owner.isAlive) await never();
    if (this.mood.isFull) throw noSpace();
  }

  #write(owner: Owner, file: SimFile, work: () => void, after?: string): Promise<void> {
    // What a killed process would still do in the step in which it was killed does not happen.
    if (!owner.isAlive) return never();
    const changes: Change[] = [];
    const given: (Uint8Array | undefined)[] = [];
    collect = (change, bytes) => {
      changes.push(change);
      given.push(bytes);
    };
    try {
      work();
    } finally {
      collect = undefined;
    }
    return new Promise((resolve, reject) => {
      file.pending.push({ changes, given, after, resolve, reject });
      if (file.pending.length === 1) this.#syncLater(owner, file);
    });
  }

  #syncLater(owner: Owner, file: SimFile): void {
    const { syncMs } = this.mood;
    const delayMs = this.#chance.skewed(syncMs / 4, syncMs * 4);
    this.#scheduler.after(owner, delayMs, () => {
      const transaction = file.pending.shift();
      if (transaction === undefined) return;
      this.#sync(file, transaction);
      if (file.pending.length > 0) this.#syncLater(owner, file);
    });
  }

  #sync(file: SimFile, transaction: Transaction): void {
    const { changes, given, after, resolve, reject } = transaction;
    this.syncs += 1;
    if (after !== undefined && !tableOf(file, '').has(after)) {
      reject(new Error('the write before this one failed'));
      return;
    }
    if (this.mood.isFull) {
      reject(noSpace());
      return;
    }
    changes.forEach(({ value }, i) => {
      const now = given[i];
      if (now !== undefined && !value?.equals(now)) {
        throw new Error(`bytes on their way to ${file.path} have changed`);
      }
    });
    if (this.mood.failsSyncs) {
      if (this.#chance.happens(0.5)) this.#apply(file, changes);
      reject(new Error('the disk says: input/output error'));
      return;
    }
    this.#apply(file, changes);
    resolve();
  }

  #apply(file: SimFile, changes: readonly Change[]): void {
    for (const { table: name, key, value } of changes) {
      const table = tableOf(file, name);
      if (value === undefined) table.remove(key);
      else table.put(key, value);
    }
    this.watcher.synced(file, changes);
  }

  #read(owner: Owner): Promise<void> {
    const { readMs } = this.mood;
    return new Promise((resolve, reject) => {
      this.#scheduler.after(owner, this.#chance.skewed(readMs / 4, readMs * 8), () => {
        if (this.mood.failsReads) reject(new Error('the disk says: cannot read'));
        else resolve();
      });
    });
  }
}

/** Where `put` and `remove` of the transaction go that is being described now. */
let collect: ((change: Change, given?: Uint8Array) => void) | undefined;

interface Device {
  write(work: () => void, after?: string): Promise<void>;
  read(): Promise<void>;
}

class SimEnvironment implements Environment {
  readonly root: Table;
  readonly #file: SimFile;
  readonly #device: Device;
  #isOpen = true;

  constructor(file: SimFile, device: Device) {
    this.#file = file;
    this.#device = device;
    this.root = this.table('');
  }

  table(name: string): Table {
    const table = () => {
      if (!this.#isOpen) throw new Error(`${this.#file.path} is closed`);
      return tableOf(this.#file, name);
    };
    const put = (key: Uint8Array, value: Uint8Array | undefined) => {
      if (collect === undefined) throw new Error('writes happen inside a transaction');
      const copy = value === undefined ? undefined : Buffer.from(value);
      collect({ table: name, key: textOf(key), value: copy }, value);
    };
    const keys = function* (range: KeyRange) {
      for (const key of table().range(range)) yield Buffer.from(key, 'latin1');
    };
    return {
      get: (key) => {
        const value = table().get(textOf(key));
        return value && Buffer.from(value);
      },
      put,
      remove: (key) => put(key, undefined),
      keys,
      *rows(range) {
        for (const key of keys(range)) {
          yield { key, value: Buffer.from(table().get(textOf(key))!) };
        }
      },
      prefetch: () => this.#device.read(),
    };
  }

  write(work: () => void): Promise<void> {
    return this.#device.write(work);
  }

  writeAfter(key: Uint8Array, work: () => void): Promise<void> {
    return this.#device.write(work, textOf(key));
  }

  copyTo(): Promise<void> {
    throw new Error('nobody backs up a simulated disk');
  }

  async close(): Promise<void> {
    this.#isOpen = false;
  }
}

function copyOf({ path, tables }: SimFile, of?: (value: Buffer) => Buffer): SimFile {
  const copies = new Map([...tables].map(([name, table]) => [name, table.copy(of)]));
  return { path, tables: copies, pending: [] };
}

function tableOf(file: SimFile, name: string): SimTable {
  let table = file.tables.get(name);
  if (table === undefined) {
    table = new SimTable();
    file.tables.set(name, table);
  }
  return table;
}

function never(): Promise<never> {
  return new Promise(() => {});
}

function noSpace(): Error {
  return Object.assign(new Error('the disk says: no space left'), { code: 'ENOSPC' });
}
