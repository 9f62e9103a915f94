/** The data folder: its format number, and the lock that keeps a second broker out. */
import {
  existsSync,
  linkSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { BrokerError } from '../../base/errors.ts';
import { sync } from './new-file.ts';

/** What this program writes; a folder of a higher number was written by a newer program. */
export const FOLDER_VERSION = 1;

/** The file with that number. */
export const VERSION = 'VERSION';
/** There while a backup is being written into the folder: what is in it is not whole yet. */
export const RESTORING = 'RESTORING';

/** Makes the folder where it is missing, and checks that this program understands it. */
export async function prepareFolder(dir: string): Promise<void> {
  await mkdir(join(dir, 'journal'), { recursive: true });
  if (existsSync(join(dir, RESTORING))) {
    throw new BrokerError(
      'storage-missing',
      `A restore into ${dir} did not come to its end: empty the folder and restore again.`,
    );
  }
  const file = join(dir, VERSION);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) {
    await writeDurably(dir, file, `${FOLDER_VERSION}\n`);
    return;
  }
  const version = Number(text.trim());
  if (version === FOLDER_VERSION) return;
  const advice =
    version > FOLDER_VERSION
      ? 'start the newer VelaMQ that wrote it'
      : 'the file should hold a number: restore it from a copy';
  throw new BrokerError(
    'data-folder-version',
    `Data folder ${dir} has format ${text.trim()}, this program knows ${FOLDER_VERSION}: ` +
      `${advice}.`,
  );
}

/** A file that is there after a power cut, whole, or not at all. */
export async function writeDurably(dir: string, file: string, text: string): Promise<void> {
  const draft = `${file}.new`;
  const handle = await open(draft, 'w');
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
  await sync(dir);
}

/** Who holds a folder. The start time tells a process from a later one with the same number. */
interface Holder {
  readonly pid: number;
  /** Ticks after boot, and which boot; empty where the system does not tell. */
  readonly started: string;
}

/** Folders held by this process. */
const held = new Set<string>();

/** Takes the folder for this process, and gives what gives it back. Throws `data-folder-in-use`. */
export function lockFolder(dir: string): () => void {
  const real = realpathSync(dir);
  const file = join(real, 'LOCK');
  if (held.has(real)) throw inUse(dir, process.pid);
  const mine: Holder = { pid: process.pid, started: startOf(process.pid) };
  const claim = join(real, `LOCK.${process.pid}`);
  writeFileSync(claim, JSON.stringify(mine));
  try {
    takeLock(dir, file, claim, 3);
  } finally {
    rmSync(claim, { force: true });
  }
  held.add(real);
  return () => {
    held.delete(real);
    rmSync(file, { force: true });
  };
}

/** A hard link either makes the lock file, complete, or finds one: two starts cannot both win. */
function takeLock(dir: string, file: string, claim: string, attempts: number): void {
  try {
    linkSync(claim, file);
    return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempts === 0) throw error;
  }
  const holder = readHolder(file);
  if (holder !== undefined && isAlive(holder)) throw inUse(dir, holder.pid);
  // Left behind by a process that was killed. Whoever moves it away first may take its place.
  const stale = `${claim}.stale`;
  try {
    renameSync(file, stale);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const moved = readHolder(stale);
  if (moved !== undefined && isAlive(moved)) {
    // Somebody else had just taken it: give it back.
    renameSync(stale, file);
    throw inUse(dir, moved.pid);
  }
  rmSync(stale, { force: true });
  takeLock(dir, file, claim, attempts - 1);
}

function readHolder(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

function isAlive(holder: Holder): boolean {
  if (holder.pid === process.pid) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const started = startOf(holder.pid);
  if (started === DEAD) return false;
  return started === '' || holder.started === '' || started === holder.started;
}

/** A process that has ended, though its parent has not taken note yet. */
const DEAD = 'dead';

/** When a process started, from /proc: field 22 of its stat, and the boot it belongs to. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return DEAD;
    const ticks = fields[19];
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot}/${ticks}`;
  } catch {
    return '';
  }
}

function inUse(dir: string, pid: number): BrokerError {
  return new BrokerError(
    'data-folder-in-use',
    `Data folder ${dir} is in use by process ${pid}: stop that broker or choose another folder.`,
  );
}
