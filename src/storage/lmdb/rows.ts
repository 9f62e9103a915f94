/** What the state environment stores for topics, index and segments, as bytes. */
import { assert } from '../../base/assert.ts';
import type { Place } from './layout.ts';
import type { SegmentFacts } from './segment.ts';
import type { TopicFacts } from './topics.ts';

/** Where a block is and what it holds; a row of the index has up to `MAX_ROW_BLOCKS` of them. */
export interface IndexedBlock {
  readonly firstOffset: number;
  readonly count: number;
  readonly bytes: number;
  readonly bytesBefore: number;
  readonly place: Place;
  readonly blockIndex: number;
}

export const MAX_ROW_BLOCKS = 256;

/** Key of a topic: u48, big-endian. */
export function topicKey(topicId: number): Buffer {
  const key = Buffer.allocUnsafe(6);
  key.writeUIntBE(topicId, 0, 6);
  return key;
}

/** Of a topic's key, and of its rows'. */
export function topicOfKey(key: Buffer): number {
  return key.readUIntBE(0, 6);
}

/** Key of a row of the index: u48 topic, u48 offset of its first entry, big-endian. */
export function rowKey(topicId: number, offset: number): Buffer {
  const key = Buffer.allocUnsafe(12);
  key.writeUIntBE(topicId, 0, 6);
  key.writeUIntBE(offset, 6, 6);
  return key;
}

export function offsetOfRowKey(key: Buffer): number {
  return key.readUIntBE(6, 6);
}

const ROW_HEAD_BYTES = 8;
const ROW_BLOCK_BYTES = 20;

/** A row: f64 bytes before it; a block each f64 place, u32 entries, u32 bytes, u32 block index. */
export function encodeRow(blocks: readonly IndexedBlock[]): Buffer {
  assert(blocks.length > 0 && blocks.length <= MAX_ROW_BLOCKS, 'a row has 1 to 256 blocks');
  const row = Buffer.allocUnsafe(ROW_HEAD_BYTES + blocks.length * ROW_BLOCK_BYTES);
  row.writeDoubleLE(blocks[0]!.bytesBefore, 0);
  let at = ROW_HEAD_BYTES;
  for (const block of blocks) {
    row.writeDoubleLE(block.place, at);
    row.writeUInt32LE(block.count, at + 8);
    row.writeUInt32LE(block.bytes, at + 12);
    row.writeUInt32LE(block.blockIndex, at + 16);
    at += ROW_BLOCK_BYTES;
  }
  return row;
}

export function decodeRow(key: Buffer, row: Buffer): IndexedBlock[] {
  let firstOffset = offsetOfRowKey(key);
  let bytesBefore = row.readDoubleLE(0);
  const blocks: IndexedBlock[] = [];
  for (let at = ROW_HEAD_BYTES; at < row.length; at += ROW_BLOCK_BYTES) {
    const block = {
      firstOffset,
      bytesBefore,
      place: row.readDoubleLE(at),
      count: row.readUInt32LE(at + 8),
      bytes: row.readUInt32LE(at + 12),
      blockIndex: row.readUInt32LE(at + 16),
    };
    blocks.push(block);
    firstOffset += block.count;
    bytesBefore += block.bytes;
  }
  return blocks;
}

export function encodeTopic(facts: TopicFacts): Buffer {
  const { before, end, swept, bytes, indexed, cleared } = facts;
  return doubles([before, end, swept, bytes, indexed, cleared]);
}

export function decodeTopic(row: Buffer): TopicFacts {
  const [before, end, swept, bytes, indexed, cleared] = undoubles(row, 6);
  return { before, end, swept, bytes, indexed, cleared } as TopicFacts;
}

export function segmentKey(number: number): Buffer {
  const key = Buffer.allocUnsafe(4);
  key.writeUInt32BE(number);
  return key;
}

export function numberOfSegmentKey(key: Buffer): number {
  return key.readUInt32BE();
}

export function encodeSegment(facts: SegmentFacts): Buffer {
  const { first, last, firstMove, lastMove, bytes, liveBytes } = facts;
  return doubles([first, last, firstMove, lastMove, bytes, liveBytes]);
}

export function decodeSegment(row: Buffer): SegmentFacts {
  const [first, last, firstMove, lastMove, bytes, liveBytes] = undoubles(row, 6);
  return { first, last, firstMove, lastMove, bytes, liveBytes } as SegmentFacts;
}

function doubles(values: readonly number[]): Buffer {
  const row = Buffer.allocUnsafe(values.length * 8);
  values.forEach((value, i) => {
    row.writeDoubleLE(value, i * 8);
  });
  return row;
}

function undoubles(row: Buffer, count: number): number[] {
  return Array.from({ length: count }, (_, i) => row.readDoubleLE(i * 8));
}
