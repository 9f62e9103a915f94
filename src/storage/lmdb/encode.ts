/** A batch into the values of a journal record. See `layout.ts` for the bytes. */
import { crc32c } from '@node-rs/crc32';
import { assert } from '../../base/assert.ts';
import type { JournalBatch, JournalEvent } from '../journal.ts';
import * as at from './layout.ts';
import { encodePlain } from './plain.ts';
import type { Slab, SlabPool } from './slabs.ts';

/** A record ready to be written. */
export interface EncodedRecord {
  readonly values: readonly Buffer[];
  /** Bytes of all values. */
  readonly bytes: number;
  /** Memory of the joined values; goes back to the pool once they are on disk. */
  readonly slabs: readonly Slab[];
}

/**
 * Encodes `batch`. Entries smaller than the pool's slabs are copied and joined, larger ones become
 * values as they are: they must not change before the record is written.
 */
export function encodeRecord(place: at.Place, batch: JournalBatch, pool: SlabPool): EncodedRecord {
  const plan = planHeader(batch);
  const values = new ValueWriter(pool, plan.headerBytes);
  const header = values.header;
  const words = new Uint32Array(header.buffer, header.byteOffset, plan.headerBytes >>> 2);
  const doubles = new Float64Array(header.buffer, header.byteOffset, plan.headerBytes >>> 3);
  words[0] = at.FORMAT | ((at.isMoved(place) ? at.KIND_MOVED : at.KIND_BATCH) << 8);
  words[at.AT_HEADER_BYTES >>> 2] = plan.headerBytes;
  words[at.AT_EVENTS >>> 2] = batch.events.length;
  doubles[at.AT_SEQUENCE >>> 3] = at.numberOf(place);
  doubles[at.AT_TIME >>> 3] = batch.atMs;
  words[at.AT_BLOCKS >>> 2] = plan.blocks;
  words[at.AT_TRIMS >>> 2] = plan.trims;
  words[at.AT_ENTRIES >>> 2] = plan.entries;
  writeMarks(batch, plan, words, doubles);
  writeEntries(batch, plan, words, values);
  writeEvents(plan, header, words);
  values.finish();
  words[at.AT_VALUES >>> 2] = values.values.length;
  words[at.AT_CRC >>> 2] = crc32c(header.subarray(at.AT_HEADER_BYTES, plan.headerBytes));
  assert(values.values.length <= at.MAX_VALUES, 'a batch has at most 65,535 values');
  return { values: values.values, bytes: values.bytes, slabs: values.slabs };
}

interface HeaderPlan {
  readonly headerBytes: number;
  readonly blocks: number;
  readonly trims: number;
  readonly entries: number;
  readonly events: readonly Buffer[];
}

function planHeader(batch: JournalBatch): HeaderPlan {
  let blocks = 0;
  let trims = 0;
  let entries = 0;
  let eventBytes = 0;
  const events: Buffer[] = [];
  for (const event of batch.events) {
    if (event.entries !== undefined) {
      blocks += 1;
      entries += event.entries.entries.length;
    }
    if (event.trim !== undefined) trims += 1;
    const packed = encodeEvent(event);
    eventBytes += packed.length + 4;
    events.push(packed);
  }
  const tables = blocks * at.BLOCK_BYTES + trims * at.TRIM_BYTES + entries * at.ENTRY_BYTES;
  // Doubles are written through a view of whole ones.
  const headerBytes = (at.FIXED_BYTES + tables + eventBytes + 7) & ~7;
  assert(headerBytes <= at.GIANT_BYTES, 'events of one batch take at most 8 MiB');
  return { headerBytes, blocks, trims, entries, events };
}

function encodeEvent({ actor, type, data, cause, entries }: JournalEvent): Buffer {
  const dueAtMs = entries?.dueAtMs;
  const times = dueAtMs === undefined ? [] : [packTimes(dueAtMs)];
  return encodePlain([actor, type, data, cause, ...times]);
}

/** Numbers one by one would be most of what reading an entry costs. */
function packTimes(dueAtMs: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(dueAtMs.length * 8);
  for (let i = 0; i < dueAtMs.length; i += 1) bytes.writeDoubleLE(dueAtMs[i]!, i * 8);
  return bytes;
}

