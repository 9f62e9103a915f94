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
    room.fill(0);
    room[0] = length;
    buffer.copy(room, 1, start, end);
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
