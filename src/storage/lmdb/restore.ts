/**
 * Makes a data folder out of a backup, as of its last journal record or of an earlier one. While it
 * is being written the folder says so, and no broker starts on it.
 */
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { assert } from '../../base/assert.ts';
import { BrokerError } from '../../base/errors.ts';
import type { Manifest } from '../backup.ts';
import { makeFolderOf, readManifest, requireEmpty, writeFileDurably } from './backup-folder.ts';
import { corrupt } from './decode.ts';
import { openLmdbEnvironment } from './environment.ts';
import { diskFiles } from './files.ts';
import { RESTORING, VERSION, writeDurably } from './folder.ts';
import { isMoved, movedPlace, type Place, placeOfKey, valueKey } from './layout.ts';
import { FILE, sync } from './new-file.ts';
import { Projection, STATE_MAP_BYTES, STATE_TABLES } from './projection.ts';

export interface RestoreOptions {
  /** The backup. */
  readonly from: string;
  /** The data folder: not there yet, or empty. */
  readonly to: string;
  /** The last journal record that is to be in it; all of them without. */
  readonly position?: number;
}

/**
 * Resolves with the last journal record of the new folder. Rejects with `already-exists`,
 * `storage-missing`, `storage-corrupt`, `data-folder-version`, or `invalid-argument` where the
 * backup does not reach back or forth as far as `position`.
 */
export async function restoreBackup({ from, to, position }: RestoreOptions): Promise<number> {
  const manifest = await readManifest(from);
  const last = position ?? manifest.position;
  requireReach(manifest, last);
  const root = resolve(to);
  await requireEmpty(root);
  await mkdir(root, { recursive: true });
  await writeFile(join(root, RESTORING), `from ${from}\n`);
  await sync(root);
  const folders = new Set([root, dirname(root)]);
  await copyFiles(resolve(from), root, manifest, folders);
  if (last < manifest.position) await cut(root, manifest, last);
  for (const folder of folders) if (existsSync(folder)) await sync(folder);
  await writeDurably(root, join(root, VERSION), `${manifest.folder}\n`);
  await rm(join(root, RESTORING));
  await sync(root);
  return last;
}

function requireReach({ since, position }: Manifest, last: number): void {
  if (Number.isSafeInteger(last) && last >= since && last <= position) return;
  throw new BrokerError(
    'invalid-argument',
    `This backup can be restored as of journal records ${since} to ${position}, not ${last}.`,
  );
}

async function copyFiles(from: string, root: string, manifest: Manifest, folders: Set<string>) {
  for (const { path, bytes, crc32c } of manifest.files) {
    const source = join(from, path);
    if (!existsSync(source)) {
      throw new BrokerError('storage-missing', `${source} is gone: take another backup.`);
    }
    const file = await makeFolderOf(root, path, folders);
    const written = await writeFileDurably(file, diskFiles.read(source, bytes));
    if (written.crc32c === crc32c) continue;
    throw corrupt(`${source} fails the checksum of the manifest: take another backup.`);
  }
}

/** Takes out all records behind `last`, and a state that knows of them. */
async function cut(root: string, manifest: Manifest, last: number): Promise<void> {
  const state = join(root, 'state');
  const { indexed, newestSegment } = await progressOf(join(state, FILE));
  const isTooNew = indexed > last;
  assert(!isTooNew || manifest.since === 0, 'a state that is too new can be built again');
  if (isTooNew) await rm(state, { recursive: true });
  const numbers = manifest.files.flatMap(({ path }) => /^journal\/(\d+)/.exec(path)?.[1] ?? []);
  for (const number of numbers.map(Number).sort((a, b) => a - b)) {
    const dir = join(root, 'journal', String(number));
    const isKnown = !isTooNew && number <= newestSegment;
    const isEmpty = await removeAfter(join(dir, FILE), last);
    if (isEmpty && !isKnown && number > 1) await rm(dir, { recursive: true });
  }
}

async function progressOf(file: string) {
  const options = { file, mapBytes: STATE_MAP_BYTES, tables: STATE_TABLES, readOnly: true };
  const projection = new Projection(openLmdbEnvironment(options), file);
  try {
    return projection.progress();
  } finally {
    await projection.close();
  }
}

const MAP_BYTES = 4 * 1024 * 1024 * 1024;

/** Removes the values of all records behind `last`; whether it leaves none of any record. */
async function removeAfter(file: string, last: Place): Promise<boolean> {
  const environment = openLmdbEnvironment({ file, mapBytes: MAP_BYTES });
  try {
    const { root } = environment;
    const [start, end] = [valueKey(last + 1, 0), valueKey(movedPlace(0), 0)];
    const surplus = [...root.keys({ start, end })].map((key) => Buffer.from(key));
    assert(
      surplus.every((key) => !isMoved(placeOfKey(key))),
      'what was moved stays',
    );
    if (surplus.length > 0) {
      await environment.write(() => {
        for (const key of surplus) root.remove(key);
      });
    }
    for (const _ of root.keys({ start: valueKey(0, 0), limit: 1 })) return false;
    return true;
  } finally {
    await environment.close();
  }
}
