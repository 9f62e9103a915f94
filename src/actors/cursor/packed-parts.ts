/**
 * Batches that are acknowledged in part, as bytes for a snapshot, and back. Of each: its offset and
 * the number of its words as doubles, then the words, in the byte order of the machine.
 */
import { SmallMap } from '../../base/small-map.ts';

/** Words of the batch indexes that are open, by offset. */
export type Parts = ReadonlyMap<number, readonly bigint[]>;

export function packParts(parts: Parts): Uint8Array {
  let size = parts.size * 2;
  for (const words of parts.values()) size += words.length;
  const doubles = new Float64Array(size);
  const longs = new BigUint64Array(doubles.buffer);
  let at = 0;
  for (const [offset, words] of parts) {
    doubles[at] = offset;
    doubles[at + 1] = words.length;
    at += 2;
    for (let i = 0; i < words.length; i++) longs[at + i] = words[i]!;
    at += words.length;
  }
  return new Uint8Array(doubles.buffer);
}

export function unpackParts(packed: Uint8Array): SmallMap<number, readonly bigint[]> {
  // A copy begins where doubles can begin.
  const { buffer } = new Uint8Array(packed);
  const doubles = new Float64Array(buffer);
  const longs = new BigUint64Array(buffer);
  const parts = new SmallMap<number, readonly bigint[]>();
  for (let at = 0; at < doubles.length; ) {
    const first = at + 2;
    const end = first + doubles[at + 1]!;
    parts.set(doubles[at]!, Array.from(longs.subarray(first, end)));
    at = end;
  }
  return parts;
}
