/**
 * A set of whole numbers as sorted, disjoint, non-adjacent ranges [start, end). Kept in chunks, so
 * that a million holes cost a search in a short list and a shift in a short array.
 */

/** Ranges of a chunk before it is split in two. */
const MAX_RANGES = 512;

export class RangeSet {
  /** Each chunk is flat: start, end, start, end ... None is empty. */
  #chunks: number[][] = [];
  #ranges = 0;
  #covered = 0;

  /** Number of ranges. */
  get size(): number {
    return this.#ranges;
  }

  /** Number of members. */
  get covered(): number {
    return this.#covered;
  }

  /** Adds [start, end); returns how many members are new. */
  add(start: number, end: number): number {
    if (end <= start) return 0;
    const before = this.#covered;
    let [c, i] = this.#seek(start);
    let from = start;
    let to = end;
    for (let chunk = this.#chunks[c]; chunk !== undefined; chunk = this.#chunks[c]) {
      let j = i;
      while (j < chunk.length && chunk[j]! <= to) {
        from = Math.min(from, chunk[j]!);
        to = Math.max(to, chunk[j + 1]!);
        this.#covered -= chunk[j + 1]! - chunk[j]!;
        j += 2;
      }
      this.#ranges -= (j - i) / 2;
      const reachedEnd = j === chunk.length;
      if (i === 0 && reachedEnd) this.#chunks.splice(c, 1);
      else if (j > i) chunk.splice(i, j - i);
      if (!reachedEnd) break;
      if (i > 0) c++;
      i = 0;
    }
    this.#insert(c, i, from, to);
    return this.#covered - before;
  }

  has(value: number): boolean {
    const [c, i] = this.#seek(value + 1);
    const chunk = this.#chunks[c];
    return chunk !== undefined && chunk[i]! <= value && value < chunk[i + 1]!;
  }

  /** The smallest number from `value` on that is not a member. */
  gapFrom(value: number): number {
    const [c, i] = this.#seek(value + 1);
    const chunk = this.#chunks[c];
    return chunk !== undefined && chunk[i]! <= value ? chunk[i + 1]! : value;
  }

  /** The smallest member from `value` on, Infinity when there is none. */
  memberFrom(value: number): number {
    const [c, i] = this.#seek(value + 1);
    const chunk = this.#chunks[c];
    return chunk === undefined ? Number.POSITIVE_INFINITY : Math.max(value, chunk[i]!);
  }

  /** Removes all members below `value`. */
  removeBelow(value: number): void {
    let drop = 0;
    for (const chunk of this.#chunks) {
      if (chunk[chunk.length - 1]! > value) break;
      for (let i = 0; i < chunk.length; i += 2) this.#covered -= chunk[i + 1]! - chunk[i]!;
      this.#ranges -= chunk.length / 2;
      drop++;
    }
    if (drop > 0) this.#chunks.splice(0, drop);
    const chunk = this.#chunks[0];
    if (chunk === undefined) return;
    let gone = 0;
    while (chunk[gone + 1]! <= value) {
      this.#covered -= chunk[gone + 1]! - chunk[gone]!;
      gone += 2;
    }
    if (gone > 0) chunk.splice(0, gone);
    this.#ranges -= gone / 2;
    if (chunk[0]! < value) {
      this.#covered -= value - chunk[0]!;
      chunk[0] = value;
    }
  }

  clear(): void {
    this.#chunks = [];
    this.#ranges = 0;
    this.#covered = 0;
  }

  /** All ranges, flat: start, end, start, end ... */
  flat(): number[] {
    return this.#chunks.flat();
  }

  /** The first ranges, at most `limit` of them. */
  head(limit: number): (readonly [number, number])[] {
    const found: (readonly [number, number])[] = [];
    for (const chunk of this.#chunks) {
      for (let i = 0; i < chunk.length && found.length < limit; i += 2) {
        found.push([chunk[i]!, chunk[i + 1]!]);
      }
    }
    return found;
  }

  /** Rebuilt from what `flat` gave. */
  static from(flat: readonly number[]): RangeSet {
    const set = new RangeSet();
    for (let i = 0; i < flat.length; i += MAX_RANGES) {
      set.#chunks.push(flat.slice(i, i + MAX_RANGES));
    }
    set.#ranges = flat.length / 2;
    for (let i = 0; i < flat.length; i += 2) set.#covered += flat[i + 1]! - flat[i]!;
    return set;
  }

  /** Chunk and index of the first range that ends at or after `value`. */
  #seek(value: number): [number, number] {
    const chunks = this.#chunks;
    let low = 0;
    let high = chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const chunk = chunks[middle]!;
      if (chunk[chunk.length - 1]! < value) low = middle + 1;
      else high = middle;
    }
    const chunk = chunks[low];
    if (chunk === undefined) return [low, 0];
    let first = 0;
    let last = chunk.length / 2;
    while (first < last) {
      const middle = (first + last) >>> 1;
      if (chunk[middle * 2 + 1]! < value) first = middle + 1;
      else last = middle;
    }
    return [low, first * 2];
  }

  #insert(c: number, i: number, start: number, end: number): void {
    this.#ranges++;
    this.#covered += end - start;
    let chunk = this.#chunks[c];
    let at = i;
    let index = c;
    if (chunk === undefined) {
      index = this.#chunks.length - 1;
      chunk = this.#chunks[index];
      if (chunk === undefined) {
        this.#chunks.push([start, end]);
        return;
      }
      at = chunk.length;
    }
    chunk.splice(at, 0, start, end);
    if (chunk.length > MAX_RANGES * 2) {
      const half = chunk.length / 4;
      this.#chunks.splice(index + 1, 0, chunk.splice(Math.floor(half) * 2));
    }
  }
}
