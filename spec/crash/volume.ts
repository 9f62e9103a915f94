/**
 * Where the broker's data lies. With root and loop devices it is a file system of its own, which
 * can lose its power: ext4's shutdown call stops every write at once, so that what was not synced
 * is gone with the page cache when the file system is mounted again. That is the call with which
 * file system developers test their journals. Where that is not allowed, writes that were not
 * synced are taken back (`shim-volume.ts`); where there is no C compiler either, nothing is lost.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { shimVolume } from './shim-volume.ts';

export interface Volume {
  /** A folder for the data. */
  readonly path: string;
  /** What the process that writes there needs in its environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Loses the power now; after the process that writes there is dead, call `restore`. */
  cut?(): void;
  /** Mounts again. */
  restore?(): void;
  /** Takes it away, with what it holds. */
  remove(): void;
}

export interface ChosenVolume {
  readonly volume: Volume;
  /** What it is, and why it is none of those before it, for whoever reads the log. */
  readonly note: string;
}

/** The ways to lose power, the truest first. */
const KINDS = [
  ['own', 'the data lies on a file system of its own, whose power can be cut', loopVolume],
  [
    'shim',
    'the data lies in a folder, in which writes that were not synced can be lost',
    shimVolume,
  ],
  ['plain', 'the data lies in a folder: there are kills, but no power cuts', plainVolume],
] as const;

/** The first volume that this machine lets us have, or the first from `kind` on. */
export function createVolume(work: string, kind: string): ChosenVolume {
  const first = Math.max(
    0,
    KINDS.findIndex(([name]) => name === kind),
  );
  const refusals: string[] = [];
  for (const [, note, create] of KINDS.slice(first)) {
    try {
      return { volume: create(work), note: [note, ...refusals].join('\n  because ') };
    } catch (error) {
      refusals.push(String(error).split('\n')[0] ?? 'unknown');
    }
  }
  throw new Error(`no folder for the data: ${refusals.join('; ')}`);
}

function plainVolume(work: string): Volume {
  const path = join(work, 'data');
  mkdirSync(path, { recursive: true });
  return { path, remove: () => {} };
}

/** EXT4_IOC_SHUTDOWN, _IOR('X', 125, __u32), and "do not flush the journal first". */
const CUT = [
  'import fcntl, os, struct, sys',
  'fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack("I", 2))',
].join('\n');

const SIZE = '4G';

function loopVolume(work: string): Volume {
  const image = join(work, 'volume.img');
  const path = join(work, 'volume');
  mkdirSync(path, { recursive: true });
  quietly('truncate', ['-s', SIZE, image]);
  quietly('mkfs.ext4', ['-q', '-F', image]);
  // The file system writes nothing back by itself while the check runs.
  const mount = () => quietly('mount', ['-o', 'loop,commit=300', image, path]);
  mount();
  const volume = {
    path,
    cut: () => quietly('python3', ['-c', CUT, path]),
    restore: () => {
      quietly('umount', [path]);
      mount();
    },
    // A process that was just killed may hold it a moment longer: lazily.
    remove: () => {
      quietly('umount', ['-l', path]);
      rmSync(image, { force: true });
    },
  };
  try {
    // Tried once, as not every kernel and container allows it.
    volume.cut();
    volume.restore();
    return volume;
  } catch (error) {
    volume.remove();
    throw error;
  }
}

function quietly(command: string, args: readonly string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
