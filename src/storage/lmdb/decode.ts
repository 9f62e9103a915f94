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

/** Where an entry lies: value, offset in it, size; `values` is above 1 for giant entries. */
export interface EntryPosition {
  readonly value: number;
  readonly values: number;
  readonly start: number;
  readonly size: number;
}

type DueTimes = readonly number[] | undefined;

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
  #positions: readonly EntryPosition[] | undefined;

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
    for (let i = 0; i < block.count; i += 1) sum += this.#sizeOf(block.firstEntry + i);
    return sum;
  }

  positions(): readonly EntryPosition[] {
    this.#positions ??= this.#readPositions();
    return this.#positions;
  }

  /** `data` of event `index`, and the due times of its block. */
  contentOf(index: number): { readonly data: unknown; readonly dueAtMs: DueTimes } {
    let start = this.#eventsAt + this.#events * 4;
    for (let i = 0; i < index; i += 1) start += this.#bytes.readUInt32LE(this.#eventsAt + i * 4);
    const [, , data, , dueAtMs] = this.#unpack(start, index);
    return { data, dueAtMs: dueAtMs as DueTimes };
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
        ...(block && { entries: withoutBytes(block, dueAtMs as DueTimes) }),
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

  #sizeOf(entry: number): number {
    return this.#bytes.readUInt32LE(this.#sizesAt + entry * 4) & ~at.STARTS_VALUE;
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

  #readPositions(): EntryPosition[] {
    let value = 0;
    let nextValue = 1;
    let start = this.#bytes.length;
    return Array.from({ length: this.#entries }, (_, i) => {
      const size = this.#sizeOf(i);
      const starts = (this.#bytes.readUInt32LE(this.#sizesAt + i * 4) & at.STARTS_VALUE) !== 0;
      const values = Math.max(1, Math.ceil(size / at.GIANT_BYTES));
      if (starts) {
        value = nextValue;
        nextValue += values;
        start = 0;
      }
      const position = { value, values, start, size };
      start += size;
      return position;
    });
  }
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
