/** What the entries port promises of reads of entries here and there. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EntryRun } from '../../src/storage/entries.ts';
import { batchOf, entryOf, idOf, stores, trims } from './storage-batches.ts';
import type { Rig } from './storage-rig.ts';

const MUCH = 1e9;

export function picksContract(t: Rig): void {
  describe('entries here and there', () => {
    it('are those at the offsets that were asked for, with what is known of them', async () => {
      await t.append(
        batchOf(stores(1, 0, 5, { data: 'a', dueAtMs: [1, 2, 3, 4, 5] }), stores(2, 0, 5)),
        batchOf(stores(2, 5, 1), stores(1, 5, 1, { data: 'b' }), stores(1, 6, 3, { data: 'c' })),
      );
      for (const open of [() => t.disk.open(), () => t.disk.openCold()]) {
        const runs = await t.storage.entries.pick(1, [0, 2, 3, 5, 8, 9], MUCH);
        expect(runs.flatMap(described)).toEqual([
          [0, 'a', 0, 1],
          [2, 'a', 2, 3],
          [3, 'a', 3, 4],
          [5, 'b', 0, undefined],
          [8, 'c', 2, undefined],
        ]);
        expect(runs[0]?.entries[0]?.equals(entryOf(1, 0))).toBe(true);
        expect(await t.storage.entries.pick(3, [0], MUCH)).toEqual([]);
        await t.reopen(open);
      }
    });

    it('are those that reading one by one gives, hot or cold, trimmed or not', async () => {
      const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 });
      const wanted = fc.uniqueArray(fc.nat({ max: 240 }), { minLength: 1, maxLength: 60 });
      const size = fc.constantFrom(100, 3_000);
      let topicId = 200;
      const run = async (
        [counts, offsets, bytes]: [number[], number[], number],
        before: number,
        maxBytes: number,
        isCold: boolean,
      ) => {
        topicId += 1;
        let end = 0;
        for (const count of counts) {
          const own = stores(topicId, end, count, { size: bytes });
          await t.append(batchOf(stores(topicId + 1_000, end, count), own));
          end += count;
        }
        await t.append(batchOf(trims(topicId, before)));
        if (isCold) await t.reopen(() => t.disk.openCold());
        const asked = offsets.sort((a, b) => a - b);
        const left = asked.filter((offset) => offset >= before && offset < end);
        const fitting = Math.max(1, Math.floor(maxBytes / bytes));
        const found = await t.storage.entries.pick(topicId, asked, maxBytes);
        expect(idsOf(found)).toEqual(left.slice(0, fitting));
      };
      const property = fc.asyncProperty(
        fc.tuple(sizes, wanted, size),
        fc.nat({ max: 50 }),
        fc.constantFrom(1, 10_000, MUCH),
        fc.boolean(),
        run,
      );
      await fc.assert(property, { numRuns: 60 });
    });

    it('are found in many records and segments', async () => {
      for (let offset = 0; offset < 600; offset += 3) {
        await t.append(batchOf(stores(1, offset, 3, { size: 3_000 })));
      }
      await t.reopen(() => t.disk.openCold());
      const asked = Array.from({ length: 150 }, (_, i) => i * 4);
      expect(idsOf(await t.storage.entries.pick(1, asked, MUCH))).toEqual(asked);
    });
  });
}

function idsOf(runs: readonly EntryRun[]): number[] {
  return runs.flatMap(({ firstOffset, entries }) =>
    entries.map((entry, i) => {
      expect(idOf(entry)).toBe(firstOffset + i);
      return idOf(entry);
    }),
  );
}

/** Of each entry its offset, its event's data, its place in that and when it is due. */
function described({ firstOffset, entries, data, dataIndex, dueAtMs }: EntryRun): unknown[][] {
  return entries.map((_, i) => [firstOffset + i, data, dataIndex + i, dueAtMs?.[dataIndex + i]]);
}
