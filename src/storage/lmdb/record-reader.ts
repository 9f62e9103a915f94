/** Reads entries out of records: brings pages in off the main thread, copies, checks, cuts. */
import type { Clock } from '../../base/clock.ts';
import type { EntryRun } from '../entries.ts';
import { corrupt, type EntryPosition, type RecordHeader } from './decode.ts';
import type { Budget } from './entries.ts';
import { type Place, valueKey } from './layout.ts';
import type { IndexedBlock } from './rows.ts';
import type { Segment } from './segment.ts';

/** A block to read, without its first `skip` entries. */
export interface Wanted {
  readonly block: Pick<IndexedBlock, 'firstOffset' | 'count' | 'place' | 'blockIndex'>;
  readonly skip: number;
}

/** A wanted block once its record's header is known. */
interface Found {
  readonly header: RecordHeader;
  readonly block: Wanted['block'];
  readonly event: number;
  readonly skip: number;
  readonly firstEntry: number;
  readonly take: number;
}

export class RecordReader {
  readonly #values: ValueCache;

  readonly #clock: Clock;

  constructor(cacheBytes: number, clock: Clock) {
    this.#values = new ValueCache(cacheBytes);
    this.#clock = clock;
  }

  /**
   * Runs of the wanted blocks within the budget; at least one entry. The segment stays open. Others
   * get their turn meanwhile, even where everything is in memory.
   */
  async read(
    segment: Segment,
    topicId: number,
    wanted: readonly Wanted[],
    budget: Readonly<Budget>,
  ): Promise<EntryRun[]> {
    const places = wanted.map(({ block }) => block.place);
    await this.#prefetch(
      segment,
      places.map((place) => ({ place, value: 0 })),
    );
    const headers = new Map<Place, RecordHeader>();
    for (const place of places) {
      if (!headers.has(place)) headers.set(place, this.#header(segment, place));
    }
    const found = choose(segment, topicId, wanted, headers, budget);
    const needed = found.flatMap((part) =>
      valuesOf(part).map((value) => ({ place: part.header.place, value })),
    );
    if (needed.some(({ place, value }) => !this.#values.has(place, value))) {
      await this.#prefetch(segment, needed);
    }
    return found.map((part) => this.#run(segment, topicId, part));
  }

  async #prefetch(segment: Segment, wanted: { place: Place; value: number }[]): Promise<void> {
    const keys = wanted
      .filter(({ place, value }) => !this.#values.has(place, value))
      .map(({ place, value }) => valueKey(place, value));
    if (keys.length > 0) await segment.environment.root.prefetch(keys);
    else await new Promise<void>((resolve) => this.#clock.soon(resolve));
  }

  #header(segment: Segment, place: Place): RecordHeader {
    const cached = this.#values.get(place, 0);
    if (cached?.header !== undefined) return cached.header;
    const { header, value } = segment.header(place);
    this.#values.put(place, 0, { bytes: value, header });
    return header;
  }

  #value(segment: Segment, place: Place, value: number): Buffer {
    const cached = this.#values.get(place, value);
    if (cached !== undefined) return cached.bytes;
    const bytes = segment.value(place, value);
    this.#values.put(place, value, { bytes });
    return bytes;
  }

  #run(segment: Segment, topicId: number, part: Found): EntryRun {
    const { header, block, skip, take, firstEntry } = part;
    const firstOffset = block.firstOffset + skip;
    const entries: Buffer[] = [];
    for (let done = 0; done < take; ) {
      const count = sameValue(header.positions(), firstEntry + done, take - done);
      const bytes = this.#stretch(segment, header, firstEntry + done, count);
      let start = 0;
      for (let i = 0; i < count; i += 1) {
        const { size } = header.positions()[firstEntry + done + i]!;
        const entry = bytes.subarray(start, start + size);
        header.verify(entry, firstEntry + done + i, firstOffset + done + i, topicId);
        entries.push(entry);
        start += size;
      }
      done += count;
    }
    return { firstOffset, entries, data: header.dataOf(part.event), dataIndex: skip };
  }

