/**
 * CRC-32C (Castagnoli). Crossing into native code costs about 150 ns, so short ranges are computed
 * here, 16 bytes a step by table, and long ones by the processor's own instruction.
 */

import { crc32c as nativeCrc32c } from '@node-rs/crc32';

/** The CRC-32C of `buffer[start, end)`, unsigned. */
export function crc32c(buffer: Buffer, start = 0, end = buffer.length): number {
  if (end - start > NATIVE_FROM_BYTES) return nativeCrc32c(buffer.subarray(start, end));
  return tableCrc32c(buffer, start, end);
}

/** The same by table alone, for short ranges. */
export function tableCrc32c(buffer: Buffer, start: number, end: number): number {
  let crc = -1;
  let at = start;
  for (const lastStep = end - 16; at <= lastStep; at += 16) {
    const first =
      crc ^
      (buffer[at]! | (buffer[at + 1]! << 8) | (buffer[at + 2]! << 16) | (buffer[at + 3]! << 24));
    crc =
      t15[first & 255]! ^
      t14[(first >>> 8) & 255]! ^
      t13[(first >>> 16) & 255]! ^
      t12[first >>> 24]! ^
      t11[buffer[at + 4]!]! ^
      t10[buffer[at + 5]!]! ^
      t9[buffer[at + 6]!]! ^
      t8[buffer[at + 7]!]! ^
      t7[buffer[at + 8]!]! ^
      t6[buffer[at + 9]!]! ^
      t5[buffer[at + 10]!]! ^
      t4[buffer[at + 11]!]! ^
      t3[buffer[at + 12]!]! ^
      t2[buffer[at + 13]!]! ^
      t1[buffer[at + 14]!]! ^
      t0[buffer[at + 15]!]!;
  }
  for (; at < end; at++) crc = t0[(crc ^ buffer[at]!) & 255]! ^ (crc >>> 8);
  return (crc ^ -1) >>> 0;
}

/** Where native code wins, measured by `bench/wire/crc32c.ts`: 149 against 174 ns at 256 bytes. */
const NATIVE_FROM_BYTES = 256;
/** Castagnoli's polynomial, bits reversed. */
const POLYNOMIAL = 0x82f63b78;

/** `tables[n][byte]` is what a byte does to the CRC when n more bytes follow it. */
function makeTables(): Int32Array[] {
  const tables = Array.from({ length: 16 }, () => new Int32Array(256));
  const single = tables[0]!;
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    single[byte] = crc;
  }
  for (const [following, table] of tables.slice(1).entries()) {
    const before = tables[following]!;
    table.set(before.map((crc) => (crc >>> 8) ^ single[crc & 255]!));
  }
  return tables;
}

const tables = makeTables();
const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as [
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
];
const [t8, t9, t10, t11, t12, t13, t14, t15] = tables.slice(8) as [
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
];
