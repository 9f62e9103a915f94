/** What the entries port promises. */
import { describe, expect, it } from 'vitest';
import type { EntryRun } from '../../src/storage/entries.ts';
import { batchOf, entryOf, idOf, stores, trims } from './storage-batches.ts';
import { ALL, COLD_CACHE_BYTES, type Rig } from './storage-rig.ts';

export function entriesContract(t: Rig): void {
  describe('entries', () => {
    reading(t);
    caching(t);
    trimming(t);
  });
}

function reading(t: Rig): void {
  it('come back byte for byte, with the data of the event that stored them', async () => {
    await t.append(
      batchOf(stores(1, 0, 3, { data: 'a' })),
      batchOf(stores(1, 3, 2, { data: 'b' })),
    );
    for (const open of [() => t.disk.open(), () => t.disk.openCold()]) {
      const runs = await t.storage.entries.read(1, 1, ALL);
      expect(shape(runs)).toEqual([
        { firstOffset: 1, ids: [1, 2], data: 'a', dataIndex: 1 },
        { firstOffset: 3, ids: [3, 4], data: 'b', dataIndex: 0 },
      ]);
      expect(runs[0]?.entries[0]).toEqual(entryOf(1, 1));
      await t.reopen(open);
    }
  });

  it('of many topics and sizes in one batch are told apart', async () => {
    const sizes = [20, 1000, 65_519, 65_520, 65_521, 200_000, 9_000_000];
    const events = sizes.map((size, i) => stores(i, 0, 3, { size, data: size }));
    await t.append(batchOf(...events));
    await t.reopen(() => t.disk.openCold());
    for (const [topicId, size] of sizes.entries()) {
      const [run, ...rest] = await t.storage.entries.read(topicId, 0, ALL);
      expect(rest).toEqual([]);
      expect(run?.data).toBe(size);
      expect(run?.entries.map((entry) => entry.length)).toEqual([size, size, size]);
      const expected = [0, 1, 2].map((offset) => entryOf(topicId, offset, size));
      expect(run?.entries.every((entry, i) => entry.equals(expected[i]!))).toBe(true);
    }
  });

  it.each(['hot', 'cold'])('%s, are given within the limits, at least one', async (kind) => {
    if (kind === 'cold') await t.reopen(() => t.disk.openCold());
    await t.append(
      batchOf(stores(1, 0, 4, { size: 1000 })),
      batchOf(stores(1, 4, 4, { size: 1000 })),
    );
    const read = async (offset: number, maxEntries: number, maxBytes: number) =>
      ids(await t.storage.entries.read(1, offset, { maxEntries, maxBytes }));
    expect(await read(0, 3, 1e6)).toEqual([0, 1, 2]);
    expect(await read(2, 4, 1e6)).toEqual([2, 3, 4, 5]);
    expect(await read(0, 100, 2500)).toEqual([0, 1]);
    expect(await read(3, 100, 5000)).toEqual([3, 4, 5, 6, 7]);
    expect(await read(5, 100, 10)).toEqual([5]);
    expect(await read(7, 100, 1e6)).toEqual([7]);
    expect(await read(8, 100, 1e6)).toEqual([]);
    expect(await read(1000, 100, 1e6)).toEqual([]);
  });
}

