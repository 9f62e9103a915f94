/**
 * Maps and sets of which a broker has hundreds of thousands, nearly all of them empty or with one
 * member: of a topic's subscriptions, producers, open transactions and so on. An empty `Map` takes
 * 200 bytes, these take 48; a real one is made for the second member, and let go with the last.
 *
 * Iteration sees what is added or removed meanwhile as a `Map` does, but for a map that had at most
 * one member when it began: that one is all it gives.
 */

/** Stands where there is no member: `undefined` may be one. */
const NOTHING = Symbol('nothing');

export class SmallMap<K, V> implements ReadonlyMap<K, V> {
  /** The only entry, unless there are several, which are in `#several` then. */
  #key: K | typeof NOTHING = NOTHING;
  #value: V | undefined;
  #several: Map<K, V> | undefined;

  get size(): number {
    if (this.#several !== undefined) return this.#several.size;
    return this.#key === NOTHING ? 0 : 1;
  }

  get(key: K): V | undefined {
    if (this.#several !== undefined) return this.#several.get(key);
    return this.#key === key ? this.#value : undefined;
  }

  has(key: K): boolean {
    return this.#several === undefined ? this.#key === key : this.#several.has(key);
  }

  set(key: K, value: V): this {
    if (this.#several !== undefined) this.#several.set(key, value);
    else if (this.#key === NOTHING || this.#key === key) {
      this.#key = key;
      this.#value = value;
    } else {
      this.#several = new Map([
        [this.#key, this.#value as V],
        [key, value],
      ]);
      this.#forgetOnly();
    }
    return this;
  }

  /** Whether it was there. */
  delete(key: K): boolean {
    if (this.#several !== undefined) {
      const was = this.#several.delete(key);
      if (this.#several.size === 0) this.#several = undefined;
      return was;
    }
    if (this.#key !== key) return false;
    this.#forgetOnly();
    return true;
  }

  clear(): void {
    this.#several = undefined;
    this.#forgetOnly();
  }

  keys(): MapIterator<K> {
    if (this.#several !== undefined) return this.#several.keys();
    return (this.#key === NOTHING ? [] : [this.#key]).values();
  }

  values(): MapIterator<V> {
    if (this.#several !== undefined) return this.#several.values();
    return (this.#key === NOTHING ? [] : [this.#value as V]).values();
  }

  entries(): MapIterator<[K, V]> {
    if (this.#several !== undefined) return this.#several.entries();
    const only: [K, V][] = this.#key === NOTHING ? [] : [[this.#key, this.#value as V]];
    return only.values();
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries();
  }

  forEach(visit: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this.entries()) visit(value, key, this);
  }

  #forgetOnly(): void {
    this.#key = NOTHING;
    this.#value = undefined;
  }
}

/** The same of members without values. */
export class SmallSet<T> implements Iterable<T> {
  readonly #members = new SmallMap<T, true>();

  get size(): number {
    return this.#members.size;
  }

  has(member: T): boolean {
    return this.#members.has(member);
  }

  add(member: T): this {
    this.#members.set(member, true);
    return this;
  }

  /** Whether it was there. */
  delete(member: T): boolean {
    return this.#members.delete(member);
  }

  clear(): void {
    this.#members.clear();
  }

  [Symbol.iterator](): MapIterator<T> {
    return this.#members.keys();
  }
}
