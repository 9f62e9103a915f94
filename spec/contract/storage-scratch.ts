/** What the scratch port promises. */
import { describe, expect, it } from 'vitest';
import type { ScratchPad } from '../../src/storage/scratch.ts';
import type { Rig } from './storage-rig.ts';

export function scratchContract(t: Rig): void {
  describe('scratch', () => {
    it('gives the blocks of each row back in order, whatever was written between', async () => {
      const pad = await t.storage.scratch.open();
      const rows = [0, 65_535, 7];
      const writes = Array.from({ length: 30 }, (_, i) =>
        pad.write(rows[i % 3]!, Buffer.from(`block ${i}`)),
      );
      await Promise.all(writes);
      for (const [r, row] of rows.entries()) {
        const expected = Array.from({ length: 10 }, (_, i) => `block ${i * 3 + r}`);
        expect(await textsOf(pad, row)).toEqual(expected);
      }
      expect(await textsOf(pad, 8)).toEqual([]);
      await pad.close();
    });

    it('keeps pads apart, and a block larger than a page whole', async () => {
      const [one, other] = [await t.storage.scratch.open(), await t.storage.scratch.open()];
      const large = Buffer.alloc(1_000_000, 'x');
      await one.write(1, large);
      await other.write(1, Buffer.from('small'));
      expect(await textsOf(other, 1)).toEqual(['small']);
      const [read] = await blocksOf(one, 1);
      expect(read?.equals(large)).toBe(true);
      await one.close();
      expect(await textsOf(other, 1)).toEqual(['small']);
      await other.close();
    });

    it('lends nothing: what was read stays as it was', async () => {
      const pad = await t.storage.scratch.open();
      await pad.write(1, Buffer.from('first'));
      await pad.write(1, Buffer.from('other'));
      const [first] = await blocksOf(pad, 1);
      await blocksOf(pad, 1);
      expect(first?.toString()).toBe('first');
      await pad.close();
    });

    it('refuses what comes after the end, of a pad or of the storage', async () => {
      const closed = await t.storage.scratch.open();
      await closed.close();
      await expect(closed.write(1, Buffer.from('late'))).rejects.toThrow('closed');
      const open = await t.storage.scratch.open();
      await open.write(1, Buffer.from('lost'));
      await t.reopen();
      const fresh = await t.storage.scratch.open();
      expect(await textsOf(fresh, 1)).toEqual([]);
      await fresh.close();
    });
  });
}

async function blocksOf(pad: ScratchPad, row: number): Promise<Buffer[]> {
  const found: Buffer[] = [];
  for await (const block of pad.read(row)) found.push(block);
  return found;
}

async function textsOf(pad: ScratchPad, row: number): Promise<string[]> {
  return (await blocksOf(pad, row)).map(String);
}
