/** Which entries the memory storage counts as cached: the newest ones, bounded in bytes. */
import type { JournalBatch } from '../journal.ts';

interface HotBlock {
  readonly topicId: number;
  readonly end: number;
  readonly bytes: number;
}

export class HotEntries {
  readonly #limitBytes: number;
  readonly #blocks: HotBlock[] = [];
  /** Offset from which on a topic is cached. */
  readonly #from = new Map<number, number>();
  bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  covers(topicId: number, offset: number): boolean {
    const from = this.#from.get(topicId);
    return from !== undefined && offset >= from;
  }

  /** Takes in what became durable; the oldest gives way. */
  take(batch: JournalBatch): void {
    for (const { entries: block } of batch.events) {
      if (block === undefined || block.entries.length === 0) continue;
      const bytes = block.entries.reduce((sum, entry) => sum + entry.length, 0);
      const end = block.firstOffset + block.entries.length;
      if (!this.#from.has(block.topicId)) this.#from.set(block.topicId, block.firstOffset);
      this.#blocks.push({ topicId: block.topicId, end, bytes });
      this.bytes += bytes;
    }
    while (this.bytes > this.#limitBytes) this.#drop(this.#blocks.shift());
  }

  #drop(block: HotBlock | undefined): void {
    if (block === undefined) return;
    this.bytes -= block.bytes;
    this.#from.set(block.topicId, block.end);
  }
}
