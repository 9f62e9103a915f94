/** Damaged pages of LMDB's own: an error that names the file, where LMDB would end the process. */
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkFile } from '../../src/storage/lmdb/file-check.ts';
import { openLmdbStorage } from '../../src/storage/lmdb/open.ts';
import { batchOf, stores } from '../contract/storage-batches.ts';
import { compileScript } from './child/start.ts';
import { temporaryFolder } from './folders.ts';

const PAGE = 4_096;
const HEADER = 24;
const AT_FLAGS = 18;
const AT_LOWER = 20;
const AT_UPPER = 22;
const BRANCH = 1;
const LEAF = 2;

let folder: string;
let dispose: () => Promise<void>;
let copies = 0;

/** A journal whose newest segment has several leaves, small values in them and large ones. */
beforeAll(async () => {
  ({ dir: folder, dispose } = await temporaryFolder());
  const dir = join(folder, 'good');
  const storage = await openLmdbStorage({ dir, segmentBytes: 8 * 1024 * 1024 });
  for (let i = 0; i < 150; i++) {
    const size = i % 10 === 0 ? 50_000 : 300;
    await storage.journal.append(batchOf(stores(1, i, 1, { size, data: i }))).durable;
  }
  await storage.close();
});
afterAll(() => dispose());

interface Damaged {
  readonly dir: string;
  readonly file: string;
  readonly bytes: Buffer;
  /** Places in the file of the pages of a kind that are in use. */
  readonly root: number;
  readonly leaves: readonly number[];
}

/** A copy of the data folder, to be damaged and then written. */
function copy(): Damaged {
  copies += 1;
  const dir = join(folder, `copy-${copies}`);
  cpSync(join(folder, 'good'), dir, { recursive: true });
  const file = join(dir, 'journal', '1', 'data.mdb');
  const bytes = readFileSync(file);
  const newest = bytes.readBigUInt64LE(152) > bytes.readBigUInt64LE(PAGE + 152) ? 0 : PAGE;
  const root = Number(bytes.readBigUInt64LE(newest + 136)) * PAGE;
  expect(bytes.readUInt16LE(root + AT_FLAGS)).toBe(BRANCH);
  const leaves = nodesOf(bytes, root).map((at) => bytes.readUInt32LE(at) * PAGE);
  expect(leaves.length).toBeGreaterThan(3);
  for (const leaf of leaves) expect(bytes.readUInt16LE(leaf + AT_FLAGS)).toBe(LEAF);
  return { dir, file, bytes, root, leaves };
}

function nodesOf(bytes: Buffer, page: number): number[] {
  const count = bytes.readUInt16LE(page + AT_LOWER) / 2;
  return Array.from({ length: count }, (_, i) => {
    return page + HEADER + bytes.readUInt16LE(page + HEADER + 2 * i);
  });
}

