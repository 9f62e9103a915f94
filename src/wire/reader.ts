/**
 * Reads protobuf's wire form from a range of a buffer. Every read is bounded by `end`: bytes that
 * claim more than there is raise `bad-frame`, and nothing is allocated for a claim.
 */

import { BrokerError } from '../base/errors.ts';
import type { Long } from '../base/long.ts';

/** The four wire types that Pulsar's fields use. */
export const Wire = { VARINT: 0, FIXED64: 1, BYTES: 2, FIXED32: 5 } as const;

/** An error about bytes from a peer: what is wrong with them. */
export function badFrame(what: string): BrokerError {
  return new BrokerError('bad-frame', `malformed bytes from the peer: ${what}`);
}

/** A cursor over `[pos, end)` of `buffer`. Reusable: `reset` points it at other bytes. */
export class ProtoReader {
  buffer: Buffer = EMPTY;
  pos = 0;
  end = 0;

  reset(buffer: Buffer, start: number, end: number): this {
    if (start < 0 || end < start || end > buffer.length) throw badFrame('range outside the buffer');
    this.buffer = buffer;
    this.pos = start;
    this.end = end;
    return this;
  }

  /** Lets go of the bytes: a reader that lives on must not keep a peer's 5 MB. */
  release(): void {
    this.buffer = EMPTY;
    this.pos = 0;
    this.end = 0;
  }

  /** The next field's tag (number << 3 | wire type), or 0 at the end. */
  tag(): number {
    if (this.pos >= this.end) return 0;
    const tag = this.uint32();
    if (tag >>> 3 === 0) throw badFrame('field number 0');
    return tag;
  }

  /** A varint's low 32 bits, unsigned; longer ones are cut as protobuf cuts them. */
  uint32(): number {
    const pos = this.pos;
    if (pos < this.end) {
      const byte = this.buffer[pos]!;
      if (byte < 0x80) {
        this.pos = pos + 1;
        return byte;
      }
    }
    return this.longVarint32();
  }

  int32(): number {
    return this.uint32() | 0;
  }

  bool(): boolean {
    const pos = this.pos;
    if (pos < this.end && this.buffer[pos]! < 0x80) {
      this.pos = pos + 1;
      return this.buffer[pos] !== 0;
    }
    return this.uint64() !== 0;
  }

  /** An unsigned 64-bit varint; bits above the 64th are dropped. */
  uint64(): Long {
    const pos = this.pos;
    if (pos < this.end) {
      const byte = this.buffer[pos]!;
      if (byte < 0x80) {
        this.pos = pos + 1;
        return byte;
      }
    }
    return this.longVarint64();
  }

  /** A signed (two's complement) 64-bit varint. */
  int64(): Long {
    const value = this.uint64();
    if (typeof value === 'number') return value;
    const signed = BigInt.asIntN(64, value);
    return signed >= MIN_SAFE && signed < 0n ? Number(signed) : signed;
  }

  double(): number {
    const pos = this.pos;
    this.advance(8);
    return this.buffer.readDoubleLE(pos);
  }

  /** Reads a length and returns the position behind the bytes that it announces, checked. */
  lengthDelimitedEnd(): number {
    const length = this.uint32();
    const end = this.pos + length;
    if (end > this.end) throw badFrame(`a field of ${length} bytes in ${this.end - this.pos}`);
    return end;
  }

  string(): string {
    const end = this.lengthDelimitedEnd();
    const start = this.pos;
    this.pos = end;
    return this.buffer.toString('utf8', start, end);
  }

  /** A copy, so that a value that is kept does not keep the socket's chunk. */
  bytes(): Buffer {
    const end = this.lengthDelimitedEnd();
    const copy = Buffer.from(this.buffer.subarray(this.pos, end));
    this.pos = end;
    return copy;
  }

  /** Steps over the value of a field that nobody asked for. */
  skip(tag: number): void {
    const wire = tag & 7;
    if (wire === Wire.VARINT) this.skipVarint();
    else if (wire === Wire.BYTES) this.pos = this.lengthDelimitedEnd();
    else if (wire === Wire.FIXED64) this.advance(8);
    else if (wire === Wire.FIXED32) this.advance(4);
    else if (wire === START_GROUP) this.skipGroup(tag >>> 3);
    else throw badFrame(`wire type ${wire}`);
  }

  private skipVarint(): void {
    for (let length = 0; length < 10; length++) {
      if (this.byte() < 0x80) return;
    }
    throw badFrame('a varint of more than 10 bytes');
  }

  /**
   * Groups are dead in protobuf but still legal in unknown fields. Not recursive: depth is a
   * count.
   */
  private skipGroup(field: number): void {
    const open = [field];
    while (open.length > 0) {
      const tag = this.tag();
      const wire = tag & 7;
      if (tag === 0) throw badFrame('a group without end');
      if (wire === START_GROUP) {
        if (open.push(tag >>> 3) > MAX_DEPTH) throw badFrame('groups nested too deeply');
      } else if (wire === END_GROUP) {
        if (open.pop() !== tag >>> 3) throw badFrame('a group that ends another');
      } else this.skip(tag);
    }
  }

  private advance(bytes: number): void {
    if (this.end - this.pos < bytes) throw badFrame('cut short');
    this.pos += bytes;
  }

  private byte(): number {
    if (this.pos >= this.end) throw badFrame('cut short');
    return this.buffer[this.pos++]!;
  }

  private longVarint32(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.byte();
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw badFrame('a varint of more than 10 bytes');
  }

  /** In three pieces of 28, 28 and 8 bits: below 2^53 no bigint is made. */
  private longVarint64(): Long {
    let low = 0;
    let middle = 0;
    let high = 0;
    for (let index = 0; index < 10; index++) {
      const byte = this.byte();
      const bits = byte & 0x7f;
      if (index < 4) low |= bits << (7 * index);
      else if (index < 8) middle |= bits << (7 * (index - 4));
      else high |= bits << (7 * (index - 8));
      if (byte < 0x80) return joinPieces(low, middle, high & 0xff);
    }
    throw badFrame('a varint of more than 10 bytes');
  }
}

/** How deep messages may nest, as protobuf's own parsers limit it. */
export const MAX_DEPTH = 100;

function joinPieces(low: number, middle: number, high: number): Long {
  const lower56 = middle * 2 ** 28 + low;
  if (high === 0 && middle < 2 ** 25) return lower56;
  return (BigInt(high) << 56n) | (BigInt(middle) << 28n) | BigInt(low);
}

const START_GROUP = 3;
const END_GROUP = 4;
const EMPTY = Buffer.alloc(0);
const MIN_SAFE = BigInt(Number.MIN_SAFE_INTEGER);
