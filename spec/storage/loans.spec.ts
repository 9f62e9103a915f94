/** Entries in the hands of readers, while the memory of others is used again around them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EntryRun } from '../../src/storage/entries.ts';
import { openLmdbStorage } from '../../src/storage/lmdb/open.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { batchOf, entryOf, stores, trims } from '../contract/storage-batches.ts';
import { temporaryFolder } from './folders.ts';

const TOPICS = 3;
const LIMITS = { maxEntries: 40, maxBytes: 30_000 };

/** Entries of a topic are of all sizes, so that some fill a block of memory and most do not. */
const sizeOf = (topicId: number) => [150, 700, 4_000][topicId]!;

const operation = fc.record({
  do: fc.constantFrom('append', 'append', 'append', 'lend', 'lend', 'settle', 'read', 'trim'),
  topicId: fc.nat(TOPICS - 1),
  count: fc.integer({ min: 1, max: 30 }),
  /** How far behind the end, in hundredths. */
  behind: fc.nat(99),
});

interface Held {
  readonly topicId: number;
  readonly offset: number;
  readonly entry: Buffer;
}

class Readers {
  readonly #storage: Storage;
  readonly #ends = Array<number>(TOPICS).fill(0);
  readonly #trimmed = Array<number>(TOPICS).fill(0);
  #lent: Held[] = [];
  readonly #kept: Held[] = [];
  #settles = 0;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  async act({
    do: what,
    topicId,
    count,
    behind,
  }: typeof operation extends fc.Arbitrary<infer T> ? T : never) {
    const { entries, journal } = this.#storage;
    const end = this.#ends[topicId]!;
    const from = this.#trimmed[topicId]!;
    const offset = from + Math.floor(((end - from) * (100 - behind)) / 100);
    if (what === 'append') {
      const event = stores(topicId, end, count, { size: sizeOf(topicId) });
      await journal.append(batchOf(event)).durable;
      for (const entry of event.entries!.entries) entry.fill(0);
      this.#ends[topicId] = end + count;
    } else if (what === 'lend') {
      // As dispatch does: what is on its way is borrowed when it has come.
      const cached = () => entries.cached(topicId, offset, LIMITS);
      const lent = cached() ?? (await entries.arrival(topicId, offset)?.then(cached)) ?? [];
      this.#lent.push(...held(topicId, lent));
    } else if (what === 'settle') {
      this.check();
      const isKept = this.#settles++ % 3 === 0;
      if (isKept) this.#kept.push(...this.#lent);
      this.#lent = [];
      entries.settle(isKept);
    } else if (what === 'read') {
      // As a drain reads: on and on from there, so that the next ones are brought in ahead.
      let next = offset;
      for (let i = 0; i < 3 && next < end; i++) {
        const runs = await entries.read(topicId, next, LIMITS);
        this.#kept.push(...held(topicId, runs));
        next = runs.at(-1)!.firstOffset + runs.at(-1)!.entries.length;
      }
    } else {
      this.#trimmed[topicId] = offset;
      await journal.append(batchOf(trims(topicId, offset))).durable;
    }
  }

  check(): void {
    for (const { topicId, offset, entry } of [...this.#lent, ...this.#kept]) {
      expect(entry.equals(entryOf(topicId, offset, sizeOf(topicId)))).toBe(true);
    }
  }
}

function held(topicId: number, runs: readonly EntryRun[]): Held[] {
  return runs.flatMap(({ firstOffset, entries }) =>
    entries.map((entry, i) => ({ topicId, offset: firstOffset + i, entry })),
  );
}

describe('entries in the hands of readers', () => {
  it('stay as they are until the loan ends, and those to keep for ever', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 60, maxLength: 200 }), async (story) => {
        const { dir, dispose } = await temporaryFolder();
        const storage = await openLmdbStorage({
          dir,
          cacheBytes: 100_000,
          readAheadBytes: 150_000,
          readCacheBytes: 100_000,
        });
        try {
          const readers = new Readers(storage);
          for (const each of story) await readers.act(each);
          readers.check();
        } finally {
          await storage.close();
          await dispose();
        }
      }),
      { numRuns: 25 },
    );
  });
});
