/** What a producer sends next. */
import type { Draws } from './draws.ts';

/** How a producer makes entries. */
export interface EntryManners {
  /** Messages in one entry at most; 1 makes no batches. */
  readonly batch: number;
  /** Different keys; 0 sends none. */
  readonly keys: number;
  /** How often a message is sent in several chunks, which no batch is. */
  readonly chunks: number;
  /** How often a message that is in no batch is to be delivered later. */
  readonly delays: number;
}

export interface EntryDraw {
  /** Messages of the batch; undefined where it is none. */
  readonly batch: number | undefined;
  readonly key: string | undefined;
  /** Entries that the one message is cut into; 1: it is not. */
  readonly chunks: number;
  /** Milliseconds from now until it is to be delivered, negative ones too; undefined: at once. */
  readonly delayMs: number | undefined;
}

const MOST_CHUNKS = 5;
const MOST_DELAY_MS = 8_000;

/** Draws only for what the manners know, so that others do not shift what follows. */
export function drawEntry(draws: Draws, manners: EntryManners): EntryDraw {
  const { batch, keys, chunks, delays } = manners;
  const isChunked = chunks > 0 && draws.happens(chunks);
  const isBatch = !isChunked && batch > 1 && draws.happens(0.7);
  const count = isBatch ? draws.between(1, batch) : undefined;
  const parts = isChunked ? draws.between(2, MOST_CHUNKS) : 1;
  const key = keys === 0 ? undefined : `k${draws.between(1, keys)}`;
  const isDelayed = !isChunked && !isBatch && delays > 0 && draws.happens(delays);
  const delayMs = isDelayed ? Math.floor(draws.skewed(-500, MOST_DELAY_MS)) : undefined;
  return { batch: count, key, chunks: parts, delayMs };
}
