/**
 * What a broker needs to know of a stored entry, scanned from its bytes without decoding strings:
 * `[u16 0x0e01][u32 crc32c][u32 metadataSize][MessageMetadata][payload]`, checksum optional.
 */

import type { Long } from '../base/long.ts';
import { CHECKSUM_BYTES, hasChecksum } from './checksum.ts';
import { badFrame, ProtoReader } from './reader.ts';

/** One piece of a message too large for a frame. */
export interface Chunk {
  /** Shared by the chunks of a message. */
  readonly uuid: string;
  readonly chunkId: number;
  readonly numChunks: number;
  readonly totalBytes: number;
}

/** A scanned entry. Undefined marks what did not travel; positions are in the scanned buffer. */
export interface EntryMetadata {
  /** The `MessageMetadata` is `buffer[metadataStart, metadataEnd)`; the payload follows it. */
  readonly metadataStart: number;
  readonly metadataEnd: number;
  /** By the producer's clock. */
  readonly publishTimeMs: number;
  readonly eventTimeMs: number | undefined;
  /** `num_messages_in_batch`, or 1 when absent. Chosen by the peer: may be zero or negative. */
  readonly numMessages: number;
  /** `num_messages_in_batch` travelled, even as 1: the payload is a batch. */
  readonly isBatch: boolean;
  readonly sequenceId: Long;
  readonly highestSequenceId: Long | undefined;
  /** The UTF-8 bytes of `producer_name`; `producerNameOf` decodes them. */
  readonly producerNameStart: number;
  readonly producerNameEnd: number;
  readonly partitionKey: Span | undefined;
  readonly isPartitionKeyBase64: boolean;
  readonly orderingKey: Span | undefined;
  /** `partition_key` or `ordering_key` travelled. */
  readonly hasKey: boolean;
  /** `encryption_keys` travelled. */
  readonly encrypted: boolean;
  readonly nullValue: boolean;
  readonly txnidLeastBits: Long | undefined;
  readonly txnidMostBits: Long | undefined;
  /** Both transaction id fields travelled. */
  readonly hasTxn: boolean;
  readonly deliverAtTimeMs: number | undefined;
  readonly markerType: number | undefined;
  /** `replicated_from` travelled: the entry came from another cluster. */
  readonly isReplicated: boolean;
  readonly chunk: Chunk | undefined;
}

/** A range of the scanned buffer, `[start, end)`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Scans the entry in `buffer[start, end)`. Throws `bad-frame` when its metadata is cut short,
 * malformed or lacks a required field. Times are exact up to 2^53 ms.
 */
export function readEntryMetadata(buffer: Buffer, start: number, end: number): EntryMetadata {
  const fields = new Scan();
  fields.metadataStart = metadataStartOf(buffer, start, end);
  fields.metadataEnd = fields.metadataStart + readUint32(buffer, fields.metadataStart - 4);
  if (fields.metadataEnd > end) throw badFrame('message metadata longer than its entry');
  reader.reset(buffer, fields.metadataStart, fields.metadataEnd);
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) readField(fields, tag);
  reader.release();
  if (fields.producerNameEnd === 0) throw badFrame('MessageMetadata without producer_name');
  if (!fields.hasSequenceId) throw badFrame('MessageMetadata without sequence_id');
  if (!fields.hasPublishTime) throw badFrame('MessageMetadata without publish_time');
  if (fields.uuid !== undefined) fields.chunk = chunkOf(buffer, fields.uuid, fields);
  return fields;
}

/** The name in the metadata that was scanned from `buffer`. */
export function producerNameOf(buffer: Buffer, metadata: EntryMetadata): string {
  return buffer.toString('utf8', metadata.producerNameStart, metadata.producerNameEnd);
}

/** Where the metadata of the entry in `buffer[start, end)` begins, behind its size. */
export function metadataStartOf(buffer: Buffer, start: number, end: number): number {
  const size = hasChecksum(buffer, start, end) ? start + CHECKSUM_BYTES : start;
  if (end > buffer.length || size + 4 > end) throw badFrame('an entry without message metadata');
  return size + 4;
}

