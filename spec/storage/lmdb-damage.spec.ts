/** Data folders that are damaged, incomplete or too new: a clear error, never a silent loss. */
import { existsSync } from 'node:fs';
import {
  cp,
  open as openFile,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpenEnvironment, openLmdbEnvironment } from '../../src/storage/lmdb/environment.ts';
import { valueKey } from '../../src/storage/lmdb/layout.ts';
import { openLmdbStorage } from '../../src/storage/lmdb/open.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { batchOf, entryOf, stores, trims } from '../contract/storage-batches.ts';
import { temporaryFolder } from './folders.ts';

const ALL = { maxEntries: 1_000_000, maxBytes: 1_000_000_000 };

describe('a data folder', () => {
  let dir: string;
  let dispose: () => Promise<void>;

  beforeEach(async () => {
    ({ dir, dispose } = await temporaryFolder());
  });
  afterEach(() => dispose());

  const open = (openEnvironment?: OpenEnvironment) =>
    openLmdbStorage({
      dir,
      segmentBytes: 256 * 1024,
      cacheBytes: 0,
      ...(openEnvironment && { openEnvironment }),
    });
  const segment = (number: number) => join(dir, 'journal', String(number));

  /** Three segments and more of one topic, 8 entries of 10 kB a record. */
  async function fill(records = 12): Promise<void> {
    const storage = await open();
    for (let i = 0; i < records; i += 1) {
      await storage.journal.append(batchOf(stores(1, i * 8, 8, { size: 10_000, data: i }))).durable;
    }
    await storage.close();
  }

  async function readAll(storage: Storage): Promise<number> {
    const runs = await storage.entries.read(1, 0, ALL);
    return runs.reduce((sum, run) => sum + run.entries.length, 0);
  }

  /** Flips bits of every occurrence of `bytes` in a file. */
  async function flip(file: string, bytes: Buffer): Promise<void> {
    const content = await readFile(file);
    // In its place, since the file may be mapped into memory.
    const handle = await openFile(file, 'r+');
    let found = 0;
    for (let at = content.indexOf(bytes); at !== -1; at = content.indexOf(bytes, at + 1)) {
      await handle.write(Buffer.of(content[at + 3]! ^ 0x40), 0, 1, at + 3);
      found += 1;
    }
    await handle.close();
    expect(found).toBeGreaterThan(0);
  }

  /** Changes the rows of a table of the state folder, under its keys. */
  async function alter(table: string, change: (row: Buffer, rows: Buffer[]) => Buffer) {
    const file = join(dir, 'state', 'data.mdb');
    const environment = openLmdbEnvironment({ file, mapBytes: 2 ** 30, tables: 8 });
    const opened = environment.table(table);
    const rows = [...opened.rows({ start: Buffer.from([0]) })].map(({ key, value }) => ({
      key: Buffer.from(key),
      value: Buffer.from(value),
    }));
    expect(rows.length).toBeGreaterThan(0);
    await environment.write(() => {
      for (const { key, value } of rows)
        opened.put(
          key,
          change(
            value,
            rows.map((each) => each.value),
          ),
        );
    });
    await environment.close();
  }

  /** Takes a record out of its segment; what that gives restores the segment from a copy. */
  async function lose(dir: string, record: number): Promise<() => Promise<void>> {
    const file = join(dir, 'data.mdb');
    const copy = `${dir}.copy`;
    await cp(file, copy);
    const environment = openLmdbEnvironment({ file, mapBytes: 2 ** 30 });
    const { root } = environment;
    await environment.write(() => {
      const range = { start: valueKey(record, 0), end: valueKey(record + 1, 0) };
      for (const key of [...root.keys(range)]) root.remove(key);
    });
    await environment.close();
    return () => rename(copy, file);
  }

  function flipped(row: Buffer): Buffer {
    const copy = Buffer.from(row);
    copy[1]! ^= 0x10;
    return copy;
  }

  it('in which snapshots have changed places, names whose is not there', async () => {
    await fill(1);
    let storage = await open();
    const actors = ['topic:a', 'topic:b'];
    await storage.state.save(actors.map((actor) => ({ actor, sequence: 1, state: { actor } })));
    await storage.close();
    await alter('actors', (row, rows) => rows.find((other) => other !== row)!);
    storage = await open();
    for (const actor of actors) {
      expect(() => storage.state.load(actor)).toThrow(
        `the snapshot of ${actor} fails its checksum`,
      );
    }
    await storage.close();
  });

  describe('with a flipped bit', () => {
    it('in an entry, names segment, record, topic and offset when it is read', async () => {
      await fill();
      await flip(join(segment(2), 'data.mdb'), entryOf(1, 27, 10_000).subarray(6, 60));
      const storage = await open();
      await expect(readAll(storage)).rejects.toMatchObject({
        code: 'storage-corrupt',
        message: `Segment ${segment(2)}, record 4: entry 27 of topic 1 fails its checksum.`,
      });
      expect((await storage.entries.read(1, 28, { maxEntries: 4, maxBytes: 1e6 })).length).toBe(1);
      await storage.close();
    });

    it('that is mended, is read without a new start', async () => {
      await fill();
      const around = entryOf(1, 27, 10_000).subarray(2, 50);
      await flip(join(segment(2), 'data.mdb'), around);
      const storage = await open();
      await expect(readAll(storage)).rejects.toMatchObject({ code: 'storage-corrupt' });
      around[3]! ^= 0x40;
      await flip(join(segment(2), 'data.mdb'), around);
      expect(await readAll(storage)).toBe(12 * 8);
      await storage.close();
    });

    it('in the header of a record, names segment and record when it is read', async () => {
      await fill();
      await flip(join(segment(1), 'data.mdb'), Buffer.from('published'));
      const storage = await open();
      const journal = async () => {
        for await (const record of storage.journal.read(0)) void record;
      };
      const message = `Segment ${segment(1)}, record 1: its header fails its checksum.`;
      await expect(journal()).rejects.toMatchObject({ code: 'storage-corrupt', message });
      await expect(readAll(storage)).rejects.toMatchObject({ code: 'storage-corrupt', message });
      await storage.close();
    });

    it('behind the last flush, stops the start', async () => {
      await fill(3);
      await rm(join(dir, 'state'), { recursive: true });
      await flip(join(segment(1), 'data.mdb'), Buffer.from('published'));
      await expect(open()).rejects.toMatchObject({
        code: 'storage-corrupt',
        message: `Segment ${segment(1)}, record 1: its header fails its checksum.`,
      });
      // The folder is free again for the next attempt.
      expect(existsSync(join(dir, 'LOCK'))).toBe(false);
    });

    it('in the checksum of an entry that another record holds, is not taken for it', async () => {
      await fill(3);
      const file = join(segment(1), 'data.mdb');
      const content = await readFile(file);
      const [one, other] = [entryOf(1, 1, 10_000), entryOf(1, 2, 10_000)];
      other.copy(content, content.indexOf(one));
      await writeFile(file, content);
      const storage = await open();
      await expect(readAll(storage)).rejects.toMatchObject({ code: 'storage-corrupt' });
      await storage.close();
    });

    it('in a snapshot, names the actor', async () => {
      await fill(1);
      let storage = await open();
      const state = { note: 'a state worth keeping' };
      await storage.state.save([{ actor: 'topic:t', sequence: 1, state }]);
      await storage.close();
      await flip(join(dir, 'state', 'data.mdb'), Buffer.from('worth keeping'));
      storage = await open();
      expect(() => storage.state.load('topic:t')).toThrow(/snapshot of topic:t fails its checksum/);
      await storage.close();
    });

    it('in a deadline, names its actor, until another is saved or none', async () => {
      await fill(1);
      const save = (actor: string, dueAtMs: number | undefined) =>
        storage.state.save([{ actor, sequence: 1, state: 1, dueAtMs }]);
      let storage = await open();
      await Promise.all([save('topic:a', 1e12), save('topic:b', 2e12)]);
      await storage.close();
      await alter('deadlines', (row) => flipped(row));
      storage = await open();
      expect(() => storage.state.load('topic:a')).toThrow('deadline of topic:a fails its checksum');
      await Promise.all([save('topic:a', undefined), save('topic:b', 3e12)]);
      const saved = ['topic:a', 'topic:b'].map((actor) => storage.state.load(actor)?.dueAtMs);
      expect(saved).toEqual([undefined, 3e12]);
      await storage.close();
    });

    it('in the index or in what it knows of a topic, names the topic when it is read', async () => {
      await fill(3);
      await alter('index', (row) => flipped(row));
      let storage = await open();
      const message = `${join(dir, 'state')}: the index of topic 1 at 0 fails its checksum.`;
      await expect(readAll(storage)).rejects.toMatchObject({ code: 'storage-corrupt', message });
      await storage.close();
      await alter('topics', (row) => flipped(row));
      storage = await open();
      await expect(readAll(storage)).rejects.toThrow(/what the index knows of topic 1 fails its/);
      await storage.close();
    });

    it.each([
      ['segments', /the row of segment 1 fails its checksum/],
      ['meta', /the row "progress" fails its checksum/],
    ])('in the table of %s, stops the start', async (table, message) => {
      await fill(3);
      await alter(table, (row) => flipped(row));
      await expect(open()).rejects.toMatchObject({ code: 'storage-corrupt' });
      await expect(open()).rejects.toThrow(message);
    });

    it('that makes an append impossible, fails the storage and not the process', async () => {
      await fill(3);
      await alter('topics', (row) => flipped(row));
      const storage = await open();
      const append = () => storage.journal.append(batchOf(stores(1, 24, 8))).durable;
      await expect((async () => append())()).rejects.toMatchObject({ code: 'storage-corrupt' });
      const trim = storage.journal.append(batchOf(trims(1, 8))).durable;
      await expect(trim).rejects.toMatchObject({ code: 'storage-corrupt' });
      await storage.close();
    });
  });

  describe('with a segment', () => {
    it.each([1, 2, 4])('%i missing, names it and does not start', async (number) => {
      await fill();
      await rename(segment(number), `${dir}/elsewhere`);
      await expect(open()).rejects.toMatchObject({ code: 'storage-missing' });
      await expect(open()).rejects.toThrow(segment(number));
      await rename(`${dir}/elsewhere`, segment(number));
      const storage = await open();
      expect(await readAll(storage)).toBe(96);
      await storage.close();
    });

    it('missing that the state folder has not heard of, names the records', async () => {
      await fill();
      await rm(join(dir, 'state'), { recursive: true });
      await rm(segment(2), { recursive: true });
      await expect(open()).rejects.toMatchObject({
        code: 'storage-missing',
        message: expect.stringContaining(`Journal records 4 to 6 are gone: segment ${segment(3)}`),
      });
    });

    it.each([
      ['first', 10, 'misses records 10 to 10'],
      ['last', 12, 'misses records 12 to 12'],
    ])('without its %s record, refuses it until that is back', async (_which, record, message) => {
      await fill();
      const putBack = await lose(segment(4), record);
      for (const _again of [1, 2]) {
        await expect(open()).rejects.toMatchObject({ code: 'storage-corrupt' });
        await expect(open()).rejects.toThrow(message);
      }
      await putBack();
      const storage = await open();
      expect(await readAll(storage)).toBe(96);
      await storage.close();
    });

    it('without its last record, leaves nothing open that it looked into', async () => {
      await fill();
      await lose(segment(4), 12);
      const seen = new Set<string>();
      const left = new Set<string>();
      const watched: OpenEnvironment = (options) => {
        const environment = openLmdbEnvironment(options);
        const close = environment.close.bind(environment);
        seen.add(options.file);
        left.add(options.file);
        environment.close = async () => {
          await close();
          left.delete(options.file);
        };
        return environment;
      };
      await expect(open(watched)).rejects.toMatchObject({ code: 'storage-corrupt' });
      expect(seen).toContain(join(segment(4), 'data.mdb'));
      expect([...left]).toEqual([]);
    });

    it('without its file, names it', async () => {
      await fill();
      await rm(join(segment(4), 'data.mdb'));
      await expect(open()).rejects.toMatchObject({ code: 'storage-missing' });
      expect(existsSync(join(segment(4), 'data.mdb'))).toBe(false);
    });

    it('cut short, says so', async () => {
      await fill();
      const file = join(segment(4), 'data.mdb');
      await truncate(file, (await stat(file)).size - 20_000);
      await expect(open()).rejects.toMatchObject({
        code: 'storage-corrupt',
        message: expect.stringContaining(segment(4)),
      });
    });

    it('that is no segment, says so', async () => {
      await fill();
      await writeFile(join(segment(4), 'data.mdb'), Buffer.alloc(100_000, 'nonsense'));
      await expect(open()).rejects.toMatchObject({
        code: 'storage-corrupt',
        message: expect.stringContaining(segment(4)),
      });
    });
  });

  describe('without its state folder', () => {
    it('is rebuilt from the journal, if that goes back to the start', async () => {
      await fill();
      let storage = await open();
      await storage.journal.append(batchOf(trims(1, 5))).durable;
      const before = storage.entries.usage(1);
      await storage.close();
      await rm(join(dir, 'state'), { recursive: true });
      storage = await open();
      expect(storage.entries.usage(1)).toEqual(before);
      expect(await readAll(storage)).toBe(91);
      expect(storage.state.checkpointSequence).toBe(0);
      await storage.close();
    });

    it('is refused if segments were reclaimed, with what happened and what to do', async () => {
      await fill();
      const storage = await open();
      await storage.state.checkpoint(12);
      await storage.journal.append(batchOf(trims(1, 40))).durable;
      await expect.poll(() => existsSync(segment(1))).toBe(false);
      await storage.close();
      await rename(join(dir, 'state'), join(dir, 'lost'));
      await expect(open()).rejects.toMatchObject({
        code: 'storage-missing',
        message: expect.stringContaining('restore the state folder from a copy'),
      });
      await rm(join(dir, 'state'), { recursive: true });
      await rename(join(dir, 'lost'), join(dir, 'state'));
      await (await open()).close();
    });

    it('of an older copy, catches up from the journal', async () => {
      await fill(4);
      await cp(join(dir, 'state'), join(dir, 'copy'), { recursive: true });
      let storage = await open();
      await storage.journal.append(batchOf(stores(1, 32, 4), trims(1, 9))).durable;
      await storage.close();
      await rm(join(dir, 'state'), { recursive: true });
      await rename(join(dir, 'copy'), join(dir, 'state'));
      storage = await open();
      expect(storage.entries.usage(1).liveEntries).toBe(27);
      await storage.close();
    });
  });

  describe('of another format', () => {
    it.each([
      ['2', 'start the newer VelaMQ'],
      ['nonsense', 'restore it from a copy'],
    ])('%s is refused', async (version, advice) => {
      await fill(1);
      await writeFile(join(dir, 'VERSION'), `${version}\n`);
      await expect(open()).rejects.toMatchObject({
        code: 'data-folder-version',
        message: expect.stringContaining(advice),
      });
      await expect(open()).rejects.toThrow(dir);
    });
  });
});
