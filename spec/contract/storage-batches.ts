/** Journal batches for storage specs: entries carry their own topic and offset, and a checksum. */
import { crc32c } from '@node-rs/crc32';
import type { JournalBatch, JournalEvent } from '../../src/storage/journal.ts';

/** u16 magic, u32 checksum, u32 topic, u32 offset, then filling that depends on both. */
const HEAD_BYTES = 14;

export function entryOf(topicId: number, offset: number, size = 100): Buffer {
  const entry = Buffer.alloc(Math.max(size, HEAD_BYTES), (topicId * 31 + offset) & 0xff);
  entry.writeUInt16BE(0x0e01, 0);
  entry.writeUInt32BE(topicId, 6);
  entry.writeUInt32BE(offset, 10);
  entry.writeUInt32BE(crc32c(entry.subarray(6)), 2);
  return entry;
}

/** The offset that an entry was made for. */
export function idOf(entry: Buffer): number {
  return entry.readUInt32BE(10);
}

export interface StoreOptions {
  readonly size?: number;
  readonly data?: unknown;
  readonly dueAtMs?: readonly number[];
}

/** An event that stores `count` entries. */
export function stores(
  topicId: number,
  firstOffset: number,
  count: number,
  { size = 100, data = null, dueAtMs }: StoreOptions = {},
): JournalEvent {
  const entries = Array.from({ length: count }, (_, i) => entryOf(topicId, firstOffset + i, size));
  const block = { topicId, firstOffset, entries, ...(dueAtMs === undefined ? {} : { dueAtMs }) };
  return { actor: `topic:${topicId}`, type: 'published', data, cause: 'spec', entries: block };
}

/** An event that gives up the entries below `before`. */
export function trims(topicId: number, before: number): JournalEvent {
  const trim = { topicId, before };
  return { actor: `topic:${topicId}`, type: 'trimmed', data: null, cause: 'spec', trim };
}

export function batchOf(...events: JournalEvent[]): JournalBatch {
  return { atMs: 1_700_000_000_000, events };
}
