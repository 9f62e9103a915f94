/**
 * Walks the pages of an LMDB file before LMDB does. LMDB follows the page numbers and offsets that
 * it finds: a damaged page makes it read beside its map, go round in circles or abort, and the
 * process dies. A page that an earlier life of the file left is as bad: it hides what is there. So
 * does a leaf in between, whose readers say so; one at an end makes a journal end too early, and is
 * looked at always. Values are not looked at: they have checksums of their own.
 */

import { KEY_BYTES, movedPlace, valueKey } from './layout.ts';
import { lifeOf } from './life.ts';

/** Where the root of a tree is, and how large LMDB says that it is. */
export interface Tree {
  readonly root: bigint;
  readonly depth: number;
  readonly branchPages: bigint;
  readonly leafPages: bigint;
}

/** Reads bytes of the file at a place; throws where there are none. */
export type ReadAt = (at: number, bytes: number) => Buffer;

export interface TreeFile {
  readonly read: ReadAt;
  readonly pageBytes: number;
  readonly lastPage: bigint;
  readonly transaction: bigint;
  /** Trees with more leaves than this are checked down to the pages above them. */
  readonly maxLeaves: number;
}

/** 48 bytes: pad, flags, depth, numbers of branch, leaf and overflow pages, entries, root. */
const TREE_BYTES = 48;
const NO_ROOT = 2n ** 64n - 1n;

export function readTree(bytes: Buffer, at: number): Tree {
  return {
    depth: bytes.readUInt16LE(at + 6),
    branchPages: bytes.readBigUInt64LE(at + 8),
    leafPages: bytes.readBigUInt64LE(at + 16),
    root: bytes.readBigUInt64LE(at + 40),
  };
}

/** LMDB's own bound on how deep a tree is. */
const MAX_DEPTH = 32;

/** What is wrong with a tree and the trees of tables in it; undefined when nothing is. */
export function treeProblem(file: TreeFile, tree: Tree): string | undefined {
  const open = [tree];
  const visits = { left: file.lastPage + 1n };
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.root === NO_ROOT) continue;
    const problem = walk(file, next, open, visits);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Level by level; no page may be met more often than there are pages, so circles end. */
function walk(
  file: TreeFile,
  tree: Tree,
  tables: Tree[],
  visits: { left: bigint },
): string | undefined {
  const { depth, root, leafPages } = tree;
  if (depth < 1 || depth > MAX_DEPTH) return `a tree is said to be ${depth} levels deep`;
  const skipsLeaves = leafPages > BigInt(file.maxLeaves);
  let level = [root];
  let keys: Buffer[] = [];
  for (let height = depth; height > 0; height -= 1) {
    if (height === 1 && skipsLeaves) level = leavesAtEnds(level, keys);
    visits.left -= BigInt(level.length);
    if (visits.left < 0n) return 'its pages lead in circles';
    const below: bigint[] = [];
    keys = [];
    for (const number of level) {
      const page = pageAt(file, number, height > 1 ? BRANCH : LEAF);
      if (typeof page === 'string') return `page ${number} ${page}`;
      const problem = height > 1 ? children(file, page, below, keys) : values(file, page, tables);
      if (problem !== undefined) return `page ${number} ${problem}`;
    }
    level = below;
  }
  return undefined;
}

/** A segment's records come before this key, what was moved into it after. */
const BORDER = valueKey(movedPlace(0), 0);

/** Of all leaves those with the first and the last key, and with the last one before the border. */
function leavesAtEnds(leaves: readonly bigint[], keys: readonly Buffer[]): bigint[] {
  // The first key of a branch may be left out: it says nothing about its leaf.
  const isBefore = (key: Buffer) => key.length === KEY_BYTES && key.compare(BORDER) <= 0;
  const last = Math.max(0, keys.findLastIndex(isBefore));
  const chosen = new Set([0, last, leaves.length - 1]);
  if (keys[last + 1]?.length === 0) chosen.add(last + 1);
  return [...chosen].map((index) => leaves[index]!);
}

