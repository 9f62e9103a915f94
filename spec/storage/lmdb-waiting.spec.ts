/** Reads that wait for the disk while the journal goes on, or is closed. */
import { access } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { type OpenEnvironment, openLmdbEnvironment } from '../../src/storage/lmdb/environment.ts';
import { openLmdbStorage } from '../../src/storage/lmdb/open.ts';
import type { Storage } from '../../src/storage/storage.ts';
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

it('a journal that is being read is closed once the disk has answered', async () => {
  const { dir, dispose } = await temporaryFolder();
  let answer = Promise.resolve();
  const openEnvironment: OpenEnvironment = (options) => {
    const environment = openLmdbEnvironment(options);
    const prefetch = environment.root.prefetch.bind(environment.root);
    const waits = (keys: Uint8Array[]) => answer.then(() => prefetch(keys));
    Object.defineProperty(environment.root, 'prefetch', { value: waits });
    return environment;
  };
  const storage = await openLmdbStorage({ dir, openEnvironment });
  await storage.journal.append(batchOf(stores(1, 0, 1))).durable;
  let answers = () => {};
  answer = new Promise((resolve) => {
    answers = resolve;
  });
  const reading = first(storage);
  const closed = storage.close();
  // Turns of the disk, so that closing comes as far as it can.
  for (let turn = 0; turn < 200; turn++) await access(dir);
  answers();
  expect((await reading).value).toMatchObject({ sequence: 1 });
  await closed;
  await expect(first(storage)).rejects.toMatchObject({ code: 'storage-failed' });
  await (await openLmdbStorage({ dir })).close();
  await dispose();
});

function first({ journal }: Storage) {
  return journal.read(0)[Symbol.asyncIterator]().next();
}
