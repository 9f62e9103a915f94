/** Reads of entries here and there: which blocks hold them, and which of those to read together. */
import type { Place } from './layout.ts';
import type { Wanted } from './record-reader.ts';
import type { IndexedBlock } from './rows.ts';
import type { Segment } from './segment.ts';
import type { Segments } from './segments.ts';
import type { Index } from './topic-index.ts';
import type { Block, Topic } from './topics.ts';

/** What one window reads. */
export interface Plan {
  readonly segment: Segment;
  readonly wanted: readonly Wanted[];
}

/** Records that one window brings in, so that it holds up nobody for long. */
const MAX_RECORDS = 32;

/** Blocks that are passed on the way to the next offset before it is searched for. */
const MAX_PASSED = 256;

/**
 * The first of these offsets, which ascend, that lie in one segment; undefined when the index lacks
 * the very first.
 */
export function planPicks(
  index: Index,
  segments: Segments,
  topic: Topic,
  offsets: readonly number[],
): Plan | undefined {
  const wanted: Wanted[] = [];
  const places = new Set<Place>();
  const blocks = new BlockWalk(index, topic);
  let segment: Segment | undefined;
  for (let at = 0; at < offsets.length; ) {
    const offset = offsets[at]!;
    const block = blocks.holding(offset);
    if (block === undefined || ('cached' in block && block.cached !== undefined && at > 0)) break;
    segment ??= segments.find(block.place);
    places.add(block.place);
    if (!segment.holds(block.place) || places.size > MAX_RECORDS) break;
    const skip = offset - block.firstOffset;
    const count = Math.min(stretchOf(offsets, at), block.count - skip);
    wanted.push({ block, skip, count });
    at += count;
  }
  return segment && { segment, wanted };
}

/** How many offsets from place `at` on follow each other without a gap. */
export function stretchOf(offsets: readonly number[], at = 0): number {
  let count = 1;
  while (offsets[at + count] === offsets[at]! + count) count += 1;
  return count;
}

/** Finds the blocks of offsets that ascend. */
class BlockWalk {
  readonly #index: Index;
  readonly #topic: Topic;
  #blocks: Iterator<IndexedBlock | Block> | undefined;
  #block: IndexedBlock | Block | undefined;

  constructor(index: Index, topic: Topic) {
    this.#index = index;
    this.#topic = topic;
  }

  holding(offset: number): IndexedBlock | Block | undefined {
    for (let passed = 0; passed < MAX_PASSED && this.#blocks !== undefined; passed += 1) {
      if (this.#reaches(offset)) return this.#heldBy(offset);
      this.#block = this.#blocks.next().value;
      if (this.#block === undefined) break;
    }
    this.#blocks = this.#index.blocksFrom(this.#topic, offset)[Symbol.iterator]();
    this.#block = this.#blocks.next().value;
    return this.#heldBy(offset);
  }

  #reaches(offset: number): boolean {
    return this.#block !== undefined && this.#block.firstOffset + this.#block.count > offset;
  }

  #heldBy(offset: number): IndexedBlock | Block | undefined {
    return this.#block !== undefined && this.#block.firstOffset <= offset ? this.#block : undefined;
  }
}
