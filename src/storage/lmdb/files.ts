/**
 * What the storage asks of a file system beside LMDB's own files: the data folder, and a folder for
 * each environment. The simulation has its own.
 */
import { existsSync, statfsSync } from 'node:fs';
import { open, readdir, rm } from 'node:fs/promises';
import { BrokerError } from '../../base/errors.ts';
import type { OpenEnvironment } from './environment.ts';
import { usedBytesOf } from './file-check.ts';
import { lockFolder, prepareFolder } from './folder.ts';
import {
  createEnvironmentFolder,
  prepareEmpty,
  reuseEnvironmentFolder,
  setAside,
} from './new-file.ts';

export interface Files {
  /** Makes the data folder where it is missing; rejects with `data-folder-version`. */
  prepareFolder(dir: string): Promise<void>;
  /** Keeps others out until the result is called; throws `data-folder-in-use`. */
  lockFolder(dir: string): () => void;
  /** Gives the path of an environment's file with nothing in it. */
  prepareEmpty(dir: string, openEnvironment: OpenEnvironment): Promise<string>;
  /** Makes the folder `dir` with an empty environment; on disk when it resolves, or not there. */
  createEnvironmentFolder(dir: string, empty: string): Promise<void>;
  /** Puts the folder `dir` aside as `spare`, its file cut to `maxBytes`; gives the bytes it has. */
  setAside(dir: string, spare: string, maxBytes: number): Promise<number>;
  /** The same as `createEnvironmentFolder`, out of a folder that was set aside. */
  reuseEnvironmentFolder(spare: string, dir: string, empty: string, life: number): Promise<void>;
  exists(file: string): boolean;
  /** Bytes of an environment's file that are in use. */
  usedBytesOf(file: string): number;
  /** The first `bytes` of a file; throws `storage-missing` where there are fewer. */
  read(file: string, bytes: number): AsyncIterable<Buffer>;
  /** The disk of a folder: its size, and what is left of it. */
  diskOf(dir: string): { readonly bytes: number; readonly freeBytes: number };
  namesIn(dir: string): Promise<string[]>;
  /** Removes a folder with all that is in it, where it is there. */
  remove(dir: string): Promise<void>;
}

export const diskFiles: Files = {
  prepareFolder,
  lockFolder,
  prepareEmpty,
  createEnvironmentFolder,
  setAside,
  reuseEnvironmentFolder,
  exists: existsSync,
  usedBytesOf,
  read,
  diskOf: (dir) => {
    const { blocks, bavail, bsize } = statfsSync(dir);
    return { bytes: blocks * bsize, freeBytes: bavail * bsize };
  },
  namesIn: (dir) => readdir(dir),
  remove: (dir) => rm(dir, { recursive: true, force: true }),
};

const READ_BYTES = 1024 * 1024;

async function* read(file: string, bytes: number): AsyncGenerator<Buffer> {
  const handle = await open(file, 'r');
  try {
    for (let at = 0; at < bytes; ) {
      const chunk = Buffer.allocUnsafe(Math.min(READ_BYTES, bytes - at));
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, at);
      if (bytesRead === 0) {
        throw new BrokerError('storage-missing', `${file} ends after ${at} of ${bytes} bytes.`);
      }
      yield chunk.subarray(0, bytesRead);
      at += bytesRead;
    }
  } finally {
    await handle.close();
  }
}
