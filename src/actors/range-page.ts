/**
 * Some of the numbers 0 to 65,535: as runs while these are few, else as one bit each, so that a
 * page takes 8 KiB at most however full of holes it is. (The containers of Roaring bitmaps)
 */

/** Numbers of a page. */
export const PAGE = 65_536;

/** A run takes four bytes: more of them than this take more than bits do. */
export const MAX_RUNS = PAGE / 8 / 4;

/** Ranges are [from, to) with `to` at most `PAGE`, which also stands for "none". */
export interface Page {
  /** Runs of members that touch each other no more. */
  readonly runs: number;
  /** Number of members. */
  readonly members: number;
  has(value: number): boolean;
  /** The smallest number from `value` on that is not a member. */
  gapFrom(value: number): number;
  /** The smallest member from `value` on. */
  memberFrom(value: number): number;
  countIn(from: number, to: number): number;
  add(from: number, to: number): void;
  removeBelow(value: number): void;
  /** As runs or as bits, whichever there is. */
  bytes(): Uint8Array;
}

/** First and last number of each run, ascending, in an array that may be longer. */
export class RunPage implements Page {
  #bounds: Uint16Array;
  runs: number;
  members = 0;

  constructor(bounds = new Uint16Array(2), runs = 0) {
    this.#bounds = bounds;
    this.runs = runs;
    for (let i = 0; i < runs * 2; i += 2) this.members += bounds[i + 1]! - bounds[i]! + 1;
  }

  has(value: number): boolean {
    const run = this.#seek(value);
    return run < this.runs && this.#bounds[run * 2]! <= value;
  }

  gapFrom(value: number): number {
    const run = this.#seek(value);
    const isMember = run < this.runs && this.#bounds[run * 2]! <= value;
    return isMember ? this.#bounds[run * 2 + 1]! + 1 : value;
  }

  memberFrom(value: number): number {
    const run = this.#seek(value);
    return run < this.runs ? Math.max(value, this.#bounds[run * 2]!) : PAGE;
  }

  countIn(from: number, to: number): number {
    let count = 0;
    for (let run = this.#seek(from); run < this.runs; run++) {
      const first = Math.max(from, this.#bounds[run * 2]!);
      if (first >= to) break;
      count += Math.min(to, this.#bounds[run * 2 + 1]! + 1) - first;
    }
    return count;
  }

  add(from: number, to: number): void {
    const start = this.#seek(from - 1);
    let end = start;
    let first = from;
    let last = to - 1;
    while (end < this.runs && this.#bounds[end * 2]! <= to) {
      first = Math.min(first, this.#bounds[end * 2]!);
      last = Math.max(last, this.#bounds[end * 2 + 1]!);
      this.members -= this.#bounds[end * 2 + 1]! - this.#bounds[end * 2]! + 1;
      end++;
    }
    this.#replace(start, end, 1);
    this.#bounds[start * 2] = first;
    this.#bounds[start * 2 + 1] = last;
    this.members += last - first + 1;
  }

  removeBelow(value: number): void {
    const gone = this.#seek(value);
    this.members -= this.countIn(0, value);
    this.#replace(0, gone, 0);
    if (this.runs > 0) this.#bounds[0] = Math.max(value, this.#bounds[0]!);
  }

  bytes(): Uint8Array {
    const { buffer, byteOffset } = this.#bounds;
    return new Uint8Array(buffer, byteOffset, this.runs * 4);
  }

  /** Index of the first run that ends at or after `value`. */
  #seek(value: number): number {
    let low = 0;
    let high = this.runs;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#bounds[middle * 2 + 1]! < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Makes room for `count` runs in the place of those from `start` to `end`. */
  #replace(start: number, end: number, count: number): void {
    const runs = this.runs - (end - start) + count;
    const before = this.#bounds;
    if (runs * 2 > before.length) {
      this.#bounds = new Uint16Array(Math.min(runs * 3, MAX_RUNS * 2 + 2));
      this.#bounds.set(before.subarray(0, start * 2));
    }
    this.#bounds.set(before.subarray(end * 2, this.runs * 2), (start + count) * 2);
    this.runs = runs;
  }
}

/** One bit a number: bit i of word j stands for 32j+i. */
export class BitPage implements Page {
  readonly #words: Uint32Array;
  runs = 0;
  members = 0;

  constructor(words = new Uint32Array(PAGE / 32)) {
    this.#words = words;
    this.members = this.countIn(0, PAGE);
    this.runs = this.#startsIn(0, PAGE);
  }

  has(value: number): boolean {
    return ((this.#words[value >>> 5]! >>> (value & 31)) & 1) === 1;
  }

  gapFrom(value: number): number {
    return this.#find(value, -1);
  }

  memberFrom(value: number): number {
    return this.#find(value, 0);
  }

  countIn(from: number, to: number): number {
    let count = 0;
    for (let at = from; at < to; at = (at | 31) + 1) {
      count += bitsOf(this.#words[at >>> 5]! & maskOf(at, to));
    }
    return count;
  }

  add(from: number, to: number): void {
    const isJoined = from > 0 && this.has(from - 1);
    // What begins in here, or right behind, begins no more; the whole begins at its first number.
    this.runs -= this.#startsIn(from, Math.min(to + 1, PAGE));
    this.runs += isJoined ? 0 : 1;
    this.members += to - from - this.countIn(from, to);
    for (let at = from; at < to; at = (at | 31) + 1) this.#words[at >>> 5]! |= maskOf(at, to);
  }

  removeBelow(value: number): void {
    if (value > 0 && this.has(value - 1) && value < PAGE && this.has(value)) this.runs++;
    this.runs -= this.#startsIn(0, value);
    this.members -= this.countIn(0, value);
    for (let at = 0; at < value; at = (at | 31) + 1) this.#words[at >>> 5]! &= ~maskOf(at, value);
  }

  bytes(): Uint8Array {
    return new Uint8Array(this.#words.buffer, this.#words.byteOffset, PAGE / 8);
  }

  /** The first bit from `value` on that differs from `filler`, which is all zeros or all ones. */
  #find(value: number, filler: 0 | -1): number {
    if (value >= PAGE) return PAGE;
    let index = value >>> 5;
    let word = (this.#words[index]! ^ filler) & (-1 << (value & 31));
    while (word === 0) {
      index++;
      if (index === PAGE / 32) return PAGE;
      word = this.#words[index]! ^ filler;
    }
    return index * 32 + 31 - Math.clz32(word & -word);
  }

  /** How many runs begin in a range. */
  #startsIn(from: number, to: number): number {
    let count = 0;
    for (let at = from; at < to; at = (at | 31) + 1) {
      const index = at >>> 5;
      const word = this.#words[index]!;
      const carry = index > 0 ? this.#words[index - 1]! >>> 31 : 0;
      count += bitsOf(word & ~((word << 1) | carry) & maskOf(at, to));
    }
    return count;
  }
}

/** The bits of the word of `from` that lie in [from, to). */
function maskOf(from: number, to: number): number {
  const left = (from | 31) + 1 - to;
  return (-1 << (from & 31)) & (left > 0 ? -1 >>> left : -1);
}

/** How many bits of 32 are set. */
function bitsOf(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
