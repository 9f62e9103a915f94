/** The time index on disk: it is written in time, and what nobody needs any more leaves it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { openLmdbStorage } from '../../src/storage/lmdb/open.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { batchOf, stores, trims } from '../contract/storage-batches.ts';
import { temporaryFolder } from './folders.ts';

const FIRST = { atMs: 0, offset: 0 };

describe('the time index', () => {
  let dir: string;
  let dispose: () => Promise<void>;
  let nowMs = 1_000;

  beforeEach(async () => {
    ({ dir, dispose } = await temporaryFolder());
    nowMs = 1_000;
  });
  afterEach(() => dispose());

  const open = () =>
    openLmdbStorage({ dir, flushDueEntries: 10, clock: { ...systemClock, nowMs: () => nowMs } });
  const append = (storage: Storage, ...events: Parameters<typeof batchOf>) =>
    storage.journal.append(batchOf(...events)).durable;
  const offsets = (storage: Storage, topicId: number) =>
    storage.entries.due(topicId, FIRST, 1e9, 1e6).map(({ offset }) => offset);
  /** Writes all that changed; the search for what may leave goes all round. */
  const write = async (storage: Storage) => {
    for (let i = 0; i < 2; i += 1) await storage.state.checkpoint(storage.journal.lastSequence);
  };

  it('forgets what was trimmed, at the latest when its time has come', async () => {
    const storage = await open();
    await append(storage, stores(1, 0, 5, { dueAtMs: [2_000, 500, 3_000, 600, 1_500] }));
    await append(storage, stores(2, 0, 2, { dueAtMs: [500, 2_000] }));
    await write(storage);
    await append(storage, trims(1, 3));
    await write(storage);
    expect([offsets(storage, 1), offsets(storage, 2)]).toEqual([
      [3, 4, 0, 2],
      [0, 1],
    ]);
    nowMs = 2_500;
    await append(storage, trims(2, 1));
    await write(storage);
    expect([offsets(storage, 1), offsets(storage, 2)]).toEqual([[3, 4], [1]]);
    await storage.close();
  });

  it('forgets a topic that is deleted at once, also what is not due yet', async () => {
    let storage = await open();
    await append(storage, stores(1, 0, 30, { dueAtMs: Array.from({ length: 30 }, () => 9_000) }));
    await write(storage);
    await append(storage, trims(1, 30));
    await storage.close();
    storage = await open();
    await write(storage);
    expect(offsets(storage, 1)).toEqual([]);
    await storage.close();
  });

  it('never holds more in memory than its option says, and loses nothing for it', async () => {
    const storage = await open();
    const dueAtMs = Array.from({ length: 7 }, (_, i) => 5_000 - i);
    for (let i = 0; i < 60; i += 1) await append(storage, stores(1, i * 7, 7, { dueAtMs }));
    expect(offsets(storage, 1)).toHaveLength(420);
    await storage.close();
    const again = await open();
    expect(new Set(offsets(again, 1)).size).toBe(420);
    await again.close();
  });
});
