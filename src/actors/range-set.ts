/**
 * A set of whole numbers, for those who think of it as ranges [start, end). Kept in pages, so that
 * a million holes take a quarter of a byte each where they lie close together and five where they
 * do not, an addition touches one page, and packing copies memory.
 */
import { BitPage, MAX_RUNS, PAGE, type Page, RunPage } from './range-page.ts';

/** A page's number as a double, and its runs as a word: 0 where bits follow. */
const HEAD_BYTES = 12;

/** Of empty sets, of which there are very many. */
const NO_NUMBERS: number[] = [];
const NO_PAGES: Page[] = [];

export class RangeSet {
  /** Numbers of the pages that have members, ascending, and the pages. */
  #numbers = NO_NUMBERS;
  #pages = NO_PAGES;
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
    const before = this.#covered;
    for (let at = start; at < end; ) {
      const number = Math.floor(at / PAGE);
      const stop = Math.min(end - number * PAGE, PAGE);
      this.#addIn(number, at - number * PAGE, stop);
      at = number * PAGE + stop;
    }
    return this.#covered - before;
  }

  has(value: number): boolean {
    const number = Math.floor(value / PAGE);
    const index = this.#seek(number);
    return this.#numbers[index] === number && this.#pages[index]!.has(value - number * PAGE);
  }

  /** The smallest number from `value` on that is not a member. */
  gapFrom(value: number): number {
    let number = Math.floor(value / PAGE);
    let within = value - number * PAGE;
    for (let index = this.#seek(number); this.#numbers[index] === number; index++) {
      within = this.#pages[index]!.gapFrom(within);
      if (within < PAGE) break;
      number++;
      within = 0;
    }
    return number * PAGE + within;
  }

  /** The smallest member from `value` on, Infinity when there is none. */
  memberFrom(value: number): number {
    const number = Math.floor(value / PAGE);
    for (let index = this.#seek(number); index < this.#pages.length; index++) {
      const own = this.#numbers[index]!;
      const within = this.#pages[index]!.memberFrom(own === number ? value - own * PAGE : 0);
      if (within < PAGE) return own * PAGE + within;
    }
    return Number.POSITIVE_INFINITY;
  }

  /** The greatest number below `value` that is not a member, which may be -1. */
  gapBefore(value: number): number {
    let reach = 1;
    while (reach < value && this.countIn(value - reach, value) === reach) reach *= 2;
    let low = Math.max(0, value - reach);
    // All from `high` on are members, and none may be found below `low` but before 0.
    let high = value;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.countIn(middle, value) === value - middle) high = middle;
      else low = middle + 1;
    }
    return high - 1;
  }

  /** How many members lie in [start, end). */
  countIn(start: number, end: number): number {
    let count = 0;
    for (let index = this.#seek(Math.floor(start / PAGE)); index < this.#pages.length; index++) {
      const first = this.#numbers[index]! * PAGE;
      if (first >= end) break;
      const page = this.#pages[index]!;
      const isWhole = start <= first && first + PAGE <= end;
      if (isWhole) count += page.members;
      else count += page.countIn(Math.max(start - first, 0), Math.min(end - first, PAGE));
    }
    return count;
  }

  /** Removes all members below `value`. */
  removeBelow(value: number): void {
    const number = Math.floor(value / PAGE);
    for (const page of this.#pages.slice(0, this.#seek(number))) this.#removeFirst(page);
    const page = this.#pages[0];
    if (page === undefined || this.#numbers[0] !== number) return;
    this.#ranges -= page.runs;
    this.#covered -= page.members;
    page.removeBelow(value - number * PAGE);
    this.#ranges += page.runs;
    this.#covered += page.members;
    if (page.members === 0) this.#removeFirst(page);
    else this.#fit(0);
  }

  clear(): void {
    this.#numbers = NO_NUMBERS;
    this.#pages = NO_PAGES;
    this.#ranges = 0;
    this.#covered = 0;
  }

  /** The first ranges, at most `limit` of them. */
  head(limit: number): (readonly [number, number])[] {
    const found: (readonly [number, number])[] = [];
    let start = this.memberFrom(0);
    while (found.length < limit && start < Number.POSITIVE_INFINITY) {
      const end = this.gapFrom(start);
      found.push([start, end]);
      start = this.memberFrom(end);
    }
    return found;
  }

  /** The same bytes for the same members, in the byte order of the machine. */
  pack(): Uint8Array {
    const size = this.#pages.reduce((sum, page) => sum + HEAD_BYTES + page.bytes().length, 0);
    const packed = new Uint8Array(size);
    const view = new DataView(packed.buffer);
    let at = 0;
    for (const [index, page] of this.#pages.entries()) {
      const bytes = page.bytes();
      view.setFloat64(at, this.#numbers[index]!, true);
      view.setUint32(at + 8, page.runs > MAX_RUNS ? 0 : page.runs, true);
      packed.set(bytes, at + HEAD_BYTES);
      at += HEAD_BYTES + bytes.length;
    }
    return packed;
  }

  /** Made again of what `pack` gave. */
  static unpack(packed: Uint8Array): RangeSet {
    const set = new RangeSet();
    const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
    for (let at = 0; at < packed.length; ) {
      const number = view.getFloat64(at, true);
      const runs = view.getUint32(at + 8, true);
      at += HEAD_BYTES;
      const length = runs === 0 ? PAGE / 8 : runs * 4;
      // A copy begins where arrays of words can begin.
      const { buffer } = new Uint8Array(packed.subarray(at, at + length));
      const page =
        runs === 0
          ? new BitPage(new Uint32Array(buffer))
          : new RunPage(new Uint16Array(buffer), runs);
      set.#insert(set.#pages.length, number, page);
      at += length;
    }
    return set;
  }

  #addIn(number: number, from: number, to: number): void {
    const index = this.#seek(number);
    if (this.#numbers[index] !== number) this.#insert(index, number, new RunPage());
    const page = this.#pages[index]!;
    const reachesOut = from === 0 || to === PAGE;
    if (reachesOut) this.#ranges += this.#joins(index);
    this.#ranges -= page.runs;
    this.#covered -= page.members;
    page.add(from, to);
    this.#ranges += page.runs;
    this.#covered += page.members;
    if (reachesOut) this.#ranges -= this.#joins(index);
    this.#fit(index);
  }

  #insert(index: number, number: number, page: Page): void {
    if (this.#pages === NO_PAGES) {
      this.#numbers = [];
      this.#pages = [];
    }
    this.#numbers.splice(index, 0, number);
    this.#pages.splice(index, 0, page);
    this.#ranges += page.runs - this.#joins(index);
    this.#covered += page.members;
  }

  #removeFirst(page: Page): void {
    this.#ranges -= page.runs - this.#joins(0);
    this.#covered -= page.members;
    this.#numbers.shift();
    this.#pages.shift();
  }

  /** Runs of this page that go on in a neighbour. */
  #joins(index: number): number {
    return Number(this.#isJoined(index - 1)) + Number(this.#isJoined(index));
  }

  /** Whether the last run of a page goes on in the next. */
  #isJoined(index: number): boolean {
    const number = this.#numbers[index];
    if (number === undefined || this.#numbers[index + 1] !== number + 1) return false;
    return this.#pages[index]!.has(PAGE - 1) && this.#pages[index + 1]!.has(0);
  }

  /** Few runs are kept as runs, many as bits. */
  #fit(index: number): void {
    const page = this.#pages[index]!;
    const isMany = page.runs > MAX_RUNS;
    if (isMany === page instanceof BitPage) return;
    const other = isMany ? new BitPage() : new RunPage();
    for (let from = page.memberFrom(0); from < PAGE; ) {
      const to = page.gapFrom(from);
      other.add(from, to);
      from = page.memberFrom(to);
    }
    this.#pages[index] = other;
  }

  /** Index of the first page with this number or a higher one. */
  #seek(number: number): number {
    const numbers = this.#numbers;
    let low = 0;
    let high = numbers.length;
    // Most of the time it is the last one.
    if (high > 0 && numbers[high - 1]! <= number)
      low = high - (numbers[high - 1]! === number ? 1 : 0);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (numbers[middle]! < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
