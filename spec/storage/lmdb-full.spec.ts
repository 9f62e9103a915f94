/** A disk that is full: what does not fit is refused, what was promised stays, space heals it. */
import { execFileSync } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Environment,
  type EnvironmentOptions,
  openLmdbEnvironment,
} from '../../src/storage/lmdb/environment.ts';
import { openLmdbStorage } from '../../src/storage/lmdb/open.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { batchOf, stores } from '../contract/storage-batches.ts';
import { temporaryFolder } from './folders.ts';

const ALL = { maxEntries: 1_000_000, maxBytes: 1_000_000_000 };
const LIMIT_BYTES = 24 * 1024 * 1024;

interface SmallDisk {
  readonly openEnvironment?: (options: EnvironmentOptions) => Environment;
  fill(): Promise<void>;
  free(): Promise<void>;
  dispose(): Promise<void>;
}

/** A file system of 24 MiB in memory; undefined where this process may not mount one. */
function mountSmallDisk(dir: string): SmallDisk | undefined {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${LIMIT_BYTES}`, 'none', dir], {
      stdio: 'ignore',
    });
  } catch {
    return undefined;
  }
  const ballast = join(dir, 'ballast');
  return {
    fill: () => writeFile(ballast, Buffer.alloc(16 * 1024 * 1024)),
    free: () => rm(ballast),
    dispose: async () => {
      execFileSync('umount', [dir]);
    },
  };
}

/** Environments that refuse to write, as a full disk makes them, from `fill` to `free`. */
function failingDisk(): SmallDisk {
  let isFull = false;
  const openEnvironment = (options: EnvironmentOptions): Environment => {
    const environment = openLmdbEnvironment(options);
    const refuse = () => Promise.reject(Object.assign(new Error('no space'), { code: 28 }));
    return {
      root: environment.root,
      table: (name) => environment.table(name),
      write: (work) => (isFull ? refuse() : environment.write(work)),
      writeAfter: (key, work) => (isFull ? refuse() : environment.writeAfter(key, work)),
      copyTo: (file) => environment.copyTo(file),
      close: () => environment.close(),
    };
  };
  return {
    openEnvironment,
    fill: async () => {
      isFull = true;
    },
    free: async () => {
      isFull = false;
    },
    dispose: async () => {},
  };
}

describe('a transaction that fails although it reached the disk', () => {
  it('takes those that were handed over behind it with it', async () => {
    const { dir, dispose } = await temporaryFolder();
    let failing = 0;
    const openEnvironment = (options: EnvironmentOptions): Environment => {
      const environment = openLmdbEnvironment(options);
      const fate = async (written: Promise<void>): Promise<void> => {
        await written;
        if (failing-- === 1) throw Object.assign(new Error('lost contact'), { code: 5 });
      };
      return {
        root: environment.root,
        table: (name) => environment.table(name),
        write: (work) => environment.write(work),
        writeAfter: (key, work) => fate(environment.writeAfter(key, work)),
        copyTo: (file) => environment.copyTo(file),
        close: () => environment.close(),
      };
    };
    const storage = await openLmdbStorage({ dir, openEnvironment });
    await storage.journal.append(batchOf(stores(1, 0, 1))).durable;
    failing = 1;
    const behind = [1, 2].map((offset) => storage.journal.append(batchOf(stores(1, offset, 1))));
    const outcomes = await Promise.allSettled(behind.map(({ durable }) => durable));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await storage.failed).toMatchObject({ code: 'storage-failed' });
    await storage.close();
    const again = await openLmdbStorage({ dir });
    expect([again.journal.lastSequence, again.entries.usage(1).liveEntries]).toEqual([3, 3]);
    await again.close();
    await dispose();
  });
});

describe.each(['mounted', 'injected'])('a full disk (%s)', (kind) => {
  let dir: string;
  let disk: SmallDisk;
  let dispose: () => Promise<void>;

  beforeEach(async () => {
    ({ dir, dispose } = await temporaryFolder());
    disk = (kind === 'mounted' ? mountSmallDisk(dir) : undefined) ?? failingDisk();
  });
  afterEach(async () => {
    await disk.dispose();
    await dispose();
  });

  const open = () =>
    openLmdbStorage({ dir, segmentBytes: 1 << 20, flushDelayMs: 1, ...environmentOf(disk) });

  /** Appends megabytes until one is refused; gives how many batches were durable. */
  async function appendUntilRefused(storage: Storage, offset: number): Promise<number> {
    const appended = Array.from({ length: 300 }, (_, i) =>
      storage.journal.append(batchOf(stores(1, offset + i * 10, 10, { size: 10_000 }))),
    );
    const outcomes = await Promise.allSettled(appended.map(({ durable }) => durable));
    const durable = outcomes.findIndex(({ status }) => status === 'rejected');
    expect(durable).not.toBe(-1);
    expect(outcomes.slice(durable).every(({ status }) => status === 'rejected')).toBe(true);
    const { reason } = outcomes[durable] as PromiseRejectedResult;
    expect(reason).toMatchObject({
      code: 'storage-full',
      message: expect.stringContaining(join(dir, 'journal')),
    });
    return durable;
  }

  it('refuses a batch and all after it; what was durable comes back with space', async () => {
    let storage = await open();
    await storage.journal.append(batchOf(stores(1, 0, 10, { size: 10_000 }))).durable;
    await disk.fill();
    const durable = (await appendUntilRefused(storage, 10)) + 1;
    const later = storage.journal.append(batchOf());
    await expect(later.durable).rejects.toMatchObject({ code: 'storage-full' });
    await expect(storage.state.checkpoint(1)).rejects.toMatchObject({ code: 'storage-full' });
    await storage.close();

    storage = await open();
    expect(storage.journal.lastSequence).toBe(durable);
    await disk.free();
    const again = storage.journal.append(batchOf(stores(1, durable * 10, 5)));
    await again.durable;
    expect(storage.entries.usage(1).liveEntries).toBe(durable * 10 + 5);
    const runs = await storage.entries.read(1, 0, ALL);
    expect(runs.flatMap((run) => run.entries).length).toBe(durable * 10 + 5);
    await storage.close();
  });

  it('refuses snapshots without losing those that were saved', async () => {
    let storage = await open();
    await storage.journal.append(batchOf()).durable;
    await storage.state.save([{ actor: 'a', sequence: 1, state: 'small' }]);
    await disk.fill();
    const big = { actor: 'b', sequence: 1, state: 'x'.repeat(12 * 1024 * 1024) };
    await expect(storage.state.save([big])).rejects.toMatchObject({ code: 'storage-full' });
    await expect(storage.journal.append(batchOf()).durable).rejects.toMatchObject({
      code: 'storage-full',
    });
    await storage.close();
    await disk.free();
    storage = await open();
    expect(storage.state.load('a')?.state).toBe('small');
    expect(storage.state.load('b')).toBeUndefined();
    await storage.close();
  });
});

function environmentOf({ openEnvironment }: SmallDisk) {
  return openEnvironment === undefined ? {} : { openEnvironment };
}
