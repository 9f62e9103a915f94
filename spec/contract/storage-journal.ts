/** What the journal port promises. */
import { describe, expect, it } from 'vitest';
import { batchOf, stores, trims } from './storage-batches.ts';
import { ALL, plain, type Rig } from './storage-rig.ts';

export function journalContract(t: Rig): void {
  describe('journal', () => {
    records(t);
    appending(t);
  });
}

function records(t: Rig): void {
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
    const first = t.storage.journal.append({ atMs: 1_700_000_000_123, events: [event] });
    const second = t.storage.journal.append({ atMs: 1_700_000_000_124, events: [] });
    expect([first.sequence, second.sequence]).toEqual([1, 2]);
    await second.durable;
    await first.durable;
    await t.reopen();
    expect(plain(await t.records())).toEqual([
      { sequence: 1, atMs: 1_700_000_000_123, events: [event] },
      { sequence: 2, atMs: 1_700_000_000_124, events: [] },
    ]);
  });

  it('reads from any position on, without the bytes of entries, but with trim marks', async () => {
    await t.append(
      batchOf(stores(1, 0, 3)),
      batchOf(trims(1, 2), stores(2, 0, 1)),
      batchOf(trims(1, 3)),
    );
    const [second, third] = await t.records(1);
    expect(second?.events.map(({ entries, trim }) => ({ entries, trim }))).toEqual([
      { entries: undefined, trim: { topicId: 1, before: 2 } },
      { entries: { topicId: 2, firstOffset: 0, entries: [] }, trim: undefined },
    ]);
    expect(third?.sequence).toBe(3);
    expect(await t.records(3)).toEqual([]);
  });

  it('goes on with the next sequence after it is opened again', async () => {
    await t.append(batchOf(stores(1, 0, 1)), batchOf(stores(1, 1, 1)));
    await t.reopen();
    expect(t.storage.journal.lastSequence).toBe(2);
    expect(t.storage.journal.append(batchOf(stores(1, 2, 1))).sequence).toBe(3);
  });
}

function appending(t: Rig): void {
  it('becomes durable in order, and counts only durable records', async () => {
    const order: number[] = [];
    expect(t.storage.journal.lastSequence).toBe(0);
    const appended = Array.from({ length: 50 }, (_, i) =>
      t.storage.journal.append(batchOf(stores(1, i, 1))),
    );
    expect(t.storage.journal.lastSequence).toBe(0);
    await Promise.all(
      appended.map(async ({ durable, sequence }) => {
        await durable;
        expect(t.storage.journal.lastSequence).toBeGreaterThanOrEqual(sequence);
        order.push(sequence);
      }),
    );
    expect(order).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  });

  it('refuses entries that do not follow those of their topic', async () => {
    await t.append(batchOf(stores(1, 0, 2)));
    expect(() => t.storage.journal.append(batchOf(stores(1, 3, 1)))).toThrow('offset 2');
    expect(() => t.storage.journal.append(batchOf(stores(1, 1, 1)))).toThrow('offset 2');
    await t.append(batchOf(stores(1, 2, 1)));
    expect(t.storage.entries.usage(1).liveEntries).toBe(3);
  });

  it('rejects every append once it is closed', async () => {
    await t.storage.close();
    const { durable } = t.storage.journal.append(batchOf());
    await expect(durable).rejects.toMatchObject({ code: 'storage-failed' });
    await expect(t.storage.entries.read(1, 0, ALL)).rejects.toMatchObject({
      code: 'storage-failed',
    });
    await expect(t.storage.state.save([])).rejects.toMatchObject({ code: 'storage-failed' });
  });

  it('makes durable what was appended right before it was closed', async () => {
    const { durable } = t.storage.journal.append(batchOf(stores(1, 0, 4)));
    await t.reopen();
    await durable;
    expect(t.storage.entries.usage(1).liveEntries).toBe(4);
  });
}
