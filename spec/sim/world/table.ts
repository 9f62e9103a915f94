/** A sorted table of bytes: what an LMDB database is to whoever reads and writes it. */
import type { KeyRange } from '../../../src/storage/lmdb/environment.ts';

export class SimTable {
  /** Keys as latin1 text, whose order is that of the bytes. */
  readonly #values = new Map<string, Buffer>();
  #sorted: string[] = [];
  #isSorted = true;
  bytes = 0;

  get(key: string): Buffer | undefined {
    return this.#values.get(key);
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  get size(): number {
    return this.#values.size;
  }

  put(key: string, value: Buffer): void {
    const before = this.#values.get(key);
    this.bytes += value.length - (before?.length ?? 0);
    this.#values.set(key, value);
    if (before !== undefined) return;
    const last = this.#sorted.at(-1);
    this.#isSorted = this.#isSorted && (last === undefined || last < key);
    this.#sorted.push(key);
  }

  remove(key: string): void {
    const before = this.#values.get(key);
    if (before === undefined) return;
    this.bytes -= before.length;
    this.#values.delete(key);
    const keys = this.keys();
    keys.splice(lowerBound(keys, key), 1);
  }

  keys(): string[] {
    if (!this.#isSorted) this.#sorted.sort((a, b) => (a < b ? -1 : 1));
    this.#isSorted = true;
    return this.#sorted;
  }

  /** As lmdb-js: from `start` up to, without, `end`; reversed from `start` down to it. */
  *range({ start, end, reverse, limit }: KeyRange): Iterable<string> {
    const keys = this.keys();
    const first = textOf(start);
    const last = end === undefined ? undefined : textOf(end);
    let left = limit ?? Number.POSITIVE_INFINITY;
    if (reverse === true) {
      let at = lowerBound(keys, first);
      if (keys[at] !== first) at -= 1;
      for (; at >= 0 && left > 0; at--, left--) {
        if (last !== undefined && keys[at]! <= last) return;
        yield keys[at]!;
      }
      return;
    }
    for (let at = lowerBound(keys, first); at < keys.length && left > 0; at++, left--) {
      if (last !== undefined && keys[at]! >= last) return;
      yield keys[at]!;
    }
  }

  /** With values as they are, or as `of` has them; nobody ever changes one in its place. */
  copy(of = (value: Buffer): Buffer => value): SimTable {
    const copy = new SimTable();
    for (const key of this.keys()) copy.put(key, of(this.#values.get(key)!));
    return copy;
  }
}

export function textOf(key: Uint8Array): string {
  const bytes = Buffer.isBuffer(key) ? key : Buffer.from(key.buffer, key.byteOffset, key.length);
  return bytes.toString('latin1');
}

function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
