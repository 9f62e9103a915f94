/** Copies of a data folder that is being written, and what they restore. */
import { existsSync } from 'node:fs';
import { cp, mkdir, open as openFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BackupPart, partsOf } from '../../src/storage/backup.ts';
import { writeBackup } from '../../src/storage/lmdb/backup-folder.ts';
import { openLmdbStorage } from '../../src/storage/lmdb/open.ts';
import { restoreBackup } from '../../src/storage/lmdb/restore.ts';
import { batchOf, entryOf, stores, trims } from '../contract/storage-batches.ts';
import { temporaryFolder } from './folders.ts';

const ALL = { maxEntries: 1_000_000, maxBytes: 1_000_000_000 };
const SIZE = 9_000;

type LmdbStorage = Awaited<ReturnType<typeof openLmdbStorage>>;

/** What one step of the writer does. */
type Step =
  | { readonly does: 'store'; readonly topic: number; readonly count: number }
  | { readonly does: 'trim'; readonly topic: number; readonly back: number }
  | { readonly does: 'save' };

/** A topic after some record. */
interface Span {
  readonly before: number;
  readonly end: number;
}

/** Writes steps, and remembers what every topic was after every record. */
class Writer {
  readonly storage: LmdbStorage;
  /** By sequence, then by topic. */
  readonly history: ReadonlyMap<number, Span>[] = [new Map()];

  constructor(storage: LmdbStorage) {
    this.storage = storage;
  }

  get last(): number {
    return this.history.length - 1;
  }

  async take(step: Step): Promise<void> {
    const { journal, state } = this.storage;
    if (step.does === 'save') {
      const sequence = journal.lastSequence;
      await state.save([{ actor: 'topic:x', sequence, state: { sequence } }]);
      await state.checkpoint(sequence);
      return;
    }
    const now = this.history.at(-1)!;
    const { before, end } = now.get(step.topic) ?? { before: 0, end: 0 };
    const next =
      step.does === 'store'
        ? { before, end: end + step.count }
        : { before: Math.max(before, end - step.back), end };
    const event =
      step.does === 'store'
        ? stores(step.topic, end, step.count, { size: SIZE })
        : trims(step.topic, next.before);
    this.history.push(new Map([...now, [step.topic, next]]));
    await journal.append(batchOf(event)).durable;
  }
}

const topics = [1, 2, 3];

/** Gives up everything, so that every segment but the newest would go. */
const EMPTYING: readonly Step[] = [
  ...topics.map((topic): Step => ({ does: 'trim', topic, back: 0 })),
  { does: 'save' },
];

/** Exactly what was there after the record, byte by byte. */
async function expectAsOf(dir: string, writer: Writer, position: number): Promise<void> {
  const storage = await openLmdbStorage({ dir, segmentBytes: 256 * 1024 });
  expect(storage.journal.lastSequence).toBe(position);
  for (const topic of topics) {
    const { before, end } = writer.history[position]!.get(topic) ?? { before: 0, end: 0 };
    const runs = await storage.entries.read(topic, before, ALL);
    const found = runs.flatMap(({ firstOffset, entries }) =>
      entries.map((entry, i) => ({ offset: firstOffset + i, entry })),
    );
    expect(found.map(({ offset }) => offset)).toEqual(
      Array.from({ length: end - before }, (_, i) => before + i),
    );
    for (const { offset, entry } of found) {
      expect(entry.equals(entryOf(topic, offset, SIZE))).toBe(true);
    }
  }
  const snapshot = storage.state.load('topic:x');
  expect(snapshot?.sequence ?? 0).toBeLessThanOrEqual(position);
  const records: number[] = [];
  for await (const { sequence } of storage.journal.read(storage.state.checkpointSequence)) {
    records.push(sequence);
  }
  expect(records.at(-1) ?? position).toBe(position);
  // It is a data folder like any other.
  await storage.journal.append(batchOf(stores(9, 0, 1))).durable;
  await storage.close();
}

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      does: fc.constant('store' as const),
      topic: fc.constantFrom(...topics),
      count: fc.integer({ min: 1, max: 12 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant('trim' as const),
      topic: fc.constantFrom(...topics),
      back: fc.integer({ min: 0, max: 10 }),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ does: 'save' as const }) },
);

