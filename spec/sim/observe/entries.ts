/** Entries as the clients of the simulation make them: every message says which one it is. */

import { partsOf, type TxnId, txnId } from '../../../src/actors/txn-id.ts';
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
  /** Indexes of messages that compaction has taken out of the batch. */
  readonly gone?: ReadonlySet<number>;
  /** The transaction that it was published in. */
  readonly txn?: TxnId | undefined;
}

/** What a message says of a key: its value, or, as a tombstone, that it has none any more. */
export interface KeyedSlot {
  readonly key: string | undefined;
  readonly isTombstone: boolean;
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
  /** Where messages have keys of their own: of each, in their order. */
  readonly slots?: readonly KeyedSlot[] | undefined;
}

/** The property in which a message without payload says its number. */
const NUMBER = 'm';

export function encodeContent(content: ToEncode): Buffer {
  const { messages, isBatch, producer, sequenceId, key, chunk, publishTimeMs, padding } = content;
  const { dueAtMs, slots, txn } = content;
  const made = messages.map((message, i) => {
    const slot = slots?.[i] ?? { key, isTombstone: false };
    return encodeSlot(slot, message, padding);
  });
  const own = isBatch ? keyed(key) : made[0]!.metadata;
  const metadata: MessageMetadata = {
    producer_name: producer,
    sequence_id: sequenceId,
    publish_time: publishTimeMs,
    ...own,
    ...(isBatch ? { num_messages_in_batch: messages.length } : {}),
    ...(chunk === undefined ? {} : chunkFields(chunk, padding)),
    ...(dueAtMs === undefined ? {} : { deliver_at_time: dueAtMs }),
    ...bitsOf(txn),
  };
  return encodeEntry(metadata, isBatch ? buildBatch(made) : made[0]!.payload);
}

/** As commands and metadata name a transaction; nothing where there is none. */
export function bitsOf(txn: TxnId | undefined) {
  if (txn === undefined) return {};
  const { coordinator, sequence } = partsOf(txn);
  return { txnid_most_bits: coordinator, txnid_least_bits: sequence };
}

interface TxnBits {
  readonly txnid_most_bits?: number | bigint | undefined;
  readonly txnid_least_bits?: number | bigint | undefined;
}

export function txnOf({ txnid_most_bits, txnid_least_bits }: TxnBits): TxnId | undefined {
  if (txnid_most_bits === undefined || txnid_least_bits === undefined) return undefined;
  return txnId(Number(txnid_most_bits), Number(txnid_least_bits));
}

function encodeSlot({ key, isTombstone }: KeyedSlot, message: number, padding: number) {
  const payload = Buffer.from(`m${message} `.padEnd(padding, '.'));
  if (!isTombstone) return { metadata: keyed(key), payload };
  const properties = [{ key: NUMBER, value: String(message) }];
  return { metadata: { ...keyed(key), properties }, payload: Buffer.alloc(0) };
}

function keyed(key: string | undefined) {
  return key === undefined ? {} : { partition_key: key };
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
    const made = isBatch ? [...readBatch(payload, count)] : [{ metadata, payload }];
    const messages = made.map(numberOf);
    const gone = isBatch ? inferGone(messages, made) : undefined;
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
      ...(gone === undefined ? {} : { gone }),
      txn: txnOf(metadata),
    };
  } catch {
    return undefined;
  }
}

/** A message in an entry: its own metadata, and what it says. */
interface Made {
  readonly metadata: Pick<MessageMetadata, 'partition_key' | 'properties'> & {
    readonly compacted_out?: boolean | undefined;
  };
  readonly payload: Buffer;
}

function numberOf({ metadata, payload }: Made): number {
  if (payload.length > 0) return Number(/^m(\d+) /.exec(payload.toString('latin1'))?.[1]);
  return Number(metadata.properties?.find(({ key }) => key === NUMBER)?.value);
}

/** Numbers in a batch follow one another: one that is left tells those that were taken out. */
function inferGone(messages: number[], made: readonly Made[]): ReadonlySet<number> | undefined {
  const gone = made.flatMap(({ metadata }, i) => (metadata.compacted_out === true ? [i] : []));
  if (gone.length === 0) return undefined;
  const left = messages.findIndex((message) => !Number.isNaN(message));
  for (const i of gone) messages[i] = messages[left]! - left + i;
  return new Set(gone);
}

/** The messages of an entry as whoever compacts a topic sees them. */
export function slotsOf(bytes: Buffer): readonly KeyedSlot[] {
  const { metadata, payload } = decodeEntry(bytes);
  const count = metadata.num_messages_in_batch;
  const made: readonly Made[] =
    count === undefined ? [{ metadata, payload }] : [...readBatch(payload, count)];
  return made.map((each) => ({
    key: each.metadata.partition_key,
    isTombstone: each.payload.length === 0,
  }));
}

function chunkOf(metadata: MessageMetadata): Chunk | undefined {
  const { uuid, chunk_id: index, num_chunks_from_msg: count } = metadata;
  if (uuid === undefined || index === undefined || count === undefined) return undefined;
  return { uuid, index, count };
}
