import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import { decodeCommand, encodeCommand, encodeCommandWithPayload } from '../../src/wire/codec.ts';
import { type Frame, FrameReader } from '../../src/wire/frame.ts';
import { commandShapes, message } from './arbitraries.ts';
import { cutFrames } from './naive-framing.ts';

const MAX = 5 * 1024 * 1024 + 10_240;

const anyFrame = fc.oneof(
  fc
    .constantFrom(...commandShapes)
    .chain(({ name, message: body }) =>
      message(body).map((value) => encodeCommand(name, value as never)),
    ),
  fc
    .tuple(message('CommandSend'), fc.uint8Array({ maxLength: 9000 }))
    .map(([send, payload]) =>
      encodeCommandWithPayload('SEND', send as never, Buffer.from(payload)),
    ),
  fc.constant(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0])),
);

/** A stream and the sizes of the chunks that it arrives in, cycled through. */
const chunkedStream = fc.record({
  stream: fc.array(anyFrame, { maxLength: 12 }).map((frames) => Buffer.concat(frames)),
  sizes: fc.oneof(
    fc.constant([1]),
    fc.array(fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 6000 })), {
      minLength: 1,
      maxLength: 20,
    }),
  ),
  cut: fc.nat(10),
});

describe('any chunking gives the same frames', () => {
  test('as the naive model', () => {
    fc.assert(
      fc.property(chunkedStream, ({ stream, sizes, cut }) => {
        const part = stream.subarray(0, Math.max(0, stream.length - cut));
        const reader = new FrameReader({ maxFrameBytes: MAX });
        const frames = split(part, sizes).flatMap((chunk) => drain(reader, chunk));
        const whole = cutFrames(part);
        expect(frames.map(show)).toStrictEqual(whole);
        const used = whole.reduce((sum, frame) => sum + 8 + (frame.length - 1) / 2, 0);
        expect(reader.bufferedBytes).toBe(part.length - used);
      }),
      { numRuns: 400 },
    );
  });

  test('also when chunks come before the frames were taken', () => {
    fc.assert(
      fc.property(chunkedStream, ({ stream, sizes }) => {
        const reader = new FrameReader({ maxFrameBytes: MAX });
        const frames: Frame[] = [];
        for (const chunk of split(stream, sizes.slice(0, 3).concat(5000))) {
          reader.push(chunk);
          const frame = reader.next();
          if (frame !== undefined) frames.push(frame);
        }
        for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
          frames.push(frame);
        }
        expect(frames.map(show)).toStrictEqual(cutFrames(stream));
      }),
      { numRuns: 200 },
    );
  });

  test('and the commands decode to what was encoded', () => {
    const bodies = [
      { consumer_id: 1, messagePermits: 1000 },
      { consumer_id: 2, messagePermits: 2 },
    ];
    const stream = Buffer.concat(bodies.map((body) => encodeCommand('FLOW', body)));
    const reader = new FrameReader({ maxFrameBytes: MAX });
    const decoded = split(stream, [3])
      .flatMap((chunk) => drain(reader, chunk))
      .map((frame) => decodeCommand(frame.buffer, frame.commandStart, frame.commandEnd));
    expect(decoded).toStrictEqual(bodies.map((body) => ({ name: 'FLOW', body })));
  });
});

describe('copies', () => {
  test('frames inside a chunk are views of it', () => {
    const chunk = Buffer.concat([encodeCommand('PING', {}), encodeCommand('PONG', {})]);
    const frames = drain(new FrameReader({ maxFrameBytes: MAX }), chunk);
    expect(frames).toHaveLength(2);
    expect(frames.every((frame) => frame.buffer === chunk)).toBe(true);
  });

  test('a frame that spans chunks is joined alone; those behind it are views again', () => {
    const send = encodeCommandWithPayload(
      'SEND',
      { producer_id: 1, sequence_id: 1 },
      Buffer.alloc(100_000, 7),
    );
    const last = Buffer.concat([send.subarray(70_000), encodeCommand('PING', {})]);
    const reader = new FrameReader({ maxFrameBytes: MAX });
    expect(drain(reader, send.subarray(0, 70_000))).toStrictEqual([]);
    const [joined, ping] = drain(reader, last);
    expect(joined!.buffer.equals(send)).toBe(true);
    expect(ping!.buffer).toBe(last);
  });
});

