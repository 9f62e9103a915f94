/**
 * Entries to dispatch again, or that had to let others go first, in order of their offsets. Each
 * lies in the lane of the consumer that may get it, so that nobody has to look through what waits
 * for others: a slow consumer may have thousands waiting.
 */
import { SmallMap } from '../../base/small-map.ts';

/** Of entries that anybody may get. */
export const ANYBODY = 0;

const anybodysLane = (): number => ANYBODY;

export class ReplayQueue {
  /**
   * Sticky hash of each waiting entry, 0 where none matters, -key where one consumer must get it.
   */
  readonly #hashes = new SmallMap<number, number>();
  /** How many waiting entries have a hash. */
  readonly #counts = new SmallMap<number, number>();
  readonly #lanes = new SmallMap<number, Lane>();
  #laneOf: (hash: number) => number = anybodysLane;

  get size(): number {
    return this.#hashes.size;
  }

  add(offset: number, hash: number): void {
    const known = this.#hashes.get(offset);
    if (known === hash) return;
    if (known !== undefined) this.delete(offset);
    this.#hashes.set(offset, hash);
    if (hash !== 0) this.#counts.set(hash, (this.#counts.get(hash) ?? 0) + 1);
    this.#lane(hash).add(offset);
  }

  delete(offset: number): void {
    const hash = this.#hashes.get(offset);
    if (hash === undefined) return;
    this.#hashes.delete(offset);
    const count = (this.#counts.get(hash) ?? 0) - 1;
    if (count > 0) this.#counts.set(hash, count);
    else this.#counts.delete(hash);
    this.#lane(hash).delete(offset);
  }

  has(offset: number): boolean {
    return this.#hashes.has(offset);
  }

  /** The hash that a waiting entry is known to have, 0 or undefined where none is known. */
  hashOf(offset: number): number | undefined {
    return this.#hashes.get(offset);
  }

  /** Whether an entry with this hash waits. */
  hasHash(hash: number): boolean {
    return this.#counts.has(hash);
  }

  /** Hashes belong to others now: to the consumer with this key each, or to `ANYBODY`. */
  divide(laneOf: (hash: number) => number): void {
    this.#laneOf = laneOf;
    const anybody = this.#lanes.get(ANYBODY);
    this.#lanes.clear();
    // What has no hash stays where it is.
    if (this.#counts.size === 0) {
      if (anybody !== undefined) this.#lanes.set(ANYBODY, anybody);
      return;
    }
    for (const [offset, hash] of [...this.#hashes].sort(([a], [b]) => a - b)) {
      this.#lane(hash).add(offset);
    }
  }

  clear(): void {
    this.#hashes.clear();
    this.#counts.clear();
    this.#lanes.clear();
  }

  /** What waits for one consumer, or for anybody, ascending, as [offset, hash]. */
  *waitingFor(lane: number): IterableIterator<[number, number]> {
    for (const offset of this.#lanes.get(lane) ?? []) yield [offset, this.#hashes.get(offset)!];
  }

  /** All waiting entries, in no order. */
  offsets(): Iterable<number> {
    return this.#hashes.keys();
  }

  #lane(hash: number): Lane {
    const key = this.#laneOf(hash);
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = new Lane();
      this.#lanes.set(key, lane);
    }
    return lane;
  }
}

/** So few are put where they belong one by one; more are merged with all that is there. */
const FEW = 16;

/** Numbers in order, of which the first ones leave most of the time. */
class Lane {
  readonly #members = new Set<number>();
  /** Ascending; those that left may linger until the next tidying. */
  #order: number[] = [];
  /** Came behind larger ones, and wait until somebody asks for the order. */
  #late: number[] = [];

  add(offset: number): void {
    if (this.#members.has(offset)) return;
    this.#members.add(offset);
    const last = this.#order.at(-1);
    if (last === undefined || last < offset) this.#order.push(offset);
    else this.#late.push(offset);
  }

  delete(offset: number): void {
    this.#members.delete(offset);
    const kept = this.#order.length + this.#late.length;
    if (kept <= 64 || kept <= this.#members.size * 2) return;
    this.#putInOrder();
    this.#order = this.#order.filter((each) => this.#members.has(each));
  }

  *[Symbol.iterator](): IterableIterator<number> {
    this.#putInOrder();
    for (const offset of this.#order) if (this.#members.has(offset)) yield offset;
  }

  #putInOrder(): void {
    const late = this.#late;
    if (late.length === 0) return;
    this.#late = [];
    if (late.length > FEW) this.#order = merged(this.#order, late);
    else for (const offset of late) this.#insert(offset);
  }

  #insert(offset: number): void {
    const order = this.#order;
    let low = 0;
    let high = order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (order[middle]! < offset) low = middle + 1;
      else high = middle;
    }
    if (order[low] !== offset) order.splice(low, 0, offset);
  }
}

/** What is ascending and what is in no order as one, ascending, each number once. */
function merged(ascending: readonly number[], others: number[]): number[] {
  others.sort((a, b) => a - b);
  const all: number[] = [];
  let next = 0;
  const take = (offset: number) => {
    if (all.at(-1) !== offset) all.push(offset);
  };
  for (const offset of ascending) {
    while (next < others.length && others[next]! < offset) take(others[next++]!);
    take(offset);
  }
  for (; next < others.length; next++) take(others[next]!);
  return all;
}
