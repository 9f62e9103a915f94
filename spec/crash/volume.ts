/**
 * Where the broker's data lies. With root and loop devices it is a file system of its own, which
 * can lose its power: ext4's shutdown call stops every write at once, so that what was not synced
 * is gone with the page cache when the file system is mounted again. That is the call with which
 * file system developers test their journals.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export interface Volume {
  /** A folder for the data. */
  readonly path: string;
  /** Loses the power now; after the process that writes there is dead, call `restore`. */
  cut?(): void;
  /** Mounts again. */
  restore?(): void;
  /** Takes it away, with what it holds. */
  remove(): void;
}

export interface ChosenVolume {
  readonly volume: Volume;
  /** Why the power of this volume cannot be cut. */
  readonly why?: string;
}

/** A volume whose power can be cut, or a plain folder and the reason. */
export function createVolume(work: string): ChosenVolume {
  try {
    return { volume: loopVolume(work) };
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
    const path = join(work, 'data');
    mkdirSync(path, { recursive: true });
    return { volume: { path, remove: () => {} }, why: why ?? 'unknown' };
  }
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
