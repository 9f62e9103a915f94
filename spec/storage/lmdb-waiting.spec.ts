/** Reads that wait for their turn at the disk while the journal goes on. */
import { expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { openLmdbStorage } from '../../src/storage/lmdb/open.ts';
import { batchOf, idOf, stores, trims } from '../contract/storage-batches.ts';
import { ALL, COLD_CACHE_BYTES } from '../contract/storage-rig.ts';
import { temporaryFolder } from './folders.ts';

/** A clock whose next turns come when the spec says so. */
class HeldClock implements Clock {
  readonly nowMs = systemClock.nowMs;
  readonly monotonicMs = systemClock.monotonicMs;
  readonly after = systemClock.after;
  #waiting: (() => void)[] | undefined;

  readonly soon = (task: () => void): void => {
    if (this.#waiting === undefined) systemClock.soon(task);
    else this.#waiting.push(task);
  };

  hold(): void {
    this.#waiting = [];
  }

  release(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const task of waiting) task();
  }
}

it('a read that waits while all but what is cached is trimmed gives what is left', async () => {
  const { dir, dispose } = await temporaryFolder();
  const clock = new HeldClock();
  const options = {
    dir,
    clock,
    cacheBytes: COLD_CACHE_BYTES,
    maxConcurrentReads: 1,
    readAheadBytes: 0,
  };
  const storage = await openLmdbStorage(options);
  try {
    const { journal, entries } = storage;
    await journal.append(batchOf(stores(1, 0, 10, { size: COLD_CACHE_BYTES / 5 }))).durable;
    await journal.append(batchOf(stores(1, 10, 2))).durable;
    const limits = { maxEntries: 1, maxBytes: 1 };
    // From here on a read of this entry needs no disk, but a turn of the clock.
    await entries.read(1, 0, limits);
    expect(entries.cached(1, 0, limits)).toBeUndefined();
    clock.hold();
    const reading = entries.read(1, 0, limits);
    const waiting = entries.read(1, 0, ALL);
    await journal.append(batchOf(trims(1, 10))).durable;
    clock.release();
    await reading;
    const runs = await waiting;
    expect(runs.flatMap((run) => run.entries.map(idOf))).toEqual([10, 11]);
  } finally {
    await storage.close();
    await dispose();
  }
});
