/** Namespace bundles: ranges of the 32-bit hashes of topic names. */
import { BrokerError } from '../../base/errors.ts';

/** Of a namespace: so many equal ranges, or those between boundaries. */
export interface Bundles {
  readonly bundles: number;
  /** From `0x00000000` to `0xffffffff`; there once they are not equally wide. */
  readonly boundaries?: readonly string[];
}

const HASHES = 2 ** 32;

/** Boundaries of the bundles, `0x00000000` to `0xffffffff`. */
export function boundariesOf({ bundles: count, boundaries }: Bundles): readonly string[] {
  if (boundaries !== undefined) return boundaries;
  // Rounded down, as Pulsar does: the last bundle may be a little wider.
  const width = Math.floor(HASHES / count);
  const starts = Array.from({ length: count }, (_, index) => hex(width * index));
  return [...starts, LAST];
}

/** The bundle that a topic's full name falls into, as `0x00000000_0x40000000`. */
export function bundleOf(topic: string, bundles: Bundles): string {
  const boundaries = boundariesOf(bundles);
  const hash = hex(hashOf(topic));
  const index = boundaries.findLastIndex((start) => start <= hash && start !== LAST);
  return `${boundaries[index]}_${boundaries[index + 1]}`;
}

/** Throws `precondition-failed` for a range that is no bundle of the namespace. */
export function checkBundle(namespace: string, bundle: string, bundles: Bundles): void {
  if (!/^0x[0-9a-f]{8}_0x[0-9a-f]{8}$/i.test(bundle))
    throw refusal(`Invalid bundle range: ${bundle}`);
  const boundaries = boundariesOf(bundles);
  const [lower = '', upper] = bundle.split('_');
  const next = boundaries[boundaries.indexOf(lower) + 1];
  const isThere = boundaries.slice(0, -1).includes(lower);
  if (isThere && upper === next) return;
  throw refusal(
    isThere
      ? `Invalid upper boundary for bundle ${namespace}/${bundle}. Expected upper boundary of ` +
          `${namespace}/${lower}_${next}`
      : `Cannot find bundle ${namespace}/${bundle} in the bundles list`,
  );
}

/** The bundles with one of them in two. Throws `precondition-failed` where it is too narrow. */
export function split(bundles: Bundles, bundle: string): Bundles {
  const [lower = '', upper = ''] = bundle.split('_');
  const [from, to] = [Number(lower), Number(upper)];
  const middle = hex(from + Math.floor((to - from) / 2));
  if (middle === lower) throw refusal(`Bundle ${bundle} is too narrow to be split`);
  const boundaries = boundariesOf(bundles).flatMap((one) =>
    one === lower ? [one, middle] : [one],
  );
  return { bundles: boundaries.length - 1, boundaries };
}

function refusal(reason: string): BrokerError {
  return new BrokerError('precondition-failed', reason);
}

function hex(hash: number): string {
  return `0x${hash.toString(16).padStart(8, '0')}`;
}

const LAST = hex(HASHES - 1);

/** CRC-32 of IEEE 802.3, which Pulsar hashes topic names with: where a topic is in its bundle. */
export function hashOf(text: string): number {
  let crc = 0xffffffff;
  for (const byte of Buffer.from(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
