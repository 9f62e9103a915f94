/**
 * Stored entries as topic compaction sees them: which keys are in them, and the same entry with
 * some of its messages only. A message that is taken out of a batch leaves an empty slot that says
 * `compacted_out`, so that the others keep their batch indexes (as Pulsar's RawBatchConverter).
 */

import { encodeMessage } from './compiled.ts';
import { compress } from './compress.ts';
import { decompress } from './decompress.ts';
import { decodeEntry, encodeEntry } from './entry.ts';
import { type KeyId, keyIdOf } from './key-id.ts';
import { CompressionType, type MessageMetadata } from './messages.ts';
import { type Chunk, type EntryMetadata, readEntryMetadata, type Span } from './metadata.ts';
import { badFrame, ProtoReader } from './reader.ts';

/**
 * What a message is to compaction: `value` has a payload, `tombstone` has none, `gone` was taken
 * out before (or is a broker's marker), and `sealed` is a whole entry that cannot be looked into.
 */
export type MessageKind = 'value' | 'tombstone' | 'gone' | 'sealed';

export interface OpenedMessage {
  readonly kind: MessageKind;
  readonly key: KeyId | undefined;
}

export interface OpenedEntry {
  /** The messages of a batch by their index; a single one for an entry that is no batch. */
  readonly messages: readonly OpenedMessage[];
  /** Which part of a larger message it is. */
  readonly chunk: Chunk | undefined;
  /**
   * The entry with those messages only for which `keeps` is true, at least one of them. Gives the
   * entry itself where nothing goes.
   */
  retain(keeps: readonly boolean[]): Buffer;
}

/** Larger batches than this, decompressed, are not looked into. */
const MAX_BATCH_BYTES = 64 * 1024 * 1024;

/**
 * Opens an entry. `maxPlainBytes`: what an entry may take without compression. Throws `bad-frame`
 * for metadata that nobody could read; a batch that cannot be read is sealed.
 */
export function openForCompaction(entry: Buffer, maxPlainBytes: number): OpenedEntry {
  const scanned = readEntryMetadata(entry, 0, entry.length);
  if (scanned.markerType !== undefined) return whole(entry, scanned, GONE);
  if (!scanned.isBatch) return openSingle(entry, scanned);
  // Which keys are in it nobody can see: the entry's own may be that of its first message.
  if (scanned.encrypted) return whole(entry, scanned, SEALED);
  try {
    return openBatch(entry, scanned, maxPlainBytes);
  } catch {
    return whole(entry, scanned, SEALED);
  }
}

const GONE: OpenedMessage = { kind: 'gone', key: undefined };
const SEALED: OpenedMessage = { kind: 'sealed', key: undefined };

function whole(entry: Buffer, { chunk }: EntryMetadata, message: OpenedMessage): OpenedEntry {
  return { messages: [message], chunk, retain: () => entry };
}

function openSingle(entry: Buffer, scanned: EntryMetadata): OpenedEntry {
  const kind = isEmpty(entry, scanned) ? 'tombstone' : 'value';
  return whole(entry, scanned, { kind, key: keyOf(entry, scanned.partitionKey) });
}

/** Nothing, compressed, takes a few bytes. */
const COMPRESSED_NOTHING_BYTES = 64;

function isEmpty(entry: Buffer, { metadataEnd, chunk }: EntryMetadata): boolean {
  const bytes = entry.length - metadataEnd;
  if (bytes === 0 || bytes > COMPRESSED_NOTHING_BYTES || chunk !== undefined) return bytes === 0;
  const { compression = CompressionType.NONE, uncompressed_size: size } =
    decodeEntry(entry).metadata;
  return compression !== CompressionType.NONE && size === 0;
}

function keyOf(buffer: Buffer, key: Span | undefined): KeyId | undefined {
  return key === undefined ? undefined : keyIdOf(buffer, key.start, key.end);
}

function openBatch(entry: Buffer, scanned: EntryMetadata, maxPlainBytes: number): OpenedEntry {
  const { metadata, payload } = decodeEntry(entry);
  const { compression = CompressionType.NONE, uncompressed_size: size = 0 } = metadata;
  if (size > MAX_BATCH_BYTES) throw badFrame('a batch too large to be looked into');
  const plain = decompress(compression, payload, size);
  const slots = readSlots(plain, scanned.numMessages);
  return {
    messages: slots.map((slot) => messageIn(plain, slot)),
    chunk: undefined,
    retain: (keeps) => {
      const isUnchanged = slots.every((slot, i) => keeps[i] === true || slot.isGone);
      if (isUnchanged) return entry;
      return rebuild(metadata, plain, slots, keeps, maxPlainBytes);
    },
  };
}

/** A message of a batch: `[u32 size][SingleMessageMetadata][payload]` in `[start, end)`. */
interface Slot {
  readonly start: number;
  readonly end: number;
  readonly key: Span | undefined;
  readonly payloadBytes: number;
  readonly isGone: boolean;
}

const reader = new ProtoReader();

function readSlots(batch: Buffer, count: number): Slot[] {
  const slots: Slot[] = [];
  let start = 0;
  for (let i = 0; i < count; i++) {
    const slot = readSlot(batch, start);
    slots.push(slot);
    start = slot.end;
  }
  return slots;
}

function readSlot(batch: Buffer, start: number): Slot {
  if (start + 4 > batch.length) throw badFrame('a batch without one of its messages');
  let key: Span | undefined;
  let payloadBytes = 0;
  let isGone = false;
  reader.reset(batch, start + 4, start + 4 + batch.readUInt32BE(start));
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === ((2 << 3) | 2)) {
      const end = reader.lengthDelimitedEnd();
      key = { start: reader.pos, end };
      reader.pos = end;
    } else if (tag === 3 << 3) payloadBytes = reader.int32();
    else if (tag === 4 << 3) isGone = reader.bool();
    else reader.skip(tag);
  }
  const end = reader.end + payloadBytes;
  reader.release();
  if (payloadBytes < 0 || end > batch.length) throw badFrame('a payload in a batch cut short');
  return { start, end, key, payloadBytes, isGone };
}

function messageIn(batch: Buffer, { key, payloadBytes, isGone }: Slot): OpenedMessage {
  if (isGone) return GONE;
  return { kind: payloadBytes > 0 ? 'value' : 'tombstone', key: keyOf(batch, key) };
}

/** The slot of a message that was taken out. */
const EMPTY_SLOT = (() => {
  const encoded = encodeMessage('SingleMessageMetadata', { payload_size: 0, compacted_out: true });
  const size = Buffer.allocUnsafe(4);
  size.writeUInt32BE(encoded.length);
  return Buffer.concat([size, encoded]);
})();

function rebuild(
  metadata: MessageMetadata,
  plain: Buffer,
  slots: readonly Slot[],
  keeps: readonly boolean[],
  maxPlainBytes: number,
): Buffer {
  const parts = slots.map(({ start, end }, i) =>
    keeps[i] === true ? plain.subarray(start, end) : EMPTY_SLOT,
  );
  const batch = Buffer.concat(parts);
  const { compression = CompressionType.NONE } = metadata;
  const { type, payload } = compress(compression, batch, maxPlainBytes);
  const changed = { ...metadata, compression: type, uncompressed_size: batch.length };
  return encodeEntry(changed, payload);
}
