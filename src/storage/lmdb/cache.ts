/** The tail cache: the newest entries of all topics, bounded in bytes, the oldest out first. */
import { BlockMemory, type Block as MemoryBlock } from '../../base/block-memory.ts';
import type { EntryRun } from '../entries.ts';
import type { Block, Topic } from './topics.ts';

/** What holding a block and one of its entries costs beside the entries' bytes, about. */
const BLOCK_COST_BYTES = 256;
const ENTRY_COST_BYTES = 128;

/** Memory is taken in blocks of so many bytes, unless the cache is small; a few wait for reuse. */
const MAX_MEMORY_BLOCK_BYTES = 4 * 1024 * 1024;
const MAX_FREE_MEMORY_BLOCKS = 2;

/** The entries of a block, in order behind each other. */
export interface CachedEntries {
  readonly bytes: Buffer;
  readonly memory: MemoryBlock;
  readonly sizes: readonly number[];
  readonly data: unknown;
  readonly dueAtMs: readonly number[] | undefined;
  /** What counting it against the cache's bound came to. */
  readonly cost: number;
}

/** What a storing event brings. */
export interface FreshBlock {
  readonly entries: readonly Buffer[];
  readonly data: unknown;
  readonly dueAtMs: readonly number[] | undefined;
}

interface Cached {
  readonly topic: Topic;
  readonly block: Block;
}

export class TailCache {
  readonly #limitBytes: number;
  readonly #onLeave: (topic: Topic) => void;
  readonly memory: BlockMemory;
  #queue: Cached[] = [];
  #head = 0;
  #live = 0;
  bytes = 0;

  /** `onLeave` hears of topics that lost their oldest cached block to the bound. */
  constructor(limitBytes: number, onLeave: (topic: Topic) => void) {
    this.#limitBytes = limitBytes;
    this.#onLeave = onLeave;
    const blockBytes = Math.min(MAX_MEMORY_BLOCK_BYTES, Math.ceil(limitBytes / 16));
    this.memory = new BlockMemory(Math.max(1, blockBytes), MAX_FREE_MEMORY_BLOCKS);
  }

  /** Takes in copies of the entries that the storing event came with, and the rest as it is. */
  add(topic: Topic, block: Block, { entries, data, dueAtMs }: FreshBlock): void {
    const cost = block.bytes + BLOCK_COST_BYTES + block.count * ENTRY_COST_BYTES;
    if (cost > this.#limitBytes) return;
    const { block: memory, bytes } = this.memory.take(block.bytes);
    let end = 0;
    for (const entry of entries) {
      bytes.set(entry, end);
      end += entry.length;
    }
    const sizes = entries.map(({ length }) => length);
    block.cached = { bytes, memory, sizes, data, dueAtMs, cost };
    this.bytes += cost;
    this.#live += 1;
    this.#queue.push({ topic, block });
    while (this.#isOver && this.#head < this.#queue.length) this.#evict();
    this.#compact();
  }

  /** Memory counts in whole blocks: what was given up in the middle of one is not free yet. */
  get #isOver(): boolean {
    return this.bytes > this.#limitBytes || this.memory.bytes > this.#limitBytes * 2;
  }

  /** Lets go of a block that was given up. */
  drop(block: Block): void {
    const { cached } = block;
    if (cached === undefined) return;
    block.cached = undefined;
    this.bytes -= cached.cost;
    this.#live -= 1;
    this.memory.release(cached.memory);
  }

  clear(): void {
    for (const { block } of this.#queue) this.drop(block);
    this.#queue = [];
    this.#head = 0;
  }

  #evict(): void {
    const oldest = this.#queue[this.#head]!;
    this.#head += 1;
    if (oldest.block.cached === undefined) return;
    this.drop(oldest.block);
    this.#onLeave(oldest.topic);
  }

  /** Blocks that were dropped stay queued until they are first, or too many. */
  #compact(): void {
    while (this.#head < this.#queue.length && this.#queue[this.#head]!.block.cached === undefined) {
      this.#head += 1;
    }
    const queued = this.#queue.length - this.#head;
    if (queued > this.#live * 2 + 1024) {
      this.#queue = this.#queue.slice(this.#head).filter(({ block }) => block.cached !== undefined);
      this.#head = 0;
    } else if (this.#head > 1024 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
  }
}

/** The entries of a cached block from `offset` on that fit; undefined if none does. */
export function cutCached(
  block: Block,
  cached: CachedEntries,
  offset: number,
  limits: { readonly entries: number; readonly bytes: number; readonly isFirst: boolean },
): { readonly run: EntryRun; readonly bytes: number } | undefined {
  const { bytes, sizes, data, dueAtMs } = cached;
  const skip = offset - block.firstOffset;
  let start = 0;
  for (let i = 0; i < skip; i += 1) start += sizes[i]!;
  const entries: Buffer[] = [];
  const from = start;
  for (let i = skip; i < sizes.length && entries.length < limits.entries; i += 1) {
    const end = start + sizes[i]!;
    if (end - from > limits.bytes && !(limits.isFirst && i === skip)) break;
    entries.push(bytes.subarray(start, end));
    start = end;
  }
  if (entries.length === 0) return undefined;
  const run = { firstOffset: offset, entries, data, dataIndex: skip, dueAtMs };
  return { run, bytes: start - from };
}
