/** Which key_shared consumer a hash belongs to (protocol section 5.4). */
import { murmur3Positive } from '../../base/murmur3.ts';
import type { KeySharedMode } from './commands.ts';

const HASHES = 65_536;

/** On the ring Pulsar 4 spreads keys over 1 to 65535 ... */
function ringHash(keyHash: number): number {
  return (keyHash % (HASHES - 1)) + 1;
}

/** ... and else over 0 to 65535, of which 0 stands for "none" and becomes 1. */
function rangeHash(keyHash: number): number {
  return keyHash % HASHES || 1;
}

/** Whether a key, by its 31-bit hash, is in one of the ranges that a consumer chose. */
export function isInRanges(ranges: KeySharedMode['ranges'], keyHash: number): boolean {
  const hash = rangeHash(keyHash);
  return ranges.some(([start, end]) => start <= hash && hash <= end);
}

/** What a selector knows of a consumer. */
export interface SelectorMember {
  readonly key: number;
  readonly name: string;
  readonly ranges: KeySharedMode['ranges'];
}

export interface Selector {
  /** The hash, 1 to 65535, by which messages are divided, made of a key's 31-bit hash. */
  hashOf(keyHash: number): number;
  /** Key of the consumer that `hash` belongs to, undefined when nobody covers it. */
  ownerOf(hash: number): number | undefined;
  /** Inclusive ranges of each consumer, by key. */
  ranges(): Ranges;
}

type Ranges = Map<number, Range[]>;

/** A ring of points, and what it is made of. */
export interface Ring extends Selector {
  readonly seats: ReadonlyMap<number, Seat>;
}

/** A consumer's points follow from its name and the first number free among those of the name. */
interface Seat {
  readonly name: string;
  readonly index: number;
  readonly points: readonly number[];
}

/**
 * Consistent hashing: each consumer owns what lies before its points on a ring. Consumers that were
 * on the ring before keep their points.
 */
export function hashRing(
  members: readonly SelectorMember[],
  pointsEach: number,
  before?: Selector,
): Ring {
  const seats = new Map<number, Seat>();
  const known = before !== undefined && 'seats' in before ? (before as Ring).seats : undefined;
  for (const { key } of members) {
    const seat = known?.get(key);
    if (seat !== undefined) seats.set(key, seat);
  }
  for (const { key, name } of members) {
    if (!seats.has(key)) seats.set(key, takeSeat(seats, name, pointsEach));
  }
  const ring = new Map<number, number>();
  for (const [key, seat] of seats) {
    for (const point of seat.points) if (!ring.has(point)) ring.set(point, key);
  }
  const points = Uint32Array.from(ring.keys()).sort();
  const owners = Array.from(points, (point) => ring.get(point)!);
  return {
    seats,
    hashOf: ringHash,
    ownerOf: (hash) => (owners.length === 0 ? undefined : owners[ceiling(points, hash)]),
    ranges: () => ringRanges(points, owners),
  };
}

function takeSeat(seats: ReadonlyMap<number, Seat>, name: string, pointsEach: number): Seat {
  const taken = new Set<number>();
  for (const seat of seats.values()) if (seat.name === name) taken.add(seat.index);
  let index = 0;
  while (taken.has(index)) index++;
  const points = Array.from({ length: pointsEach }, (_, point) =>
    ringHash(murmur3Positive(Buffer.from(`${name}\0${index}\0${point}`))),
  );
  return { name, index, points };
}

/** Each consumer names the ranges it wants. */
export function stickyRanges(members: readonly SelectorMember[]): Selector {
  const all = members
    .flatMap(({ key, ranges }) => ranges.map(([start, end]) => ({ start, end, key })))
    .sort((a, b) => a.start - b.start);
  const ends = all.map(({ end }) => end);
  return {
    hashOf: rangeHash,
    ownerOf(hash) {
      const range = all[lowerBound(ends, hash)];
      return range !== undefined && range.start <= hash ? range.key : undefined;
    },
    ranges() {
      const found: Ranges = new Map();
      for (const { start, end, key } of all) append(found, key, start, end);
      return found;
    },
  };
}

/**
 * Ranges that are halved, which end at 65536 as Pulsar's do, though no hash is as high: a newcomer
 * gets the lower half of the widest one, what a consumer leaves goes to the range above, or below
 * for the last one.
 * (subscriptionKeySharedUseConsistentHashing off; Pulsar's
 * HashRangeAutoSplitStickyKeyConsumerSelector)
 */