function caching(t: Rig): void {
  it('are seen when durable, not before', async () => {
    const { durable } = t.storage.journal.append(batchOf(stores(1, 0, 1)));
    expect(t.storage.entries.cached(1, 0, ALL)).toBeUndefined();
    expect(await t.storage.entries.read(2, 0, ALL)).toEqual([]);
    await durable;
    expect(ids(t.storage.entries.cached(1, 0, ALL))).toEqual([0]);
    expect(t.storage.entries.cached(1, 1, ALL)).toBeUndefined();
  });

  it('are cached as they were appended, whatever becomes of the memory they came in', async () => {
    const event = stores(1, 0, 3);
    await t.append(batchOf(event));
    for (const entry of event.entries!.entries) entry.fill(0);
    const runs = t.storage.entries.cached(1, 1, { maxEntries: 1, maxBytes: 1e6 });
    expect(runs?.[0]?.entries[0]).toEqual(entryOf(1, 1));
    expect(shape(runs)).toEqual([{ firstOffset: 1, ids: [1], data: null, dataIndex: 1 }]);
    expect(await t.storage.entries.read(1, 1, ALL)).toMatchObject([
      { firstOffset: 1, entries: [entryOf(1, 1), entryOf(1, 2)] },
    ]);
  });

  it('stay as they are in the hands of who was lent or given them', async () => {
    await t.reopen(() => t.disk.openCold());
    const held: { offset: number; entry: Buffer }[] = [];
    const hold = (runs: readonly EntryRun[] | undefined) => {
      for (const { firstOffset, entries } of runs ?? []) {
        held.push(...entries.map((entry, i) => ({ offset: firstOffset + i, entry })));
      }
    };
    const check = () => {
      for (const { offset, entry } of held) expect(entry).toEqual(entryOf(1, offset, 300));
    };
    for (let i = 0; i < 300; i += 1) {
      await t.append(batchOf(stores(1, i * 10, 10, { size: 300 })));
      const offset = Math.max(0, i * 10 - 5);
      if (i % 3 === 0) hold(await t.storage.entries.read(1, offset, ALL));
      else if (i % 3 === 1) {
        hold(t.storage.entries.cached(1, offset, ALL));
        t.storage.entries.settle(true);
      } else {
        const runs = t.storage.entries.cached(1, offset, ALL);
        expect(ids(runs)).toEqual(range(offset, i * 10 + 10));
        t.storage.entries.settle(false);
      }
    }
    expect(held.length).toBeGreaterThan(2_000);
    check();
  });

  it('leave the cache oldest first, and are read then', async () => {
    await t.reopen(() => t.disk.openCold());
    for (let i = 0; i < 20; i += 1) await t.append(batchOf(stores(1, i * 10, 10, { size: 2000 })));
    expect(t.storage.entries.cached(1, 0, ALL)).toBeUndefined();
    expect(t.storage.stats().cachedBytes).toBeLessThanOrEqual(COLD_CACHE_BYTES);
    expect(ids(await t.storage.entries.read(1, 0, ALL))).toEqual(range(0, 200));
  });
}

function trimming(t: Rig): void {
  it('that were trimmed are given no more: a read starts at the first that is left', async () => {
    await t.append(batchOf(stores(1, 0, 5)), batchOf(stores(1, 5, 5)), batchOf(trims(1, 7)));
    for (const open of [() => t.disk.open(), () => t.disk.openCold()]) {
      expect(t.storage.entries.cached(1, 6, ALL)).toBeUndefined();
      expect(ids(await t.storage.entries.read(1, 0, ALL))).toEqual([7, 8, 9]);
      expect(t.storage.entries.usage(1).liveEntries).toBe(3);
      await t.reopen(open);
    }
  });

  it('may be stored and trimmed by the same batch, and trim marks never go back', async () => {
    await t.append(batchOf(stores(1, 0, 4), trims(1, 3)), batchOf(trims(1, 1)));
    expect(ids(await t.storage.entries.read(1, 0, ALL))).toEqual([3]);
    await t.append(batchOf(trims(1, 4)), batchOf(stores(1, 4, 1)), batchOf(trims(1, 900)));
    expect(await t.storage.entries.read(1, 0, ALL)).toEqual([]);
    expect(t.storage.entries.usage(1)).toEqual({ liveBytes: 0, liveEntries: 0 });
  });

  it('are counted by topic and over all', async () => {
    await t.append(
      batchOf(stores(1, 0, 10, { size: 100 }), stores(2, 0, 5, { size: 1000 })),
      batchOf(trims(1, 4)),
    );
    for (const open of [() => t.disk.open(), () => t.disk.openCold()]) {
      expect(t.storage.entries.usage(1)).toEqual({ liveBytes: 600, liveEntries: 6 });
      expect(t.storage.entries.usage(2)).toEqual({ liveBytes: 5000, liveEntries: 5 });
      expect(t.storage.entries.usage(3)).toEqual({ liveBytes: 0, liveEntries: 0 });
      await t.reopen(open);
    }
  });
}

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, i) => start + i);
}

function ids(runs: readonly EntryRun[] | undefined): number[] {
  return (runs ?? []).flatMap((run) => run.entries.map(idOf));
}

function shape(runs: readonly EntryRun[] | undefined) {
  return (runs ?? []).map(({ firstOffset, entries, data, dataIndex }) => ({
    firstOffset,
    ids: entries.map(idOf),
    data,
    dataIndex,
  }));
}
