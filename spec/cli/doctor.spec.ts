/** What the doctor says of data folders, whole and damaged, and of a running broker. */
import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runDoctor } from '../../src/cli/doctor-command.ts';
import { startVelaMQ } from '../../src/embedded.ts';
import { openLmdbEnvironment } from '../../src/storage/lmdb/environment.ts';
import { openLmdbStorage } from '../../src/storage/lmdb/open.ts';
import { Projection, STATE_MAP_BYTES } from '../../src/storage/lmdb/projection.ts';
import { batchOf, entryOf, stores, trims } from '../contract/storage-batches.ts';
import { runCommand } from './terminal.ts';

let folder: string;
const at = (...names: string[]) => join(folder, ...names);
const doctor = (...argv: string[]) => runCommand(runDoctor, argv, { HOME: folder });
const ofFolder = (...argv: string[]) => doctor('--data', at('data'), ...argv);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'velamq-doctor-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A topic over segments of two records, of which a subscription has passed the first part. */
async function fill(): Promise<void> {
  const storage = await openLmdbStorage({ dir: at('data'), segmentBytes: 256 * 1024 });
  for (let i = 0; i < 9; i += 1) {
    await storage.journal.append(batchOf(stores(7, i * 10, 10, { size: 9_000 }))).durable;
  }
  await storage.journal.append(batchOf(trims(7, 25))).durable;
  const sequence = storage.journal.lastSequence;
  const topic = {
    topicId: 7,
    first: 25,
    next: 90,
    ledgers: [[3, 0, 0, 0]],
    compacted: null,
  };
  await storage.state.save([
    { actor: 'topic:persistent://public/default/t', sequence, state: topic },
    { actor: 'cursor:7/slow', sequence, state: { topicId: 7, name: 'slow', acked: 25 } },
  ]);
  await storage.state.checkpoint(sequence);
  await storage.journal.append(batchOf(stores(7, 90, 1))).durable;
  // The first segment goes: nothing in it is needed.
  await expect.poll(() => storage.stats().segments).toBe(4);
  await storage.close();
}

/** Changes a byte of the last place where `bytes` are in a file. */
async function damage(file: string, bytes: Buffer): Promise<void> {
  const place = (await readFile(file)).lastIndexOf(bytes) + bytes.length - 1;
  expect(place).toBeGreaterThan(bytes.length);
  const handle = await open(file, 'r+');
  await handle.write(Buffer.of(bytes.at(-1)! ^ 1), 0, 1, place);
  await handle.close();
}

describe('velamq doctor of a folder', () => {
  it('finds nothing wrong with one that is whole, and says what keeps each segment', async () => {
    await fill();
    const before = await readdir(at('data'), { recursive: true });
    const said = await ofFolder();
    expect(said).toMatchObject({ code: 0, err: '' });
    expect(said.out).toContain('Journal: records 3 to 11 with 71 entries');
    expect(said.out).toContain('a start replays 1 records');
    expect(said.out).toMatch(/Segment 2: .* bytes of persistent:\/\/public\/default\/t/);
    expect(said.out).toContain('(subscription slow is at entry 25)');
    expect(said.out).toContain('it is the one that is written');
    expect(said.out).toMatch(/Nothing is wrong\.\n$/);
    expect(await readdir(at('data'), { recursive: true })).toEqual(before);
  });

  it('says the same as JSON', async () => {
    await fill();
    const { ok, problems, records, segments, liveBytes } = JSON.parse(
      (await ofFolder('--json')).out,
    );
    expect({ ok, problems, records }).toEqual({
      ok: true,
      problems: [],
      records: { first: 3, last: 11 },
    });
    const live = segments.reduce((sum: number, segment: { liveBytes: number }) => {
      return sum + segment.liveBytes;
    }, 0);
    expect(live).toBe(liveBytes);
    // The third record is half given up: what it holds stays.
    expect(live).toBe(70 * 9_000 + 100);
  });

  it('names a topic that no snapshot has yet by who stored in it', async () => {
    const storage = await openLmdbStorage({ dir: at('data') });
    await storage.journal.append(batchOf(stores(8, 0, 1))).durable;
    await storage.close();
    expect((await ofFolder()).out).toContain('100 bytes of 8.');
  });

  it('names the record whose entry was damaged', async () => {
    await fill();
    await damage(at('data', 'journal', '3', 'data.mdb'), entryOf(7, 45, 9_000).subarray(0, 20));
    const said = await ofFolder();
    expect(said.code).toBe(1);
    expect(said.out).toMatch(
      /WRONG: .*journal\/3, record 5: entry 45 of topic 7 fails its checksum/,
    );
    expect(said.out).toMatch(/One thing is wrong\.\n$/);
  });

  it('names a row of the state environment that was damaged', async () => {
    await fill();
    await damage(at('data', 'state', 'data.mdb'), Buffer.from('cursor:7/slow'));
    const said = await ofFolder();
    expect(said.code).toBe(1);
    expect(said.out).toMatch(/WRONG: .*the snapshot of cursor:7.* fails its checksum/);
  });

  it('misses a segment that is gone, and a restore that did not end', async () => {
    await fill();
    await rm(at('data', 'journal', '2'), { recursive: true });
    await writeFile(at('data', 'RESTORING'), '');
    const { out, code } = await ofFolder();
    expect(code).toBe(1);
    expect(out).toContain('WRONG: Segment 2 is gone, of which the state environment knows.');
    expect(out).toContain('did not come to its end');
  });

  it('misses what the index names and the journal lacks', async () => {
    await fill();
    const last = (await readdir(at('data', 'journal')))
      .map(Number)
      .sort((a, b) => a - b)
      .at(-1)!;
    await rm(at('data', 'journal', String(last)), { recursive: true });
    const { out, code } = await ofFolder();
    expect(code).toBe(1);
    expect(out).toMatch(/WRONG: Records \d+ to 11 are gone, which the index knows\./);
  });

  it('misses what the journal has and the index was said to know', async () => {
    await fill();
    const dir = at('data', 'state');
    const file = join(dir, 'data.mdb');
    const environment = openLmdbEnvironment({ file, mapBytes: STATE_MAP_BYTES, tables: 8 });
    const state = new Projection(environment, dir);
    const facts = state.index.facts(7)!;
    await environment.write(() => state.index.putFacts(7, { ...facts, end: 90 }));
    await state.close();
    const { code, out } = await ofFolder();
    expect(code).toBe(1);
    expect(out).toContain(
      'WRONG: The index lacks entries 90 on of topic 7, which record 11 stores.',
    );
  });

  it('leaves a folder alone that a broker uses, and one that is none', async () => {
    const broker = await startVelaMQ({ dataDir: at('data') });
    const used = await ofFolder();
    expect(used.code).toBe(1);
    expect(used.err).toContain('is in use by process');
    await broker.close();
    expect(await ofFolder()).toMatchObject({ code: 0 });
    expect((await doctor('--data', at('nothing'))).err).toContain('it has no journal');
  });
});

describe('velamq doctor of a broker', () => {
  it('says how it is', async () => {
    const broker = await startVelaMQ();
    const said = await doctor('--url', broker.webServiceUrl);
    expect(said).toMatchObject({ code: 0, err: '' });
    expect(said.out).toContain('Health: ok.');
    expect(said.out).toMatch(/Storage: [1-9]\d* segments of [1-9]\d* bytes/);
    await broker.close();
    const gone = await doctor('--url', broker.webServiceUrl, '--json');
    expect(gone.code).toBe(1);
    expect(JSON.parse(gone.out).problems[0]).toContain('does not answer');
  });
});
