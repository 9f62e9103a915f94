/** SEND_RECEIPT, the command that a broker writes most: many of one turn into one buffer. */

import type { Long } from '../base/long.ts';
import { writeLong } from './writer.ts';

/**
 * Gathers the receipts of one connection. `take` hands the bytes out, whole frames in the order of
 * `add`; the writer may be used again at once.
 */
export class ReceiptWriter {
  #buffer: Buffer = EMPTY;
  #pos = 0;
  #count = 0;

  /** Receipts since the last `take`. */
  get count(): number {
    return this.#count;
  }

  /**
   * Adds one receipt. `highestSequenceId` is echoed only when it travelled in the SEND. The ids are
   * as on the wire or signed: -1 stands for 2^64-1. Partition and batch index are left out, as
   * Pulsar leaves them.
   */
  add(
    producerId: Long,
    sequenceId: Long,
    highestSequenceId: Long | undefined,
    ledgerId: Long,
    entryId: Long,
  ): void {
    if (this.#buffer.length - this.#pos < MAX_RECEIPT_BYTES) this.#grow();
    this.#count++;
    const buffer = this.#buffer;
    const frame = this.#pos;
    const body = frame + BODY_OFFSET;
    buffer[body] = PRODUCER_ID;
    let at = writeLong(buffer, body + 1, producerId);
    buffer[at++] = SEQUENCE_ID;
    at = writeLong(buffer, at, sequenceId);
    buffer[at++] = MESSAGE_ID;
    const id = at + 1;
    buffer[id] = LEDGER_ID;
    let idEnd = writeLong(buffer, id + 1, ledgerId);
    buffer[idEnd++] = ENTRY_ID;
    idEnd = writeLong(buffer, idEnd, entryId);
    buffer[at] = idEnd - id;
    at = idEnd;
    if (highestSequenceId !== undefined) {
      buffer[at++] = HIGHEST_SEQUENCE_ID;
      at = writeLong(buffer, at, highestSequenceId);
    }
    writeHead(buffer, frame, at);
    this.#pos = at;
  }

  /**
   * The receipts added since the last call as frames in a row, or undefined when there are none.
   */
  take(): Buffer | undefined {
    if (this.#count === 0) return undefined;
    const taken = this.#buffer.subarray(0, this.#pos);
    this.#buffer = this.#buffer.subarray(this.#pos);
    this.#pos = 0;
    this.#count = 0;
    return taken;
  }

  /** Receipts that were not taken move to the new block; what was taken keeps the old one. */
  #grow(): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(BLOCK, this.#pos * 2));
    this.#buffer.copy(grown, 0, 0, this.#pos);
    this.#buffer = grown;
  }
}

/** Fields of `CommandSendReceipt` and `MessageIdData`, as tags. */
const PRODUCER_ID = 1 << 3;
const SEQUENCE_ID = 2 << 3;
const MESSAGE_ID = (3 << 3) | 2;
const HIGHEST_SEQUENCE_ID = 4 << 3;
const LEDGER_ID = 1 << 3;
const ENTRY_ID = 2 << 3;

/** `[u32][u32]`, `type: SEND_RECEIPT`, and the tag and the length of `send_receipt`, in bytes. */
const BODY_OFFSET = 12;
/** Head, three varints with tags, and the id's tag, length and two varints with tags. */
const MAX_RECEIPT_BYTES = BODY_OFFSET + 3 * 11 + 2 + 2 * 11;
/** Receipts of several turns share a block of so many bytes. */
const BLOCK = 16 * 1024;
const EMPTY = Buffer.alloc(0);

/** Every length is below 128, so a byte each; the sizes in front are below 256. */
function writeHead(buffer: Buffer, frame: number, end: number): void {
  const commandSize = end - frame - 8;
  buffer[frame] = 0;
  buffer[frame + 1] = 0;
  buffer[frame + 2] = 0;
  buffer[frame + 3] = commandSize + 4;
  buffer[frame + 4] = 0;
  buffer[frame + 5] = 0;
  buffer[frame + 6] = 0;
  buffer[frame + 7] = commandSize;
  buffer[frame + 8] = 1 << 3;
  buffer[frame + 9] = 7;
  buffer[frame + 10] = (7 << 3) | 2;
  buffer[frame + 11] = commandSize - 4;
}
