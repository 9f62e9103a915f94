/** Deliberate bugs in finding out what the disk has damaged. */
import { crc32c } from '@node-rs/crc32';
import type { Environment, OpenEnvironment, Table } from '../../../src/storage/lmdb/environment.ts';
import type { Mutation } from './mutation.ts';
import { forgetful } from './worlds.ts';

export const ofDamage: readonly Mutation[] = [
  {
    name: 'a damaged row of the state is believed',
    breaks: 'memory, and snapshots with the journal',
    within: 6,
    world: forgetful,
    seams: () => ({ openEnvironment: believing }),
  },
];

/** Now and then a row of the state comes with a bit changed, and the checksum that fits. */
function believing(open: OpenEnvironment): OpenEnvironment {
  return (options) => {
    const environment = open(options);
    if (!options.file.includes('/state/')) return environment;
    return new Proxy(environment, {
      get(target, name) {
        if (name === 'table') return (table: string) => damaging(target.table(table));
        const value = target[name as keyof Environment];
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  };
}

function damaging(table: Table): Table {
  let rows = 0;
  const read = (key: Uint8Array, row: Buffer) => (++rows % 5 === 0 ? damaged(key, row) : row);
  return {
    get: (key, room) => {
      const row = table.get(key, room);
      return row && read(key, row);
    },
    put: (key, value) => table.put(key, value),
    remove: (key) => table.remove(key),
    keys: (range) => table.keys(range),
    *rows(range) {
      for (const { key, value } of table.rows(range)) yield { key, value: read(key, value) };
    },
    prefetch: (keys) => table.prefetch(keys),
  };
}

function damaged(key: Uint8Array, row: Buffer): Buffer {
  if (row.length < 5) return row;
  const copy = Buffer.from(row);
  copy[copy.length >> 1]! ^= 1;
  copy.writeUInt32LE(crc32c(copy.subarray(0, -4), crc32c(Buffer.from(key))), copy.length - 4);
  return copy;
}