export function splitRanges(
  before: Selector | undefined,
  members: readonly SelectorMember[],
): Selector {
  const keys = new Set(members.map(({ key }) => key));
  const held = [...(before?.ranges() ?? [])].flatMap(([key, ranges]) =>
    ranges.map(([start, end]) => ({ key, start, end })),
  );
  held.sort((a, b) => a.start - b.start);
  const kept: { key: number; start: number; end: number }[] = [];
  let orphaned: number | undefined;
  for (const range of held) {
    if (!keys.has(range.key)) {
      orphaned ??= range.start;
      continue;
    }
    kept.push({ ...range, start: orphaned ?? range.start });
    orphaned = undefined;
  }
  const last = kept.at(-1);
  if (last !== undefined) last.end = HASHES;
  for (const { key } of members) {
    if (kept.some((range) => range.key === key)) continue;
    const widest = kept.reduce<(typeof kept)[number] | undefined>(
      (best, range) =>
        best === undefined || range.end - range.start > best.end - best.start ? range : best,
      undefined,
    );
    if (widest === undefined) {
      kept.push({ key, start: 0, end: HASHES });
      continue;
    }
    const middle = widest.start + Math.floor((widest.end - widest.start) / 2);
    kept.push({ key, start: widest.start, end: middle });
    widest.start = middle + 1;
  }
  return stickyRanges(
    members.map((member) => ({
      ...member,
      ranges: kept
        .filter(({ key }) => key === member.key)
        .map(({ start, end }) => [start, end] as const),
    })),
  );
}

/** Why ranges cannot be had: Pulsar's ConsumerAssignError, undefined when they can. */
export function rangesConflict(
  wanted: KeySharedMode['ranges'],
  members: readonly SelectorMember[],
): string | undefined {
  if (wanted.length === 0) return 'Ranges for KeyShared policy must not be empty.';
  const taken = members.flatMap(({ ranges }) => ranges);
  for (const [start, end] of wanted) {
    if (start > end) return `Fixed hash range start > end for range: [${start},${end}]`;
  }
  for (const [i, range] of wanted.entries()) {
    const own = wanted.slice(i + 1).find((other) => overlap(range, other));
    if (own !== undefined) {
      return `Consumer's own ranges conflict: [${range}] overlaps with [${own}]`;
    }
    const other = taken.find((one) => overlap(range, one));
    if (other !== undefined) {
      return `Range conflict: [${range[0]}, ${range[1]}] and [${other[0]}, ${other[1]}] overlap`;
    }
  }
  return undefined;
}

type Range = readonly [number, number];

function overlap([start, end]: Range, [otherStart, otherEnd]: Range): boolean {
  return start <= otherEnd && otherStart <= end;
}

/**
 * The failover consumer that a plain topic prefers among candidates of equal priority: the ring of
 * their names decides by the hash of the topic's name.
 */
export function ringChoice(topic: string, names: readonly string[]): number {
  const ring = new Map<number, number>();
  for (const [index, name] of names.entries()) {
    for (let point = 0; point < FAILOVER_POINTS; point++) {
      ring.set(murmur3Positive(Buffer.from(`${name}${point}`)), index);
    }
  }
  const points = [...ring.keys()].sort((a, b) => a - b);
  const hash = murmur3Positive(Buffer.from(topic));
  return ring.get(points[ceiling(points, hash)]!) ?? 0;
}

const FAILOVER_POINTS = 100;

function ringRanges(points: Uint32Array, owners: readonly number[]) {
  const found: Ranges = new Map();
  let start = 1;
  for (const [i, point] of points.entries()) {
    append(found, owners[i]!, start, point);
    start = point + 1;
  }
  if (owners.length > 0 && start < HASHES) append(found, owners[0]!, start, HASHES - 1);
  return found;
}

/** Index of the first point at or after `hash`, the first of all past the last. */
function ceiling(points: ArrayLike<number>, hash: number): number {
  const index = lowerBound(points, hash);
  return index === points.length ? 0 : index;
}

function lowerBound(sorted: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Adds a range, joined with the consumer's last one where it follows on it. */
function append(found: Ranges, key: number, start: number, end: number): void {
  const ranges = found.get(key);
  const last = ranges?.at(-1);
  if (ranges === undefined) found.set(key, [[start, end]]);
  else if (last !== undefined && last[1] + 1 === start) ranges[ranges.length - 1] = [last[0], end];
  else ranges.push([start, end]);
}
