/**
 * The last message of each key, in memory of a fixed size: open addressing over typed arrays, 24
 * bytes a slot. Who finds it full takes out what is in it, by parts of the keys, and clears it.
 */
import { assert } from '../../base/assert.ts';
import type { KeyId } from '../ports.ts';

const SLOT_BYTES = 24;
/** Share of the slots that may be taken. */
const MAX_FILL = 0.75;

/** In the place of a message's number: the key's last message was a tombstone. */
export const DEAD = -1;

/** Keys are taken out in so many parts. */
export const PARTS = 64;

/** Bytes of a key with its message, as `part` gives them: four words, and a double. */
export const RECORD_BYTES = 24;

/** A block of `part` holds at most so many. */
const BLOCK_RECORDS = 2_048;

/** Slots that are cleared at once. */
const CLEARED_SLOTS = 65_536;

export class KeyTable {
  readonly #keys: Uint32Array;
  /** Number of the message plus one, -1 for `DEAD`, 0 for a free slot. */
  readonly #values: Float64Array;
  readonly #mask: number;
  readonly #limit: number;
  /** Whether slots are found by other bits of the hash than those that say the part. */
  #isPart = false;
  size = 0;

  constructor(maxBytes: number) {
    const slots = 2 ** Math.floor(Math.log2(maxBytes / SLOT_BYTES));
    assert(slots >= PARTS, 'a key table has room for a few keys');
    this.#keys = new Uint32Array(slots * 4);
    this.#values = new Float64Array(slots);
    this.#mask = slots - 1;
    this.#limit = Math.floor(slots * MAX_FILL);
  }

  get isFull(): boolean {
    return this.size >= this.#limit;
  }

  /** The number put for the key before, undefined for none. The table must not be full. */
  put(key: KeyId, message: number): number | undefined {
    const slot = this.#find(key);
    const before = this.#values[slot]!;
    this.#values[slot] = message === DEAD ? DEAD : message + 1;
    if (before === DEAD) return DEAD;
    if (before !== 0) return before - 1;
    assert(this.size < this.#limit, 'whoever finds the table full clears it');
    this.size += 1;
    const [keys, at] = [this.#keys, slot * 4];
    keys[at] = key.a;
    keys[at + 1] = key.b;
    keys[at + 2] = key.c;
    keys[at + 3] = key.d;
    return undefined;
  }

  /** The keys of one part in blocks of records. Not of a table that holds a part only. */
  *part(part: number): Generator<Buffer> {
    assert(!this.#isPart, 'only the keys of a whole table have parts');
    let block = Buffer.allocUnsafe(BLOCK_RECORDS * RECORD_BYTES);
    let filled = 0;
    const slots = this.#mask + 1;
    const end = ((part + 1) * slots) / PARTS;
    // Keys lie behind the slot that they hash to, with no free one between.
    for (let i = (part * slots) / PARTS; i < end || this.#values[i & this.#mask] !== 0; i++) {
      const slot = i & this.#mask;
      if (this.#values[slot] === 0 || this.#partAt(slot) !== part) continue;
      this.#write(slot, block, filled);
      filled += RECORD_BYTES;
      if (filled < block.length) continue;
      yield block;
      block = Buffer.allocUnsafe(block.length);
      filled = 0;
    }
    if (filled > 0) yield block.subarray(0, filled);
  }

  /** Empties the table, yielding between its pieces; `isPart`: for the keys of one part. */
  *clear(isPart = false): Generator<void> {
    this.#isPart = isPart;
    this.size = 0;
    for (let at = 0; at <= this.#mask; at += CLEARED_SLOTS) {
      this.#values.fill(0, at, at + CLEARED_SLOTS);
      yield;
    }
  }

  #write(slot: number, block: Buffer, at: number): void {
    for (let word = 0; word < 4; word++) {
      block.writeUInt32LE(this.#keys[slot * 4 + word]!, at + word * 4);
    }
    const value = this.#values[slot]!;
    block.writeDoubleLE(value === DEAD ? DEAD : value - 1, at + 16);
  }

  #partAt(slot: number): number {
    const [keys, at] = [this.#keys, slot * 4];
    const hash = mixed(keys[at]!, keys[at + 1]!, keys[at + 2]!, keys[at + 3]!);
    return Math.floor(((hash & this.#mask) * PARTS) / (this.#mask + 1));
  }

  #find({ a, b, c, d }: KeyId): number {
    const keys = this.#keys;
    const hash = mixed(a, b, c, d);
    let slot = (this.#isPart ? Math.imul(hash, 0x9e37_79b1) >>> 7 : hash) & this.#mask;
    for (; this.#values[slot] !== 0; slot = (slot + 1) & this.#mask) {
      const at = slot * 4;
      const isIt = keys[at] === a && keys[at + 1] === b && keys[at + 2] === c && keys[at + 3] === d;
      if (isIt) break;
    }
    return slot;
  }
}

/** The record at a byte of a block that `KeyTable.part` gave. */
export function recordAt(
  block: Buffer,
  at: number,
): { readonly key: KeyId; readonly message: number } {
  const key = {
    a: block.readUInt32LE(at),
    b: block.readUInt32LE(at + 4),
    c: block.readUInt32LE(at + 8),
    d: block.readUInt32LE(at + 12),
  };
  return { key, message: block.readDoubleLE(at + 16) };
}

/** Short keys are their own ids, so that neighbours differ in few bits. */
function mixed(a: number, b: number, c: number, d: number): number {
  let hash = Math.imul(a ^ 0x9e37_79b9, 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 15) ^ b, 0xc2b2_ae35);
  hash = Math.imul(hash ^ (hash >>> 13) ^ c, 0x27d4_eb2f);
  hash = Math.imul(hash ^ (hash >>> 16) ^ d, 0x1656_67b1);
  return hash ^ (hash >>> 15);
}