describe('a backup of a folder that is being written', () => {
  let dir: string;
  let dispose: () => Promise<void>;
  let runs = 0;

  beforeEach(async () => {
    ({ dir, dispose } = await temporaryFolder());
  });
  afterEach(() => dispose());

  it('holds what was durable when it began, up to one record, and nothing else', async () => {
    const steps = (most: number) => fc.array(step, { maxLength: most });
    const plan = fc.record({
      before: fc.array(step, { minLength: 20, maxLength: 60 }),
      /** What is written while each part of the backup is copied. */
      meanwhile: fc.array(fc.oneof(steps(6), fc.constant(EMPTYING)), { maxLength: 12 }),
      pick: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ before, meanwhile, pick }) => {
        runs += 1;
        const root = join(dir, String(runs));
        const writer = new Writer(await openSmall(join(root, 'data')));
        for (const each of before) await writer.take(each);
        const atBegin = writer.last;
        const beginning = writer.storage.backup();
        for (const each of meanwhile[0] ?? []) await writer.take(each);
        const backup = await beginning;
        const atCut = writer.last;
        const parts = whileWriting(partsOf(backup), writer, meanwhile.slice(1));
        const manifest = await writeBackup(join(root, 'backup'), parts);
        await backup.close();
        for (const each of before.slice(0, 20)) await writer.take(each);
        await writer.storage.close();
        const { position, since } = manifest;
        expect(position).toBeGreaterThanOrEqual(atBegin);
        expect(position).toBeLessThanOrEqual(atCut);
        expect(since).toBeLessThanOrEqual(position);

        const restored = join(root, 'restored');
        expect(await restoreBackup({ from: join(root, 'backup'), to: restored })).toBe(position);
        await expectAsOf(restored, writer, position);

        const earlier = since + Math.round((position - since) * pick);
        const cut = join(root, 'cut');
        await restoreBackup({ from: join(root, 'backup'), to: cut, position: earlier });
        await expectAsOf(cut, writer, earlier);
        // What was backed up goes on as if nothing had been.
        await expectAsOf(join(root, 'data'), writer, writer.last);
        await rm(root, { recursive: true });
      }),
      { numRuns: 15 },
    );
  }, 120_000);

  it('gives back space once it has read a segment, and all of it when it ends', async () => {
    const writer = new Writer(await openSmall(join(dir, 'data')));
    const { storage } = writer;
    const fill = async () => {
      for (let i = 0; i < 10; i += 1) await writer.take({ does: 'store', topic: 1, count: 12 });
      await writer.take({ does: 'trim', topic: 1, back: 0 });
      await writer.take({ does: 'save' });
    };
    await fill();
    const backup = await storage.backup();
    const held = storage.stats().segments;
    expect(held).toBeGreaterThan(1);
    await fill();
    expect(storage.stats().segments).toBeGreaterThan(held);
    for (const file of backup.files) for await (const _ of file.read());
    await expect.poll(() => storage.stats().segments).toBeLessThan(held);
    await backup.close();
    await fill();
    await expect.poll(() => storage.stats().segments).toBeLessThanOrEqual(2);
    await storage.close();
  });

  it('is one at a time, and can be given up', async () => {
    const storage = await openSmall(join(dir, 'data'));
    const first = await storage.backup();
    await expect(storage.backup()).rejects.toMatchObject({ code: 'conflict' });
    await first.close();
    const second = await storage.backup();
    await storage.close();
    const read = async () => {
      for await (const _ of second.files.at(-1)!.read());
    };
    await expect(read()).rejects.toMatchObject({ code: 'storage-failed' });
    await second.close();
    expect((await readdir(join(dir, 'data', 'journal'))).every((name) => /^\d+$/.test(name))).toBe(
      true,
    );
  });

  it('that a crash left unfinished is gone with the next start', async () => {
    const storage = await openSmall(join(dir, 'data'));
    await storage.backup();
    await cp(join(dir, 'data'), join(dir, 'crashed'), { recursive: true });
    await storage.close();
    expect(await readdir(join(dir, 'crashed', 'journal'))).toContain('backup.new');
    await rm(join(dir, 'crashed', 'LOCK'));
    const again = await openSmall(join(dir, 'crashed'));
    expect(await readdir(join(dir, 'crashed', 'journal'))).not.toContain('backup.new');
    await again.close();
  });

  function openSmall(folder: string): Promise<LmdbStorage> {
    return openLmdbStorage({
      dir: folder,
      segmentBytes: 256 * 1024,
      relocateAfterMs: 0,
      flushDelayMs: 0,
      flushBlocks: 8,
    });
  }
});

