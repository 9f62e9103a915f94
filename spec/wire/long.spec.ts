import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LATEST, MINUS_ONE, toLong, toSigned, toUnsigned } from '../../src/wire/long.ts';
import { ProtoReader } from '../../src/wire/reader.ts';
import { writeLong } from '../../src/wire/writer.ts';
import { int64, uint64 } from './arbitraries.ts';
import { varint } from './naive-protobuf.ts';

describe('a 64-bit value', () => {
  test('is a number as long as that is exact', () => {
    expect(toLong(2n ** 53n - 1n)).toBe(Number.MAX_SAFE_INTEGER);
    expect(toLong(2n ** 53n)).toBe(2n ** 53n);
    expect(toLong(-(2n ** 53n))).toBe(-(2n ** 53n));
  });

  test('is signed where Pulsar means it so', () => {
    expect(toSigned(MINUS_ONE)).toBe(-1);
    expect(toSigned(LATEST)).toBe(LATEST);
    expect(toSigned(7)).toBe(7);
    expect(toSigned(2n ** 63n)).toBe(-(2n ** 63n));
    expect(toUnsigned(-1)).toBe(MINUS_ONE);
  });

  test('survives the change of sign both ways', () => {
    fc.assert(fc.property(uint64, (value) => toUnsigned(toSigned(value)) === value));
    fc.assert(fc.property(int64, (value) => toSigned(toUnsigned(value)) === value));
  });
});

describe('a varint', () => {
  test('is written as by the naive model and read back', () => {
    fc.assert(
      fc.property(fc.oneof(uint64, int64), (value) => {
        const buffer = Buffer.alloc(12, 0xaa);
        const end = writeLong(buffer, 1, value);
        expect([...buffer.subarray(1, end)]).toStrictEqual(varint(BigInt(value)));
        expect(buffer[end]).toBe(0xaa);
        expect(new ProtoReader().reset(buffer, 1, end).uint64()).toBe(toUnsigned(value));
      }),
      { numRuns: 2000 },
    );
  });

  test('of a bigint that a number could hold is written the same', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 54n }), fc.nat(54), (value, shift) => {
        const small = value >> BigInt(shift);
        const buffer = Buffer.alloc(12);
        const end = writeLong(buffer, 0, small);
        expect([...buffer.subarray(0, end)]).toStrictEqual(varint(small));
      }),
      { numRuns: 1000 },
    );
  });

  test('of 32 bits is the low half of a longer one', () => {
    fc.assert(
      fc.property(fc.oneof(uint64, int64), (value) => {
        const bytes = Buffer.from(varint(BigInt(value)));
        const expected = Number(BigInt.asUintN(32, BigInt(value)));
        const reader = new ProtoReader();
        expect(reader.reset(bytes, 0, bytes.length).uint32()).toBe(expected);
        expect(reader.reset(bytes, 0, bytes.length).int32()).toBe(expected | 0);
        expect(reader.reset(bytes, 0, bytes.length).bool()).toBe(BigInt(value) !== 0n);
      }),
    );
  });

  test('may be padded, up to ten bytes', () => {
    const reader = new ProtoReader();
    const padded = Buffer.from([0x85, ...Array(8).fill(0x80), 0x00]);
    expect(reader.reset(padded, 0, 10).uint64()).toBe(5);
    expect(reader.reset(padded, 0, 10).uint32()).toBe(5);
    const endless = Buffer.alloc(11, 0x80);
    expect(() => reader.reset(endless, 0, 11).uint64()).toThrow('more than 10 bytes');
    expect(() => reader.reset(endless, 0, 11).uint32()).toThrow('more than 10 bytes');
    expect(() => reader.reset(endless, 0, 11).skip(8)).toThrow('more than 10 bytes');
  });
});
