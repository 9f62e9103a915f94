/** The tail cache: the newest entries of all topics, bounded in bytes, the oldest out first. */
import type { EntryRun } from '../entries.ts';
import type { Block, Topic } from './topics.ts';

/** What holding a block and one of its entries costs beside the entries' bytes, about. */
const BLOCK_COST_BYTES = 256;
const ENTRY_COST_BYTES = 128;

interface Cached {
  readonly topic: Topic;
  readonly block: Block;
}

export class TailCache {
  readonly #limitBytes: number;
  readonly #onLeave: (topic: Topic) => void;
  #queue: Cached[] = [];
  #head = 0;
  #live = 0;
  bytes = 0;

  /** `onLeave` hears of topics that lost their oldest cached block to the bound. */
  constructor(limitBytes: number, onLeave: (topic: Topic) => void) {
    this.#limitBytes = limitBytes;
    this.#onLeave = onLeave;
  }

  add(topic: Topic, block: Block, run: EntryRun): void {
    const cost = block.bytes + BLOCK_COST_BYTES + block.count * ENTRY_COST_BYTES;
    if (cost > this.#limitBytes) return;
    block.run = run;
    block.cachedBytes = cost;
    this.bytes += cost;
    this.#live += 1;
    this.#queue.push({ topic, block });
    while (this.bytes > this.#limitBytes) this.#evict();
    this.#compact();
  }

  /** Lets go of a block that was given up. */
  drop(block: Block): void {
    if (block.run === undefined) return;
    block.run = undefined;
    this.bytes -= block.cachedBytes;
    this.#live -= 1;
  }

  clear(): void {
    for (const { block } of this.#queue) this.drop(block);
    this.#queue = [];
    this.#head = 0;
  }

  #evict(): void {
    const oldest = this.#queue[this.#head]!;
    this.#head += 1;
    if (oldest.block.run === undefined) return;
    this.drop(oldest.block);
    this.#onLeave(oldest.topic);
  }

  /** Blocks that were dropped stay queued until they are first, or too many. */
  #compact(): void {
    while (this.#head < this.#queue.length && this.#queue[this.#head]!.block.run === undefined) {
      this.#head += 1;
    }
    const queued = this.#queue.length - this.#head;
    if (queued > this.#live * 2 + 1024) {
      this.#queue = this.#queue.slice(this.#head).filter(({ block }) => block.run !== undefined);
      this.#head = 0;
    } else if (this.#head > 1024 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
  }
}
