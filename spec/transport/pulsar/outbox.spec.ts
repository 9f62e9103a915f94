import { describe, expect, it } from 'vitest';
import { BufferPool } from '../../../src/transport/pulsar/buffer-pool.ts';
import { Outbox } from '../../../src/transport/pulsar/outbox.ts';
import type { ByteSink } from '../../../src/transport/pulsar/socket.ts';

/** A socket that takes nothing until it is told to. */
class SlowSink implements ByteSink {
  writableLength = 0;
  destroyed = false;
  corked = 0;
  readonly held: { readonly bytes: Buffer; readonly written: () => void }[] = [];
  taken = Buffer.alloc(0);

  write(bytes: Buffer, written: () => void): boolean {
    this.writableLength += bytes.length;
    this.held.push({ bytes, written });
    return false;
  }

  cork(): void {
    this.corked++;
  }

  uncork(): void {
    this.corked--;
  }

  takeAll(): void {
    for (const { bytes, written } of this.held.splice(0)) {
      this.taken = Buffer.concat([this.taken, bytes]);
      this.writableLength -= bytes.length;
      written();
    }
  }
}

function setUp(congestedAboveBytes = 1e6, pool = new BufferPool()) {
  const sink = new SlowSink();
  const said: (boolean | number)[] = [];
  const limits = {
    congestedAboveBytes,
    drainedAtBytes: congestedAboveBytes / 2,
    maxWriteBufferBytes: 4 * congestedAboveBytes,
  };
  const outbox = new Outbox(sink, pool, limits, {
    congestion: (congested) => said.push(congested),
    overflow: (bytes) => said.push(bytes),
  });
  return { sink, outbox, said, pool };
}

const piece = (size: number, fill: number): Buffer => Buffer.alloc(size, fill);

describe('an outbox', () => {
  it.each([
    [[10]],
    [[10, 20, 30]],
    [[5_000]],
    [[40_000, 10_000]],
    [[10, 20_000, 30, 70_000, 40]],
    [[15_000, 15_000, 15_000, 15_000, 15_000, 15_000]],
  ])('hands over pieces of %j bytes in order, however late the socket takes them', (sizes) => {
    const pool = new BufferPool();
    const { sink, outbox } = setUp(1e6, pool);
    const expected: Buffer[] = [];
    for (let round = 1; round <= 3; round++) {
      for (const [index, size] of sizes.entries()) {
        const bytes = piece(size, round * 50 + index);
        expected.push(bytes);
        outbox.append(bytes);
      }
      outbox.flush();
      // Others write with the same pool before the socket has taken anything.
      const other = setUp(1e6, pool);
      for (let count = 0; count < 3; count++) {
        other.outbox.append(piece(9_000, 0xff));
        other.outbox.flush();
      }
    }
    expect(sink.corked).toBe(0);
    sink.takeAll();
    expect(sink.taken.equals(Buffer.concat(expected))).toBe(true);
  });

  it('writes once for all small pieces of a flush, and not at all for none', () => {
    const { sink, outbox } = setUp();
    outbox.flush();
    for (let count = 0; count < 100; count++) outbox.append(piece(30, count));
    outbox.flush();
    outbox.flush();
    expect(sink.held.map(({ bytes }) => bytes.length)).toEqual([3_000]);
  });

  it('holds about as much memory as is unsent', () => {
    const { sink, outbox } = setUp();
    for (let count = 0; count < 1_000; count++) {
      outbox.append(piece(30, count));
      outbox.flush();
    }
    const memory = new Set(sink.held.map(({ bytes }) => bytes.buffer));
    let held = 0;
    for (const { byteLength } of memory) held += byteLength;
    expect(held).toBeLessThan(64 * 1024);
  });

  it('uses a block again once its bytes are taken', () => {
    const { sink, outbox } = setUp();
    const blocks = new Set<ArrayBufferLike>();
    for (let count = 0; count < 5; count++) {
      outbox.append(piece(10_000, count));
      outbox.flush();
      blocks.add(sink.held[0]!.bytes.buffer);
      sink.takeAll();
    }
    expect(blocks.size).toBe(1);
  });

  it('says once that it is congested, and once that it is drained', () => {
    const { sink, outbox, said } = setUp(1_000);
    outbox.append(piece(1_000, 1));
    outbox.flush();
    expect(said).toEqual([]);
    for (let count = 0; count < 3; count++) {
      outbox.append(piece(200, 2));
      outbox.flush();
    }
    expect(said).toEqual([true]);
    outbox.append(piece(500, 3));
    sink.takeAll();
    expect(said).toEqual([true, false]);
    outbox.append(piece(1, 3));
    outbox.flush();
    outbox.append(piece(1_000, 3));
    outbox.flush();
    outbox.append(piece(1, 3));
    sink.takeAll();
    expect(said).toEqual([true, false, true, false]);
  });

  it('says when the peer leaves too much unsent', () => {
    const { outbox, said } = setUp(1_000);
    for (let count = 0; count < 5; count++) {
      outbox.append(piece(1_000, 1));
      outbox.flush();
    }
    expect(said).toEqual([true, 5_000]);
  });

  it('forgets what cannot be sent any more', () => {
    const { sink, outbox } = setUp();
    outbox.append(piece(10_000, 1));
    sink.destroyed = true;
    outbox.flush();
    expect(sink.held).toEqual([]);
    expect(outbox.unsentBytes).toBe(0);
  });
});
