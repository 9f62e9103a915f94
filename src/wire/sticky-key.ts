/** Which key, and so which hash, Key_Shared routes an entry by. */

import { murmur3Positive } from '../base/murmur3.ts';
import { toSigned } from './long.ts';
import { type EntryMetadata, producerNameOf, readEntryMetadata } from './metadata.ts';

/**
 * The hash, 31 bits, of the key of the entry in `buffer[start, end)`: of its ordering key,
 * else its partition key (decoded when it is base64), else `producer_name-sequence_id`. Throws
 * `bad-frame`.
 */
export function stickyKeyHash(buffer: Buffer, start: number, end: number): number {
  return stickyKeyHashOf(buffer, readEntryMetadata(buffer, start, end));
}

/** The same for metadata that was scanned from `buffer` already. */
export function stickyKeyHashOf(buffer: Buffer, metadata: EntryMetadata): number {
  const { orderingKey, partitionKey } = metadata;
  if (orderingKey !== undefined) return murmur3Positive(buffer, orderingKey.start, orderingKey.end);
  if (partitionKey === undefined)
    return murmur3Positive(Buffer.from(keyOfKeyless(buffer, metadata)));
  const { start, end } = partitionKey;
  if (!metadata.isPartitionKeyBase64) return murmur3Positive(buffer, start, end);
  return murmur3Positive(Buffer.from(buffer.toString('latin1', start, end), 'base64'));
}

/** A keyless entry has a key of its own, so that such entries spread over the consumers. */
function keyOfKeyless(buffer: Buffer, metadata: EntryMetadata): string {
  return `${producerNameOf(buffer, metadata)}-${toSigned(metadata.sequenceId)}`;
}