describe('frames that cannot be are refused as soon as their header is there', () => {
  const header = (total: number, command: number): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32BE(total >>> 0);
    bytes.writeUInt32BE(command >>> 0, 4);
    return bytes;
  };
  const cases: [name: string, bytes: Buffer, earliest: number][] = [
    ['over the limit', header(MAX + 1, 10), 4],
    ['of negative size', header(-1, 10), 4],
    ['too short for a command size', header(3, 0), 4],
    ['with a command longer than the frame', header(100, 97), 8],
    ['with a command of negative size', header(100, -1), 8],
  ];

  test.each(cases)('%s', (_, bytes, earliest) => {
    const whole = new FrameReader({ maxFrameBytes: MAX });
    expectBadFrame(() => drain(whole, bytes));
    const early = new FrameReader({ maxFrameBytes: MAX });
    expectBadFrame(() => drain(early, bytes.subarray(0, earliest)));
    const dripped = new FrameReader({ maxFrameBytes: MAX });
    for (let at = 0; at < earliest - 1; at++) drain(dripped, bytes.subarray(at, at + 1));
    expectBadFrame(() => drain(dripped, bytes.subarray(earliest - 1, earliest)));
    expectBadFrame(() => dripped.next());
    expectBadFrame(() => drain(dripped, encodeCommand('PING', {})));
  });

  test('those before it are given first, and the stream stays refused', () => {
    const reader = new FrameReader({ maxFrameBytes: MAX });
    reader.push(Buffer.concat([encodeCommand('PING', {}), header(-1, 0)]));
    expect(reader.next()).toBeDefined();
    expectBadFrame(() => reader.next());
    reader.push(encodeCommand('PING', {}));
    expectBadFrame(() => reader.next());
  });

  test('the limit itself is allowed', () => {
    const reader = new FrameReader({ maxFrameBytes: 1000 });
    expect(drain(reader, Buffer.concat([header(1000, 0), Buffer.alloc(996)]))).toHaveLength(1);
  });

  test('a mutated stream gives frames or a bad frame', () => {
    const change = fc.record({ at: fc.nat(), byte: fc.nat(255) });
    fc.assert(
      fc.property(chunkedStream, fc.array(change, { minLength: 1 }), (input, changes) => {
        const stream = Buffer.from(input.stream);
        for (const { at, byte } of changes)
          if (stream.length > 0) stream[at % stream.length] = byte;
        const reader = new FrameReader({ maxFrameBytes: MAX });
        try {
          for (const chunk of split(stream, input.sizes)) {
            for (const frame of drain(reader, chunk)) {
              expect(frame.commandStart).toBeLessThanOrEqual(frame.commandEnd);
              expect(frame.payloadStart).toBe(frame.commandEnd);
              expect(frame.commandEnd).toBeLessThanOrEqual(frame.end);
              expect(frame.end).toBeLessThanOrEqual(frame.buffer.length);
            }
          }
        } catch (error) {
          if (!(error instanceof BrokerError) || error.code !== 'bad-frame') throw error;
        }
      }),
      { numRuns: 400 },
    );
  });
});

describe('memory', () => {
  test('a claim of 5 MB costs nothing until the bytes come', () => {
    const claim = encodeCommand('PING', {}).subarray(0, 8);
    claim.writeUInt32BE(MAX);
    const readers = Array.from({ length: 2000 }, () => new FrameReader({ maxFrameBytes: MAX }));
    const before = process.memoryUsage();
    for (const reader of readers) drain(reader, claim);
    const after = process.memoryUsage();
    const grown = after.arrayBuffers - before.arrayBuffers + after.heapUsed - before.heapUsed;
    expect(grown).toBeLessThan(20_000_000);
    expect(readers.every((reader) => reader.bufferedBytes === 8)).toBe(true);
  });

  test.each([
    ['single bytes', [1]],
    ['large and tiny chunks in turn', [2048, 1]],
  ])('a frame that drips in as %s costs about its bytes', (_, sizes) => {
    const size = 600_000;
    const frame = encodeCommandWithPayload(
      'SEND',
      { producer_id: 1, sequence_id: 1 },
      Buffer.alloc(size, 3),
    );
    const reader = new FrameReader({ maxFrameBytes: MAX });
    const before = process.memoryUsage().arrayBuffers;
    const chunks = split(frame.subarray(0, size), sizes);
    expect(chunks.flatMap((chunk) => drain(reader, chunk))).toStrictEqual([]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * size);
    const [whole] = drain(reader, frame.subarray(size));
    expect(whole!.buffer.equals(frame)).toBe(true);
  });
});

function split(stream: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, index = 0; at < stream.length; index++) {
    const size = sizes[index % sizes.length]!;
    chunks.push(stream.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

function drain(reader: FrameReader, chunk: Buffer): Frame[] {
  const frames: Frame[] = [];
  reader.push(chunk);
  for (let frame = reader.next(); frame !== undefined; frame = reader.next()) frames.push(frame);
  return frames;
}

function show(frame: Frame): string {
  const command = frame.buffer.toString('hex', frame.commandStart, frame.commandEnd);
  return `${command}|${frame.buffer.toString('hex', frame.payloadStart, frame.end)}`;
}

function expectBadFrame(action: () => unknown): void {
  expect(action).toThrow(expect.objectContaining({ code: 'bad-frame' }));
}
