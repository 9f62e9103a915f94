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

/** A consumer's points follow from its name and the first number free among those of the name. */
interface Seat {
  readonly name: string;
  readonly index: number;
  readonly points: readonly number[];
}

/**
 * Consistent hashing: each consumer owns what lies before its points on a ring. Who comes or goes
 * moves no point of others, and costs no more than a walk along the ring.
 */
export class HashRing implements Selector {
  readonly #pointsEach: number;
  readonly #seats = new Map<number, Seat>();
  /** Numbers taken of each name. */
  readonly #indexes = new Map<string, Set<number>>();
  /** The points that somebody has, ascending, and who; behind `#count` there is room. */
  #points = new Uint32Array(0);
  #owners = new Float64Array(0);
  #count = 0;
  /** Who has a point too that is another's, those that came first first. */
  readonly #contested = new Map<number, number[]>();

  constructor(pointsEach: number) {
    this.#pointsEach = pointsEach;
  }

  /** A consumer has come, or is `undefined` and has gone. */
  seat(key: number, member: Pick<SelectorMember, 'name'> | undefined): void {
    if (this.#seats.has(key)) this.#remove(key);
    if (member !== undefined) this.#add(key, member.name);
  }

  hashOf(keyHash: number): number {
    return ringHash(keyHash);
  }

  ownerOf(hash: number): number | undefined {
    if (this.#count === 0) return undefined;
    const at = this.#find(hash);
    return this.#owners[at === this.#count ? 0 : at];
  }

  ranges(): Ranges {
    return ringRanges(this.#points.subarray(0, this.#count), this.#owners);
  }

  #add(key: number, name: string): void {
    const seat = this.#takeSeat(name);
    this.#seats.set(key, seat);
    const fresh: number[] = [];
    for (const point of seat.points) {
      if (!this.#has(point)) fresh.push(point);
      else if (this.#contested.has(point)) this.#contested.get(point)!.push(key);
      else this.#contested.set(point, [key]);
    }
    this.#insert(fresh, key);
  }

  /** Points that nobody has, ascending: what lies behind each moves up, the last part first. */
  #insert(fresh: readonly number[], key: number): void {
    this.#reserve(this.#count + fresh.length);
    const [points, owners] = [this.#points, this.#owners];
    let end = this.#count;
    for (let before = fresh.length - 1; before >= 0; before--) {
      const at = this.#find(fresh[before]!);
      points.copyWithin(at + before + 1, at, end);
      owners.copyWithin(at + before + 1, at, end);
      points[at + before] = fresh[before]!;
      owners[at + before] = key;
      end = at;
    }
    this.#count += fresh.length;
  }

  #remove(key: number): void {
    const { name, index, points: own } = this.#seats.get(key)!;
    this.#seats.delete(key);
    const indexes = this.#indexes.get(name)!;
    indexes.delete(index);
    if (indexes.size === 0) this.#indexes.delete(name);
    const left: number[] = [];
    for (const point of own) {
      const others = this.#contested.get(point)?.filter((other) => other !== key) ?? [];
      const at = this.#find(point);
      if (this.#owners[at] === key) {
        const heir = others.shift();
        if (heir === undefined) left.push(at);
        else this.#owners[at] = heir;
      }
      if (others.length === 0) this.#contested.delete(point);
      else this.#contested.set(point, others);
    }
    this.#cut(left);
  }

  /** Places in the ring, ascending, that go. */
  #cut(places: readonly number[]): void {
    for (const [i, place] of places.entries()) {
      const end = places[i + 1] ?? this.#count;
      this.#points.copyWithin(place - i, place + 1, end);
      this.#owners.copyWithin(place - i, place + 1, end);
    }
    this.#count -= places.length;
  }

  #reserve(count: number): void {
    if (count <= this.#points.length) return;
    const [points, owners] = [this.#points, this.#owners];
    this.#points = new Uint32Array(count * 2);
    this.#owners = new Float64Array(count * 2);
    this.#points.set(points);
    this.#owners.set(owners);
  }

  #has(point: number): boolean {
    const at = this.#find(point);
    return at < this.#count && this.#points[at] === point;
  }

  /** Place of the first point at or behind `hash`. */
  #find(hash: number): number {
    return lowerBound(this.#points, hash, this.#count);
  }

  #takeSeat(name: string): Seat {
    const taken = this.#indexes.get(name) ?? new Set();
    this.#indexes.set(name, taken);
    let index = 0;
    while (taken.has(index)) index++;
    taken.add(index);
    const points = new Set<number>();
    for (let point = 0; point < this.#pointsEach; point++) {
      points.add(ringHash(murmur3Positive(Buffer.from(`${name}\0${index}\0${point}`))));
    }
    return { name, index, points: [...points].sort((a, b) => a - b) };
  }
}

/** Each consumer names the ranges it wants. */
export function stickyRanges(members: readonly Pick<SelectorMember, 'key' | 'ranges'>[]): Selector {
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
  const seated = new Set(kept.map(({ key }) => key));
  for (const { key } of members) {
    if (seated.has(key)) continue;
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
  return stickyRanges(kept.map(({ key, start, end }) => ({ key, ranges: [[start, end]] })));
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
 * Among failover consumers of equal priority a plain topic prefers by a ring of their names, on
 * which the hash of the topic's name says where to begin: how far it is from there to the first
 * point of a name.
 */
export function ringDistance(topic: string, name: string): number {
  const from = murmur3Positive(Buffer.from(topic));
  let nearest = RING_SIZE;
  for (let point = 0; point < FAILOVER_POINTS; point++) {
    const at = murmur3Positive(Buffer.from(`${name}${point}`));
    nearest = Math.min(nearest, (at - from + RING_SIZE) % RING_SIZE);
  }
  return nearest;
}

const FAILOVER_POINTS = 100;
const RING_SIZE = 2 ** 31;

function ringRanges(points: Uint32Array, owners: Float64Array) {
  const found: Ranges = new Map();
  let start = 1;
  for (const [i, point] of points.entries()) {
    append(found, owners[i]!, start, point);
    start = point + 1;
  }
  if (points.length > 0 && start < HASHES) append(found, owners[0]!, start, HASHES - 1);
  return found;
}

/** Index of the first of `count` values that is not below `value`. */
function lowerBound(sorted: ArrayLike<number>, value: number, count = sorted.length): number {
  let low = 0;
  let high = count;
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
