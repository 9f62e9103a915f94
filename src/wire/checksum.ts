/**
 * The checksum of an entry, the block that follows the command in SEND and MESSAGE:
 * `[u16 0x0e01][u32 crc32c][u32 metadataSize][metadata][payload]`. It covers what is behind it.
 */

import { crc32c } from './crc32c.ts';

export { crc32c } from './crc32c.ts';

/** The two bytes before a checksum. */
const CHECKSUM_MAGIC = 0x0e01;

/** Magic and checksum, in bytes. */
export const CHECKSUM_BYTES = 6;

/** Checks the entry in `buffer[start, end)`. A magic that is cut short counts as a mismatch. */
export function verifyEntry(
  buffer: Buffer,
  start: number,
  end: number,
): 'ok' | 'absent' | 'mismatch' {
  if (!hasChecksum(buffer, start, end)) return 'absent';
  if (end - start < CHECKSUM_BYTES) return 'mismatch';
  const expected =
    buffer[start + 2]! * 2 ** 24 +
    ((buffer[start + 3]! << 16) | (buffer[start + 4]! << 8) | buffer[start + 5]!);
  return crc32c(buffer, start + CHECKSUM_BYTES, end) === expected ? 'ok' : 'mismatch';
}

/** Whether the entry in `buffer[start, end)` begins with a checksum. */
export function hasChecksum(buffer: Buffer, start: number, end: number): boolean {
  return end - start >= 2 && buffer[start] === 0x0e && buffer[start + 1] === 0x01;
}

/** A copy of an entry that came without checksum, with one: Go's client refuses those without. */
export function addChecksum(buffer: Buffer, start = 0, end = buffer.length): Buffer {
  const entry = Buffer.allocUnsafe(CHECKSUM_BYTES + end - start);
  buffer.copy(entry, CHECKSUM_BYTES, start, end);
  entry.writeUInt16BE(CHECKSUM_MAGIC, 0);
  entry.writeUInt32BE(crc32c(entry, CHECKSUM_BYTES), 2);
  return entry;
}
