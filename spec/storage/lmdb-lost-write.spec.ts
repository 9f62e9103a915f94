/**
 * A disk that lost a write into a file that was a segment before: it shows a page of the earlier
 * life, which has the number that it should have. Any page may be the one, and each is an error
 * that names the segment, or was not needed; it is never data, and never a shorter journal.
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { copyFile, cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { checkFile } from '../../src/storage/lmdb/file-check.ts';
import { diskFiles, type Files } from '../../src/storage/lmdb/files.ts';
import { type LmdbStorageOptions, openLmdbStorage } from '../../src/storage/lmdb/open.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { batchOf, entryOf, stores, trims } from '../contract/storage-batches.ts';
import { segmentNumbers, temporaryFolder } from './folders.ts';

const ALL = { maxEntries: 1_000_000, maxBytes: 1_000_000_000 };
const PAGE_BYTES = 4096;
const KIND_AT = 18;
const BRANCH = 1;
const LEAF = 2;
const KIB = 1024;

interface Shape {
  readonly segmentBytes: number;
  /** Bytes of the entry that a record stores. */
  readonly sizeOf: (record: number) => number;
  /** Pages to lose. */
  readonly isTried: (page: number, kind: number) => boolean;
  /** Pages of the tree above the leaves, at least. */
  readonly branches: number;
}

const SHAPES: Readonly<Record<string, Shape>> = {
  'small records, which lie in the tree': {
    segmentBytes: 256 * KIB,
    sizeOf: () => 400,
    isTried: () => true,
    branches: 1,
  },
  'records of all sizes': {
    segmentBytes: 256 * KIB,
    sizeOf: (record) => 100 + (record % 4) ** 2 * 1_500,
    isTried: () => true,
    branches: 1,
  },
  'a tree of three levels': {
    segmentBytes: 2560 * KIB,
    sizeOf: () => 1700,
    isTried: (page, kind) => kind === BRANCH || page % 64 === 0,
    branches: 3,
  },
};

/** A data folder whose newest segment is in a file that served before. */
interface Reused {
  readonly dir: string;
  /** The file of that segment, below `dir`. */
  readonly file: string;
  /** The file as it was before. */
  readonly stale: string;
  /** The state folder as it was before anything was written to the segment. */
  readonly oldState: string;
  readonly lastSequence: number;
  /** Offsets that are there. */
  readonly before: number;
  readonly end: number;
}

