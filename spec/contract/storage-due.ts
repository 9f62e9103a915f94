/** What the entries port promises of entries that are due at a time. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareDue, type DueEntry } from '../../src/storage/entries.ts';
import { batchOf, stores, trims } from './storage-batches.ts';
import { ALL, type Rig } from './storage-rig.ts';

const START: DueEntry = { atMs: 0, offset: 0 };
const EVER = 2 ** 48;

export function dueContract(t: Rig): void {
  describe('entries that are due at a time', () => {
    asking(t);
    keeping(t);
  });
}

function asking(t: Rig): void {
  it('come in order of time, then of offset, of their topic alone', async () => {
    await t.append(
      batchOf(stores(1, 0, 3, { dueAtMs: [300, 0, 100] }), stores(2, 0, 1, { dueAtMs: [50] })),
      batchOf(stores(1, 3, 1), stores(3, 0, 1)),
      batchOf(stores(1, 4, 3, { dueAtMs: [100, 2 ** 47, 200] })),
    );
    for (const open of [() => t.disk.open(), () => t.disk.openCold()]) {
      expect(pairs(t.storage.entries.due(1, START, EVER, 100))).toEqual([
        [100, 2],
        [100, 4],
        [200, 6],
        [300, 0],
        [2 ** 47, 5],
      ]);
      expect(pairs(t.storage.entries.due(2, START, EVER, 100))).toEqual([[50, 0]]);
      expect(t.storage.entries.due(3, START, EVER, 100)).toEqual([]);
      await t.reopen(open);
    }
  });

  it('are given up to the limit, and end with the first one past the time', async () => {
    await t.append(batchOf(stores(1, 0, 4, { dueAtMs: [10, 20, 30, 40] })));
    for (const open of [() => t.disk.open(), () => t.disk.openCold()]) {
      const due = (after: DueEntry, untilMs: number, limit: number) =>
        pairs(t.storage.entries.due(1, after, untilMs, limit)).map(([atMs]) => atMs);
      expect(due(START, 20, 100)).toEqual([10, 20, 30]);
      expect(due(START, 5, 100)).toEqual([10]);
      expect(due(START, 99, 3)).toEqual([10, 20, 30]);
      expect(due({ atMs: 20, offset: 1 }, 99, 100)).toEqual([30, 40]);
      expect(due({ atMs: 20, offset: 0 }, 25, 100)).toEqual([20, 30]);
      expect(due({ atMs: 40, offset: Number.POSITIVE_INFINITY }, 99, 100)).toEqual([]);
      await t.reopen(open);
    }
  });
}

function keeping(t: Rig): void {
  it('say so when they are read, cached or not', async () => {
    await t.append(
      batchOf(stores(1, 0, 3, { dueAtMs: [0, 7, 9] })),
      batchOf(stores(1, 3, 1), stores(1, 4, 1, { dueAtMs: [5] })),
    );
    for (const open of [() => t.disk.open(), () => t.disk.openCold()]) {
      const runs = await t.storage.entries.read(1, 1, ALL);
      expect(runs.map(({ dataIndex, dueAtMs }) => [dataIndex, dueAtMs?.[dataIndex]])).toEqual([
        [1, 7],
        [0, undefined],
        [0, 5],
      ]);
      await t.reopen(open);
    }
    const [record] = await t.records();
    expect(record?.events[0]?.entries).toEqual({
      topicId: 1,
      firstOffset: 0,
      entries: [],
      dueAtMs: [0, 7, 9],
    });
  });

  it('are those that a plain list gives, whatever is asked, and when opened again', async () => {
    const time = fc.integer({ min: 0, max: 20 });
    const blocks = fc.array(fc.array(time, { minLength: 1, maxLength: 5 }), { maxLength: 8 });
    let topicId = 100;
    const run = async (stored: number[][], after: DueEntry, untilMs: number, limit: number) => {
      topicId += 1;
      const all: DueEntry[] = [];
      let offset = 0;
      for (const [i, dueAtMs] of stored.entries()) {
        await t.append(batchOf(stores(topicId, offset, dueAtMs.length, { dueAtMs })));
        all.push(...dueAtMs.map((atMs, at) => ({ atMs, offset: offset + at })));
        offset += dueAtMs.length;
        if (i === 3) await t.reopen();
      }
      const later = all
        .filter((entry) => entry.atMs > 0 && compareDue(entry, after) > 0)
        .sort(compareDue);
      const beyond = later.findIndex(({ atMs }) => atMs > untilMs);
      const expected = later.slice(0, beyond < 0 ? limit : Math.min(limit, beyond + 1));
      expect(t.storage.entries.due(topicId, after, untilMs, limit)).toEqual(expected);
    };
    const after = fc.record({ atMs: time, offset: fc.nat({ max: 10 }) });
    const property = fc.asyncProperty(blocks, after, time, fc.integer({ min: 1, max: 12 }), run);
    await fc.assert(property, { numRuns: 40 });
  });

  it('outlive the trimming of others', async () => {
    await t.append(batchOf(stores(1, 0, 3, { dueAtMs: [30, 20, 10] })), batchOf(trims(1, 2)));
    await t.reopen();
    const found = pairs(t.storage.entries.due(1, START, EVER, 100));
    expect(found.filter(([, offset]) => offset >= 2)).toEqual([[10, 2]]);
  });
}

function pairs(found: readonly DueEntry[]): [number, number][] {
  return found.map(({ atMs, offset }) => [atMs, offset]);
}
