/** A journal record from its values, with every check. See `layout.ts` for the bytes. */
import { crc32c } from '@node-rs/crc32';
import { BrokerError } from '../../base/errors.ts';
import type { EntryBlock, JournalEvent, JournalRecord, TrimMark } from '../journal.ts';
import * as at from './layout.ts';
import { decodePlain } from './plain.ts';

/** A block of entries as the header describes it. */
export interface StoredBlock {
  readonly topicId: number;
  readonly firstOffset: number;
  readonly count: number;
  /** Which event stored it. */
  readonly event: number;
  /** Which entry of the record comes first. */
  readonly firstEntry: number;
  /** Whether some of its entries are due at a time. */
  readonly hasDueTimes: boolean;
}

/** Names a record in errors: the segment's folder, then the record. */
export type Naming = (what: string) => string;

/** Where the entries of a record lie: each one's value, and its offset in that. */
interface EntryPositions {
  readonly values: Uint16Array;
  readonly starts: Uint32Array;
}

type DueTimes = readonly number[] | undefined;

interface Content {
  readonly data: unknown;
  readonly dueAtMs: DueTimes;
}

export class RecordHeader {
  readonly place: at.Place;
  readonly blocks: readonly StoredBlock[];
  readonly trims: readonly { readonly event: number; readonly mark: TrimMark }[];
  readonly values: number;
  readonly #bytes: Buffer;
  readonly #name: Naming;
  readonly #sizesAt: number;
  readonly #entries: number;
  readonly #events: number;
  #positions: EntryPositions | undefined;
  /** Of the event that was asked for last: reads of entries here and there ask again and again. */
  #content: (Content & { readonly index: number }) | undefined;

  /** Checks and reads the header at the start of value 0. Throws `storage-corrupt`. */
  constructor(place: at.Place, value: Buffer, name: Naming) {
    this.place = place;
    this.#name = name;
    this.#bytes = checked(place, value, name);
    this.#events = this.#bytes.readUInt32LE(at.AT_EVENTS);
    this.#entries = this.#bytes.readUInt32LE(at.AT_ENTRIES);
    this.values = this.#bytes.readUInt32LE(at.AT_VALUES);
    const blocks = this.#bytes.readUInt32LE(at.AT_BLOCKS);
    const trims = this.#bytes.readUInt32LE(at.AT_TRIMS);
    const trimsAt = at.FIXED_BYTES + blocks * at.BLOCK_BYTES;
    this.#sizesAt = trimsAt + trims * at.TRIM_BYTES;
    this.blocks = this.#readBlocks(blocks);
    this.trims = Array.from({ length: trims }, (_, i) =>
      this.#readTrim(trimsAt + i * at.TRIM_BYTES),
    );
  }

  get atMs(): number {
    return this.#bytes.readDoubleLE(at.AT_TIME);
  }

  /** Bytes of a block's entries. */
  bytesOf(block: StoredBlock): number {
    let sum = 0;
    for (let i = 0; i < block.count; i += 1) sum += this.sizeOf(block.firstEntry + i);
    return sum;
  }

  /** Bytes of an entry. */
  sizeOf(entry: number): number {
    return this.#bytes.readUInt32LE(this.#sizesAt + entry * 4) & ~at.STARTS_VALUE;
  }

  /** The value that an entry lies in; a giant one lies in `valuesIn` it and those behind, too. */
  valueOf(entry: number): number {
    this.#positions ??= this.#readPositions();
    return this.#positions.values[entry]!;
  }

  valuesIn(entry: number): number {
    return valuesFor(this.sizeOf(entry));
  }

  /** Where in its value an entry begins. */
  startOf(entry: number): number {
    this.#positions ??= this.#readPositions();
    return this.#positions.starts[entry]!;
  }

  /** `data` of event `index`, and the due times of its block. */
  contentOf(index: number): Content {
    if (this.#content?.index !== index) this.#content = { index, ...this.#readContent(index) };
    const { data, dueAtMs } = this.#content;
    return { data, dueAtMs };
  }

  /** The record as the journal's readers see it. */
  record(): JournalRecord {
    const blocks = new Map(this.blocks.map((block) => [block.event, block]));
    const trims = new Map(this.trims.map((trim) => [trim.event, trim.mark]));
    let start = this.#eventsAt + this.#events * 4;
    const events: JournalEvent[] = [];
    for (let index = 0; index < this.#events; index += 1) {
      const [actor, type, data, cause, dueAtMs] = this.#unpack(start, index);
      start += this.#bytes.readUInt32LE(this.#eventsAt + index * 4);
      const block = blocks.get(index);
      const trim = trims.get(index);
      events.push({
        actor: actor as string,
        type: type as string,
        data,
        cause: cause as string,
        ...(block && { entries: withoutBytes(block, unpackTimes(dueAtMs)) }),
        ...(trim && { trim }),
      });
    }
    return { sequence: at.numberOf(this.place), atMs: this.atMs, events };
  }

  /** Throws unless `entry`, number `index` of this record, is what was stored. */
  verify(entry: Buffer, index: number, offset: number, topicId: number): void {
    const crcsAt = this.#sizesAt + this.#entries * 4;
    const stored = this.#bytes.readUInt32LE(crcsAt + index * 4);
    const isWhole =
      entry.length >= at.ENTRY_PREFIX_BYTES &&
      entry.readUInt16BE(0) === at.ENTRY_MAGIC &&
      entry.readUInt32BE(2) === stored &&
      crc32c(entry.subarray(at.ENTRY_PREFIX_BYTES)) === stored;
    if (isWhole) return;
    throw corrupt(this.#name(`entry ${offset} of topic ${topicId} fails its checksum`));
  }

  get #eventsAt(): number {
    return this.#sizesAt + this.#entries * at.ENTRY_BYTES;
  }

  #readContent(index: number): Content {
    let start = this.#eventsAt + this.#events * 4;
    for (let i = 0; i < index; i += 1) start += this.#bytes.readUInt32LE(this.#eventsAt + i * 4);
    const [, , data, , dueAtMs] = this.#unpack(start, index);
    return { data, dueAtMs: unpackTimes(dueAtMs) };
  }

