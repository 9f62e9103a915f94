/** Disk space comes back: whole segments at once, sparse ones by copying what is left. */
import { statSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { openLmdbEnvironment } from '../../src/storage/lmdb/environment.ts';
import { type LmdbStorageOptions, openLmdbStorage } from '../../src/storage/lmdb/open.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { batchOf, entryOf, idOf, stores, trims } from '../contract/storage-batches.ts';
import { segmentNumbers, temporaryFolder } from './folders.ts';

const ALL = { maxEntries: 1_000_000, maxBytes: 1_000_000_000 };
const SIZE = 10_000;
/** A topic of which one entry in a segment stays, and one of which all go. */
const SLOW = 1;
const FAST = 2;

describe('reclaiming', () => {
  let dir: string;
  let dispose: () => Promise<void>;

  beforeEach(async () => {
    ({ dir, dispose } = await temporaryFolder());
  });
  afterEach(() => dispose());

  const open = (options: Partial<LmdbStorageOptions> = {}) =>
    openLmdbStorage({ dir, segmentBytes: 256 * 1024, cacheBytes: 0, relocateBelow: 0, ...options });
  const relocating = { relocateBelow: 0.25, relocateAfterMs: 0 };
  const segments = () => segmentNumbers(dir);
  const diskBytes = () =>
    segments().reduce((sum, n) => sum + statSync(join(dir, `journal/${n}/data.mdb`)).size, 0);

  /** 40 records of 80 kB, three to a segment; `slow` of the eight entries are of the slow topic. */
  async function fill(storage: Storage, slow: (record: number) => number): Promise<void> {
    const ends = [0, 0, 0];
    for (let i = 0; i < 40; i += 1) {
      const events = [
        { topicId: SLOW, count: slow(i) },
        { topicId: FAST, count: 8 - slow(i) },
      ].map(({ topicId, count }) => {
        const event = stores(topicId, ends[topicId]!, count, { size: SIZE, data: i });
        ends[topicId]! += count;
        return event;
      });
      await storage.journal.append(batchOf(...events)).durable;
    }
  }

  const readSlow = async (storage: Storage) =>
    (await storage.entries.read(SLOW, 0, ALL)).flatMap((run) => run.entries);

  it('unlinks segments that are trimmed and behind the checkpoint, and no others', async () => {
    const storage = await open();
    await fill(storage, () => 0);
    const before = diskBytes();
    expect(segments().length).toBeGreaterThan(10);
    await storage.journal.append(batchOf(trims(FAST, 320))).durable;
    await expect.poll(() => storage.stats().liveBytes).toBe(0);
    await storage.state.checkpoint(20);
    await expect.poll(() => Math.min(...segments())).toBe(7);
    expect(storage.stats().segments).toBe(segments().length);
    await storage.state.checkpoint(storage.journal.lastSequence);
    await expect.poll(() => segments().length).toBe(1);
    expect(diskBytes()).toBeLessThan(before / 5);
    await expect(async () => {
      for await (const record of storage.journal.read(0)) void record;
    }).rejects.toMatchObject({ code: 'storage-missing' });
    await storage.close();
  });

  it('keeps a segment while one entry of it is needed', async () => {
    const storage = await open();
    await fill(storage, (record) => (record === 4 ? 1 : 0));
    await storage.journal.append(batchOf(trims(FAST, 319))).durable;
    await storage.state.checkpoint(storage.journal.lastSequence);
    await expect.poll(() => segments().length).toBe(2);
    expect(segments()).toContain(2);
    expect((await readSlow(storage)).map(idOf)).toEqual([0]);
    await storage.journal.append(batchOf(trims(SLOW, 1))).durable;
    await expect.poll(() => segments()).toEqual([14]);
    await storage.close();
  });

  it('copies what is left of sparse segments forward; readers see it all the time', async () => {
    let storage = await open(relocating);
    await fill(storage, () => 1);
    await storage.journal.append(batchOf(trims(FAST, 280))).durable;
    await storage.state.checkpoint(storage.journal.lastSequence);
    let reads = 0;
    while (Math.min(...segments()) < 13) {
      expect((await readSlow(storage)).map(idOf)).toEqual(Array.from({ length: 40 }, (_, i) => i));
      reads += 1;
      // What was read ahead comes at once, and whoever copies wants a turn.
      await new Promise(setImmediate);
    }
    expect(reads).toBeGreaterThan(0);
    for (const options of [relocating, { relocateBelow: 0 }]) {
      const entries = await readSlow(storage);
      expect(entries.every((entry, i) => entry.equals(entryOf(SLOW, i, SIZE)))).toBe(true);
      const [run] = await storage.entries.read(SLOW, 7, { maxEntries: 1, maxBytes: 1 });
      expect(run).toMatchObject({ firstOffset: 7, data: 7, dataIndex: 0 });
      expect(storage.stats().liveBytes).toBe(40 * SIZE);
      await storage.close();
      storage = await open(options);
    }
    await storage.close();
  });

  it('goes on after a start with what was given up and not yet swept', async () => {
    let storage = await open();
    // More rows of the index than are looked at in one turn, or removed by one write.
    for (let i = 0; i < 200; i += 1) {
      await storage.journal.append(batchOf(stores(FAST, i * 8, 8))).durable;
      await storage.state.checkpoint(storage.journal.lastSequence);
    }
    await storage.journal.append(batchOf(trims(FAST, 1600))).durable;
    await storage.close();
    for (let start = 0; start < 2; start += 1) {
      storage = await open();
      await expect.poll(() => storage.stats().liveBytes).toBe(0);
      await storage.close();
    }
  });

  it('takes up what many topics left unfinished a few at a time', async () => {
    const TOPICS = 300;
    const few = { flushTopics: 8 };
    const topics = Array.from({ length: TOPICS }, (_, at) => at + 1);
    // A clock that runs for nobody: nothing is swept.
    let storage = await open({ clock: { ...systemClock, soon: () => undefined } });
    for (const at of [0, 1]) {
      await storage.journal.append(batchOf(...topics.map((id) => stores(id, at, 1)))).durable;
    }
    await storage.state.checkpoint(storage.journal.lastSequence);
    await storage.journal.append(batchOf(...topics.map((id) => trims(id, 1)))).durable;
    await storage.close();
    // Each look at the clock finds the slice of a turn over.
    let turns = 0;
    let nowMs = 0;
    const counting = {
      ...systemClock,
      monotonicMs: () => nowMs++,
      soon: (task: () => void) =>
        systemClock.soon(() => {
          turns += 1;
          task();
        }),
    };
    storage = await open({ ...few, clock: counting });
    const before = storage.stats().liveBytes;
    await expect.poll(() => storage.stats().liveBytes, { timeout: 10_000 }).toBe(before / 2);
    expect(turns).toBeGreaterThan(TOPICS);
    await storage.close();
  });

  it('of what was copied works again, and trims take it away', async () => {
    const storage = await open(relocating);
    await fill(storage, () => 1);
    await storage.journal.append(batchOf(trims(FAST, 280))).durable;
    await storage.state.checkpoint(storage.journal.lastSequence);
    await expect.poll(() => Math.min(...segments())).toBeGreaterThan(12);
    await storage.journal.append(batchOf(trims(SLOW, 38))).durable;
    expect((await readSlow(storage)).map(idOf)).toEqual([38, 39]);
    for (let i = 0; i < 12; i += 1) {
      await storage.journal.append(batchOf(stores(FAST, 280 + i * 8, 8, { size: SIZE }))).durable;
    }
    await storage.journal.append(batchOf(trims(FAST, 376))).durable;
    await storage.state.checkpoint(storage.journal.lastSequence);
    await expect.poll(() => storage.stats().segments).toBe(1);
    expect((await readSlow(storage)).map(idOf)).toEqual([38, 39]);
    await storage.journal.append(batchOf(trims(SLOW, 40))).durable;
    await expect.poll(() => storage.stats().liveBytes).toBe(0);
    await storage.close();
  });

  it('begins nothing in the middle of a record, of which a kill would lose the rest', async () => {
    const REST = 3;
    let written = 0;
    const storage = await open({
      flushTopics: 2,
      openEnvironment: (options) => {
        const environment = openLmdbEnvironment(options);
        const { write } = environment;
        environment.write = async (work) => {
          await write.call(environment, work);
          if (options.file.includes('state')) written += 1;
        };
        return environment;
      },
    });
    await storage.journal.append(batchOf(stores(FAST, 0, 8))).durable;
    const batch = batchOf(stores(SLOW, 0, 4), trims(FAST, 8), stores(REST, 0, 4));
    await storage.journal.append(batch).durable;
    await expect.poll(() => written).toBe(1);
    const copy = join(dir, 'killed');
    for (const part of ['VERSION', 'empty.mdb', 'state', 'journal']) {
      await cp(join(dir, part), join(copy, part), { recursive: true });
    }
    await storage.close();
    const again = await open({ dir: copy });
    const live = [SLOW, FAST, REST].map((topic) => again.entries.usage(topic).liveEntries);
    expect(live).toEqual([4, 0, 4]);
    await again.close();
  });
});
