/**
 * A table whose rows carry a checksum over their key and their bytes: what was damaged, and what
 * lies in the place of another row, is found when it is read.
 */
import { crc32c } from '@node-rs/crc32';
import { corrupt } from './decode.ts';
import type { KeyRange, Table } from './environment.ts';

const SEAL_BYTES = 4;

export class SealedTable implements Table {
  readonly #table: Table;
  readonly #naming: (key: Buffer) => string;

  /** `naming` says in an error whose row it is. */
  constructor(table: Table, naming: (key: Buffer) => string) {
    this.#table = table;
    this.#naming = naming;
  }

  /** Throws `storage-corrupt`. */
  get(key: Uint8Array, room?: (bytes: number) => Buffer): Buffer | undefined {
    const row = this.#table.get(key, room);
    return row && this.#opened(key, row);
  }

  put(key: Uint8Array, value: Uint8Array): void {
    const row = Buffer.allocUnsafe(value.length + SEAL_BYTES);
    row.set(value);
    row.writeUInt32LE(sealOf(key, value), value.length);
    this.#table.put(key, row);
  }

  remove(key: Uint8Array): void {
    this.#table.remove(key);
  }

  keys(range: KeyRange): Iterable<Buffer> {
    return this.#table.keys(range);
  }

  /** Throws `storage-corrupt` at the row that is. */
  *rows(range: KeyRange): Iterable<{ readonly key: Buffer; readonly value: Buffer }> {
    for (const { key, value } of this.#table.rows(range)) {
      yield { key, value: this.#opened(key, value) };
    }
  }

  prefetch(keys: Uint8Array[]): Promise<void> {
    return this.#table.prefetch(keys);
  }

  #opened(key: Uint8Array, row: Buffer): Buffer {
    const value = row.subarray(0, -SEAL_BYTES);
    const isWhole =
      row.length >= SEAL_BYTES && row.readUInt32LE(value.length) === sealOf(key, value);
    if (isWhole) return value;
    throw corrupt(`${this.#naming(Buffer.from(key))} fails its checksum.`);
  }
}

function sealOf(key: Uint8Array, value: Uint8Array): number {
  return crc32c(value, crc32c(key));
}
