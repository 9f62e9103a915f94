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
  /** How often a message says that its key is gone; then each of a batch has a key of its own. */
  readonly tombstones?: number;
}

export interface EntryDraw {
  /** Messages of the batch; undefined where it is none. */
  readonly batch: number | undefined;
  readonly key: string | undefined;
  /** Entries that the one message is cut into; 1: it is not. */
  readonly chunks: number;
  /** Milliseconds from now until it is to be delivered, negative ones too; undefined: at once. */
  readonly delayMs: number | undefined;
  /** Where messages have keys of their own: of each, in their order. */
  readonly slots: readonly SlotDraw[] | undefined;
}

export interface SlotDraw {
  readonly key: string | undefined;
  readonly isTombstone: boolean;
}

const MOST_CHUNKS = 5;
const MOST_DELAY_MS = 8_000;

/** Draws only for what the manners know, so that others do not shift what follows. */
export function drawEntry(draws: Draws, manners: EntryManners): EntryDraw {
  const { batch, keys, chunks, delays, tombstones = 0 } = manners;
  const isChunked = chunks > 0 && draws.happens(chunks);
  const isBatch = !isChunked && batch > 1 && draws.happens(0.7);
  const count = isBatch ? draws.between(1, batch) : undefined;
  const parts = isChunked ? draws.between(2, MOST_CHUNKS) : 1;
  const key = drawKey(draws, keys);
  const isDelayed = !isChunked && !isBatch && delays > 0 && draws.happens(delays);
  const delayMs = isDelayed ? Math.floor(draws.skewed(-500, MOST_DELAY_MS)) : undefined;
  const slots =
    tombstones > 0 && !isChunked ? drawSlots(draws, key, count ?? 1, manners) : undefined;
  return { batch: count, key, chunks: parts, delayMs, slots };
}

function drawKey(draws: Draws, keys: number): string | undefined {
  return keys === 0 ? undefined : `k${draws.between(1, keys)}`;
}

/** The first one has the key of the entry. */
function drawSlots(
  draws: Draws,
  first: string | undefined,
  count: number,
  { keys, tombstones = 0 }: EntryManners,
): SlotDraw[] {
  return Array.from({ length: count }, (_, i) => {
    const key = i === 0 ? first : drawKey(draws, keys);
    return { key, isTombstone: key !== undefined && draws.happens(tombstones) };
  });
}
