/**
 * A message's key in 128 bits, for tables of millions of keys: a key of up to 15 bytes is its own
 * id, a longer one has the start of its SHA-256. The two kinds never meet, so that only two long
 * keys could be taken for one, and nobody can find such two.
 */
import { createHash } from 'node:crypto';

/** Four unsigned words of 32 bits. */
export interface KeyId {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

/** Longest key that is its own id. */
const OWN_BYTES = 15;
const LONG = 0x80;

/** The id of the key in `buffer[start, end)`. */
export function keyIdOf(buffer: Buffer, start: number, end: number): KeyId {
  const length = end - start;
  if (length <= OWN_BYTES) {
    // Byte by byte: for so few, it takes half of what a call of `copy` does.
    room[0] = length;
    for (let i = 0; i < OWN_BYTES; i += 1) room[i + 1] = i < length ? buffer[start + i]! : 0;
  } else {
    createHash('sha256').update(buffer.subarray(start, end)).digest().copy(room, 0, 0, room.length);
    room[0]! |= LONG;
  }
  return {
    a: room.readUInt32BE(0),
    b: room.readUInt32BE(4),
    c: room.readUInt32BE(8),
    d: room.readUInt32BE(12),
  };
}

const room = Buffer.alloc(OWN_BYTES + 1);
