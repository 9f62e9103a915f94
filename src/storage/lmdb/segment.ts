/** One segment of the journal: an LMDB environment in a folder of its own, only appended to. */
import { join } from 'node:path';
import { assert } from '../../base/assert.ts';
import { BrokerError } from '../../base/errors.ts';
import { corrupt, type Naming, RecordHeader } from './decode.ts';
import type { EncodedRecord } from './encode.ts';
import {
  type Environment,
  type KeyRange,
  type OpenEnvironment,
  storageError,
} from './environment.ts';
import type { Files } from './files.ts';
import {
  isMoved,
  KEY_BYTES,
  movedPlace,
  numberOf,
  type Place,
  placeOfKey,
  valueKey,
} from './layout.ts';
import { FILE } from './new-file.ts';
import type { Spares } from './spares.ts';

/** What the state environment remembers of a segment. */
export interface SegmentFacts {
  /** Sequences of its records; `last` is `first - 1` when it holds none. */
  readonly first: number;
  readonly last: number;
  /** Numbers of the moves into it, likewise. */
  readonly firstMove: number;
  readonly lastMove: number;
  /** Bytes written into it, and bytes of entries that somebody still needs. */
  readonly bytes: number;
  readonly liveBytes: number;
}

/** Address space beyond the segment's size, for a batch that does not fit and LMDB's own pages. */
const MAP_RESERVE_BYTES = 1024 * 1024 * 1024;

export class Segment {
  readonly number: number;
  readonly dir: string;
  readonly file: string;
  first: number;
  last: number;
  firstMove: number;
  lastMove: number;
  bytes: number;
  liveBytes: number;
  /** Changed since the state environment last heard of it. */
  isDirty = false;
  /** Reads in progress; it is not closed while there are any. */
  pins = 0;
  /** When it was last read, by the monotonic clock. */
  readAtMs = Number.NEGATIVE_INFINITY;
  /** It had to be opened again soon after it was closed. */
  isSought = false;
  readonly #openEnvironment: OpenEnvironment;
  readonly #mapBytes: number;
  readonly #files: Files;
  #environment: Environment | undefined;
  #closing: Promise<void> = Promise.resolve();

  constructor(
    journalDir: string,
    number: number,
    facts: SegmentFacts,
    settings: { readonly segmentBytes: number; readonly files: Files },
    openEnvironment: OpenEnvironment,
  ) {
    this.number = number;
    this.dir = join(journalDir, String(number));
    this.file = join(this.dir, FILE);
    this.first = facts.first;
    this.last = facts.last;
    this.firstMove = facts.firstMove;
    this.lastMove = facts.lastMove;
    this.bytes = facts.bytes;
    this.liveBytes = facts.liveBytes;
    this.#mapBytes = settings.segmentBytes * 2 + MAP_RESERVE_BYTES;
    this.#files = settings.files;
    this.#openEnvironment = openEnvironment;
  }

  get isOpen(): boolean {
    return this.#environment !== undefined;
  }

  get isEmpty(): boolean {
    return this.last < this.first && this.lastMove < this.firstMove;
  }

  holds(place: Place): boolean {
    const number = numberOf(place);
    if (isMoved(place)) return number >= this.firstMove && number <= this.lastMove;
    return number >= this.first && number <= this.last;
  }

  facts(): SegmentFacts {
    const { first, last, firstMove, lastMove, bytes, liveBytes } = this;
    return { first, last, firstMove, lastMove, bytes, liveBytes };
  }

  /** Makes it. */
  async create(spares: Spares): Promise<void> {
    try {
      await spares.make(this.dir, this.number);
      this.#environment = this.#open(false);
    } catch (error) {
      throw storageError(error, this.dir);
    }
  }

  /** Opens what is there. Throws `storage-missing` or what opening gives. */
  openExisting(readOnly: boolean): void {
    if (this.#environment !== undefined) return;
    if (!this.#files.exists(this.file)) {
      throw new BrokerError(
        'storage-missing',
        `Segment ${this.dir} has no data.mdb: restore the folder from a copy.`,
      );
    }
    this.#environment = this.#open(readOnly);
  }

  /**
   * Reads from the keys which records are there, and counts what is in use of the file as written
   * bytes. Throws `storage-corrupt`.
   */
  discover(): void {
    const lowest = valueKey(0, 0);
    const border = valueKey(movedPlace(0), 0);
    const highest = Buffer.alloc(KEY_BYTES, 0xff);
    const first = this.#edge({ start: lowest, end: border });
    const firstMove = this.#edge({ start: border, end: highest });
    if (first !== undefined) {
      this.first = first;
      this.last = this.#edge({ start: border, end: lowest, reverse: true }) ?? first;
    }
    if (firstMove !== undefined) {
      this.firstMove = firstMove;
      this.lastMove = this.#edge({ start: highest, end: border, reverse: true }) ?? firstMove;
    }
    this.bytes = this.#files.usedBytesOf(this.file);
    this.isDirty = true;
  }

  get environment(): Environment {
    if (this.#environment !== undefined) return this.#environment;
    throw new BrokerError('storage-failed', `Segment ${this.dir} is closed.`);
  }

  /** Queues the values of a record; only inside the environment's `write`. */
  put(place: Place, record: EncodedRecord): void {
    const { root } = this.environment;
    for (let i = 0; i < record.values.length; i += 1) {
      root.put(valueKey(place, i, scratchKey), record.values[i]!);
    }
  }

  /** The header of a record, checked, with the value that it is in. */
  header(
    place: Place,
    room?: (bytes: number) => Buffer,
  ): { readonly header: RecordHeader; readonly value: Buffer } {
    const value = this.value(place, 0, room);
    return { header: new RecordHeader(place, value, this.naming(place)), value };
  }

  /** A copy, where `room` says or in memory of its own. */
  value(place: Place, index: number, room?: (bytes: number) => Buffer): Buffer {
    const { root } = this.environment;
    const name = this.naming(place);
    let value: Buffer | undefined;
    try {
      value = root.get(valueKey(place, index), room);
    } catch (error) {
      throw corrupt(name(`its value ${index} cannot be found: ${(error as Error).message}`));
    }
    if (value !== undefined) return value;
    throw corrupt(name(`its value ${index} is missing`));
  }

  naming(place: Place): Naming {
    const what = isMoved(place) ? 'move' : 'record';
    return (problem) => `Segment ${this.dir}, ${what} ${numberOf(place)}: ${problem}.`;
  }

  /** Resolves when nothing maps the file any more, whoever closed it first. */
  close(): Promise<void> {
    assert(this.pins === 0, 'a segment that is being read stays open');
    const environment = this.#environment;
    this.#environment = undefined;
    if (environment !== undefined) this.#closing = environment.close();
    return this.#closing;
  }

  /** Gives its folder back, to be written again or removed. */
  async retire(spares: Spares): Promise<void> {
    await this.close();
    await spares.retire(this.dir, this.number);
  }

  #open(readOnly: boolean): Environment {
    const mapBytes = this.#mapBytes;
    return this.#openEnvironment({ file: this.file, mapBytes, readOnly });
  }

  #edge(range: KeyRange): number | undefined {
    for (const key of this.environment.root.keys({ ...range, limit: 1 })) {
      return numberOf(placeOfKey(key));
    }
    return undefined;
  }
}

const scratchKey = Buffer.allocUnsafeSlow(KEY_BYTES);
