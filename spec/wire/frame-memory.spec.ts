/** Frames put together out of chunks that are lent. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeCommand, encodeCommandWithPayload } from '../../src/wire/codec.ts';
import { type FrameMemory, FrameReader } from '../../src/wire/frame.ts';

/** Gives memory for frames of up to `limit` bytes, and spoils what it gets back. */
class Memory implements FrameMemory {
  readonly out = new Set<Buffer>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  take(bytes: number): Buffer | undefined {
    if (bytes > this.#limit) return undefined;
    const frame = Buffer.alloc(bytes);
    this.out.add(frame);
    return frame;
  }

  give(frame: Buffer): void {
    this.forget(frame);
    frame.fill(0xdb);
  }

  forget(frame: Buffer): void {
    expect(this.out.delete(frame)).toBe(true);
  }
}

const frame = fc.oneof(
  fc.constant(encodeCommand('PING', {})),
  fc
    .nat(5_000)
    .map((bytes) =>
      encodeCommandWithPayload(
        'SEND',
        { producer_id: 1, sequence_id: bytes },
        Buffer.alloc(bytes, bytes & 0xff),
      ),
    ),
);

describe('a reader whose chunks are lent', () => {
  it('gives the frames of any chunking, and holds nothing of a chunk that is spoilt', () => {
    fc.assert(
      fc.property(
        fc.array(frame, { minLength: 1, maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 7_000 }), { minLength: 1, maxLength: 8 }),
        fc.constantFrom(0, 2_000, 10_000),
        fc.nat(3),
        (frames, sizes, limit, stall) => {
          const memory = new Memory(limit);
          const reader = new FrameReader({ maxFrameBytes: 20_000 }, memory);
          const stream = Buffer.concat(frames);
          const seen: Buffer[] = [];
          const takeAll = (most: number) => {
            for (let next = reader.next(); next !== undefined; next = reader.next()) {
              const { buffer, commandStart, end, isJoined } = next;
              expect(memory.out.has(buffer)).toBe(isJoined);
              seen.push(Buffer.from(buffer.subarray(commandStart - 8, end)));
              if (--most <= 0) break;
            }
          };
          for (let at = 0, i = 0; at < stream.length; i++) {
            const size = sizes[i % sizes.length]!;
            const chunk = Buffer.from(stream.subarray(at, at + size));
            at += size;
            reader.push(chunk);
            // Now and then nobody asks for all that is there.
            takeAll(i % 4 === stall ? 1 : Number.POSITIVE_INFINITY);
            reader.keep();
            chunk.fill(0xdb);
          }
          takeAll(Number.POSITIVE_INFINITY);
          expect(seen).toEqual(frames);
          reader.close();
          expect(memory.out.size).toBe(0);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('forgets a frame that is not completed', () => {
    const memory = new Memory(10_000);
    const reader = new FrameReader({ maxFrameBytes: 20_000 }, memory);
    const send = encodeCommandWithPayload(
      'SEND',
      { producer_id: 1, sequence_id: 1 },
      Buffer.alloc(5_000),
    );
    reader.push(send.subarray(0, 3_000));
    expect(reader.next()).toBeUndefined();
    expect(memory.out.size).toBe(1);
    expect(reader.bufferedBytes).toBe(3_000);
    reader.close();
    expect(memory.out.size).toBe(0);
  });
});
