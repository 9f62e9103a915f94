/** Namespace bundles: equal ranges of the 32-bit hashes of topic names. */

const HASHES = 2 ** 32;

/** Boundaries of `count` bundles, `0x00000000` to `0xffffffff`. */
export function boundariesOf(count: number): string[] {
  const width = widthOf(count);
  const starts = Array.from({ length: count }, (_, index) => hex(width * index));
  return [...starts, hex(HASHES - 1)];
}

/** The bundle that a topic's full name falls into, as `0x00000000_0x40000000`. */
export function bundleOf(topic: string, count: number): string {
  const boundaries = boundariesOf(count);
  const index = Math.min(Math.floor(crc32(topic) / widthOf(count)), count - 1);
  return `${boundaries[index]}_${boundaries[index + 1]}`;
}

/** Rounded down, as Pulsar does: the last bundle may be a little wider. */
function widthOf(count: number): number {
  return Math.floor(HASHES / count);
}

function hex(hash: number): string {
  return `0x${hash.toString(16).padStart(8, '0')}`;
}

/** CRC-32 of IEEE 802.3, which Pulsar hashes topic names with. */
function crc32(text: string): number {
  let crc = 0xffffffff;
  for (const byte of Buffer.from(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