  /** Bytes of `count` entries of one value; never a view that keeps much more alive. */
  #stretch(segment: Segment, header: RecordHeader, first: number, count: number): Buffer {
    const from = header.positions()[first]!;
    const last = header.positions()[first + count - 1]!;
    if (from.values > 1) {
      const parts = Array.from({ length: from.values }, (_, i) =>
        segment.value(header.place, from.value + i),
      );
      return Buffer.concat(parts);
    }
    const value = this.#value(segment, header.place, from.value);
    const bytes = value.subarray(from.start, last.start + last.size);
    return bytes.length * 2 < value.length ? Buffer.from(bytes) : bytes;
  }
}

/** Cuts the wanted blocks to the budget, and checks that the records hold what the index says. */
function choose(
  segment: Segment,
  topicId: number,
  wanted: readonly Wanted[],
  headers: ReadonlyMap<Place, RecordHeader>,
  budget: Readonly<Budget>,
): Found[] {
  const found: Found[] = [];
  let { entries: entriesLeft, bytes: bytesLeft } = budget;
  for (const { block, skip } of wanted) {
    const header = headers.get(block.place)!;
    const stored = header.blocks[block.blockIndex];
    const isIt =
      stored?.topicId === topicId &&
      stored.firstOffset === block.firstOffset &&
      stored.count === block.count;
    if (!isIt) {
      const what = `it lacks the entries ${block.firstOffset} ff. of topic ${topicId}`;
      throw corrupt(segment.naming(block.place)(what));
    }
    let take = 0;
    for (; skip + take < block.count && take < entriesLeft; take += 1) {
      const { size } = header.positions()[stored.firstEntry + skip + take]!;
      const isFirst = !budget.isStarted && found.length + take === 0;
      if (size > bytesLeft && !isFirst) break;
      bytesLeft -= size;
    }
    if (take === 0) break;
    entriesLeft -= take;
    const firstEntry = stored.firstEntry + skip;
    found.push({ header, block, event: stored.event, skip, firstEntry, take });
    if (skip + take < block.count) break;
  }
  return found;
}

function valuesOf({ header, firstEntry, take }: Found): number[] {
  const values = new Set<number>();
  for (let i = 0; i < take; i += 1) {
    const position = header.positions()[firstEntry + i]!;
    for (let n = 0; n < position.values; n += 1) values.add(position.value + n);
  }
  return [...values];
}

/** How many entries from `first` on, at most `limit`, lie in the same value. */
function sameValue(positions: readonly EntryPosition[], first: number, limit: number): number {
  let count = 1;
  while (count < limit && positions[first + count]!.value === positions[first]!.value) count += 1;
  return count;
}

interface CachedValue {
  readonly bytes: Buffer;
  readonly header?: RecordHeader;
}

/** Values read lately: topics that were written together are read again and again. */
class ValueCache {
  readonly #limitBytes: number;
  readonly #values = new Map<string, CachedValue>();
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  has(place: Place, value: number): boolean {
    return this.#values.has(`${place}/${value}`);
  }

  get(place: Place, value: number): CachedValue | undefined {
    const key = `${place}/${value}`;
    const cached = this.#values.get(key);
    if (cached === undefined) return undefined;
    this.#values.delete(key);
    this.#values.set(key, cached);
    return cached;
  }

  put(place: Place, value: number, cached: CachedValue): void {
    if (cached.bytes.length > this.#limitBytes) return;
    this.#values.set(`${place}/${value}`, cached);
    this.#bytes += cached.bytes.length;
    for (const [key, oldest] of this.#values) {
      if (this.#bytes <= this.#limitBytes) return;
      this.#values.delete(key);
      this.#bytes -= oldest.bytes.length;
    }
  }
}
