/** Entries as the clients of the simulation make them: every message says which one it is. */
import { buildBatch, readBatch } from '../../../src/wire/batch.ts';
import { verifyEntry } from '../../../src/wire/checksum.ts';
import { decodeEntry, encodeEntry } from '../../../src/wire/entry.ts';
import type { MessageMetadata } from '../../../src/wire/messages.ts';

/** What is in an entry, for whoever compares what was sent with what came. */
export interface Content {
  /** Numbers of its messages, given by the world, each once. */
  readonly messages: readonly number[];
  readonly isBatch: boolean;
  readonly producer: string;
  readonly sequenceId: number;
  readonly key: string | undefined;
  /** The larger message that it is a part of, and which part. */
  readonly chunk?: Chunk | undefined;
  readonly publishTimeMs?: number;
  /** When it is to be delivered, in milliseconds since the epoch. */
  readonly dueAtMs?: number | undefined;
}

export interface Chunk {
  readonly uuid: string;
  readonly index: number;
  readonly count: number;
}

export interface ToEncode extends Content {
  readonly publishTimeMs: number;
  /** Bytes of each message beyond its number. */
  readonly padding: number;
}

export function encodeContent(content: ToEncode): Buffer {
  const { messages, isBatch, producer, sequenceId, key, chunk, publishTimeMs, padding } = content;
  const { dueAtMs } = content;
  const payloads = messages.map((message) => Buffer.from(`m${message} `.padEnd(padding, '.')));
  const keyed = key === undefined ? {} : { partition_key: key };
  const metadata: MessageMetadata = {
    producer_name: producer,
    sequence_id: sequenceId,
    publish_time: publishTimeMs,
    ...keyed,
    ...(isBatch ? { num_messages_in_batch: messages.length } : {}),
    ...(chunk === undefined ? {} : chunkFields(chunk, padding)),
    ...(dueAtMs === undefined ? {} : { deliver_at_time: dueAtMs }),
  };
  const payload = isBatch
    ? buildBatch(payloads.map((each) => ({ metadata: keyed, payload: each })))
    : payloads[0]!;
  return encodeEntry(metadata, payload);
}

function chunkFields({ uuid, index, count }: Chunk, bytes: number): Partial<MessageMetadata> {
  return {
    uuid,
    chunk_id: index,
    num_chunks_from_msg: count,
    total_chunk_msg_size: bytes * count,
  };
}

/** Undefined when the entry is not what any client made: its checksum or its form is wrong. */
export function decodeContent(bytes: Buffer): Content | undefined {
  const key = bytes.length < 6 ? -1 : bytes.readUInt32BE(2);
  const before = decoded.get(key);
  if (before?.bytes.equals(bytes) === true) return before.content;
  const content = decodeAnew(bytes);
  if (decoded.size >= MAX_DECODED) decoded.clear();
  decoded.set(key, { bytes: Buffer.from(bytes), content });
  return content;
}

/**
 * What was decoded last, by the checksum that it carries: an entry is seen when it is sent, when it
 * is on the disk, and for each subscription, and the same bytes always mean the same.
 */
const decoded = new Map<
  number,
  { readonly bytes: Buffer; readonly content: Content | undefined }
>();
const MAX_DECODED = 4_096;

function decodeAnew(bytes: Buffer): Content | undefined {
  if (verifyEntry(bytes, 0, bytes.length) !== 'ok') return undefined;
  try {
    const { metadata, payload } = decodeEntry(bytes);
    const count = metadata.num_messages_in_batch;
    const isBatch = count !== undefined;
    const payloads = isBatch ? [...readBatch(payload, count)].map((m) => m.payload) : [payload];
    const messages = payloads.map((each) => Number(/^m(\d+) /.exec(each.toString('latin1'))?.[1]));
    if (messages.some(Number.isNaN)) return undefined;
    return {
      messages,
      isBatch,
      producer: metadata.producer_name,
      sequenceId: Number(metadata.sequence_id),
      key: metadata.partition_key,
      chunk: chunkOf(metadata),
      publishTimeMs: Number(metadata.publish_time),
      dueAtMs:
        metadata.deliver_at_time === undefined ? undefined : Number(metadata.deliver_at_time),
    };
  } catch {
    return undefined;
  }
}

function chunkOf(metadata: MessageMetadata): Chunk | undefined {
  const { uuid, chunk_id: index, num_chunks_from_msg: count } = metadata;
  if (uuid === undefined || index === undefined || count === undefined) return undefined;
  return { uuid, index, count };
}
