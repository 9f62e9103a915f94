import { crc32c as nativeCrc32c } from '@node-rs/crc32';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { murmur3, murmur3Positive } from '../../src/base/murmur3.ts';
import { crc32c, tableCrc32c } from '../../src/wire/crc32c.ts';
import { topicsHash } from '../../src/wire/topics-hash.ts';

describe('CRC-32C', () => {
  test('has the check value of its standard', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
    expect(crc32c(Buffer.alloc(0))).toBe(0);
    expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43);
  });

  test('is the same by table and by native code, whatever the length and place', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 700 }), fc.nat(20), (array, start) => {
        const buffer = Buffer.from(array);
        const from = Math.min(start, buffer.length);
        const expected = bitwise(buffer.subarray(from));
        expect(crc32c(buffer, from)).toBe(expected);
        expect(tableCrc32c(buffer, from, buffer.length)).toBe(expected);
        expect(nativeCrc32c(buffer.subarray(from))).toBe(expected);
      }),
    );
  });
});

describe('Murmur3', () => {
  test('has the published values', () => {
    expect(murmur3(Buffer.from(''))).toBe(0);
    expect(murmur3(Buffer.from('test'))).toBe(0xba6bd213);
    expect(murmur3(Buffer.from('Hello, world!'))).toBe(0xc0363e43);
    expect(murmur3(Buffer.from('The quick brown fox jumps over the lazy dog'))).toBe(0x2e4ff723);
  });

  test("has Pulsar's values", () => {
    expect(murmur3Positive(Buffer.from('key1'))).toBe(462_881_061);
    expect(murmur3Positive(Buffer.from('key1')) % 65_536).toBe(293);
    expect(murmur3Positive(Buffer.from('a')) % 65_536).toBe(27_058);
    expect(murmur3Positive(Buffer.from(''))).toBe(0);
  });

  test('reads a range, and has no sign', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.nat(9), (key, before) => {
        const buffer = Buffer.concat([Buffer.alloc(before, 1), key, Buffer.alloc(3, 2)]);
        const hash = murmur3Positive(buffer, before, before + key.length);
        expect(hash).toBe(murmur3Positive(Buffer.from(key)));
        expect(hash).toBeGreaterThanOrEqual(0);
        expect(hash).toBeLessThan(2 ** 31);
      }),
    );
  });
});

describe('the hash of a topic list', () => {
  const a = 'persistent://public/default/a';
  const b = 'persistent://public/default/b';

  test("has Pulsar's values, in any order", () => {
    expect(topicsHash([])).toBe('00000000');
    expect(topicsHash([a])).toBe('e4a876e3');
    expect(topicsHash([a, b])).toBe('c7559e98');
    expect(topicsHash(new Set([b, a]))).toBe('c7559e98');
  });
});

function bitwise(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}
