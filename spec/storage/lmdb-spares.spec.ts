/** Files of retired segments are written again: how many there are, and what a crash leaves. */
import { existsSync, linkSync, readdirSync, statSync } from 'node:fs';
import { cp, open as openFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diskFiles, type Files } from '../../src/storage/lmdb/files.ts';
import { type LmdbStorageOptions, openLmdbStorage } from '../../src/storage/lmdb/open.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { batchOf, idOf, stores, trims } from '../contract/storage-batches.ts';
import { segmentNumbers, temporaryFolder } from './folders.ts';

const ALL = { maxEntries: 1_000_000, maxBytes: 1_000_000_000 };
const SEGMENT_BYTES = 256 * 1024;
const PAGE_BYTES = 4096;
const SLOW_DISK = { timeout: 10_000 };

describe('the files of retired segments', () => {
  let work: string;
  let dir: string;
  let dispose: () => Promise<void>;
  let end: number;
  let trimmed: number;

  beforeEach(async () => {
    ({ dir: work, dispose } = await temporaryFolder());
    dir = join(work, 'data');
    end = 0;
    trimmed = 0;
  });
  afterEach(() => dispose());

  const open = (options: Partial<LmdbStorageOptions> = {}) =>
    openLmdbStorage({
      dir,
      segmentBytes: SEGMENT_BYTES,
      cacheBytes: 0,
      relocateBelow: 0,
      spareSegments: 4,
      ...options,
    });
  const file = (segment: number | string) => join(dir, 'journal', String(segment), 'data.mdb');
  const inode = (segment: number | string) => statSync(file(segment)).ino;
  const spares = () => readdirSync(join(dir, 'journal')).filter((name) => !/^\d+$/.test(name));

  /** Appends 80 kB, of which three fit into a segment, so many times. */
  async function append(storage: Storage, records: number): Promise<void> {
    for (let i = 0; i < records; i += 1) {
      const event = stores(1, end, 8, { size: 10_000, data: end });
      end += 8;
      await storage.journal.append(batchOf(event)).durable;
    }
  }

  /** Gives up all entries but the last `keep`, and waits until the segments of the others went. */
  async function trim(storage: Storage, keep: number): Promise<void> {
    trimmed = end - keep;
    const { sequence, durable } = storage.journal.append(batchOf(trims(1, trimmed)));
    await durable;
    await storage.state.checkpoint(sequence);
    const kept = Math.floor((keep / 8 + 1) / 3) + 1;
    await expect.poll(() => storage.stats().segments, SLOW_DISK).toBeLessThanOrEqual(kept);
  }

  async function expectAll(storage: Storage): Promise<void> {
    const runs = await storage.entries.read(1, 0, ALL);
    const offsets = runs.flatMap((run) => run.entries).map(idOf);
    expect(offsets).toEqual(Array.from({ length: end - trimmed }, (_, i) => trimmed + i));
  }

  it('become those of the next ones', async () => {
    let storage = await open({ spareSegments: 1 });
    await append(storage, 4);
    // As long as this name is there, no other file has its number.
    linkSync(file(1), join(work, 'first'));
    await trim(storage, 8);
    expect(existsSync(file(1))).toBe(false);
    const { size } = statSync(join(work, 'first'));
    await expect.poll(() => storage.stats().spareBytes, SLOW_DISK).toBe(size);
    const { ino } = statSync(join(work, 'first'));
    await append(storage, 6);
    const reused = segmentNumbers(dir).filter((number) => inode(number) === ino);
    expect(reused.length).toBe(1);
    expect(reused[0]).toBeGreaterThan(2);
    expect(storage.stats().spareBytes).toBe(0);
    await expectAll(storage);
    await storage.close();
    storage = await open();
    await expectAll(storage);
    await storage.close();
  });

  it('do so again and again, with nothing lost', async () => {
    let reused = 0;
    const reuseEnvironmentFolder: Files['reuseEnvironmentFolder'] = async (...how) => {
      await diskFiles.reuseEnvironmentFolder(...how);
      reused += 1;
    };
    const files = { ...diskFiles, reuseEnvironmentFolder };
    let storage = await open({ files });
    for (let round = 0; round < 10; round += 1) {
      await append(storage, 11 + round);
      await trim(storage, 8 * (round + 1));
      await expectAll(storage);
      if (round % 4 !== 3) continue;
      await storage.close();
      storage = await open({ files });
    }
    expect(reused).toBeGreaterThan(10);
    await storage.close();
  });

  it.each([0, 2])('are kept up to %i', async (spareSegments) => {
    const storage = await open({ spareSegments });
    await append(storage, 20);
    await trim(storage, 8);
    await expect.poll(() => spares().length, SLOW_DISK).toBe(spareSegments);
    await expect.poll(() => segmentNumbers(dir).length, SLOW_DISK).toBeLessThan(3);
    const bytes = spares().reduce((sum, name) => sum + statSync(file(name)).size, 0);
    expect(storage.stats().spareBytes).toBe(bytes);
    expect(storage.stats().journalBytes).toBeLessThan(SEGMENT_BYTES * 3);
    await storage.close();
  });

  it('are cut to the size of segments that were made smaller', async () => {
    let storage = await open({ segmentBytes: SEGMENT_BYTES * 8 });
    await append(storage, 30);
    await storage.close();
    storage = await open({ spareSegments: 1 });
    await append(storage, 4);
    await trim(storage, 8);
    await expect.poll(() => storage.stats().spareBytes, SLOW_DISK).toBe(SEGMENT_BYTES * 2);
    await append(storage, 8);
    await expectAll(storage);
    await storage.close();
  });

  it('go when the storage is closed, and when it starts', async () => {
    let storage = await open();
    await append(storage, 20);
    await trim(storage, 8);
    await expect.poll(() => spares().length, SLOW_DISK).toBe(4);
    const name = spares()[0]!;
    await cp(join(dir, 'journal', name), join(work, name), { recursive: true });
    await storage.close();
    expect(spares()).toEqual([]);
    await cp(join(work, name), join(dir, 'journal', name), { recursive: true });
    storage = await open();
    expect(spares()).toEqual([]);
    await expectAll(storage);
    await storage.close();
  });

  it('count as written only as far as they are', async () => {
    let storage = await open({ spareSegments: 1 });
    await append(storage, 4);
    await trim(storage, 8);
    await expect.poll(() => spares().length, SLOW_DISK).toBe(1);
    await append(storage, 3);
    const before = storage.stats().journalBytes;
    await storage.close();
    const newest = segmentNumbers(dir).at(-1)!;
    expect(statSync(file(newest)).size).toBeGreaterThan(SEGMENT_BYTES * 0.9);
    storage = await open();
    expect(storage.stats().journalBytes).toBeLessThan(before + SEGMENT_BYTES / 2);
    await storage.close();
  });

  it('make way where the disk has little space left, and come back later', async () => {
    let freeBytes = Number.POSITIVE_INFINITY;
    const storage = await open({
      files: { ...diskFiles, diskOf: () => ({ bytes: freeBytes, freeBytes }) },
    });
    await append(storage, 20);
    await trim(storage, 8);
    await expect.poll(() => spares().length, SLOW_DISK).toBe(4);
    freeBytes = SEGMENT_BYTES;
    await storage.state.checkpoint(storage.journal.lastSequence);
    await expect.poll(() => spares(), SLOW_DISK).toEqual([]);
    expect(storage.stats().spareBytes).toBe(0);
    await append(storage, 20);
    await trim(storage, 8);
    expect(spares()).toEqual([]);
    freeBytes = Number.POSITIVE_INFINITY;
    await append(storage, 20);
    await trim(storage, 8);
    await expect.poll(() => spares().length, SLOW_DISK).toBe(4);
    await expectAll(storage);
    await storage.close();
  });

  it('that cannot be written again are left for new ones', async () => {
    const reuseEnvironmentFolder = () => Promise.reject(new Error('input/output error'));
    const storage = await open({ files: { ...diskFiles, reuseEnvironmentFolder } });
    await append(storage, 20);
    await trim(storage, 8);
    await expect.poll(() => spares().length, SLOW_DISK).toBe(4);
    await append(storage, 6);
    expect(spares().length).toBeLessThan(4);
    await expectAll(storage);
    await storage.close();
  });

  describe('after a crash', () => {
    /** A folder with a segment that went, as it was, and the storage closed. */
    async function retiredCopy(): Promise<string> {
      const copy = join(work, 'retired');
      const setAside: Files['setAside'] = async (from, ...rest) => {
        if (basename(from) === '1') await cp(from, copy, { recursive: true });
        return diskFiles.setAside(from, ...rest);
      };
      const storage = await open({ files: { ...diskFiles, setAside } });
      await append(storage, 7);
      await trim(storage, 8);
      await storage.close();
      return copy;
    }

    /** Opens and writes and opens again: everything must be there each time. */
    async function expectWhole(): Promise<void> {
      for (let i = 0; i < 2; i += 1) {
        const storage = await open();
        expect(spares()).toEqual([]);
        await expectAll(storage);
        await append(storage, 4);
        await expectAll(storage);
        await storage.close();
      }
    }

    /** Writes `count` pages of an empty environment over the start of a file. */
    async function empty(data: string, count: number): Promise<void> {
      const handle = await openFile(data, 'r+');
      const source = await openFile(join(dir, 'empty.mdb'), 'r');
      const { buffer } = await source.read(Buffer.alloc(count * PAGE_BYTES), 0, null, 0);
      await handle.write(buffer, 0, count * PAGE_BYTES, 0);
      await handle.close();
      await source.close();
    }

    it('before it was set aside, a retired segment goes', async () => {
      await rename(await retiredCopy(), join(dir, 'journal', '1'));
      await expectWhole();
      expect(segmentNumbers(dir)).not.toContain(1);
    });

    it.each([0, 1, 2])('with %i meta pages replaced, a spare file goes', async (pages) => {
      const copy = await retiredCopy();
      await empty(join(copy, 'data.mdb'), pages);
      await rename(copy, join(dir, 'journal', 'spare-1.new'));
      await expectWhole();
    });

    it('after it got the name of a segment, the file is one, with nothing in it', async () => {
      const copy = await retiredCopy();
      const next = segmentNumbers(dir).at(-1)! + 1;
      const spare = join(dir, 'journal', 'spare-1.new');
      await diskFiles.setAside(copy, spare, SEGMENT_BYTES * 2);
      const { ino } = statSync(file('spare-1.new'));
      const made = join(dir, 'journal', String(next));
      await diskFiles.reuseEnvironmentFolder(spare, made, join(dir, 'empty.mdb'), next);
      await expectWhole();
      expect(inode(next)).toBe(ino);
    });

    it('without the state folder, the segments that are left are not taken for all', async () => {
      const copy = await retiredCopy();
      await rename(copy, join(dir, 'journal', '1'));
      await rm(join(dir, 'state'), { recursive: true });
      await expect(open()).rejects.toMatchObject({ code: 'storage-missing' });
    });
  });
});
