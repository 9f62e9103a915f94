/** Entries as compaction opens them, and with some of their messages only. */
import { readdirSync, readFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildBatch, readBatch } from '../../src/wire/batch.ts';
import { verifyEntry } from '../../src/wire/checksum.ts';
import { openForCompaction } from '../../src/wire/compaction.ts';
import { decompress } from '../../src/wire/decompress.ts';
import { decodeEntry, encodeEntry } from '../../src/wire/entry.ts';
import { FrameReader } from '../../src/wire/frame.ts';
import { keyIdOf } from '../../src/wire/key-id.ts';
import { CompressionType, type MessageMetadata } from '../../src/wire/messages.ts';

const PLAIN_BYTES = 1024 * 1024;

const head = { producer_name: 'p', sequence_id: 1, publish_time: 7 };

function single(payload: string, more: Partial<MessageMetadata> = {}): Buffer {
  return encodeEntry({ ...head, ...more }, Buffer.from(payload));
}

/** Texts as `key=value`, or a value without key. */
function batch(texts: readonly string[], codec: 0 | 2 = CompressionType.NONE): Buffer {
  const plain = buildBatch(
    texts.map((text) => {
      const [key, value] = text.split('=');
      if (value === undefined) return { payload: Buffer.from(text) };
      return { metadata: { partition_key: key! }, payload: Buffer.from(value) };
    }),
  );
  const payload = codec === CompressionType.ZLIB ? deflateSync(plain) : plain;
  const sizes = { num_messages_in_batch: texts.length, uncompressed_size: plain.length };
  return encodeEntry({ ...head, ...sizes, compression: codec }, payload);
}

function open(entry: Buffer) {
  return openForCompaction(entry, PLAIN_BYTES);
}

const kinds = (entry: Buffer) => open(entry).messages.map(({ kind }) => kind);

/** What a client reads of a batch; null for a slot that says that it is empty. */
function textsOf(entry: Buffer): (string | null)[] {
  const { metadata, payload } = decodeEntry(entry);
  const size = metadata.uncompressed_size ?? 0;
  const plain = decompress(metadata.compression ?? 0, payload, size);
  return [...readBatch(plain, metadata.num_messages_in_batch!)].map((message) => {
    const { partition_key: key, compacted_out: isGone } = message.metadata;
    if (isGone === true) return null;
    return key === undefined ? message.payload.toString() : `${key}=${message.payload}`;
  });
}

describe('an entry opened for compaction', () => {
  it('has one message where it is no batch: a value, or a tombstone without payload', () => {
    const [message] = open(single('x', { partition_key: 'a' })).messages;
    expect(message).toEqual({ kind: 'value', key: keyIdOf(Buffer.from('a'), 0, 1) });
    expect(open(single('x')).messages).toEqual([{ kind: 'value', key: undefined }]);
    expect(kinds(single('', { partition_key: 'a', null_value: true }))).toEqual(['tombstone']);
    const nothing = { compression: CompressionType.ZLIB, uncompressed_size: 0 } as const;
    expect(kinds(encodeEntry({ ...head, ...nothing }, deflateSync('')))).toEqual(['tombstone']);
  });

  it('tells the keys of a batch, and which of its messages went before', () => {
    const entry = batch(['a=1', 'b=', 'plain', 'c=3']);
    expect(kinds(entry)).toEqual(['value', 'tombstone', 'value', 'value']);
    const [a, , plain] = open(entry).messages;
    expect(a?.key).toEqual(keyIdOf(Buffer.from('a'), 0, 1));
    expect(plain?.key).toBeUndefined();
    const once = open(entry).retain([true, false, false, true]);
    expect(kinds(once)).toEqual(['value', 'gone', 'gone', 'value']);
  });

  it('is sealed where nobody can look into it, and gone where it is a marker', () => {
    const encrypted = { encryption_keys: [{ key: 'k', value: Buffer.from('v') }] };
    const broken = encodeEntry({ ...head, num_messages_in_batch: 3 }, Buffer.from('rubbish'));
    const hidden = encodeEntry(
      { ...head, ...encrypted, num_messages_in_batch: 2, partition_key: 'a' },
      Buffer.from('sealed'),
    );
    for (const entry of [broken, hidden]) {
      expect(open(entry).messages).toEqual([{ kind: 'sealed', key: undefined }]);
      expect(open(entry).retain([true])).toBe(entry);
    }
    expect(kinds(single('x', { ...encrypted, partition_key: 'a' }))).toEqual(['value']);
    expect(kinds(single('', { marker_type: 10 }))).toEqual(['gone']);
  });

  it('is part of a larger message where its metadata says so', () => {
    const chunk = { uuid: 'u', chunk_id: 1, num_chunks_from_msg: 3, total_chunk_msg_size: 9 };
    expect(open(single('x', chunk)).chunk).toMatchObject({ uuid: 'u', chunkId: 1, numChunks: 3 });
  });
});

