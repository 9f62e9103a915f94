import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import { buildBatch, type MessageToBatch, readBatch } from '../../src/wire/batch.ts';
import { message } from './arbitraries.ts';

const anyMessage: fc.Arbitrary<MessageToBatch> = fc.record({
  metadata: message('SingleMessageMetadata') as fc.Arbitrary<object>,
  payload: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
});

test('a batch gives back the messages that it was built from', () => {
  fc.assert(
    fc.property(fc.array(anyMessage, { maxLength: 8 }), (messages) => {
      const batch = buildBatch(messages);
      const read = [...readBatch(batch, messages.length)];
      expect(read).toStrictEqual(
        messages.map(({ metadata, payload }) => ({
          metadata: { ...metadata, payload_size: payload.length },
          payload,
        })),
      );
    }),
  );
});

test('a batch may be built from payloads alone', () => {
  const batch = buildBatch([{ payload: Buffer.from('a') }, { payload: Buffer.alloc(0) }]);
  expect(batch.toString('hex')).toBe('00000002180161000000021800');
});

test('any cut or mutated batch is read or is a bad frame', () => {
  const change = fc.record({ at: fc.nat(), byte: fc.nat(255), cut: fc.boolean() });
  fc.assert(
    fc.property(fc.array(anyMessage, { minLength: 1 }), change, (messages, { at, byte, cut }) => {
      const built = buildBatch(messages);
      const place = at % built.length;
      const batch = cut ? built.subarray(0, place) : built;
      if (!cut) batch[place] = byte;
      try {
        expect([...readBatch(batch, messages.length)]).toHaveLength(messages.length);
      } catch (error) {
        if (!(error instanceof BrokerError) || error.code !== 'bad-frame') throw error;
      }
    }),
    { numRuns: 1000 },
  );
});

test('a batch that is shorter than its count is refused, without reading for the count', () => {
  const batch = buildBatch([{ payload: Buffer.from('a') }]);
  const read = readBatch(batch, 2 ** 31 - 1);
  expect(read.next().value).toMatchObject({ payload: Buffer.from('a') });
  expect(() => read.next()).toThrow('without its message 1');
});

test('a payload of negative size is refused: it would lead back for ever', () => {
  const size = Buffer.from([24, ...Array(9).fill(0xff), 1]);
  size[1] = 0xf1;
  const batch = Buffer.concat([Buffer.from([0, 0, 0, size.length]), size]);
  expect(() => readBatch(batch, 2 ** 31 - 1).next()).toThrow('payload of message 0');
});