const damages: readonly (readonly [string, (damaged: Damaged) => void, string])[] = [
  ['another page in its place', ({ bytes, root }) => bytes.writeUInt32LE(9, root), 'of another'],
  [
    'a leaf where a branch should be',
    ({ bytes, root }) => bytes.writeUInt16LE(LEAF, root + AT_FLAGS),
    'wrong kind',
  ],
  [
    'more nodes than fit',
    ({ bytes, root }) => bytes.writeUInt16LE(4_000, root + AT_LOWER),
    'where its nodes are',
  ],
  [
    'a single child',
    ({ bytes, root }) => bytes.writeUInt16LE(2, root + AT_LOWER),
    'where its nodes are',
  ],
  [
    'nodes that begin outside',
    ({ bytes, root }) => bytes.writeUInt16LE(60_000, root + HEADER),
    'node 0 outside',
  ],
  [
    'a key that ends outside',
    ({ bytes, root }) => bytes.writeUInt16LE(60_000, nodesOf(bytes, root)[1]! + 6),
    'key of its node 1',
  ],
  [
    'a child beyond the file',
    ({ bytes, root }) => bytes.writeUInt32LE(1_000_000, nodesOf(bytes, root)[1]!),
    'none of the file',
  ],
  [
    'a child that is a meta page',
    ({ bytes, root }) => bytes.writeUInt32LE(1, nodesOf(bytes, root)[1]!),
    'none of the file',
  ],
  [
    'itself as its child',
    ({ bytes, root }) => bytes.writeUInt32LE(root / PAGE, nodesOf(bytes, root)[1]!),
    'wrong kind',
  ],
  [
    'a page from the future',
    ({ bytes, leaves }) => bytes.writeUInt32LE(9_999, leaves[1]! + 8),
    'newer',
  ],
  [
    'a leaf without room',
    ({ bytes, leaves }) => bytes.writeUInt16LE(65_000, leaves[1]! + AT_UPPER),
    'where its nodes are',
  ],
  [
    'a value that ends outside',
    ({ bytes, leaves }) => bytes.writeUInt32LE(90_000, smallValue(bytes, leaves)),
    'value',
  ],
  [
    'a large value beyond the file',
    ({ bytes, leaves }) => bytes.writeUInt32LE(5_000_000, largeValue(bytes, leaves)),
    'elsewhere',
  ],
];

/** The node of a value that lies in its leaf. */
function smallValue(bytes: Buffer, leaves: readonly number[]): number {
  const nodes = leaves.flatMap((leaf) => nodesOf(bytes, leaf));
  return nodes.find((at) => bytes.readUInt16LE(at + 4) === 0)!;
}

/** Where the number of the first page of a large value stands. */
function largeValue(bytes: Buffer, leaves: readonly number[]): number {
  const nodes = leaves.flatMap((leaf) => nodesOf(bytes, leaf));
  const node = nodes.find((at) => bytes.readUInt16LE(at + 4) === 1)!;
  return node + 8 + bytes.readUInt16LE(node + 6);
}

describe('a page of a segment', () => {
  it('that is whole is taken as it is', async () => {
    const { dir, file } = copy();
    expect(() => checkFile(file)).not.toThrow();
    expect(() => checkFile(file, true)).not.toThrow();
    const storage = await openLmdbStorage({ dir });
    expect(storage.journal.lastSequence).toBe(150);
    await storage.close();
  });

  it.each(damages)('with %s stops the start', async (_, damage, problem) => {
    const damaged = copy();
    damage(damaged);
    writeFileSync(damaged.file, damaged.bytes);
    await expect(openLmdbStorage({ dir: damaged.dir })).rejects.toMatchObject({
      code: 'storage-corrupt',
      message: expect.stringContaining(`${damaged.file} is damaged: `),
    });
    expect(() => checkFile(damaged.file)).toThrow(problem);
  });

  it('that is damaged anyhow never ends the process', { timeout: 120_000 }, () => {
    const random = numbersFrom(4_711);
    const dirs = Array.from({ length: 60 }, (_, i) => {
      const { dir, file, bytes, root, leaves } = copy();
      const page = i % 2 === 0 ? root : leaves[random(leaves.length)]!;
      const used = HEADER + bytes.readUInt16LE(page + AT_LOWER);
      for (let left = 1 + random(4); left > 0; left -= 1) {
        bytes[page + random(random(2) === 0 ? used : PAGE)] = random(256);
      }
      writeFileSync(file, bytes);
      return dir;
    });
    const read = compileScript('pages', 'read');
    const outcomes = execFileSync(process.execPath, [read, ...dirs], { encoding: 'utf8' });
    const lines = outcomes.trimEnd().split('\n');
    expect(lines).toHaveLength(dirs.length);
    for (const line of lines) expect(line).toMatch(/^(whole|storage-corrupt|storage-missing)$/);
    expect(lines.filter((line) => line !== 'whole').length).toBeGreaterThan(20);
  });
});

/** The same numbers in every run: below `limit`, 0 and up. */
function numbersFrom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * limit);
  };
}
