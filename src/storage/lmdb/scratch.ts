/** Scratch pads over LMDB: each an environment of its own, in a folder that no start keeps. */
import { join } from 'node:path';
import type { Scratch, ScratchPad } from '../scratch.ts';
import { type Environment, type OpenEnvironment, storageError } from './environment.ts';
import type { Files } from './files.ts';
import { valueKey } from './layout.ts';
import { FILE } from './new-file.ts';

const PREFIX = 'scratch-';
/** Address space for one pad. */
const MAP_BYTES = 256 * 1024 * 1024 * 1024;

export interface ScratchParts {
  /** The data folder. */
  readonly dir: string;
  /** An environment's file with nothing in it. */
  readonly empty: string;
  readonly files: Files;
  readonly openEnvironment: OpenEnvironment;
}

export class LmdbScratch implements Scratch {
  readonly #parts: ScratchParts;
  readonly #pads = new Set<LmdbPad>();
  #opened = 0;
  #isClosed = false;

  constructor(parts: ScratchParts) {
    this.#parts = parts;
  }

  /** Removes what a crash has left. */
  async clean(): Promise<void> {
    const { dir, files } = this.#parts;
    for (const name of await files.namesIn(dir)) {
      if (name.startsWith(PREFIX)) await files.remove(join(dir, name));
    }
  }

  async open(): Promise<ScratchPad> {
    const { dir, files, empty, openEnvironment } = this.#parts;
    this.#opened += 1;
    const folder = join(dir, `${PREFIX}${this.#opened}`);
    if (this.#isClosed) throw storageError(new Error('the storage is closed'), folder);
    try {
      await files.createEnvironmentFolder(folder, empty);
      const file = join(folder, FILE);
      const environment = openEnvironment({ file, mapBytes: MAP_BYTES, isScratch: true });
      const pad = new LmdbPad(folder, environment, async () => {
        this.#pads.delete(pad);
        await files.remove(folder);
      });
      this.#pads.add(pad);
      return pad;
    } catch (error) {
      await files.remove(folder).catch(() => {});
      throw storageError(error, folder);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const pad of this.#pads) await pad.close();
  }
}

class LmdbPad implements ScratchPad {
  readonly #folder: string;
  readonly #environment: Environment;
  readonly #remove: () => Promise<void>;
  /** Blocks of each row. */
  readonly #counts = new Map<number, number>();
  #writing: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(folder: string, environment: Environment, remove: () => Promise<void>) {
    this.#folder = folder;
    this.#environment = environment;
    this.#remove = remove;
  }

  async write(row: number, block: Buffer): Promise<void> {
    this.#requireOpen();
    const count = this.#counts.get(row) ?? 0;
    this.#counts.set(row, count + 1);
    const writing = this.#environment.write(() => {
      this.#environment.root.put(keyOf(row, count), block);
    });
    this.#writing = writing.catch(() => {});
    try {
      await writing;
    } catch (error) {
      throw storageError(error, this.#folder);
    }
  }

  async *read(row: number): AsyncGenerator<Buffer> {
    const { root } = this.#environment;
    const count = this.#counts.get(row) ?? 0;
    for (let i = 0; i < count; i += 1) {
      this.#requireOpen();
      const key = keyOf(row, i);
      await root.prefetch([key]);
      this.#requireOpen();
      yield root.get(key)!;
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#writing
      .then(() => this.#environment.close())
      .then(() => this.#remove());
    return this.#closing;
  }

  #requireOpen(): void {
    if (this.#closing !== undefined) {
      throw storageError(new Error('the scratch pad is closed'), this.#folder);
    }
  }
}

/** In the form of the journal's keys: rows apart, blocks of a row in order. */
function keyOf(row: number, block: number): Buffer {
  return valueKey(block, row);
}
