/**
 * How much there is in a world. Most worlds are small, so that very many can be run; what there may
 * be in a large one there may be in a small one, too: less of it together.
 */
import type { Draws } from '../generators/draws.ts';

export interface Size {
  /** How often a world is of this size, against the others. */
  readonly weight: number;
  /** How long trouble lasts, from and to, in milliseconds. */
  readonly troubleMs: readonly [number, number];
  readonly topics: number;
  readonly partitions: number;
  /** Of a topic, and the consumers of one of these. */
  readonly producers: number;
  readonly subscriptions: number;
  readonly consumers: number;
  readonly readers: number;
  /** How often there are readers, and clients that break the protocol. */
  readonly read: number;
  readonly abused: number;
  readonly abusers: number;
  /** Of a producer: how long it waits between two sends, most of its entries, and of a burst. */
  readonly everyMs: readonly [number, number];
  readonly entries: number;
  readonly burst: number;
  readonly faults: number;
  readonly operations: number;
  /** Of a topic that is compacted, beside what happens by thresholds. */
  readonly compactions: number;
}

export const sizes = {
  small: {
    weight: 90,
    troubleMs: [3_000, 10_000],
    topics: 1,
    partitions: 2,
    producers: 2,
    subscriptions: 1,
    consumers: 2,
    readers: 1,
    read: 0.1,
    abused: 0.1,
    abusers: 1,
    everyMs: [80, 1_000],
    entries: 40,
    burst: 5,
    faults: 6,
    operations: 6,
    compactions: 3,
  },
  middling: {
    weight: 6,
    troubleMs: [5_000, 15_000],
    topics: 2,
    partitions: 2,
    producers: 2,
    subscriptions: 2,
    consumers: 3,
    readers: 1,
    read: 0.3,
    abused: 0.2,
    abusers: 2,
    everyMs: [40, 1_000],
    entries: 120,
    burst: 10,
    faults: 10,
    operations: 12,
    compactions: 5,
  },
  large: {
    weight: 4,
    troubleMs: [5_000, 25_000],
    topics: 3,
    partitions: 3,
    producers: 3,
    subscriptions: 3,
    consumers: 3,
    readers: 2,
    read: 0.4,
    abused: 0.4,
    abusers: 3,
    everyMs: [20, 1_000],
    entries: 200,
    burst: 20,
    faults: 16,
    operations: 20,
    compactions: 8,
  },
} as const satisfies Record<string, Size>;

export type SizeName = keyof typeof sizes;

export function drawSize(chance: Draws): SizeName {
  const { small, middling, large } = sizes;
  return chance.weighted({
    small: small.weight,
    middling: middling.weight,
    large: large.weight,
  });
}
