/**
 * Folders of retired segments, kept to be written again. Overwriting a file costs a third of what
 * growing a new one costs: its blocks are there, and a sync has nothing to tell the file system.
 *
 * Until it is a segment again, such a folder has a name that a start removes, as it does with
 * whatever else a crash left unfinished: what was retired is never taken for a segment. So spare
 * folders do not outlive the process, and copies of a data folder need not have them.
 */
import { join } from 'node:path';
import { UNFINISHED } from './new-file.ts';
import type { LmdbSettings } from './options.ts';

/** A file may be so many times the size of a segment; what is beyond is cut off. */
const MAX_SEGMENTS = 2;
/** Of the disk, so many segments stay free, or there are no spare ones. */
const FREE_SEGMENTS = 2;

interface Spare {
  readonly dir: string;
  readonly bytes: number;
}

export class Spares {
  readonly #journalDir: string;
  readonly #empty: string;
  readonly #settings: LmdbSettings;
  /** The one that was retired last at the end: the system may still know its pages. */
  #spares: Spare[] = [];
  #removing: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  /** `empty` is an environment's file with nothing in it. */
  constructor(journalDir: string, empty: string, settings: LmdbSettings) {
    this.#journalDir = journalDir;
    this.#empty = empty;
    this.#settings = settings;
  }

  get count(): number {
    return this.#spares.length;
  }

  get bytes(): number {
    return this.#spares.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Makes the folder `dir` of segment `number`, out of a spare one where there is one. */
  async make(dir: string, number: number): Promise<void> {
    const { files } = this.#settings;
    const spare = this.#spares.pop();
    if (spare !== undefined) {
      try {
        await files.reuseEnvironmentFolder(spare.dir, dir, this.#empty, number);
        return;
      } catch {
        // A new one needs neither its file nor its name.
        await files.remove(spare.dir);
      }
    }
    await files.createEnvironmentFolder(dir, this.#empty);
  }

  /** Keeps the folder of a segment that nobody will read or open again, or removes it. */
  async retire(dir: string, number: number): Promise<void> {
    const { files, spareSegments, segmentBytes } = this.#settings;
    this.giveWay();
    if (this.#isClosed || this.#spares.length >= spareSegments || this.#isScarce) {
      await files.remove(dir);
      return;
    }
    const spare = join(this.#journalDir, `spare-${number}${UNFINISHED}`);
    const bytes = await files.setAside(dir, spare, segmentBytes * MAX_SEGMENTS);
    this.#spares.push({ dir: spare, bytes });
    if (this.#isClosed) this.#removeAll();
  }

  /** Removes what is spare if others need the space. */
  giveWay(): void {
    if (this.#spares.length > 0 && this.#isScarce) this.#removeAll();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#removeAll();
    await this.#removing;
  }

  get #isScarce(): boolean {
    const { files, segmentBytes } = this.#settings;
    return files.diskOf(this.#journalDir).freeBytes < segmentBytes * FREE_SEGMENTS;
  }

  #removeAll(): void {
    const removing = this.#spares.map(({ dir }) => this.#settings.files.remove(dir));
    this.#spares = [];
    // What cannot be removed now is by the next start.
    this.#removing = Promise.allSettled([this.#removing, ...removing]);
  }
}
