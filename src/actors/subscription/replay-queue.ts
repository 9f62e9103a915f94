/** Entries to dispatch again, or that had to let others go first: in order of their offsets. */

export class ReplayQueue {
  /**
   * Sticky hash of each waiting entry, 0 where none matters, -key where one consumer must get it.
   */
  readonly #hashes = new Map<number, number>();
  /** How many waiting entries have a hash. */
  readonly #counts = new Map<number, number>();
  /** Ascending; entries that left may linger until the next tidying. */
  #order: number[] = [];

  get size(): number {
    return this.#hashes.size;
  }

  add(offset: number, hash: number): void {
    const known = this.#hashes.get(offset);
    if (known === hash) return;
    if (known !== undefined) this.delete(offset);
    this.#hashes.set(offset, hash);
    if (hash !== 0) this.#counts.set(hash, (this.#counts.get(hash) ?? 0) + 1);
    const order = this.#order;
    const last = order.at(-1);
    if (last === undefined || last < offset) order.push(offset);
    else this.#insert(offset);
  }

  delete(offset: number): void {
    const hash = this.#hashes.get(offset);
    if (hash === undefined) return;
    this.#hashes.delete(offset);
    const count = (this.#counts.get(hash) ?? 0) - 1;
    if (count > 0) this.#counts.set(hash, count);
    else this.#counts.delete(hash);
    if (this.#order.length > 64 && this.#order.length > this.#hashes.size * 2) {
      this.#order = this.#order.filter((each) => this.#hashes.has(each));
    }
  }

  has(offset: number): boolean {
    return this.#hashes.has(offset);
  }

  /** Whether an entry with this hash waits. */
  hasHash(hash: number): boolean {
    return this.#counts.has(hash);
  }

  clear(): void {
    this.#hashes.clear();
    this.#counts.clear();
    this.#order = [];
  }

  /** Waiting entries, ascending, as [offset, hash]. */
  *[Symbol.iterator](): IterableIterator<[number, number]> {
    for (const offset of this.#order) {
      const hash = this.#hashes.get(offset);
      if (hash !== undefined) yield [offset, hash];
    }
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
