/**
 * The header of a MESSAGE frame: everything before the entry. The outbox writes headers and small
 * entries into one buffer, and a header alone before an entry too large to copy.
 */

import type { Long } from '../base/long.ts';
import { sizeOfUint32, writeLong, writeUint32 } from './writer.ts';

/** What a MESSAGE says of its entry. Undefined leaves a field out. */
export interface MessageHeader {
  readonly consumer_id: Long;
  readonly ledgerId: Long;
  readonly entryId: Long;
  /** The topic's partition index; Pulsar writes -1 for a topic that is none. */
  readonly partition: number | undefined;
  /** Left out at 0, as Pulsar does. */
  readonly redelivery_count: number;
  /** Which messages of the batch are still to be delivered, a set bit each. */
  readonly ack_set: readonly Long[] | undefined;
  readonly consumer_epoch: Long | undefined;
}

/** The most bytes that `writeMessageHeader` writes. */
export function messageHeaderSize(header: MessageHeader): number {
  return MAX_PLAIN_HEADER + (header.ack_set === undefined ? 0 : header.ack_set.length * 11);
}

/**
 * Writes the header at `pos` of a buffer with room for `messageHeaderSize` bytes and returns the
 * position behind it, where the `entryBytes` bytes of the entry belong.
 */
export function writeMessageHeader(
  buffer: Buffer,
  pos: number,
  header: MessageHeader,
  entryBytes: number,
): number {
  const body = pos + BODY_OFFSET;
  buffer[body] = CONSUMER_ID;
  let at = writeMessageId(buffer, writeLong(buffer, body + 1, header.consumer_id), header);
  if (header.redelivery_count !== 0) {
    buffer[at++] = REDELIVERY_COUNT;
    at = writeUint32(buffer, at, header.redelivery_count);
  }
  if (header.ack_set !== undefined) {
    for (const word of header.ack_set) {
      buffer[at++] = ACK_SET;
      at = writeLong(buffer, at, word);
    }
  }
  if (header.consumer_epoch !== undefined) {
    buffer[at++] = CONSUMER_EPOCH;
    at = writeLong(buffer, at, header.consumer_epoch);
  }
  return writeHead(buffer, pos, at, entryBytes);
}

/** Fields of `CommandMessage` and `MessageIdData`, as tags. */
const CONSUMER_ID = 1 << 3;
const MESSAGE_ID = (2 << 3) | 2;
const REDELIVERY_COUNT = 3 << 3;
const ACK_SET = 4 << 3;
const CONSUMER_EPOCH = 5 << 3;
const LEDGER_ID = 1 << 3;
const ENTRY_ID = 2 << 3;
const PARTITION = 3 << 3;

/** `[u32][u32]`, `type: MESSAGE`, and the tag and a length byte of `message`, in bytes. */
const BODY_OFFSET = 12;
/** Head and four more length bytes, five varints of 64 bits, the id's tag and length, a count. */
const MAX_PLAIN_HEADER = BODY_OFFSET + 4 + 5 * 11 + 2 + 6;

/** The id's length is below 128: a byte. */
function writeMessageId(buffer: Buffer, pos: number, header: MessageHeader): number {
  buffer[pos] = MESSAGE_ID;
  const id = pos + 2;
  buffer[id] = LEDGER_ID;
  let at = writeLong(buffer, id + 1, header.ledgerId);
  buffer[at++] = ENTRY_ID;
  at = writeLong(buffer, at, header.entryId);
  if (header.partition !== undefined) {
    buffer[at++] = PARTITION;
    at =
      header.partition === -1 ? writeMinusOne(buffer, at) : writeLong(buffer, at, header.partition);
  }
  buffer[pos + 1] = at - id;
  return at;
}

/** Every MESSAGE of a topic without partitions has it: 2^64-1 without a bigint. */
function writeMinusOne(buffer: Buffer, pos: number): number {
  for (let at = pos; at < pos + 9; at++) buffer[at] = 0xff;
  buffer[pos + 9] = 1;
  return pos + 10;
}

/**
 * One length byte was left; a body of 128 bytes or more (a long ack set) moves up for its
 * length.
 */
function writeHead(buffer: Buffer, pos: number, end: number, entryBytes: number): number {
  const body = pos + BODY_OFFSET;
  const bodySize = end - body;
  const lengthSize = sizeOfUint32(bodySize);
  if (lengthSize > 1) buffer.copyWithin(body + lengthSize - 1, body, end);
  const commandSize = 3 + lengthSize + bodySize;
  writeUint32BE(buffer, pos, 4 + commandSize + entryBytes);
  writeUint32BE(buffer, pos + 4, commandSize);
  buffer[pos + 8] = 1 << 3;
  buffer[pos + 9] = 9;
  buffer[pos + 10] = (9 << 3) | 2;
  writeUint32(buffer, pos + 11, bodySize);
  return pos + 8 + commandSize;
}

function writeUint32BE(buffer: Buffer, pos: number, value: number): void {
  buffer[pos] = value >>> 24;
  buffer[pos + 1] = value >>> 16;
  buffer[pos + 2] = value >>> 8;
  buffer[pos + 3] = value;
}
