/**
 * What every implementation of the storage ports promises. Each runs this suite on its own disk:
 * `open` opens it, again and again; `crash` leaves it as a kill would.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EntryRun } from '../../src/storage/entries.ts';
import type { JournalBatch, JournalRecord } from '../../src/storage/journal.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { batchOf, entryOf, idOf, stores, trims } from './batches.ts';

export interface StorageUnderTest {
  open(): Promise<Storage>;
  /** Opens with so small a cache that entries must be read. */
  openCold(): Promise<Storage>;
  dispose(): Promise<void>;
}

const ALL = { maxEntries: 1_000_000, maxBytes: 1_000_000_000 };

export function storageContract(name: string, prepare: () => Promise<StorageUnderTest>): void {
  describe(`${name} keeps the promises of the storage ports`, () => {
    let disk: StorageUnderTest;
    let storage: Storage;

    beforeEach(async () => {
      disk = await prepare();
      storage = await disk.open();
    });

    afterEach(async () => {
      await storage.close();
      await disk.dispose();
    });

    async function reopen(open: () => Promise<Storage> = () => disk.open()): Promise<void> {
      await storage.close();
      storage = await open();
    }

    /** Appends batches one after the other; resolves when the last one is durable. */
    async function append(...batches: JournalBatch[]): Promise<void> {
      const appended = batches.map((batch) => storage.journal.append(batch));
      await Promise.all(appended.map(({ durable }) => durable));
    }

    async function records(sequence = 0): Promise<JournalRecord[]> {
      const found: JournalRecord[] = [];
      for await (const record of storage.journal.read(sequence)) found.push(record);
      return found;
    }

    describe('journal', () => {
      it('numbers batches from 1 and gives them back with every kind of plain data', async () => {
        const data = {
          numbers: [0, -1, 1.5, 2 ** 40, Number.MAX_SAFE_INTEGER],
          bigints: [0n, -1n, 2n ** 63n, -(2n ** 70n)],
          strings: ['', 'ü', '\u0000', 'x'.repeat(70_000)],
          flags: [true, false, null],
          bytes: Uint8Array.of(0, 255),
          nested: { empty: {}, list: [] },
        };
        const event = { actor: 'topic:ü', type: 'published', data, cause: 'send 7 of c-1' };
        const first = storage.journal.append({ atMs: 1_700_000_000_123, events: [event] });
        const second = storage.journal.append({ atMs: 1_700_000_000_124, events: [] });
        expect([first.sequence, second.sequence]).toEqual([1, 2]);
        await second.durable;
        await first.durable;
        await reopen();
        expect(plain(await records())).toEqual([
          { sequence: 1, atMs: 1_700_000_000_123, events: [event] },
          { sequence: 2, atMs: 1_700_000_000_124, events: [] },
        ]);
      });

      it('becomes durable in order, and counts only durable records', async () => {
        const order: number[] = [];
        expect(storage.journal.lastSequence).toBe(0);
        const appended = Array.from({ length: 50 }, (_, i) =>
          storage.journal.append(batchOf(stores(1, i, 1))),
        );
        expect(storage.journal.lastSequence).toBe(0);
        await Promise.all(
          appended.map(async ({ durable, sequence }) => {
            await durable;
            expect(storage.journal.lastSequence).toBeGreaterThanOrEqual(sequence);
            order.push(sequence);
          }),
        );
        expect(order).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
      });

      it('reads from any position on, without the bytes of entries, but with trim marks', async () => {
        await append(
          batchOf(stores(1, 0, 3)),
          batchOf(trims(1, 2), stores(2, 0, 1)),
          batchOf(trims(1, 3)),
        );
        const [second, third] = await records(1);
        expect(second?.events.map(({ entries, trim }) => ({ entries, trim }))).toEqual([
          { entries: undefined, trim: { topicId: 1, before: 2 } },
          { entries: { topicId: 2, firstOffset: 0, entries: [] }, trim: undefined },
        ]);
        expect(third?.sequence).toBe(3);
        expect(await records(3)).toEqual([]);
      });

      it('goes on with the next sequence after it is opened again', async () => {
        await append(batchOf(stores(1, 0, 1)), batchOf(stores(1, 1, 1)));
        await reopen();
        expect(storage.journal.lastSequence).toBe(2);
        expect(storage.journal.append(batchOf(stores(1, 2, 1))).sequence).toBe(3);
      });

      it('refuses entries that do not follow those of their topic', async () => {
        await append(batchOf(stores(1, 0, 2)));
        expect(() => storage.journal.append(batchOf(stores(1, 3, 1)))).toThrow('offset 2');
        expect(() => storage.journal.append(batchOf(stores(1, 1, 1)))).toThrow('offset 2');
        await append(batchOf(stores(1, 2, 1)));
        expect(storage.entries.usage(1).liveEntries).toBe(3);
      });

      it('rejects every append once it is closed', async () => {
        await storage.close();
        const { durable } = storage.journal.append(batchOf());
        await expect(durable).rejects.toMatchObject({ code: 'storage-failed' });
        await expect(storage.entries.read(1, 0, ALL)).rejects.toMatchObject({
          code: 'storage-failed',
        });
        await expect(storage.state.save([])).rejects.toMatchObject({ code: 'storage-failed' });
      });

      it('makes durable what was appended right before it was closed', async () => {
        const { durable } = storage.journal.append(batchOf(stores(1, 0, 4)));
        await reopen();
        await durable;
        expect(storage.entries.usage(1).liveEntries).toBe(4);
      });
    });

    describe('entries', () => {
      it('come back byte for byte, with the data of the event that stored them', async () => {
        await append(
          batchOf(stores(1, 0, 3, { data: 'a' })),
          batchOf(stores(1, 3, 2, { data: 'b' })),
        );
        for (const open of [() => disk.open(), () => disk.openCold()]) {
          const runs = await storage.entries.read(1, 1, ALL);
          expect(shape(runs)).toEqual([
            { firstOffset: 1, ids: [1, 2], data: 'a', dataIndex: 1 },
            { firstOffset: 3, ids: [3, 4], data: 'b', dataIndex: 0 },
          ]);
          expect(runs[0]?.entries[0]).toEqual(entryOf(1, 1));
          await reopen(open);
        }
      });

      it('of many topics and sizes in one batch are told apart', async () => {
        const sizes = [20, 1000, 65_519, 65_520, 65_521, 200_000, 9_000_000];
        const events = sizes.map((size, i) => stores(i, 0, 3, { size, data: size }));
        await append(batchOf(...events));
        await reopen(() => disk.openCold());
        for (const [topicId, size] of sizes.entries()) {
          const [run, ...rest] = await storage.entries.read(topicId, 0, ALL);
          expect(rest).toEqual([]);
          expect(run?.data).toBe(size);
          expect(run?.entries.map((entry) => entry.length)).toEqual([size, size, size]);
          const expected = [0, 1, 2].map((offset) => entryOf(topicId, offset, size));
          expect(run?.entries.every((entry, i) => entry.equals(expected[i]!))).toBe(true);
        }
      });

      it.each(['hot', 'cold'])('%s, are given within the limits, at least one', async (kind) => {
        if (kind === 'cold') await reopen(() => disk.openCold());
        await append(
          batchOf(stores(1, 0, 4, { size: 1000 })),
          batchOf(stores(1, 4, 4, { size: 1000 })),
        );
        const read = async (offset: number, maxEntries: number, maxBytes: number) =>
          ids(await storage.entries.read(1, offset, { maxEntries, maxBytes }));
        expect(await read(0, 3, 1e6)).toEqual([0, 1, 2]);
        expect(await read(2, 4, 1e6)).toEqual([2, 3, 4, 5]);
        expect(await read(0, 100, 2500)).toEqual([0, 1]);
        expect(await read(3, 100, 5000)).toEqual([3, 4, 5, 6, 7]);
        expect(await read(5, 100, 10)).toEqual([5]);
        expect(await read(7, 100, 1e6)).toEqual([7]);
        expect(await read(8, 100, 1e6)).toEqual([]);
        expect(await read(1000, 100, 1e6)).toEqual([]);
      });

      it('are seen when durable, not before', async () => {
        const { durable } = storage.journal.append(batchOf(stores(1, 0, 1)));
        expect(storage.entries.cached(1, 0, ALL)).toBeUndefined();
        expect(await storage.entries.read(2, 0, ALL)).toEqual([]);
        await durable;
        expect(ids(storage.entries.cached(1, 0, ALL))).toEqual([0]);
        expect(storage.entries.cached(1, 1, ALL)).toBeUndefined();
      });

      it('are cached as the very buffers that were appended, from the middle of a block too', async () => {
        const event = stores(1, 0, 3);
        await append(batchOf(event));
        const runs = storage.entries.cached(1, 1, { maxEntries: 1, maxBytes: 1e6 });
        expect(runs?.[0]?.entries[0]).toBe(event.entries?.entries[1]);
        expect(shape(runs)).toEqual([{ firstOffset: 1, ids: [1], data: null, dataIndex: 1 }]);
      });

      it('leave the cache oldest first, and are read then', async () => {
        await reopen(() => disk.openCold());
        for (let i = 0; i < 20; i += 1)
          await append(batchOf(stores(1, i * 10, 10, { size: 2000 })));
        expect(storage.entries.cached(1, 0, ALL)).toBeUndefined();
        expect(storage.stats().cachedBytes).toBeLessThanOrEqual(COLD_CACHE_BYTES);
        expect(ids(await storage.entries.read(1, 0, ALL))).toEqual(range(0, 200));
      });

      it('that were trimmed are given no more: a read starts at the first that is left', async () => {
        await append(batchOf(stores(1, 0, 5)), batchOf(stores(1, 5, 5)), batchOf(trims(1, 7)));
        for (const open of [() => disk.open(), () => disk.openCold()]) {
          expect(storage.entries.cached(1, 6, ALL)).toBeUndefined();
          expect(ids(await storage.entries.read(1, 0, ALL))).toEqual([7, 8, 9]);
          expect(storage.entries.usage(1).liveEntries).toBe(3);
          await reopen(open);
        }
      });

      it('may be stored and trimmed by the same batch, and trim marks never go back', async () => {
        await append(batchOf(stores(1, 0, 4), trims(1, 3)), batchOf(trims(1, 1)));
        expect(ids(await storage.entries.read(1, 0, ALL))).toEqual([3]);
        await append(batchOf(trims(1, 4)), batchOf(stores(1, 4, 1)), batchOf(trims(1, 900)));
        expect(await storage.entries.read(1, 0, ALL)).toEqual([]);
        expect(storage.entries.usage(1)).toEqual({ liveBytes: 0, liveEntries: 0 });
      });

      it('are counted by topic and over all', async () => {
        await append(
          batchOf(stores(1, 0, 10, { size: 100 }), stores(2, 0, 5, { size: 1000 })),
          batchOf(trims(1, 4)),
        );
        for (const open of [() => disk.open(), () => disk.openCold()]) {
          expect(storage.entries.usage(1)).toEqual({ liveBytes: 600, liveEntries: 6 });
          expect(storage.entries.usage(2)).toEqual({ liveBytes: 5000, liveEntries: 5 });
          expect(storage.entries.usage(3)).toEqual({ liveBytes: 0, liveEntries: 0 });
          await reopen(open);
        }
      });
    });

    describe('state', () => {
      it('gives a saved snapshot at once, before it is written, and its own copy of it', async () => {
        await append(batchOf());
        const state = { list: [1], big: 2n ** 64n, bytes: Uint8Array.of(1) };
        const saved = storage.state.save([{ actor: 'a', sequence: 1, state }]);
        state.list.push(2);
        const loaded = storage.state.load('a');
        expect(loaded).toMatchObject({ actor: 'a', sequence: 1, state: { list: [1] } });
        expect(storage.state.list('')).toEqual(['a']);
        await saved;
        await reopen();
        expect(plain(storage.state.load('a'))).toEqual(plain(loaded));
      });

      it('removes an actor, replaces a snapshot, and loads nothing for others', async () => {
        await append(batchOf());
        await storage.state.save([
          { actor: 'a', sequence: 1, state: 1 },
          { actor: 'b', sequence: 1, state: 1 },
        ]);
        const saved = storage.state.save([
          { actor: 'a', sequence: 1, state: undefined },
          { actor: 'b', sequence: 1, state: 2 },
        ]);
        const expectState = () => {
          expect(storage.state.load('a')).toBeUndefined();
          expect(storage.state.load('b')?.state).toBe(2);
          expect(storage.state.load('ab')).toBeUndefined();
          expect(storage.state.list('')).toEqual(['b']);
        };
        expectState();
        await saved;
        expectState();
        await reopen();
        expectState();
      });

      it('lists actors by prefix in the order of their bytes, in pages', async () => {
        await append(batchOf());
        const actors = ['t:b', 't:a', 't:', 't:é', 't:z', 's:a', 'u:a', 't:\u{1f600}', 't:\uffff'];
        const halves = [actors.slice(0, 4), actors.slice(4)];
        const save = (half: string[]) =>
          storage.state.save(half.map((actor) => ({ actor, sequence: 1, state: 1 })));
        await save(halves[0]!);
        const unwritten = save(halves[1]!);
        const sorted = ['t:', 't:a', 't:b', 't:z', 't:é', 't:\uffff', 't:\u{1f600}'];
        expect(storage.state.list('t:')).toEqual(sorted);
        expect(storage.state.list('t:', { limit: 2 })).toEqual(sorted.slice(0, 2));
        expect(storage.state.list('t:', { after: 't:a', limit: 3 })).toEqual(sorted.slice(2, 5));
        expect(storage.state.list('t:', { after: 't:\u{1f600}' })).toEqual([]);
        expect(storage.state.list('x')).toEqual([]);
        await unwritten;
        expect(storage.state.list('t:', { after: 's:zzz' })).toEqual(sorted);
        expect(storage.state.list('')).toEqual(['s:a', ...sorted, 'u:a']);
      });

      it('keeps the checkpoint', async () => {
        await append(batchOf(), batchOf(), batchOf());
        expect(storage.state.checkpointSequence).toBe(0);
        await storage.state.checkpoint(2);
        expect(storage.state.checkpointSequence).toBe(2);
        await reopen();
        expect(storage.state.checkpointSequence).toBe(2);
        expect((await records(2)).map(({ sequence }) => sequence)).toEqual([3]);
      });
    });
  });
}

/** What `openCold` leaves to the cache. */
export const COLD_CACHE_BYTES = 50_000;

/** Buffers and byte arrays as the same thing, and without what `undefined` would add. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]));
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
