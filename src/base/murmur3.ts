/** MurmurHash3, x86, 32 bits, as Pulsar uses it for message keys and consistent hashing. */

/** The hash of `buffer[start, end)` with seed 0, unsigned. */
export function murmur3(buffer: Buffer, start = 0, end = buffer.length): number {
  let hash = 0;
  const tail = end - ((end - start) & 3);
  for (let at = start; at < tail; at += 4) {
    const block =
      buffer[at]! | (buffer[at + 1]! << 8) | (buffer[at + 2]! << 16) | (buffer[at + 3]! << 24);
    hash ^= scramble(block);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  let rest = 0;
  for (let at = end - 1; at >= tail; at--) rest = (rest << 8) | buffer[at]!;
  hash ^= scramble(rest);
  return finish(hash ^ (end - start));
}

/** Pulsar's non-negative form: the hash without its sign bit. */
export function murmur3Positive(buffer: Buffer, start = 0, end = buffer.length): number {
  return murmur3(buffer, start, end) & 0x7fffffff;
}

function scramble(block: number): number {
  const spread = Math.imul(block, 0xcc9e2d51);
  return Math.imul((spread << 15) | (spread >>> 17), 0x1b873593);
}

function finish(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
