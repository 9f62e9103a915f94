/** The hash by which clients and broker compare topic lists without sending them. */

import { crc32c } from './crc32c.ts';

/**
 * Pulsar's `topics_hash`: CRC-32C over the sorted full names joined by commas, as 8 hex digits in
 * little-endian byte order. The order of `topics` does not matter.
 */
export function topicsHash(topics: Iterable<string>): string {
  const joined = Buffer.from([...topics].sort().join(','));
  const digest = Buffer.allocUnsafe(4);
  digest.writeUInt32LE(crc32c(joined));
  return digest.toString('hex');
}