const BRANCH = 0x01;
const LEAF = 0x02;
/** Branch, leaf, overflow, meta and the kinds that VelaMQ's tables do not use. */
const KINDS = 0x2f;
/** Number, transaction, pad, flags, lower and upper; offsets count from behind it. */
const HEADER_BYTES = 24;
const AT_TRANSACTION = 8;
const AT_FLAGS = 18;
const AT_LOWER = 20;
const AT_UPPER = 22;

/** A page whose header is as it should be, and where its nodes begin; else what is wrong. */
interface Page {
  readonly bytes: Buffer;
  readonly nodes: readonly number[];
}

function pageAt(file: TreeFile, number: bigint, kind: number): Page | string {
  if (number < 2n || number > file.lastPage) return 'is none of the file';
  const bytes = file.read(Number(number) * file.pageBytes, file.pageBytes);
  if (bytes.readBigUInt64LE(0) !== number) return 'has the number of another';
  const written = bytes.readBigUInt64LE(AT_TRANSACTION);
  if (written > file.transaction) return 'is newer than the file';
  if (lifeOf(written) !== lifeOf(file.transaction)) return 'is of an earlier life of the file';
  if ((bytes.readUInt16LE(AT_FLAGS) & KINDS) !== kind) return 'is of the wrong kind';
  const lower = bytes.readUInt16LE(AT_LOWER);
  const upper = bytes.readUInt16LE(AT_UPPER);
  const room = file.pageBytes - HEADER_BYTES;
  const least = kind === BRANCH ? 2 : 1;
  if (lower % 2 !== 0 || lower / 2 < least || lower > upper || upper > room) {
    return 'does not say where its nodes are';
  }
  const nodes: number[] = [];
  for (let i = 0; i < lower / 2; i += 1) {
    const offset = bytes.readUInt16LE(HEADER_BYTES + i * 2);
    if (offset < upper || offset + NODE_BYTES > room) return `has its node ${i} outside`;
    nodes.push(HEADER_BYTES + offset);
  }
  return { bytes, nodes };
}

/** Size or page number in three parts, then the length of the key. */
const NODE_BYTES = 8;
const AT_NODE_FLAGS = 4;
const AT_KEY_LENGTH = 6;

function children(
  { pageBytes }: TreeFile,
  page: Page,
  below: bigint[],
  keys: Buffer[],
): string | undefined {
  for (const [i, at] of page.nodes.entries()) {
    const { bytes } = page;
    const end = at + NODE_BYTES + bytes.readUInt16LE(at + AT_KEY_LENGTH);
    if (end > pageBytes) return `has the key of its node ${i} outside`;
    keys.push(bytes.subarray(at + NODE_BYTES, end));
    const high = BigInt(bytes.readUInt16LE(at + AT_NODE_FLAGS));
    below.push((high << 32n) | BigInt(bytes.readUInt32LE(at)));
  }
  return undefined;
}

/** The value is in pages of its own. */
const IS_BIG = 0x01;
/** The value is a table's tree. */
const IS_TABLE = 0x02;
/** First page, transaction and number of pages of a large value. */
const BIG_BYTES = 24;

function values(file: TreeFile, { bytes, nodes }: Page, tables: Tree[]): string | undefined {
  for (const [i, at] of nodes.entries()) {
    const flags = bytes.readUInt16LE(at + AT_NODE_FLAGS);
    const value = at + NODE_BYTES + bytes.readUInt16LE(at + AT_KEY_LENGTH);
    const size = bytes.readUInt32LE(at);
    const inPage = (flags & IS_BIG) === 0 ? size : BIG_BYTES;
    if (value + inPage > file.pageBytes) return `has its value ${i} outside`;
    if ((flags & IS_TABLE) !== 0) {
      if (inPage !== TREE_BYTES) return `has no table in its value ${i}`;
      tables.push(readTree(bytes, value));
    } else if ((flags & IS_BIG) !== 0) {
      const first = bytes.readBigUInt64LE(value);
      const pages = BigInt(Math.ceil((HEADER_BYTES + size) / file.pageBytes));
      if (first < 2n || first + pages - 1n > file.lastPage) return `has its value ${i} elsewhere`;
    }
  }
  return undefined;
}
