/**
 * Conversations of the official clients with Apache Pulsar, byte for byte. `<name>.c2s.bin` and
 * `<name>.s2c.bin` hold what each side of one connection sent.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { buildBatch, readBatch } from '../../src/wire/batch.ts';
import { verifyEntry } from '../../src/wire/checksum.ts';
import { type Command, decodeCommand, encodeCommand } from '../../src/wire/codec.ts';
import { decodeEntry, encodeEntry } from '../../src/wire/entry.ts';
import { type Frame, FrameReader } from '../../src/wire/frame.ts';
import {
  decodeAck,
  decodeFlow,
  decodeSend,
  messageHeaderSize,
  ReceiptWriter,
  writeMessageHeader,
} from '../../src/wire/hot.ts';
import { CompressionType, type MessageMetadata } from '../../src/wire/messages.ts';
import { producerNameOf, readEntryMetadata } from '../../src/wire/metadata.ts';

const folder = new URL('../data/wire/', import.meta.url);
const recordings = readdirSync(folder).filter((file) => file.endsWith('.bin'));

test('there are recordings of both clients, in both directions', () => {
  for (const client of ['python', 'go']) {
    for (const side of ['c2s', 's2c']) {
      const found = recordings.filter((file) =>
        new RegExp(`^${client}-.*\\.${side}\\.bin$`).test(file),
      );
      expect(found.length, `${client} ${side}`).toBeGreaterThan(0);
    }
  }
});

describe.each(recordings)('%s', (file) => {
  const bytes = readFileSync(new URL(file, folder));

  test('decodes, and encodes to the same bytes', () => {
    const frames = readFrames(bytes, bytes.length);
    expect(frames.length).toBeGreaterThan(0);
    const encoded = frames.flatMap((frame) => {
      const command = commandOf(frame);
      const header = encodeCommand(command.name, command.body);
      header.writeUInt32BE(frame.end - frame.commandStart + 4);
      return [header, frame.buffer.subarray(frame.payloadStart, frame.end)];
    });
    expect(Buffer.concat(encoded).equals(bytes)).toBe(true);
  });

  test('gives the same commands in small chunks', () => {
    const whole = readFrames(bytes, bytes.length).map(commandOf);
    for (const size of [1, 13, 1460]) {
      expect(readFrames(bytes, size).map(commandOf)).toStrictEqual(whole);
    }
  });

  test('is written by the hot-path encoders as Pulsar writes it', () => {
    for (const frame of readFrames(bytes, bytes.length)) {
      const sent = frame.buffer.toString('hex', frame.commandStart - 8, frame.commandEnd);
      const written = writeHot(commandOf(frame), frame.end - frame.payloadStart);
      if (written !== undefined) expect(written.toString('hex')).toBe(sent);
    }
  });

  test('is read by the hot-path decoders as by the table', () => {
    for (const frame of readFrames(bytes, bytes.length)) {
      const { name, body } = commandOf(frame);
      const range = [frame.buffer, frame.commandStart, frame.commandEnd] as const;
      if (name === 'SEND') expect(decodeSend(...range)).toMatchObject(body);
      if (name === 'FLOW') expect(decodeFlow(...range)).toStrictEqual(body);
      if (name === 'ACK') expect(decodeAck(...range)).toMatchObject(body);
    }
  });

  test('carries entries that are whole', () => {
    for (const frame of readFrames(bytes, bytes.length)) {
      if (frame.payloadStart < frame.end) checkEntry(frame);
      else expect(['SEND', 'MESSAGE']).not.toContain(commandOf(frame).name);
    }
  });
});

test('the recordings hold batches, chunks, keys and every codec', () => {
  const seen = new Set<string>();
  for (const file of recordings) {
    const bytes = readFileSync(new URL(file, folder));
    for (const frame of readFrames(bytes, bytes.length)) {
      if (frame.payloadStart === frame.end) continue;
      const { metadata } = decodeEntry(frame.buffer, frame.payloadStart, frame.end);
      for (const field of Object.keys(metadata)) seen.add(field);
      seen.add(`codec ${metadata.compression ?? 0}`);
    }
  }
  const codecs = Object.values(CompressionType).map((codec) => `codec ${codec}`);
  const fields = ['num_messages_in_batch', 'uuid', 'partition_key', 'properties'];
  expect([...seen]).toEqual(expect.arrayContaining([...codecs, ...fields]));
});

/** The entry's checksum, the scan against the full decoding, and the way back to the same bytes. */
function checkEntry(frame: Frame): void {
  const { buffer, payloadStart, end } = frame;
  expect(verifyEntry(buffer, payloadStart, end)).toBe('ok');
  const { metadata, payload } = decodeEntry(buffer, payloadStart, end);
  expect(encodeEntry(metadata, payload).equals(buffer.subarray(payloadStart, end))).toBe(true);
  const scanned = readEntryMetadata(buffer, payloadStart, end);
  expect(scanned.metadataEnd).toBe(end - payload.length);
  expect(scanned).toMatchObject({
    sequenceId: metadata.sequence_id,
    publishTimeMs: metadata.publish_time,
    numMessages: metadata.num_messages_in_batch ?? 1,
    isBatch: metadata.num_messages_in_batch !== undefined,
    hasKey: (metadata.partition_key ?? metadata.ordering_key) !== undefined,
  });
  expect(producerNameOf(buffer, scanned)).toBe(metadata.producer_name);
  expect(scanned.chunk?.uuid).toBe(metadata.uuid);
  checkBatch(metadata, payload);
}

function checkBatch(metadata: MessageMetadata, payload: Buffer): void {
  const count = metadata.num_messages_in_batch;
  if (count === undefined || (metadata.compression ?? 0) !== CompressionType.NONE) return;
  const messages = [...readBatch(payload, count)];
  expect(messages).toHaveLength(count);
  expect(buildBatch(messages).equals(payload)).toBe(true);
}

/** What a broker's own encoders make of a command, for those that have one. */
function writeHot(command: Command, entryBytes: number): Buffer | undefined {
  if (command.name === 'SEND_RECEIPT') {
    const { producer_id, sequence_id, highest_sequence_id, message_id } = command.body;
    const { ledgerId, entryId } = message_id!;
    const receipts = new ReceiptWriter();
    receipts.add(producer_id, sequence_id, highest_sequence_id, ledgerId, entryId);
    return receipts.take();
  }
  if (command.name !== 'MESSAGE') return undefined;
  const { consumer_id, message_id, redelivery_count, ack_set, consumer_epoch } = command.body;
  const { ledgerId, entryId, partition } = message_id;
  const header = {
    consumer_id,
    ledgerId,
    entryId,
    partition,
    redelivery_count: redelivery_count ?? 0,
    ack_set,
    consumer_epoch,
  };
  const buffer = Buffer.alloc(messageHeaderSize(header));
  return buffer.subarray(0, writeMessageHeader(buffer, 0, header, entryBytes));
}

function readFrames(bytes: Buffer, chunkSize: number): Frame[] {
  const reader = new FrameReader({ maxFrameBytes: 5 * 1024 * 1024 + 10_240 });
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length; at += chunkSize) {
    reader.push(bytes.subarray(at, at + chunkSize));
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) frames.push(frame);
  }
  expect(reader.bufferedBytes).toBe(0);
  return frames;
}

function commandOf(frame: Frame): Command {
  return decodeCommand(frame.buffer, frame.commandStart, frame.commandEnd);
}
