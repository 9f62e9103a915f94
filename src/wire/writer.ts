/**
 * Writes protobuf's wire form. The free functions write at a position of a buffer that has room;
 * the `ProtoWriter` owns a buffer that grows.
 */

import { assert } from '../base/assert.ts';
import type { Long } from '../base/long.ts';

/** The most bytes that a varint takes. */
const MAX_VARINT = 10;

/** Writes an unsigned 32-bit varint at `pos`; returns the position behind it. */
export function writeUint32(buffer: Buffer, pos: number, value: number): number {
  let rest = value >>> 0;
  let at = pos;
  while (rest >= 0x80) {
    buffer[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  buffer[at++] = rest;
  return at;
}

/** Writes a 64-bit varint at `pos`; a negative value as its two's complement, in 10 bytes. */
export function writeLong(buffer: Buffer, pos: number, value: Long): number {
  if (typeof value === 'bigint') return writeBigint(buffer, pos, value);
  if (value >= 0 && value < 0x80) {
    buffer[pos] = value;
    return pos + 1;
  }
  if (value < 0) return writeBigint(buffer, pos, BigInt(value));
  let at = pos;
  let rest = value;
  while (rest >= 2 ** 31) {
    buffer[at++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  return writeUint32(buffer, at, rest);
}

/** How many bytes `writeUint32` takes for a value. */
export function sizeOfUint32(value: number): number {
  if (value < 2 ** 7) return 1;
  if (value < 2 ** 14) return 2;
  if (value < 2 ** 21) return 3;
  return value < 2 ** 28 ? 4 : 5;
}

/** A buffer that doubles as values are written to it. */
export class ProtoWriter {
  buffer: Buffer;
  pos = 0;

  constructor(capacity = 1024) {
    this.buffer = Buffer.allocUnsafeSlow(capacity);
  }

  /** Forgets what was written, and gives back a buffer that one large message has grown. */
  reset(): void {
    this.pos = 0;
    if (this.buffer.length > KEPT_CAPACITY) this.buffer = Buffer.allocUnsafeSlow(KEPT_CAPACITY);
  }

  /** What was written, copied out. */
  copy(): Buffer {
    return Buffer.from(this.buffer.subarray(0, this.pos));
  }

  /** Makes room for so many more bytes. */
  reserve(bytes: number): void {
    if (this.pos + bytes <= this.buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, this.pos + bytes));
    this.buffer.copy(grown, 0, 0, this.pos);
    this.buffer = grown;
  }

  uint32(value: number): void {
    assert(Number.isInteger(value) && value >= 0 && value < 2 ** 32, 'a uint32 is 0 to 2^32-1');
    this.reserve(MAX_VARINT);
    this.pos = writeUint32(this.buffer, this.pos, value);
  }

  /** Negative values take 10 bytes, as protobuf extends their sign. */
  int32(value: number): void {
    assert(value === (value | 0), 'an int32 is -2^31 to 2^31-1');
    this.long(value);
  }

  /** Both 64-bit types: `uint64` fields take -1 as 2^64-1. */
  long(value: Long): void {
    assert(fitsIn64Bits(value), 'a 64-bit field takes an exact integer of 64 bits');
    this.reserve(MAX_VARINT);
    this.pos = writeLong(this.buffer, this.pos, value);
  }

  double(value: number): void {
    this.reserve(8);
    this.pos = this.buffer.writeDoubleLE(value, this.pos);
  }

  string(value: string): void {
    const length = Buffer.byteLength(value);
    this.reserve(length + MAX_VARINT);
    const at = writeUint32(this.buffer, this.pos, length);
    this.pos = at + this.buffer.write(value, at, length, 'utf8');
  }

  bytes(value: Uint8Array): void {
    this.reserve(value.length + MAX_VARINT);
    const at = writeUint32(this.buffer, this.pos, value.length);
    this.buffer.set(value, at);
    this.pos = at + value.length;
  }

  /** Opens a length-delimited value; `end` takes what this returns and puts the length in front. */
  begin(): number {
    this.reserve(1);
    return this.pos++;
  }

  /** Most values are under 128 bytes, so one byte was left; longer ones move up. */
  end(begun: number): void {
    const start = begun + 1;
    const length = this.pos - start;
    const extra = sizeOfUint32(length) - 1;
    if (extra > 0) {
      this.reserve(extra);
      this.buffer.copyWithin(start + extra, start, this.pos);
      this.pos += extra;
    }
    writeUint32(this.buffer, begun, length);
  }
}

/** What a writer keeps between messages; larger buffers go back to the collector. */
const KEPT_CAPACITY = 64 * 1024;

function fitsIn64Bits(value: Long): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value);
  return value >= -(2n ** 63n) && value < 2n ** 64n;
}

function writeBigint(buffer: Buffer, pos: number, value: bigint): number {
  const bits = BigInt.asUintN(64, value);
  const low = Number(bits & 0xffff_ffffn);
  const high = Number(bits >> 32n);
  if (high === 0) return writeUint32(buffer, pos, low);
  let at = pos;
  let rest = low;
  for (let index = 0; index < 4; index++) {
    buffer[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  const fifth = rest | ((high << 4) & 0x7f);
  if (high < 8) {
    buffer[at++] = fifth;
    return at;
  }
  buffer[at++] = fifth | 0x80;
  return writeUint32(buffer, at, high >>> 3);
}
