/**
 * Payloads as their producers had them before they compressed them. The broker forwards payloads
 * as they are; only an administrator who looks at a message wants to read it. Written for safety:
 * what comes out is never larger than the metadata says, and broken input is an error.
 */
import { inflateSync } from 'node:zlib';
import { decompress as zstd } from 'fzstd';
import { CompressionType } from './messages.ts';
import { badFrame } from './reader.ts';

/** Throws `bad-frame` for what is not so compressed, or would become larger than `size` bytes. */
export function decompress(type: number, payload: Buffer, size: number): Buffer {
  switch (type) {
    case CompressionType.NONE:
      return payload;
    case CompressionType.ZLIB:
      return attempt(() => inflateSync(payload, { maxOutputLength: Math.max(1, size) }));
    case CompressionType.ZSTD:
      return attempt(() => Buffer.from(zstd(payload, new Uint8Array(size))));
    case CompressionType.LZ4:
      return lz4(payload, size);
    case CompressionType.SNAPPY:
      return snappy(payload, size);
    default:
      throw badFrame(`compression ${type} is not known`);
  }
}

function attempt(read: () => Buffer): Buffer {
  try {
    return read();
  } catch (error) {
    throw badFrame(`a payload cannot be decompressed: ${String(error)}`);
  }
}

/** What has come out so far: literals, and copies of what came out before. */
class Output {
  readonly bytes: Buffer;
  length = 0;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafe(size);
  }

  literal(input: Buffer, from: number, count: number): void {
    if (from + count > input.length) throw badFrame('a compressed payload is cut short');
    this.#require(count);
    input.copy(this.bytes, this.length, from, from + count);
    this.length += count;
  }

  /** Bytes that repeat themselves may overlap what they are copied to. */
  copy(distance: number, count: number): void {
    if (distance < 1 || distance > this.length) throw badFrame('a copy from before the beginning');
    this.#require(count);
    for (let i = 0; i < count; i++) {
      this.bytes[this.length] = this.bytes[this.length - distance]!;
      this.length += 1;
    }
  }

  done(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  #require(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    throw badFrame('a payload is larger than its metadata says');
  }
}

/** Reads numbers off the input; past its end everything is an error. */
class Input {
  readonly bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  byte(): number {
    const value = this.bytes[this.at];
    if (value === undefined) throw badFrame('a compressed payload is cut short');
    this.at += 1;
    return value;
  }

  /** Little endian. */
  number(bytes: number): number {
    let value = 0;
    for (let i = 0; i < bytes; i++) value += this.byte() * 2 ** (8 * i);
    return value;
  }

  varint(): number {
    for (let value = 0, shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw badFrame('a length in a compressed payload is too large');
  }
}

/** An LZ4 block: literals and matches in turn, the last literals without a match. */
function lz4(payload: Buffer, size: number): Buffer {
  const [input, output] = [new Input(payload), new Output(size)];
  while (!input.isAtEnd) {
    const token = input.byte();
    const literals = lz4Length(input, token >> 4);
    output.literal(payload, input.at, literals);
    input.at += literals;
    if (input.isAtEnd) break;
    const distance = input.number(2);
    output.copy(distance, lz4Length(input, token & 15) + 4);
  }
  return output.done();
}

function lz4Length(input: Input, start: number): number {
  if (start < 15) return start;
  let length = start;
  for (let more = 255; more === 255; length += more) more = input.byte();
  return length;
}

/** Snappy's raw format: its length, then literals and copies by the tag's lowest two bits. */
function snappy(payload: Buffer, size: number): Buffer {
  const [input, output] = [new Input(payload), new Output(size)];
  if (input.varint() > size) throw badFrame('a payload is larger than its metadata says');
  while (!input.isAtEnd) {
    const tag = input.byte();
    const high = tag >> 2;
    switch (tag & 3) {
      case 0: {
        const count = (high < 60 ? high : input.number(high - 59)) + 1;
        output.literal(payload, input.at, count);
        input.at += count;
        break;
      }
      case 1:
        output.copy((tag >> 5) * 256 + input.byte(), (high & 7) + 4);
        break;
      case 2:
        output.copy(input.number(2), high + 1);
        break;
      default:
        output.copy(input.number(4), high + 1);
    }
  }
  return output.done();
}
