/**
 * Which messages a compaction keeps: the last one of each key, unless it is a tombstone. Messages
 * are numbered in the order in which they are read. Memory is bounded: a bit a message, and a table
 * of keys that is written to a scratch pad whenever it is full, in parts small enough to be put
 * together again one by one.
 */
import { BrokerError } from '../../base/errors.ts';
import type { Pacer } from '../../base/slices.ts';
import type { Scratch, ScratchPad } from '../../storage/scratch.ts';
import type { KeyId } from '../ports.ts';
import { Bitmap } from './bitmap.ts';
import { DEAD, KeyTable, PARTS, RECORD_BYTES, recordAt } from './key-table.ts';

export class Survivors {
  /**
   * Messages that do not survive, as Pulsar counts them: values that others replace, and
   * tombstones. Once keys were spilled, a value that replaces nothing may count too.
   */
  removed = 0;
  readonly #kept: Bitmap;
  readonly #table: KeyTable;
  readonly #maxBytes: number;
  readonly #scratch: Scratch;
  readonly #pace: Pacer;
  #pad: ScratchPad | undefined;

  /** Takes up to `maxBytes` for keys, and as much again for the bits. */
  constructor(maxBytes: number, scratch: Scratch, pace: Pacer) {
    this.#maxBytes = maxBytes;
    this.#kept = new Bitmap(maxBytes);
    this.#table = new KeyTable(maxBytes);
    this.#scratch = scratch;
    this.#pace = pace;
  }

  get count(): number {
    return this.#kept.size;
  }

  /** Whether `spill` must come before the next message. */
  get isFull(): boolean {
    return this.#table.isFull;
  }

  /** A message that stays whatever follows. Throws `not-allowed` beyond the limits. */
  keep(message: number): void {
    if (this.#kept.add(message)) return;
    throw beyond(this.#maxBytes);
  }

  /** A message of a key; those of the key before it go. Throws `not-allowed` beyond the limits. */
  value(key: KeyId, message: number): void {
    this.keep(message);
    this.#drop(this.#table.put(key, message));
  }

  /** The key has no message any more. */
  tombstone(key: KeyId): void {
    const before = this.#table.put(key, DEAD);
    if (before !== undefined && before !== DEAD) this.#kept.remove(before);
    this.removed += 1;
  }

  has(message: number): boolean {
    return this.#kept.has(message);
  }

  /** Makes room in the table. Rejects as the scratch pad does. */
  async spill(): Promise<void> {
    this.#pad ??= await this.#scratch.open();
    for (let part = 0; part < PARTS; part++) {
      for (const records of this.#table.part(part)) {
        await this.#pad.write(part, records);
        await this.#rest();
      }
    }
    await this.#clear();
  }

  /**
   * After the last message: what was spilled is put together. Rejects with `not-allowed` where
   * there are too many keys.
   */
  async finish(): Promise<void> {
    if (this.#pad === undefined) return;
    await this.spill();
    for (let part = 0; part < PARTS; part++) {
      await this.#clear(true);
      for await (const block of this.#pad.read(part)) await this.#merge(block);
    }
    await this.close();
  }

  async close(): Promise<void> {
    await this.#pad?.close();
    this.#pad = undefined;
  }

  /** Blocks come in the order of their messages. */
  async #merge(block: Buffer): Promise<void> {
    for (let at = 0; at < block.length; at += RECORD_BYTES) {
      const { key, message } = recordAt(block, at);
      if (this.#table.isFull) throw beyond(this.#maxBytes);
      const before = this.#table.put(key, message);
      if (message !== DEAD) this.#drop(before);
      else if (before !== undefined && before !== DEAD) this.#kept.remove(before);
      if (at % MERGED_AT_ONCE === 0) await this.#rest();
    }
  }

  async #clear(isPart = false): Promise<void> {
    for (const _ of this.#table.clear(isPart)) await this.#rest();
  }

  async #rest(): Promise<void> {
    if (this.#pace.isOver()) await this.#pace.pause();
  }

  #drop(before: number | undefined): void {
    if (before === undefined || before === DEAD) return;
    this.#kept.remove(before);
    this.removed += 1;
  }
}

/** Bytes of a block. */
const MERGED_AT_ONCE = 256 * RECORD_BYTES;

function beyond(maxBytes: number): BrokerError {
  return new BrokerError(
    'not-allowed',
    `The topic has too many keys or messages to be compacted in ${maxBytes} bytes of memory: ` +
      'raise velamqCompactionMemoryMB.',
  );
}