class Scan implements EntryMetadata {
  metadataStart = 0;
  metadataEnd = 0;
  publishTimeMs = 0;
  hasPublishTime = false;
  eventTimeMs: number | undefined = undefined;
  numMessages = 1;
  isBatch = false;
  sequenceId: Long = 0;
  hasSequenceId = false;
  highestSequenceId: Long | undefined = undefined;
  producerNameStart = 0;
  producerNameEnd = 0;
  partitionKey: Span | undefined = undefined;
  isPartitionKeyBase64 = false;
  orderingKey: Span | undefined = undefined;
  encrypted = false;
  nullValue = false;
  txnidLeastBits: Long | undefined = undefined;
  txnidMostBits: Long | undefined = undefined;
  deliverAtTimeMs: number | undefined = undefined;
  markerType: number | undefined = undefined;
  isReplicated = false;
  chunk: Chunk | undefined = undefined;
  uuid: Span | undefined = undefined;
  chunkId = 0;
  numChunks = 0;
  totalChunkBytes = 0;

  get hasKey(): boolean {
    return this.partitionKey !== undefined || this.orderingKey !== undefined;
  }

  get hasTxn(): boolean {
    return this.txnidLeastBits !== undefined && this.txnidMostBits !== undefined;
  }
}

const reader = new ProtoReader();

/** The fields of nearly every message; the others are read by `readRareField`. */
function readField(fields: Scan, tag: number): void {
  switch (tag) {
    case (1 << 3) | 2:
      fields.producerNameEnd = reader.lengthDelimitedEnd();
      fields.producerNameStart = reader.pos;
      reader.pos = fields.producerNameEnd;
      break;
    case 2 << 3:
      fields.sequenceId = reader.uint64();
      fields.hasSequenceId = true;
      break;
    case 3 << 3:
      fields.publishTimeMs = Number(reader.uint64());
      fields.hasPublishTime = true;
      break;
    case 11 << 3:
      fields.numMessages = reader.int32();
      fields.isBatch = true;
      break;
    case 12 << 3:
      fields.eventTimeMs = Number(reader.uint64());
      break;
    case 24 << 3:
      fields.highestSequenceId = reader.uint64();
      break;
    default:
      readRareField(fields, tag);
  }
}

function readRareField(fields: Scan, tag: number): void {
  switch (tag) {
    case (5 << 3) | 2:
      fields.isReplicated = true;
      reader.skip(tag);
      break;
    case (6 << 3) | 2:
      fields.partitionKey = readSpan();
      break;
    case (13 << 3) | 2:
      fields.encrypted = true;
      reader.skip(tag);
      break;
    case 17 << 3:
      fields.isPartitionKeyBase64 = reader.bool();
      break;
    case (18 << 3) | 2:
      fields.orderingKey = readSpan();
      break;
    case 19 << 3:
      fields.deliverAtTimeMs = Number(reader.int64());
      break;
    case 20 << 3:
      fields.markerType = reader.int32();
      break;
    case 22 << 3:
      fields.txnidLeastBits = reader.uint64();
      break;
    case 23 << 3:
      fields.txnidMostBits = reader.uint64();
      break;
    case 25 << 3:
      fields.nullValue = reader.bool();
      break;
    default:
      readChunkField(fields, tag);
  }
}

function readChunkField(fields: Scan, tag: number): void {
  switch (tag) {
    case (26 << 3) | 2:
      fields.uuid = readSpan();
      break;
    case 27 << 3:
      fields.numChunks = reader.int32();
      break;
    case 28 << 3:
      fields.totalChunkBytes = reader.int32();
      break;
    case 29 << 3:
      fields.chunkId = reader.int32();
      break;
    default:
      reader.skip(tag);
  }
}

function readSpan(): Span {
  const end = reader.lengthDelimitedEnd();
  const start = reader.pos;
  reader.pos = end;
  return { start, end };
}

function chunkOf(buffer: Buffer, uuid: Span, fields: Scan): Chunk {
  return {
    uuid: buffer.toString('utf8', uuid.start, uuid.end),
    chunkId: fields.chunkId,
    numChunks: fields.numChunks,
    totalBytes: fields.totalChunkBytes,
  };
}

function readUint32(buffer: Buffer, pos: number): number {
  const low = (buffer[pos + 1]! << 16) | (buffer[pos + 2]! << 8) | buffer[pos + 3]!;
  return buffer[pos]! * 2 ** 24 + low;
}
