/**
 * Where the native CRC-32C overtakes the table: sets `NATIVE_FROM_BYTES` of
 * `src/wire/crc32c.ts`.
 */

import { crc32c as nativeCrc32c } from '@node-rs/crc32';
import { tableCrc32c } from '../../src/wire/crc32c.ts';
import { measure } from './measure.ts';

const source = Buffer.alloc(1 << 20, 'the quick brown fox');
let sink = 0;

for (const bytes of [64, 100, 128, 192, 256, 320, 512, 1024, 4096, 65_536]) {
  const count = Math.max(500, Math.min(50_000, Math.floor(2e7 / bytes)));
  const each = (crc: (start: number) => number) => () => {
    for (let index = 0; index < count; index++) sink ^= crc((index * 64) & 0x7ffff);
  };
  const table = each((start) => tableCrc32c(source, start, start + bytes));
  const native = each((start) => nativeCrc32c(source.subarray(start, start + bytes)));
  measure(`${bytes} bytes by table`, count, table);
  measure(`${bytes} bytes native`, count, native);
}
if (sink === 0.5) console.log(sink);