describe('an entry with some of its messages', () => {
  it('is the very entry where nothing goes', () => {
    const entry = batch(['a=1', 'b=2']);
    expect(open(entry).retain([true, true])).toBe(entry);
    const once = open(entry).retain([true, false]);
    expect(open(once).retain([true, false])).toBe(once);
  });

  it('keeps their indexes, their bytes and its own metadata', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.stringMatching(/^[a-z]{1,3}=[x-z]{0,5}$/), fc.boolean()), {
          minLength: 1,
          maxLength: 20,
        }),
        fc.constantFrom(CompressionType.NONE, CompressionType.ZLIB),
        (slots, codec) => {
          const texts = slots.map(([text]) => text);
          const kept = open(batch(texts, codec)).retain(slots.map(([, keep]) => keep));
          expect(textsOf(kept)).toEqual(slots.map(([text, keep]) => (keep ? text : null)));
          expect(verifyEntry(kept, 0, kept.length)).toBe('ok');
          expect(decodeEntry(kept).metadata).toMatchObject({ ...head, compression: codec });
        },
      ),
    );
  });

  it('is not larger than its limit allows without compression', () => {
    const entry = batch(['a=1', `b=${'x'.repeat(1_000)}`]);
    const kept = openForCompaction(entry, 100).retain([false, true]);
    expect(decodeEntry(kept).metadata.compression).toBe(CompressionType.ZLIB);
    expect(kept.length).toBeLessThan(200);
    expect(textsOf(kept)).toEqual([null, `b=${'x'.repeat(1_000)}`]);
  });

  it('is read from every codec, as clients compress', () => {
    const entries = recordedBatches();
    expect(new Set(entries.map((entry) => decodeEntry(entry).metadata.compression)).size).toBe(4);
    for (const entry of entries) {
      const before = textsOf(entry);
      const keeps = before.map((_, i) => i === 0);
      expect(textsOf(open(entry).retain(keeps))).toEqual(
        before.map((text, i) => (i === 0 ? text : null)),
      );
    }
  });
});

describe('the id of a key', () => {
  it('is the key itself where it is short, and differs from every other', () => {
    const id = (text: string) => JSON.stringify(keyIdOf(Buffer.from(text), 0, text.length));
    const texts = ['', '\0', 'a', 'aa', 'a\0', 'x'.repeat(15), 'x'.repeat(16), 'y'.repeat(300)];
    expect(new Set(texts.map(id)).size).toBe(texts.length);
    expect(id('x'.repeat(16))).toBe(id('x'.repeat(16)));
  });
});

/** Compressed batches of several messages that the official clients were recorded to send. */
function recordedBatches(): Buffer[] {
  const folder = new URL('../data/wire/', import.meta.url);
  const recordings = readdirSync(folder).filter((file) => file.endsWith('.c2s.bin'));
  return recordings.flatMap((file) => {
    const frames = new FrameReader({ maxFrameBytes: PLAIN_BYTES });
    frames.push(readFileSync(new URL(file, folder)));
    const entries: Buffer[] = [];
    for (let frame = frames.next(); frame !== undefined; frame = frames.next()) {
      if (frame.payloadStart === frame.end) continue;
      const entry = Buffer.from(frame.buffer.subarray(frame.payloadStart, frame.end));
      const { metadata } = decodeEntry(entry);
      const isWanted = metadata.compression && (metadata.num_messages_in_batch ?? 1) > 1;
      if (isWanted && metadata.encryption_keys === undefined) entries.push(entry);
    }
    return entries;
  });
}
