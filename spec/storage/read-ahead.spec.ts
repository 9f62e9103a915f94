/** Reading ahead: a drain finds its next entries here, in order, and what is held is bounded. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EntryRun } from '../../src/storage/entries.ts';
import { openLmdbStorage } from '../../src/storage/lmdb/open.ts';
import { type Fill, ReadAhead } from '../../src/storage/lmdb/read-ahead.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { batchOf, entryOf, idOf, stores, trims } from '../contract/storage-batches.ts';
import { temporaryFolder } from './folders.ts';

const ENTRY_BYTES = 100;
const WINDOW_BYTES = 1_000;
const ALL = { maxEntries: 1_000, maxBytes: 1_000_000 };

/** A disk of topics with `length` entries each, whose reads end when the spec says so. */
class Disk {
  readonly length: number;
  /** Reads that were begun: the offsets, oldest first. */
  readonly reads: number[] = [];
  nowMs = 0;
  /** Bytes that were handed to whoever reads ahead. */
  filledBytes = 0;
  #waiting: { readonly topicId: number; run(): void; fail(error: Error): void }[] = [];

  constructor(length: number) {
    this.length = length;
  }

  readonly fill: Fill = (topicId, offset, bytes) => {
    this.reads.push(offset);
    return new Promise((resolve, reject) => {
      const run = () => {
        const runs = this.runs(topicId, offset, Math.ceil(bytes / ENTRY_BYTES));
        for (const { entries } of runs) this.filledBytes += entries.length * ENTRY_BYTES;
        resolve(runs);
      };
      this.#waiting.push({ topicId, run, fail: reject });
    });
  };

