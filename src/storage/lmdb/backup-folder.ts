/**
 * A backup in a folder of its own: laid out as a data folder, with a manifest. It gets its name
 * once all of it is on disk and is what was sent; what a crash leaves before has another name.
 */
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32c } from '@node-rs/crc32';
import { BrokerError } from '../../base/errors.ts';
import { type BackupPart, MANIFEST, type Manifest } from '../backup.ts';
import { corrupt } from './decode.ts';
import { FOLDER_VERSION, writeDurably } from './folder.ts';
import { sync, UNFINISHED } from './new-file.ts';

type Written = Manifest['files'][number];

/**
 * Writes what comes as the backup `dir`, which must not be there yet, or be empty. Rejects with
 * `already-exists`, `storage-missing` where the end of the backup does not come, `storage-corrupt`
 * where something else came than was sent; nothing called `dir` is left then.
 */
export async function writeBackup(dir: string, parts: AsyncIterable<BackupPart>) {
  await requireEmpty(dir);
  const unfinished = `${dir}${UNFINISHED}`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  try {
    const manifest = await writeParts(unfinished, parts);
    await rm(dir, { recursive: true, force: true });
    await rename(unfinished, dir);
    await sync(dirname(dir));
    return manifest;
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  }
}

/** Rejects with `already-exists` where there is something in the folder. */
export async function requireEmpty(dir: string): Promise<void> {
  if (!existsSync(dir)) return;
  // A file system of its own has this folder from the start.
  const names = (await readdir(dir)).filter((name) => name !== 'lost+found');
  if (names.length === 0) return;
  throw new BrokerError(
    'already-exists',
    `${dir} is not empty: name a folder that is not there yet, or an empty one.`,
  );
}

/** The manifest of a backup. Rejects with `storage-missing` or `storage-corrupt`. */
export async function readManifest(dir: string): Promise<Manifest> {
  const file = join(dir, MANIFEST);
  if (!existsSync(file)) {
    throw new BrokerError('storage-missing', `${dir} has no ${MANIFEST}: it is no whole backup.`);
  }
  return parseManifest(await readFile(file, 'utf8'), file);
}

/** So much is written between syncs: a broker on the same disk waits for no more at once. */
const SYNC_BYTES = 4 * 1024 * 1024;

/** Copies one file, on disk when it resolves; what it came to. */
export async function writeFileDurably(
  file: string,
  chunks: AsyncIterable<Buffer>,
): Promise<{ readonly bytes: number; readonly crc32c: number }> {
  let bytes = 0;
  let unsynced = 0;
  let checksum = 0;
  const handle = await open(file, 'wx');
  try {
    for await (const chunk of chunks) {
      await handle.write(chunk);
      checksum = crc32c(chunk, checksum);
      bytes += chunk.length;
      unsynced += chunk.length;
      if (unsynced < SYNC_BYTES) continue;
      await handle.datasync();
      unsynced = 0;
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { bytes, crc32c: checksum };
}

/** Makes the folder of a file of the backup; all that are made are added to `folders`. */
export async function makeFolderOf(
  root: string,
  path: string,
  folders: Set<string>,
): Promise<string> {
  const file = join(root, path);
  await mkdir(dirname(file), { recursive: true });
  for (let dir = dirname(file); dir.length >= root.length; dir = dirname(dir)) folders.add(dir);
  return file;
}

const FILE_PATH = /^(state|journal\/[1-9][0-9]{0,9})\/data\.mdb$/;

async function writeParts(root: string, parts: AsyncIterable<BackupPart>): Promise<Manifest> {
  const written: Written[] = [];
  const folders = new Set([root]);
  for await (const { path, chunks } of parts) {
    if (path === MANIFEST) {
      const manifest = parseManifest(await textOf(chunks), path);
      requireSame(manifest.files, written);
      for (const folder of folders) await sync(folder);
      await writeDurably(root, join(root, MANIFEST), `${JSON.stringify(manifest, undefined, 2)}\n`);
      return manifest;
    }
    if (!FILE_PATH.test(path)) throw corrupt(`A backup has no file ${JSON.stringify(path)}.`);
    const file = await makeFolderOf(root, path, folders);
    written.push({ path, ...(await writeFileDurably(file, chunks)) });
  }
  throw new BrokerError(
    'storage-missing',
    'The backup ended before its manifest came: see the log of the broker, and begin again.',
  );
}

function requireSame(sent: readonly Written[], written: readonly Written[]): void {
  const lines = (files: readonly Written[]) =>
    files.map(({ path, bytes, crc32c: checksum }) => `${path} ${bytes} ${checksum}`);
  const came = new Set(lines(written));
  const other = lines(sent).find((line) => !came.has(line));
  if (other === undefined && sent.length === written.length) return;
  throw corrupt(
    `What came of the backup is not what was sent (${other ?? 'files of no manifest'}).`,
  );
}

const MAX_MANIFEST_BYTES = 64 * 1024 * 1024;

async function textOf(chunks: AsyncIterable<Buffer>): Promise<string> {
  const all: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > MAX_MANIFEST_BYTES) throw corrupt('The manifest of the backup is too large.');
    all.push(chunk);
  }
  return Buffer.concat(all).toString('utf8');
}

function parseManifest(text: string, file: string): Manifest {
  let manifest: Manifest;
  try {
    manifest = JSON.parse(text) as Manifest;
  } catch {
    throw corrupt(`${file} is no manifest of a backup.`);
  }
  const { format, folder, position, since, files } = manifest;
  if (format !== 1 || folder > FOLDER_VERSION) {
    throw new BrokerError(
      'data-folder-version',
      `${file} is of format ${format}/${folder}: use the newer VelaMQ that wrote it.`,
    );
  }
  const isWhole =
    Number.isSafeInteger(position) &&
    Number.isSafeInteger(since) &&
    Array.isArray(files) &&
    files.every(({ path }) => FILE_PATH.test(path));
  if (!isWhole) throw corrupt(`${file} is no manifest of a backup.`);
  return manifest;
}