describe.each(Object.entries(SHAPES))('a lost write, %s', (_name, shape) => {
  let work: string;
  let dispose: () => Promise<void>;
  let reused: Reused;
  /** A copy of it, for one spec to damage. */
  let copy: string;

  beforeAll(async () => {
    ({ dir: work, dispose } = await temporaryFolder());
    reused = await makeReused();
    copy = join(work, 'copy');
  });
  afterAll(() => dispose());
  beforeEach(() => renewCopy());

  async function renewCopy(state = join(reused.dir, 'state')): Promise<void> {
    await rm(copy, { recursive: true, force: true });
    await cp(reused.dir, copy, { recursive: true });
    await rm(join(copy, 'state'), { recursive: true });
    await cp(state, join(copy, 'state'), { recursive: true });
  }

  const open = (dir: string, options: Partial<LmdbStorageOptions> = {}) =>
    openLmdbStorage({
      dir,
      segmentBytes: shape.segmentBytes,
      cacheBytes: 0,
      readCacheBytes: 0,
      relocateBelow: 0,
      spareSegments: 1,
      ...options,
    });

  async function makeReused(): Promise<Reused> {
    const dir = join(work, 'data');
    const stale = join(work, 'stale.mdb');
    const oldState = join(work, 'state');
    let number = 0;
    const reuseEnvironmentFolder: Files['reuseEnvironmentFolder'] = async (spare, to, ...rest) => {
      await copyFile(join(spare, 'data.mdb'), stale);
      await cp(join(dir, 'state'), oldState, { recursive: true });
      await diskFiles.reuseEnvironmentFolder(spare, to, ...rest);
      number = rest[1];
    };
    const storage = await open(dir, { files: { ...diskFiles, reuseEnvironmentFolder } });
    let end = 0;
    const append = () => {
      const records = Array.from({ length: 10 }, () => {
        const event = stores(1, end, 1, { size: shape.sizeOf(end), data: end });
        end += 1;
        return storage.journal.append(batchOf(event)).durable;
      });
      return Promise.all(records);
    };
    while (segmentNumbers(dir).length < 3) await append();
    const before = Math.floor(end * 0.9);
    await storage.journal.append(batchOf(trims(1, before))).durable;
    await storage.state.checkpoint(storage.journal.lastSequence);
    await vi.waitUntil(() => storage.stats().spareBytes > 0);
    while (number === 0) await append();
    const file = `journal/${number}/data.mdb`;
    const used = () => diskFiles.usedBytesOf(join(dir, file));
    // Not half of it, or the next one is made.
    while (used() < shape.segmentBytes * 0.45) await append();
    const { lastSequence } = storage.journal;
    await storage.close();
    expect(segmentNumbers(dir).at(-1)).toBe(number);
    return { dir, file, stale, oldState, lastSequence, before, end };
  }

  /** Everything that must be there; throws the error that says what is not. */
  async function readAll(storage: Storage): Promise<void> {
    expect(storage.journal.lastSequence).toBe(reused.lastSequence);
    const runs = await storage.entries.read(1, 0, ALL);
    const entries = runs.flatMap((run) => run.entries);
    const { before, end } = reused;
    const expected = Array.from({ length: end - before }, (_, i) =>
      entryOf(1, before + i, shape.sizeOf(before + i)),
    );
    expect(Buffer.concat(entries).equals(Buffer.concat(expected))).toBe(true);
    let next = storage.state.checkpointSequence;
    for await (const record of storage.journal.read(next)) {
      next += 1;
      expect(record.sequence).toBe(next);
    }
    expect(next).toBe(reused.lastSequence);
  }

  it.each(['the index knows', 'a start has to find'])(
    'of any page, in a segment that %s, is an error that names it',
    async (how) => {
      const errors = new Set<string>();
      for (const page of triedPages(reused, shape)) {
        await renewCopy(how === 'a start has to find' ? reused.oldState : undefined);
        losePage(join(copy, reused.file), reused.stale, page);
        const opened = await open(copy).catch((error: Error) => error);
        const outcome =
          opened instanceof Error ? opened : await readAll(opened).catch((error: Error) => error);
        if (!(opened instanceof Error)) await opened.close();
        if (outcome === undefined) continue;
        expect(outcome).toMatchObject({ code: 'storage-corrupt' });
        expect(outcome.message).toContain(join(copy, reused.file, '..'));
        errors.add(outcome.message.replaceAll(/\d+/g, 'N'));
      }
      expect(errors.size).toBeGreaterThan(0);
    },
    60_000,
  );

  it('of the topmost page, in a segment that is open, is an error that names it', async () => {
    const storage = await open(copy);
    const file = join(copy, reused.file);
    const pages = [...triedPages(reused, { ...shape, isTried: (_, kind) => kind === BRANCH })];
    expect(pages.length).toBeGreaterThanOrEqual(shape.branches);
    for (const page of pages) losePage(file, reused.stale, page);
    const outcome = await readAll(storage).catch((error: Error) => error);
    expect(outcome).toMatchObject({ code: 'storage-corrupt' });
    expect((outcome as Error).message).toContain(`Segment ${join(file, '..')}, record `);
    await storage.close();
  });

  it('of a leaf at an end is found while the broker runs, however many there are', () => {
    const file = join(copy, reused.file);
    const found: number[] = [];
    const leaves = [...triedPages(reused, { ...shape, isTried: (_, kind) => kind === LEAF })];
    for (const page of leaves) {
      const now = pageOf(file, page);
      losePage(file, reused.stale, page);
      try {
        checkFile(file, true);
      } catch {
        found.push(page);
      }
      writePage(file, page, now);
    }
    const isAll = leaves.length < 64;
    expect(found.length).toBeGreaterThanOrEqual(isAll ? 1 : 2);
    expect(found.length).toBeLessThanOrEqual(isAll ? leaves.length : 3);
  });

  it('of what made it an empty one again, is an error that names it', async () => {
    const file = join(copy, reused.file);
    await copyFile(reused.stale, file);
    await expect(open(copy)).rejects.toMatchObject({
      code: 'storage-corrupt',
      message: expect.stringContaining(join(file, '..')),
    });
  });
});

/** Pages in use after the two meta pages that differ from what was there before. */
function* triedPages({ dir, file, stale }: Reused, { isTried }: Shape): Iterable<number> {
  const pages = diskFiles.usedBytesOf(join(dir, file)) / PAGE_BYTES;
  for (let page = 2; page < pages; page += 1) {
    const now = pageOf(join(dir, file), page);
    if (now.equals(pageOf(stale, page))) continue;
    if (isTried(page, now.readUInt16LE(KIND_AT))) yield page;
  }
}

function pageOf(file: string, page: number): Buffer {
  const bytes = Buffer.alloc(PAGE_BYTES);
  const descriptor = openSync(file, 'r');
  readSync(descriptor, bytes, 0, PAGE_BYTES, page * PAGE_BYTES);
  closeSync(descriptor);
  return bytes;
}

function losePage(file: string, stale: string, page: number): void {
  writePage(file, page, pageOf(stale, page));
}

function writePage(file: string, page: number, bytes: Buffer): void {
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, bytes, 0, PAGE_BYTES, page * PAGE_BYTES);
  closeSync(descriptor);
}