/** The parts as they are, with something written before each chunk. */
async function* whileWriting(
  parts: AsyncIterable<BackupPart>,
  writer: Writer,
  steps: readonly (readonly Step[])[],
): AsyncGenerator<BackupPart> {
  let next = 0;
  const chunksOf = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      for (const each of steps[next] ?? []) await writer.take(each);
      next += 1;
      yield chunk;
    }
  };
  for await (const part of parts) yield { ...part, chunks: chunksOf(part.chunks) };
}

describe('a backup that is not whole', () => {
  let dir: string;
  let dispose: () => Promise<void>;
  const at = (...names: string[]) => join(dir, ...names);

  beforeEach(async () => {
    ({ dir, dispose } = await temporaryFolder());
    const storage = await openLmdbStorage({ dir: at('data'), segmentBytes: 256 * 1024 });
    const writer = new Writer(storage);
    for (let i = 0; i < 8; i += 1) await writer.take({ does: 'store', topic: 1, count: 12 });
    const backup = await storage.backup();
    await writeBackup(at('backup'), partsOf(backup));
    await backup.close();
    await storage.close();
  });
  afterEach(() => dispose());

  it('never has the name of one', async () => {
    const storage = await openLmdbStorage({ dir: at('data') });
    const backup = await storage.backup();
    async function* cutShort() {
      let left = 2;
      for await (const part of partsOf(backup)) {
        if (left-- === 0) return;
        yield part;
      }
    }
    await expect(writeBackup(at('half'), cutShort())).rejects.toMatchObject({
      code: 'storage-missing',
    });
    expect(existsSync(at('half'))).toBe(false);
    await backup.close();
    await storage.close();
  });

  it.each([
    ['a changed byte', async (file: string) => await flipByte(file), 'storage-corrupt'],
    ['a file that is gone', async (file: string) => await rm(file), 'storage-missing'],
  ])('is refused for %s', async (_, harm, code) => {
    await harm(at('backup', 'journal', '2', 'data.mdb'));
    const restoring = restoreBackup({ from: at('backup'), to: at('new') });
    await expect(restoring).rejects.toMatchObject({ code });
    // What came of it until then is no data folder.
    await expect(openLmdbStorage({ dir: at('new') })).rejects.toMatchObject({
      code: 'storage-missing',
    });
  });

  it('is refused without its manifest, and for a record that it does not reach', async () => {
    const restoring = (position: number) =>
      restoreBackup({ from: at('backup'), to: at('new'), position });
    await expect(restoring(9)).rejects.toMatchObject({ code: 'invalid-argument' });
    await rm(at('backup', 'MANIFEST.json'));
    await expect(restoring(8)).rejects.toMatchObject({ code: 'storage-missing' });
    expect(existsSync(at('new'))).toBe(false);
  });

  it('is not written over anything, and neither is what it restores', async () => {
    await mkdir(at('mine'));
    await writeFile(at('mine', 'letter'), 'dear');
    const restoring = restoreBackup({ from: at('backup'), to: at('mine') });
    await expect(restoring).rejects.toMatchObject({ code: 'already-exists' });
    async function* nothing(): AsyncGenerator<BackupPart> {}
    await expect(writeBackup(at('mine'), nothing())).rejects.toMatchObject({
      code: 'already-exists',
    });
    expect(await readdir(at('mine'))).toEqual(['letter']);
  });

  it('writes only where a backup has files', async () => {
    async function* sly(): AsyncGenerator<BackupPart> {
      yield { path: '../outside', bytes: 0, chunks: (async function* () {})() };
    }
    await expect(writeBackup(at('sly'), sly())).rejects.toMatchObject({ code: 'storage-corrupt' });
    expect(existsSync(at('outside'))).toBe(false);
  });

  it('goes back to the first record where the journal does', async () => {
    await cp(at('backup'), at('copy'), { recursive: true });
    expect(await restoreBackup({ from: at('copy'), to: at('new'), position: 3 })).toBe(3);
    const storage = await openLmdbStorage({ dir: at('new') });
    expect(storage.entries.usage(1).liveEntries).toBe(36);
    await storage.close();
  });
});

async function flipByte(file: string): Promise<void> {
  const handle = await openFile(file, 'r+');
  const byte = Buffer.alloc(1);
  await handle.read(byte, 0, 1, 100_000);
  await handle.write(Buffer.of(byte[0]! ^ 1), 0, 1, 100_000);
  await handle.close();
}