  #unpack(start: number, index: number): unknown[] {
    const size = this.#bytes.readUInt32LE(this.#eventsAt + index * 4);
    return decodePlain(this.#bytes.subarray(start, start + size)) as unknown[];
  }

  #readBlocks(count: number): StoredBlock[] {
    let firstEntry = 0;
    return Array.from({ length: count }, (_, i) => {
      const start = at.FIXED_BYTES + i * at.BLOCK_BYTES;
      const block = {
        topicId: this.#bytes.readDoubleLE(start),
        firstOffset: this.#bytes.readDoubleLE(start + 8),
        event: this.#bytes.readUInt32LE(start + 16),
        count: this.#bytes.readUInt32LE(start + 20) & ~at.HAS_DUE_TIMES,
        hasDueTimes: (this.#bytes.readUInt32LE(start + 20) & at.HAS_DUE_TIMES) !== 0,
        firstEntry,
      };
      firstEntry += block.count;
      return block;
    });
  }

  #readTrim(start: number) {
    const mark = {
      topicId: this.#bytes.readDoubleLE(start),
      before: this.#bytes.readDoubleLE(start + 8),
    };
    return { event: this.#bytes.readUInt32LE(start + 16), mark };
  }

  #readPositions(): EntryPositions {
    const values = new Uint16Array(this.#entries);
    const starts = new Uint32Array(this.#entries);
    let value = 0;
    let nextValue = 1;
    let start = this.#bytes.length;
    for (let i = 0; i < this.#entries; i += 1) {
      const size = this.sizeOf(i);
      if (this.#bytes.readUInt32LE(this.#sizesAt + i * 4) !== size) {
        value = nextValue;
        nextValue += valuesFor(size);
        start = 0;
      }
      values[i] = value;
      starts[i] = start;
      start += size;
    }
    return { values, starts };
  }
}

function valuesFor(size: number): number {
  return Math.max(1, Math.ceil(size / at.GIANT_BYTES));
}

/** Bytes as `encode.ts` packs them. */
function unpackTimes(packed: unknown): DueTimes {
  if (packed === undefined) return undefined;
  const { buffer, byteOffset, length } = packed as Uint8Array;
  const bytes = Buffer.from(buffer, byteOffset, length);
  const times = new Array<number>(bytes.length / 8);
  for (let i = 0; i < times.length; i += 1) times[i] = bytes.readDoubleLE(i * 8);
  return times;
}

function withoutBytes({ topicId, firstOffset }: StoredBlock, dueAtMs: DueTimes): EntryBlock {
  const block = { topicId, firstOffset, entries: [] };
  return dueAtMs === undefined ? block : { ...block, dueAtMs };
}

/** A copy of the header's bytes, once their checksum holds. */
function checked(place: at.Place, value: Buffer, name: Naming): Buffer {
  const isComplete = value.length >= at.FIXED_BYTES;
  const bytes = isComplete ? value.readUInt32LE(at.AT_HEADER_BYTES) : 0;
  if (!isComplete || bytes > value.length || bytes < at.FIXED_BYTES) {
    throw corrupt(name('its header is cut short'));
  }
  const stored = value.readUInt32LE(at.AT_CRC);
  if (crc32c(value.subarray(at.AT_HEADER_BYTES, bytes)) !== stored) {
    throw corrupt(name('its header fails its checksum'));
  }
  const kind = at.isMoved(place) ? at.KIND_MOVED : at.KIND_BATCH;
  if (value[0] !== at.FORMAT || value[1] !== kind) {
    throw corrupt(name(`its format is ${value[0]}.${value[1]}, not ${at.FORMAT}.${kind}`));
  }
  if (value.readDoubleLE(at.AT_SEQUENCE) !== at.numberOf(place)) {
    throw corrupt(name(`it says that it is record ${value.readDoubleLE(at.AT_SEQUENCE)}`));
  }
  return Buffer.from(value.subarray(0, bytes));
}

export function corrupt(message: string): BrokerError {
  return new BrokerError('storage-corrupt', message);
}
