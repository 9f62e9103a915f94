/** Reads entries out of records: brings pages in off the main thread, copies, checks, cuts. */
import type { Block, BlockMemory } from '../../base/block-memory.ts';
import type { Clock } from '../../base/clock.ts';
import { pacer } from '../../base/slices.ts';
import { corrupt, type RecordHeader } from './decode.ts';
import type { Budget } from './entries.ts';
import { type Place, valueKey } from './layout.ts';
import type { IndexedBlock } from './rows.ts';
import type { HeldRun } from './runs.ts';
import type { Segment } from './segment.ts';
import { BUFFER_BYTES, ValueCache } from './value-cache.ts';

/** So many entries to read of a block, without its first `skip`. */
export interface Wanted {
  readonly block: Pick<IndexedBlock, 'firstOffset' | 'count' | 'place' | 'blockIndex'>;
  readonly skip: number;
  readonly count: number;
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
   * Runs of the wanted blocks within the budget; at least one entry; in `memory` where there is
   * one. The segment stays open. Others get their turn meanwhile, even where everything is in
   * memory.
   */
  async read(
    segment: Segment,
    topicId: number,
    wanted: readonly Wanted[],
    budget: Readonly<Budget>,
    memory?: BlockMemory,
  ): Promise<HeldRun[]> {
    const places = wanted.map(({ block }) => block.place);
    try {
      return await this.#readFrom(segment, topicId, wanted, places, budget, memory);
    } catch (error) {
      for (const place of places) this.#values.forget(place);
      throw error;
    }
  }

  async #readFrom(
    segment: Segment,
    topicId: number,
    wanted: readonly Wanted[],
    places: readonly Place[],
    budget: Readonly<Budget>,
    memory: BlockMemory | undefined,
  ): Promise<HeldRun[]> {
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
    return this.#runs(segment, topicId, found, memory);
  }

  /** Copying and checking a window takes some milliseconds. */
  async #runs(
    segment: Segment,
    topicId: number,
    found: readonly Found[],
    memory: BlockMemory | undefined,
  ): Promise<HeldRun[]> {
    const pace = pacer(this.#clock, 1);
    const runs: HeldRun[] = [];
    for (const part of found) {
      if (pace.isOver()) await pace.pause();
      runs.push(this.#run(segment, topicId, part, memory));
    }
    return runs;
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
    const { header, value } = segment.header(place, this.#values.room);
    this.#values.put(place, 0, value, header);
    return header;
  }

  /** Looked at before the next value is read: then its memory may hold another one. */
  #value(segment: Segment, place: Place, value: number): Buffer {
    const cached = this.#values.get(place, value);
    if (cached !== undefined) return cached.bytes;
    const bytes = segment.value(place, value, this.#values.room);
    this.#values.put(place, value, bytes);
    return bytes;
  }

  #run(segment: Segment, topicId: number, part: Found, memory: BlockMemory | undefined): HeldRun {
    const { header, block, skip, take, firstEntry } = part;
    const firstOffset = block.firstOffset + skip;
    const entries: Buffer[] = [];
    const blocks: Block[] = [];
    const room = memory === undefined ? ownRoom : roomIn(memory, blocks);
    for (let done = 0; done < take; ) {
      const count = sameValue(header, firstEntry + done, take - done);
      const bytes = this.#stretch(segment, header, firstEntry + done, count, room);
      let start = 0;
      for (let i = 0; i < count; i += 1) {
        const size = header.sizeOf(firstEntry + done + i);
        const entry = bytes.subarray(start, start + size);
        header.verify(entry, firstEntry + done + i, firstOffset + done + i, topicId);
        entries.push(entry);
        start += size;
      }
      done += count;
    }
    return { firstOffset, entries, ...header.contentOf(part.event), dataIndex: skip, blocks };
  }

  /** A copy of the bytes of `count` entries of one value. */
  #stretch(
    segment: Segment,
    header: RecordHeader,
    first: number,
    count: number,
    room: (bytes: number) => Buffer,
  ): Buffer {
    const { place } = header;
    const from = header.valueOf(first);
    const values = header.valuesIn(first);
    if (values > 1) {
      const parts = Array.from({ length: values }, (_, i) => segment.value(place, from + i));
      return Buffer.concat(parts);
    }
    const last = first + count - 1;
    const start = header.startOf(first);
    const end = header.startOf(last) + header.sizeOf(last);
    // A large entry is a value of its own, and is not read again soon.
    if (end - start > BUFFER_BYTES) return segment.value(place, from, room).subarray(start, end);
    const value = this.#value(segment, place, from);
    const bytes = room(end - start);
    value.copy(bytes, 0, start, end);
    return bytes;
  }
}

const ownRoom = (bytes: number) => Buffer.allocUnsafeSlow(bytes);

/** Space in a memory, whose blocks are noted. */
function roomIn(memory: BlockMemory, blocks: Block[]): (bytes: number) => Buffer {
  return (size) => {
    const { block, bytes } = memory.take(size);
    blocks.push(block);
    return bytes;
  };
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
  for (const { block, skip, count } of wanted) {
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
    for (; take < count && take < entriesLeft; take += 1) {
      const size = header.sizeOf(stored.firstEntry + skip + take);
      const isFirst = !budget.isStarted && found.length + take === 0;
      if (size > bytesLeft && !isFirst) break;
      bytesLeft -= size;
    }
    if (take === 0) break;
    entriesLeft -= take;
    const firstEntry = stored.firstEntry + skip;
    found.push({ header, block, event: stored.event, skip, firstEntry, take });
    if (take < count) break;
  }
  return found;
}

function valuesOf({ header, firstEntry, take }: Found): number[] {
  const values = new Set<number>();
  for (let i = 0; i < take; i += 1) {
    const from = header.valueOf(firstEntry + i);
    for (let n = 0; n < header.valuesIn(firstEntry + i); n += 1) values.add(from + n);
  }
  return [...values];
}

/** How many entries from `first` on, at most `limit`, lie in the same value. */
function sameValue(header: RecordHeader, first: number, limit: number): number {
  let count = 1;
  while (count < limit && header.valueOf(first + count) === header.valueOf(first)) count += 1;
  return count;
}