  /** What a read gives: runs of at most three entries, as the events that stored them were. */
  runs(topicId: number, offset: number, count: number): EntryRun[] {
    const end = Math.min(offset + count, this.length);
    const runs: EntryRun[] = [];
    for (let first = offset; first < end; first += 3) {
      const length = Math.min(3, end - first);
      const entries = Array.from({ length }, (_, i) => entryOf(topicId, first + i, ENTRY_BYTES));
      runs.push({ firstOffset: first, entries, data: null, dataIndex: 0 });
    }
    return runs;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  async finish(count = this.#waiting.length): Promise<void> {
    for (const { run } of this.#waiting.splice(0, count)) run();
    await settled();
  }

  async fail(): Promise<void> {
    for (const { fail } of this.#waiting.splice(0)) fail(new Error('the disk is gone'));
    await settled();
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

const idsOf = (runs: readonly EntryRun[] | undefined) =>
  (runs ?? []).flatMap(({ entries }) => entries.map(idOf));

const range = (from: number, end: number) => Array.from({ length: end - from }, (_, i) => from + i);

/** A reader that has read [0, 10) from disk in two reads in a row. */
function drainOf(disk: Disk, limitBytes = 100_000): ReadAhead {
  const ahead = new ReadAhead(disk.fill, WINDOW_BYTES, limitBytes, () => disk.nowMs);
  ahead.follow(1, 0, disk.runs(1, 0, 5));
  ahead.follow(1, 5, disk.runs(1, 5, 5));
  return ahead;
}

describe('reading ahead', () => {
  it('begins with the second read in a row, not for one that reads once', async () => {
    const disk = new Disk(100);
    const ahead = new ReadAhead(disk.fill, WINDOW_BYTES, 100_000, () => disk.nowMs);
    ahead.follow(1, 0, disk.runs(1, 0, 5));
    ahead.follow(1, 50, disk.runs(1, 50, 5));
    ahead.follow(2, 5, disk.runs(2, 5, 5));
    expect(disk.reads).toEqual([]);
    ahead.follow(1, 5, disk.runs(1, 5, 5));
    expect(disk.reads).toEqual([10]);
  });

  it('gives what has come in order and once, in parts as the reader asks', async () => {
    const disk = new Disk(1_000);
    const ahead = drainOf(disk);
    expect(ahead.take(1, 10, ALL, true)).toBeUndefined();
    await disk.finish();
    expect(idsOf(ahead.take(1, 10, { maxEntries: 4, maxBytes: 1e6 }, true))).toEqual([
      10, 11, 12, 13,
    ]);
    expect(idsOf(ahead.take(1, 14, { maxEntries: 100, maxBytes: 250 }, true))).toEqual([14, 15]);
    expect(ahead.take(1, 10, ALL, true)).toBeUndefined();
    expect(ahead.take(2, 16, ALL, true)).toBeUndefined();
    expect(idsOf(ahead.take(1, 16, { maxEntries: 1, maxBytes: 1 }, true))).toEqual([16]);
    expect(idsOf(ahead.take(1, 17, ALL, true)).slice(0, 3)).toEqual([17, 18, 19]);
  });

  it('brings in more while the reader takes what is there', async () => {
    const disk = new Disk(10_000);
    const ahead = drainOf(disk);
    await disk.finish();
    let next = 10;
    for (let i = 0; i < 50; i++) {
      const ids = idsOf(ahead.take(1, next, { maxEntries: 4, maxBytes: 1e6 }, true));
      expect(ids).toEqual(range(next, next + ids.length));
      expect(ids.length).toBeGreaterThan(0);
      next += ids.length;
      await disk.finish();
    }
  });

  it('lets a reader that came too early wait for what is on its way', async () => {
    const disk = new Disk(100);
    const ahead = drainOf(disk);
    const arrival = ahead.arrival(1, 10);
    expect(await Promise.race([arrival, settled().then(() => 'still waiting')])).toBe(
      'still waiting',
    );
    await disk.finish();
    await arrival;
    expect(idsOf(ahead.take(1, 10, ALL, true))[0]).toBe(10);
    expect(ahead.arrival(1, 999)).toBeUndefined();
  });

  it('leaves an error to the read of whoever asks, and goes on after it', async () => {
    const disk = new Disk(100);
    const ahead = drainOf(disk);
    const arrival = ahead.arrival(1, 10);
    await disk.fail();
    await arrival;
    expect(ahead.take(1, 10, ALL, true)).toBeUndefined();
    ahead.follow(1, 10, disk.runs(1, 10, 5));
    await disk.finish();
    expect(idsOf(ahead.take(1, 15, ALL, true))[0]).toBe(15);
  });

  it('gives nothing that does not begin where the reader stands: trimmed meanwhile', async () => {
    const disk = new Disk(100);
    const ahead = new ReadAhead(
      async () => disk.runs(1, 40, 10),
      WINDOW_BYTES,
      100_000,
      () => disk.nowMs,
    );
    ahead.follow(1, 0, disk.runs(1, 0, 5));
    ahead.follow(1, 5, disk.runs(1, 5, 5));
    await settled();
    expect(ahead.take(1, 10, ALL, true)).toBeUndefined();
    expect(ahead.take(1, 40, ALL, true)).toBeUndefined();
  });

  it('holds nothing after it was told to forget, not even what was on its way', async () => {
    const disk = new Disk(100);
    const ahead = drainOf(disk);
    ahead.clear();
    await disk.finish();
    expect(ahead.take(1, 10, ALL, true)).toBeUndefined();
  });

  it('holds for all readers together no more than its limit', async () => {
    const disk = new Disk(100_000);
    const limitBytes = 4 * WINDOW_BYTES;
    const ahead = new ReadAhead(disk.fill, WINDOW_BYTES, limitBytes, () => disk.nowMs);
    for (let topicId = 0; topicId < 50; topicId++) {
      ahead.follow(topicId, 0, disk.runs(topicId, 0, 5));
      ahead.follow(topicId, 5, disk.runs(topicId, 5, 5));
    }
    await disk.finish();
    expect(disk.filledBytes).toBeGreaterThanOrEqual(limitBytes / 2);
    expect(disk.filledBytes).toBeLessThanOrEqual(limitBytes);
  });

  it('forgets the reader that has been silent longest, and goes on for the others', async () => {
    const disk = new Disk(100_000);
    const ahead = drainOf(disk);
    await disk.finish();
    for (let topicId = 2; topicId < 500; topicId++)
      ahead.follow(topicId, 0, disk.runs(topicId, 0, 5));
    expect(ahead.take(1, 10, ALL, true)).toBeUndefined();
    ahead.follow(499, 5, disk.runs(499, 5, 5));
    await disk.finish();
    expect(idsOf(ahead.take(499, 10, ALL, true))[0]).toBe(10);
  });

  it('gives each reader its entries in order, whatever readers and disk do', async () => {
    const steps = fc.array(
      fc.record({
        what: fc.constantFrom('read', 'read', 'read', 'finish', 'fail', 'jump', 'clear'),
        topicId: fc.nat(5),
        count: fc.integer({ min: 1, max: 12 }),
      }),
      { maxLength: 200 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const disk = new Disk(300);
        const ahead = new ReadAhead(disk.fill, WINDOW_BYTES, 3 * WINDOW_BYTES, () => disk.nowMs);
        const next = [0, 0, 0, 0, 0, 0];
        for (const { what, topicId, count } of all) {
          if (what === 'finish') await disk.finish(1);
          else if (what === 'fail') await disk.fail();
          else if (what === 'clear') ahead.clear();
          else if (what === 'jump') next[topicId] = count * 20;
          else next[topicId] = readOn(ahead, disk, topicId, next[topicId]!, count);
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** Reads as the entries port does: what is here, else from disk; where the reader stands then. */
function readOn(
  ahead: ReadAhead,
  disk: Disk,
  topicId: number,
  at: number,
  maxEntries: number,
): number {
  const here = idsOf(ahead.take(topicId, at, { maxEntries, maxBytes: 1e6 }, true));
  expect(here).toEqual(range(at, at + here.length));
  expect(here.length).toBeLessThanOrEqual(maxEntries);
  if (here.length > 0) return at + here.length;
  const end = at + idsOf(disk.runs(topicId, at, maxEntries)).length;
  if (end > at) ahead.follow(topicId, at, disk.runs(topicId, at, maxEntries));
  return end;
}

describe('a backlog read through the entries port', () => {
  const ENTRIES = 4_000;

  /** Reopened, a topic none of whose entries is cached is not in memory at all. */
  async function withBacklog(
    isReopened: boolean,
    check: (storage: Storage) => Promise<void>,
  ): Promise<void> {
    const { dir, dispose } = await temporaryFolder();
    const small = { dir, segmentBytes: 256 * 1024, cacheBytes: 1_000, readCacheBytes: 10_000 };
    const options = { ...small, readAheadBytes: 100_000 };
    let storage = await openLmdbStorage(options);
    try {
      for (let i = 0; i < ENTRIES; i += 100) {
        await storage.journal.append(batchOf(stores(1, i, 100, { size: 200 }))).durable;
      }
      if (isReopened) {
        await storage.close();
        storage = await openLmdbStorage(options);
      }
      await check(storage);
    } finally {
      await storage.close();
      await dispose();
    }
  }

  const WINDOW = { maxEntries: 50, maxBytes: 1e6 };

  it.each([false, true])(
    'is soon there before the reader asks, and complete; reopened: %s',
    async (isReopened) => {
      await withBacklog(isReopened, async (storage) => {
        let next = 0;
        let without = 0;
        while (next < ENTRIES) {
          const here = storage.entries.cached(1, next, WINDOW);
          if (here === undefined) without += 1;
          const ids = idsOf(here ?? (await storage.entries.read(1, next, WINDOW)));
          expect(ids).toEqual(range(next, next + ids.length));
          expect(ids.length).toBeGreaterThan(0);
          next += ids.length;
        }
        expect(next).toBe(ENTRIES);
        // A window that is brought in ahead serves several reads: few have to wait for the disk.
        expect(without).toBeLessThan(ENTRIES / WINDOW.maxEntries / 2);
      });
    },
  );

  it.each([false, true])(
    'is not given from what was brought in, once it is trimmed; reopened: %s',
    async (is) => {
      await withBacklog(is, async (storage) => {
        for (let next = 0; next < 150; next += 50) await storage.entries.read(1, next, WINDOW);
        await storage.journal.append(batchOf(trims(1, 1_000))).durable;
        expect(storage.entries.cached(1, 150, WINDOW)).toBeUndefined();
        expect(idsOf(await storage.entries.read(1, 150, WINDOW))).toEqual(range(1_000, 1_050));
      });
    },
  );

  it('comes in order to several readers at once', async () => {
    await withBacklog(false, async (storage) => {
      const drain = async (from: number) => {
        const ids: number[] = [];
        for (let next = from; next < ENTRIES; next = ids.at(-1)! + 1) {
          const here = storage.entries.cached(1, next, WINDOW);
          ids.push(...idsOf(here ?? (await storage.entries.read(1, next, WINDOW))));
        }
        expect(ids).toEqual(range(from, ENTRIES));
      };
      await Promise.all([0, 0, 1_000, 2_500, 3_990].map(drain));
    });
  });
});
