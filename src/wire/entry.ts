/**
 * Whole entries, `[0x0e01 crc32c][metadataSize][metadata][payload]`, and what a storing broker
 * may put before one, `[0x0e02][size][BrokerEntryMetadata]`. Only for entries that the broker or
 * a client makes: stored ones are forwarded untouched, since encoding anew would lose unknown
 * fields.
 */

import { addChecksum } from './checksum.ts';
import { decodeMessage, encodeMessage } from './compiled.ts';
import type { BrokerEntryMetadata, MessageMetadata } from './messages.ts';
import { metadataStartOf } from './metadata.ts';
import { badFrame } from './reader.ts';

/** An entry taken apart; the payload is a view, compressed and encrypted as it was sent. */
export interface Entry {
  readonly metadata: MessageMetadata;
  readonly payload: Buffer;
}

/**
 * Takes the entry in `buffer[start, end)` apart. Does not check the checksum. Throws
 * `bad-frame`.
 */
export function decodeEntry(buffer: Buffer, start = 0, end = buffer.length): Entry {
  const metadataStart = metadataStartOf(buffer, start, end);
  const metadataEnd = metadataStart + buffer.readUInt32BE(metadataStart - 4);
  if (metadataEnd > end) throw badFrame('message metadata longer than its entry');
  return {
    metadata: decodeMessage('MessageMetadata', buffer, metadataStart, metadataEnd),
    payload: buffer.subarray(metadataEnd, end),
  };
}

/** Makes an entry with its checksum. */
export function encodeEntry(metadata: MessageMetadata, payload: Buffer): Buffer {
  const encoded = encodeMessage('MessageMetadata', metadata);
  const size = Buffer.allocUnsafe(4);
  size.writeUInt32BE(encoded.length);
  return addChecksum(Buffer.concat([size, encoded, payload]));
}

/** The two bytes before broker entry metadata. */
const BROKER_ENTRY_MAGIC = 0x0e02;

/** The block that a broker puts before an entry for clients that asked for it. */
export function encodeBrokerEntryHeader(metadata: BrokerEntryMetadata): Buffer {
  const encoded = encodeMessage('BrokerEntryMetadata', metadata);
  const header = Buffer.allocUnsafe(6);
  header.writeUInt16BE(BROKER_ENTRY_MAGIC);
  header.writeUInt32BE(encoded.length, 2);
  return Buffer.concat([header, encoded]);
}

/** The broker entry metadata at `start`, if any, and where the entry behind it begins. */
export function decodeBrokerEntryHeader(
  buffer: Buffer,
  start = 0,
  end = buffer.length,
): { readonly metadata: BrokerEntryMetadata | undefined; readonly entryStart: number } {
  if (end - start < 2 || buffer.readUInt16BE(start) !== BROKER_ENTRY_MAGIC) {
    return { metadata: undefined, entryStart: start };
  }
  if (end - start < 6) throw badFrame('broker entry metadata cut short');
  const entryStart = start + 6 + buffer.readUInt32BE(start + 2);
  if (entryStart > end) throw badFrame('broker entry metadata longer than its frame');
  const metadata = decodeMessage('BrokerEntryMetadata', buffer, start + 6, entryStart);
  return { metadata, entryStart };
}
