/** What the appending child does, as a function of the step, so that its parent can check it. */
import type { JournalBatch } from '../../../src/storage/journal.ts';
import { batchOf, stores, trims } from '../../contract/storage-batches.ts';

export const TOPICS = 5;

/** Entries that step `sequence` stores in its topic. */
export function countOf(sequence: number): number {
  return ((sequence * 7) % 13) + 1;
}

export function topicOf(sequence: number): number {
  return sequence % TOPICS;
}

export function sizeOf(sequence: number): number {
  return sequence % 17 === 0 ? 70_000 : 200 + (sequence % 3) * 400;
}

/** Walks through the steps; gives each one's batch, and the offsets that topics have by then. */
export class Story {
  readonly ends = new Array<number>(TOPICS).fill(0);
  readonly trimmed = new Array<number>(TOPICS).fill(0);
  sequence = 0;

  next(): JournalBatch {
    this.sequence += 1;
    const topicId = topicOf(this.sequence);
    const count = countOf(this.sequence);
    const firstOffset = this.ends[topicId]!;
    this.ends[topicId] = firstOffset + count;
    const options = { size: sizeOf(this.sequence), data: this.sequence };
    const stored = stores(topicId, firstOffset, count, options);
    // The last topic is never trimmed: it makes segments sparse, so that its entries are moved.
    if (this.sequence % 7 !== 0 || topicId === TOPICS - 1) return batchOf(stored);
    this.trimmed[topicId] = Math.max(0, firstOffset - 20);
    return batchOf(stored, trims(topicId, this.trimmed[topicId]!));
  }
}
