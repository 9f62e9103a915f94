/**
 * Looks at an LMDB file before LMDB does: it trusts what it maps, and a file that is no LMDB file,
 * has lost its end or is damaged would kill the process instead of giving an error.
 */
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { BrokerError } from '../../base/errors.ts';
import { AT_PAGE_BYTES, AT_TRANSACTION } from './life.ts';
import { readTree, type Tree, treeProblem } from './tree-check.ts';

/** Two meta pages are at the start; each has a page header of 24 bytes, then: */
const AT_MAGIC = 24;
const AT_FORMAT = 28;
/** ... the size of a page, where the tree of free pages begins, too; then comes the main one. */
const AT_FREE_TREE = 48;
const AT_MAIN_TREE = 96;
const AT_LAST_PAGE = 144;
const META_BYTES = 168;

const MAGIC = 0xbeef_c0de;
/** The format of lmdb-js 3; the LMDB that other programs use has format 1. */
const LMDB_FORMAT = 2;

interface Meta {
  readonly pageBytes: number;
  readonly lastPage: bigint;
  readonly transaction: bigint;
  readonly trees: readonly Tree[];
}

/**
 * Leaves that are read: 16 MiB of them in 20 ms. Trees with more of them have small values, and are
 * checked above their leaves, and where keys begin and end.
 */
const MAX_LEAVES = 4_096;
/** While the broker runs others wait meanwhile; a full segment of large values has about 35. */
const MAX_LEAVES_RUNNING = 64;

/** Throws `storage-corrupt` if there is a file and LMDB should not open it. */
export function checkFile(file: string, isRunning = false): void {
  if (existsSync(file)) checkPages(file, isRunning ? MAX_LEAVES_RUNNING : MAX_LEAVES);
}

/** The same down to every leaf, however long that takes. Throws where there is no file, too. */
export function checkWholeFile(file: string): void {
  if (!existsSync(file)) throw new BrokerError('storage-missing', `${file} is gone.`);
  checkPages(file, Number.MAX_SAFE_INTEGER);
}

function checkPages(file: string, maxLeaves: number): void {
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const newest = newestMeta(descriptor, file);
    const used = (newest.lastPage + 1n) * BigInt(newest.pageBytes);
    if (BigInt(size) < used) {
      throw corrupt(`${file} is cut short: ${size} of ${used} bytes are left`);
    }
    const problem = problemOf(descriptor, newest, maxLeaves);
    if (problem !== undefined) throw corrupt(`${file} is damaged: ${problem}`);
  } finally {
    closeSync(descriptor);
  }
}

/** Bytes of a file that are in use. Throws `storage-corrupt` if it is no LMDB file. */
export function usedBytesOf(file: string): number {
  const descriptor = openSync(file, 'r');
  try {
    const { lastPage, pageBytes } = newestMeta(descriptor, file);
    return (Number(lastPage) + 1) * pageBytes;
  } finally {
    closeSync(descriptor);
  }
}

function problemOf(descriptor: number, meta: Meta, maxLeaves: number): string | undefined {
  const read = (at: number, bytes: number) => {
    const page = Buffer.allocUnsafe(bytes);
    readSync(descriptor, page, 0, bytes, at);
    return page;
  };
  for (const tree of meta.trees) {
    const problem = treeProblem({ ...meta, read, maxLeaves }, tree);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function newestMeta(descriptor: number, file: string): Meta {
  const first = readMeta(descriptor, 0, file);
  const second = readMeta(descriptor, first.pageBytes, file);
  return second.transaction > first.transaction ? second : first;
}

function readMeta(descriptor: number, at: number, file: string): Meta {
  const page = Buffer.alloc(META_BYTES);
  const isWhole = readSync(descriptor, page, 0, META_BYTES, at) === META_BYTES;
  const isMeta =
    isWhole &&
    page.readUInt32LE(AT_MAGIC) === MAGIC &&
    page.readUInt32LE(AT_FORMAT) === LMDB_FORMAT;
  if (!isMeta) throw corrupt(`${file} is not an LMDB file`);
  return {
    pageBytes: page.readUInt32LE(AT_PAGE_BYTES),
    lastPage: page.readBigUInt64LE(AT_LAST_PAGE),
    transaction: page.readBigUInt64LE(AT_TRANSACTION),
    trees: [readTree(page, AT_FREE_TREE), readTree(page, AT_MAIN_TREE)],
  };
}

function corrupt(what: string): BrokerError {
  return new BrokerError('storage-corrupt', `${what}: restore it from a copy.`);
}
