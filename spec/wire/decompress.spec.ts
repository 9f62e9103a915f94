/** Payloads of every codec, as the official clients compress them, and as nobody should. */
import { readdirSync, readFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readBatch } from '../../src/wire/batch.ts';
import { decompress } from '../../src/wire/decompress.ts';
import { decodeEntry } from '../../src/wire/entry.ts';
import { FrameReader } from '../../src/wire/frame.ts';
import { CompressionType } from '../../src/wire/messages.ts';

const folder = new URL('../data/wire/', import.meta.url);

/** Every entry with a compressed payload that the clients were recorded to send. */
function compressedEntries() {
  const recordings = readdirSync(folder).filter((file) => file.endsWith('.c2s.bin'));
  return recordings.flatMap((file) => {
    const reader = new FrameReader({ maxFrameBytes: 1024 * 1024 });
    reader.push(readFileSync(new URL(file, folder)));
    const entries = [];
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
      if (frame.payloadStart === frame.end) continue;
      const entry = decodeEntry(frame.buffer, frame.payloadStart, frame.end);
      if (entry.metadata.compression !== undefined) entries.push({ file, ...entry });
    }
    return entries;
  });
}

const CODECS = [
  ['LZ4', CompressionType.LZ4],
  ['ZLIB', CompressionType.ZLIB],
  ['ZSTD', CompressionType.ZSTD],
  ['SNAPPY', CompressionType.SNAPPY],
] as const;

describe('a compressed payload', () => {
  it.each(CODECS)('of %s that a client sent is what the client was given', (_, codec) => {
    const entries = compressedEntries().filter((one) => one.metadata.compression === codec);
    expect(entries.length).toBeGreaterThan(0);
    for (const { file, metadata, payload } of entries) {
      const size = metadata.uncompressed_size ?? 0;
      const plain = decompress(codec, payload, size);
      expect(plain.length, file).toBe(size);
      const count = metadata.num_messages_in_batch;
      if (count === undefined) {
        expect(plain.toString()).toMatch(/^(compressible |[\w -])+$/);
      } else expect([...readBatch(plain, count)]).toHaveLength(count);
    }
  });

  it('that is none comes back as it is', () => {
    const payload = Buffer.from('plain');
    expect(decompress(CompressionType.NONE, payload, 0)).toBe(payload);
  });

  it('of an unknown codec is refused', () => {
    expect(() => decompress(9, Buffer.from('x'), 1)).toThrow('compression 9 is not known');
  });

  it.each(CODECS)('of %s never becomes larger than its metadata says', (_, codec) => {
    for (const { metadata, payload } of compressedEntries()) {
      if (metadata.compression !== codec) continue;
      for (const size of [0, 1, (metadata.uncompressed_size ?? 0) - 1]) {
        const plain = attempt(codec, payload, size);
        if (plain !== undefined) expect(plain.length).toBeLessThanOrEqual(size);
      }
    }
    const bomb = deflateSync(Buffer.alloc(10_000_000));
    expect(() => decompress(CompressionType.ZLIB, bomb, 1_000)).toThrow('cannot be decompressed');
  });

  it.each(CODECS)('of %s that is broken gives an error or less, and ends', (_, codec) => {
    const sources = compressedEntries().filter((one) => one.metadata.compression === codec);
    const broken = fc
      .tuple(
        fc.constantFrom(...sources.map(({ payload }) => payload)),
        fc.array(fc.tuple(fc.nat(2_000), fc.nat(255)), { maxLength: 8 }),
        fc.nat(2_000),
      )
      .map(([payload, changes, length]) => {
        const bytes = Buffer.from(payload.subarray(0, Math.max(1, length)));
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        return bytes;
      });
    const anything = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(broken, anything), fc.nat(4_096), (bytes, size) => {
        const plain = attempt(codec, bytes, size);
        expect(plain?.length ?? 0).toBeLessThanOrEqual(size);
      }),
      { numRuns: 500 },
    );
  });

  it('repeats what came out before, also what it has not finished writing', () => {
    // LZ4: "ab", then 9 bytes from 2 before; Snappy: the same, with its length in front.
    const lz4 = Buffer.from([0x25, 0x61, 0x62, 2, 0, 0x10, 0x21]);
    expect(decompress(CompressionType.LZ4, lz4, 12).toString()).toBe('abababababa!');
    const snappy = Buffer.from([11, 0x04, 0x61, 0x62, ((9 - 4) << 2) | 1, 2]);
    expect(decompress(CompressionType.SNAPPY, snappy, 11).toString()).toBe('abababababa');
  });
});

/** Undefined where it is refused; any other error than `bad-frame` fails the spec. */
function attempt(codec: number, payload: Buffer, size: number): Buffer | undefined {
  try {
    return decompress(codec, payload, size);
  } catch (error) {
    expect(error).toMatchObject({ code: 'bad-frame' });
    return undefined;
  }
}
