/**
 * What the wire layer costs a message, in nanoseconds: `npm run bench:wire`. A broker that takes
 * 160,000 messages a second has 6,250 ns for all of one; the wire layer's share is about 1,000.
 */

import { verifyEntry } from '../../src/wire/checksum.ts';
import {
  decodeCommand,
  encodeCommand,
  encodeCommandWithPayload,
  peekCommandType,
} from '../../src/wire/codec.ts';
import { encodeEntry } from '../../src/wire/entry.ts';
import { FrameReader } from '../../src/wire/frame.ts';
import {
  decodeAck,
  decodeFlow,
  decodeSend,
  messageHeaderSize,
  ReceiptWriter,
  writeMessageHeader,
} from '../../src/wire/hot.ts';
import { CommandType } from '../../src/wire/messages.ts';
import { readEntryMetadata } from '../../src/wire/metadata.ts';
import { stickyKeyHash } from '../../src/wire/sticky-key.ts';
import { measure } from './measure.ts';

const MESSAGES = 20_000;
const CHUNK = 64 * 1024;
let sink = 0;

for (const payloadBytes of [100, 1024, 16_384]) {
  console.log(`\nSEND of ${payloadBytes} bytes, in chunks of 64 KB`);
  const count = payloadBytes > 10_000 ? MESSAGES / 10 : MESSAGES;
  const chunks = sendStream(payloadBytes, count);
  measure('frames', count, () => parse(chunks, 'frames'));
  measure('frames, command', count, () => parse(chunks, 'command'));
  measure('frames, command, checksum', count, () => parse(chunks, 'checksum'));
  measure('frames, command, checksum, metadata (all of it)', count, () => parse(chunks, 'all'));
  measure('the command by the table instead', count, () => parse(chunks, 'table'));
}

console.log('\nto producers');
measure('SEND_RECEIPT, 100 a turn', MESSAGES, writeReceipts);
measure('SEND_RECEIPT by the table', MESSAGES, writeReceiptsByTable);

console.log('\nto consumers');
for (const entryBytes of [160, 1084]) {
  measure(`MESSAGE of ${entryBytes} bytes into a shared buffer`, MESSAGES, () =>
    writeMessages(entryBytes),
  );
}

console.log('\nfrom consumers');
const oneAck = ackCommand(1);
measure('ACK of one message', MESSAGES, () =>
  repeat(() => ackSum(decodeAck(oneAck, 0, oneAck.length))),
);
const manyAcks = ackCommand(100);
measure('ACK of 100 messages, a message', MESSAGES * 100, () =>
  repeat(() => ackSum(decodeAck(manyAcks, 0, manyAcks.length))),
);
measure('ACK of 100 messages by the table, a message', MESSAGES * 100, () =>
  repeat(() => decodeCommand(manyAcks).name.length),
);
const flow = encodeCommand('FLOW', { consumer_id: 3, messagePermits: 500 }).subarray(8);
measure('FLOW', MESSAGES, () => repeat(() => decodeFlow(flow, 0, flow.length).messagePermits));

console.log('\nfrom storage');
const keyed = encodeEntry({ ...metadataOf(7), partition_key: 'customer-1234' }, Buffer.alloc(100));
measure('metadata scan', MESSAGES, () =>
  repeat(() => readEntryMetadata(keyed, 0, keyed.length).numMessages),
);
measure('metadata scan and sticky hash', MESSAGES, () =>
  repeat(() => stickyKeyHash(keyed, 0, keyed.length)),
);
if (sink === Number.NEGATIVE_INFINITY) console.log(sink);

function repeat(work: () => number): void {
  for (let index = 0; index < MESSAGES; index++) sink += work();
}

function sendStream(payloadBytes: number, count: number): Buffer[] {
  const frames: Buffer[] = [];
  const payload = Buffer.alloc(payloadBytes, 'x');
  for (let index = 0; index < count; index++) {
    const send = { producer_id: 1, sequence_id: 1000 + index };
    frames.push(encodeCommandWithPayload('SEND', send, encodeEntry(metadataOf(index), payload)));
  }
  const stream = Buffer.concat(frames);
  const chunks: Buffer[] = [];
  for (let at = 0; at < stream.length; at += CHUNK) chunks.push(stream.subarray(at, at + CHUNK));
  return chunks;
}

function metadataOf(index: number) {
  return { producer_name: 'standalone-0-17', sequence_id: index, publish_time: 1_790_000_000_000 };
}

function parse(
  chunks: readonly Buffer[],
  depth: 'frames' | 'command' | 'checksum' | 'all' | 'table',
) {
  const reader = new FrameReader({ maxFrameBytes: 5 * 1024 * 1024 + 10_240 });
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
      const { buffer, commandStart, commandEnd, payloadStart, end } = frame;
      sink += end;
      if (depth === 'frames') continue;
      if (depth === 'table') {
        sink += decodeCommand(buffer, commandStart, commandEnd).name.length;
        continue;
      }
      if (peekCommandType(buffer, commandStart, commandEnd) !== CommandType.SEND) throw frame;
      sink += Number(decodeSend(buffer, commandStart, commandEnd).sequence_id);
      if (depth === 'command') continue;
      if (verifyEntry(buffer, payloadStart, end) !== 'ok') throw frame;
      if (depth === 'all') sink += readEntryMetadata(buffer, payloadStart, end).publishTimeMs;
    }
  }
}

function writeReceipts(): void {
  const receipts = new ReceiptWriter();
  for (let index = 0; index < MESSAGES; index++) {
    receipts.add(1, 1000 + index, undefined, 12_345, index);
    if (index % 100 === 99) sink += receipts.take()!.length;
  }
}

function writeReceiptsByTable(): void {
  for (let index = 0; index < MESSAGES; index++) {
    const message_id = { ledgerId: 12_345, entryId: index };
    const receipt = { producer_id: 1, sequence_id: 1000 + index, message_id };
    sink += encodeCommand('SEND_RECEIPT', receipt).length;
  }
}

function writeMessages(entryBytes: number): void {
  const entry = Buffer.alloc(entryBytes, 'x');
  const block = Buffer.allocUnsafe(CHUNK);
  let at = 0;
  for (let index = 0; index < MESSAGES; index++) {
    const header = {
      consumer_id: 1,
      ledgerId: 12_345,
      entryId: index,
      partition: -1,
      redelivery_count: 0,
      ack_set: undefined,
      consumer_epoch: undefined,
    };
    if (at + messageHeaderSize(header) + entryBytes > CHUNK) at = 0;
    at = writeMessageHeader(block, at, header, entryBytes);
    at += entry.copy(block, at);
  }
  sink += at;
}

function ackCommand(count: number): Buffer {
  const message_id = Array.from({ length: count }, (_, index) => ({
    ledgerId: 12_345,
    entryId: 5000 + index,
  }));
  return encodeCommand('ACK', { consumer_id: 1, ack_type: 0, message_id }).subarray(8);
}

function ackSum(ack: ReturnType<typeof decodeAck>): number {
  return ack.message_id.length;
}