function writeMarks(
  batch: JournalBatch,
  plan: HeaderPlan,
  words: Uint32Array,
  doubles: Float64Array,
): void {
  let block = at.FIXED_BYTES;
  let trim = at.FIXED_BYTES + plan.blocks * at.BLOCK_BYTES;
  batch.events.forEach((event, index) => {
    if (event.entries !== undefined) {
      doubles[block >>> 3] = event.entries.topicId;
      doubles[(block >>> 3) + 1] = event.entries.firstOffset;
      words[(block >>> 2) + 4] = index;
      const isDue = event.entries.dueAtMs === undefined ? 0 : at.HAS_DUE_TIMES;
      words[(block >>> 2) + 5] = isDue | event.entries.entries.length;
      block += at.BLOCK_BYTES;
    }
    if (event.trim === undefined) return;
    doubles[trim >>> 3] = event.trim.topicId;
    doubles[(trim >>> 3) + 1] = event.trim.before;
    words[(trim >>> 2) + 4] = index;
    words[(trim >>> 2) + 5] = 0;
    trim += at.TRIM_BYTES;
  });
}

function writeEntries(
  batch: JournalBatch,
  plan: HeaderPlan,
  words: Uint32Array,
  values: ValueWriter,
): void {
  let size = (at.FIXED_BYTES + plan.blocks * at.BLOCK_BYTES + plan.trims * at.TRIM_BYTES) >>> 2;
  let crc = size + plan.entries;
  for (const { entries: block } of batch.events) {
    if (block === undefined) continue;
    for (const entry of block.entries) {
      assert(
        entry.length >= at.ENTRY_PREFIX_BYTES && entry[0] === 0x0e && entry[1] === 0x01,
        'an entry starts with its magic number and checksum',
      );
      words[size] = (values.add(entry) ? at.STARTS_VALUE : 0) | entry.length;
      words[crc] = entry.readUInt32BE(2);
      size += 1;
      crc += 1;
    }
  }
}

function writeEvents(plan: HeaderPlan, header: Buffer, words: Uint32Array): void {
  const tables =
    at.FIXED_BYTES +
    plan.blocks * at.BLOCK_BYTES +
    plan.trims * at.TRIM_BYTES +
    plan.entries * at.ENTRY_BYTES;
  let size = tables >>> 2;
  let offset = tables + plan.events.length * 4;
  for (const event of plan.events) {
    words[size] = event.length;
    size += 1;
    header.set(event, offset);
    offset += event.length;
  }
  header.fill(0, offset, plan.headerBytes);
}

/** Cuts a record into values: the header, joined small entries, large ones as they are. */
class ValueWriter {
  readonly values: Buffer[] = [];
  readonly slabs: Slab[] = [];
  readonly header: Buffer;
  bytes = 0;
  readonly #pool: SlabPool;
  /** The value being joined, and how much of it is filled. */
  #open: Buffer | undefined;
  #filled: number;

  constructor(pool: SlabPool, headerBytes: number) {
    this.#pool = pool;
    this.header =
      headerBytes <= pool.slabBytes ? this.#take() : Buffer.allocUnsafeSlow(headerBytes);
    this.#open = this.header;
    this.#filled = headerBytes;
  }

  /** Adds an entry; true when a new value starts with it. */
  add(entry: Buffer): boolean {
    if (entry.length >= this.#pool.slabBytes) {
      this.finish();
      for (let start = 0; start < entry.length; start += at.GIANT_BYTES) {
        this.#push(entry.subarray(start, start + at.GIANT_BYTES));
      }
      return true;
    }
    let isNew = false;
    if (this.#open === undefined || this.#filled + entry.length > this.#open.length) {
      this.finish();
      this.#open = this.#take();
      isNew = true;
    }
    this.#open.set(entry, this.#filled);
    this.#filled += entry.length;
    return isNew;
  }

  /** Ends the value being joined. */
  finish(): void {
    if (this.#open === undefined) return;
    this.#push(this.#open.subarray(0, this.#filled));
    this.#open = undefined;
    this.#filled = 0;
  }

  #push(value: Buffer): void {
    this.values.push(value);
    this.bytes += value.length;
  }

  #take(): Buffer {
    const slab = this.#pool.take();
    this.slabs.push(slab);
    return slab.bytes;
  }
}
