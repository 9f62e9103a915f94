/**
 * What the storage asks of a file system beside LMDB's own files: the data folder, and a folder for
 * each environment. The simulation has its own.
 */
import { existsSync, statSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import type { OpenEnvironment } from './environment.ts';
import { lockFolder, prepareFolder } from './folder.ts';
import { createEnvironmentFolder, prepareEmpty } from './new-file.ts';

export interface Files {
  /** Makes the data folder where it is missing; rejects with `data-folder-version`. */
  prepareFolder(dir: string): Promise<void>;
  /** Keeps others out until the result is called; throws `data-folder-in-use`. */
  lockFolder(dir: string): () => void;
  /** Gives the path of an environment's file with nothing in it. */
  prepareEmpty(dir: string, openEnvironment: OpenEnvironment): Promise<string>;
  /** Makes the folder `dir` with an empty environment; on disk when it resolves, or not there. */
  createEnvironmentFolder(dir: string, empty: string): Promise<void>;
  exists(file: string): boolean;
  bytesOf(file: string): number;
  namesIn(dir: string): Promise<string[]>;
  /** Removes a folder with all that is in it, where it is there. */
  remove(dir: string): Promise<void>;
}

export const diskFiles: Files = {
  prepareFolder,
  lockFolder,
  prepareEmpty,
  createEnvironmentFolder,
  exists: existsSync,
  bytesOf: (file) => statSync(file).size,
  namesIn: (dir) => readdir(dir),
  remove: (dir) => rm(dir, { recursive: true, force: true }),
};
