/**
 * The newest blocks of every topic in memory: those that the index on disk does not know yet, and
 * those whose entries are cached. Both leave in the order in which they came.
 */
import type { CachedEntries } from './cache.ts';
import type { Place } from './layout.ts';

/** Entries of one topic that one event stored. */
export interface Block {
  readonly firstOffset: number;
  readonly count: number;
  readonly bytes: number;
  /** Bytes that the topic ever stored before this block. */
  readonly bytesBefore: number;
  /** The record that holds it, and which of the record's blocks it is. Moves with relocation. */
  place: Place;
  blockIndex: number;
  /** The entries, while they are cached. */
  cached: CachedEntries | undefined;
}

export interface TopicFacts {
  /** Entries below were given up. */
  readonly before: number;
  /** The offset after the last entry. */
  readonly end: number;
  /** Blocks below no longer count as live bytes of their segments. */
  readonly swept: number;
  /** Bytes that the topic ever stored. */
  readonly bytes: number;
  /** Blocks below are in rows of the index, as far as they were not swept before. */
  readonly indexed: number;
  /** Rows below were removed from the index. */
  readonly cleared: number;
}

export class Topic {
  readonly id: number;
  before: number;
  end: number;
  swept: number;
  bytes: number;
  indexed: number;
  cleared: number;
  /** The offset after the last entry that was appended, durable or not. */
  expected: number;
  /** Changed since the state environment last heard of it. */
  isDirty = false;
  /** What the state environment says of it is about to change. */
  isBeingWritten = false;
  /** The state environment says that it is to be swept further, as after a start it must be. */
  isUnfinished = false;
  /** Bytes ever stored below `before`, once somebody asked. */
  bytesBefore: number | undefined;
  #blocks: Block[] = [];
  #head = 0;

  constructor(id: number, facts: TopicFacts) {
    this.id = id;
    this.before = facts.before;
    this.end = facts.end;
    this.swept = facts.swept;
    this.bytes = facts.bytes;
    this.indexed = facts.indexed;
    this.cleared = facts.cleared;
    this.expected = facts.end;
  }

  facts(): TopicFacts {
    const { before, end, swept, bytes, indexed, cleared } = this;
    return { before, end, swept, bytes, indexed, cleared };
  }

  /** Nothing is left of it, neither on disk nor on the way there. */
  get isGone(): boolean {
    const { end } = this;
    return this.swept === end && this.expected === end && this.cleared >= this.indexed;
  }

  get blockCount(): number {
    return this.#blocks.length - this.#head;
  }

  /** Offset of the oldest block in memory; `end` when there is none. */
  get memoryFrom(): number {
    return this.#blocks[this.#head]?.firstOffset ?? this.end;
  }

  push(block: Block): void {
    this.#blocks.push(block);
    this.end = block.firstOffset + block.count;
    this.bytes += block.bytes;
  }

  block(index: number): Block | undefined {
    return this.#blocks[this.#head + index];
  }

  /** Index of the block that holds `offset`, or the first one after it. */
  indexOf(offset: number): number {
    let low = this.#head;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const block = this.#blocks[middle]!;
      if (block.firstOffset + block.count <= offset) low = middle + 1;
      else high = middle;
    }
    return low - this.#head;
  }

  /** Lets go of the oldest blocks that neither the cache nor the index still need here. */
  release(): void {
    const { indexed, swept } = this;
    for (let block = this.#blocks[this.#head]; block !== undefined; ) {
      const end = block.firstOffset + block.count;
      const isNeeded = block.cached !== undefined || (end > indexed && end > swept);
      if (isNeeded) break;
      this.#head += 1;
      block = this.#blocks[this.#head];
    }
    if (this.#head < 64 || this.#head * 2 < this.#blocks.length) return;
    this.#blocks = this.#blocks.slice(this.#head);
    this.#head = 0;
  }
}
