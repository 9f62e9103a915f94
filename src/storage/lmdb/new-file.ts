/**
 * Makes the files of an environment before LMDB opens them. Where LMDB would make them itself, a
 * full disk kills the process: lmdb-js frees twice what it could not open, and LMDB writes its lock
 * file through a map, where space that is missing is a signal instead of an error.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { copyFile, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { OpenEnvironment } from './environment.ts';
import { beginLife } from './life.ts';

/** The file of an environment in its folder. */
export const FILE = 'data.mdb';

/** What the name of a folder ends with until what is in it is complete. */
export const UNFINISHED = '.new';

/** More than LMDB's table of readers takes. */
const LOCK_BYTES = 16 * 1024;
/** Space that must be there before LMDB makes its first file. */
const RESERVE_BYTES = 256 * 1024;
const EMPTY_MAP_BYTES = 1024 * 1024;

/** Gives the path of an environment's file with nothing in it, made where it is missing. */
export async function prepareEmpty(dir: string, openEnvironment: OpenEnvironment): Promise<string> {
  const file = join(dir, 'empty.mdb');
  if (existsSync(file)) return file;
  const unfinished = join(dir, `empty${UNFINISHED}`);
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished);
  const reserve = join(unfinished, 'reserve');
  await writeFile(reserve, Buffer.alloc(RESERVE_BYTES));
  await sync(reserve);
  await rm(reserve);
  await openEnvironment({ file: join(unfinished, FILE), mapBytes: EMPTY_MAP_BYTES }).close();
  await sync(join(unfinished, FILE));
  await rename(join(unfinished, FILE), file);
  await sync(dir);
  await rm(unfinished, { recursive: true });
  return file;
}

/**
 * Makes the folder `dir` with an empty environment in it. A crash leaves either nothing or all of
 * it: the folder gets its name when the file is on disk, and is not used before that name is.
 */
export async function createEnvironmentFolder(dir: string, empty: string): Promise<void> {
  const unfinished = `${dir}${UNFINISHED}`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished);
  const file = join(unfinished, FILE);
  await copyFile(empty, file);
  await writeFile(lockFileOf(file), Buffer.alloc(LOCK_BYTES));
  await sync(file);
  await sync(lockFileOf(file));
  await sync(unfinished);
  await rename(unfinished, dir);
  await sync(dirname(dir));
}

/**
 * Puts the folder of an environment that is closed and no longer needed aside as `spare`, its file
 * cut to `maxBytes`; gives the bytes that it has.
 */
export async function setAside(dir: string, spare: string, maxBytes: number): Promise<number> {
  await rm(spare, { recursive: true, force: true });
  await rename(dir, spare);
  const handle = await open(join(spare, FILE), 'r+');
  try {
    const { size } = await handle.stat();
    if (size > maxBytes) await handle.truncate(maxBytes);
    return Math.min(size, maxBytes);
  } finally {
    await handle.close();
  }
}

/**
 * Makes the folder `dir` with an empty environment, as `createEnvironmentFolder` does, out of one
 * that was set aside: its file stays as large as it is, for LMDB to write over. Both meta pages are
 * replaced and on disk before the folder gets its name. `life` is a number that no environment had
 * before that this file was.
 */
export async function reuseEnvironmentFolder(
  spare: string,
  dir: string,
  empty: string,
  life: number,
): Promise<void> {
  const file = join(spare, FILE);
  const pages = await readFile(empty);
  beginLife(pages, life);
  const handle = await open(file, 'r+');
  try {
    await handle.write(pages, 0, pages.length, 0);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rm(lockFileOf(file), { force: true });
  await writeFile(lockFileOf(file), Buffer.alloc(LOCK_BYTES));
  await sync(lockFileOf(file));
  await sync(spare);
  await rename(spare, dir);
  await sync(dirname(dir));
}

/** Makes LMDB's lock file where it is missing, as in a copy of a data folder. */
export function ensureLockFile(file: string): void {
  const lock = lockFileOf(file);
  if (!existsSync(lock)) writeFileSync(lock, Buffer.alloc(LOCK_BYTES));
}

function lockFileOf(file: string): string {
  return `${file}-lock`;
}

/** A new file survives a power loss only once the folder that names it is synced too. */
export async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
