/**
 * Cuts a byte stream into frames: `[u32 totalSize][u32 cmdSize][command][payload]`. Any chunking
 * gives the same frames. A frame inside one chunk is a view of it; one that spans chunks is joined
 * once, when its last byte is there. Memory grows with the bytes that came, never with a claim.
 */

import { assert } from '../base/assert.ts';
import { badFrame } from './reader.ts';

/** A frame as a view: nothing is copied, so the frame keeps `buffer` alive. */
export interface Frame {
  readonly buffer: Buffer;
  /** The `BaseCommand` is `buffer[commandStart, commandEnd)`. */
  readonly commandStart: number;
  readonly commandEnd: number;
  /** What follows the command, empty but for SEND and MESSAGE, is `buffer[payloadStart, end)`. */
  readonly payloadStart: number;
  readonly end: number;
  /** Whether the bytes lie in the reader's `FrameMemory`, and not in a chunk that is lent. */
  readonly isJoined: boolean;
}

/**
 * Where frames that span chunks are put together, for a reader whose chunks are lent: what it holds
 * of a chunk after `keep` is a copy.
 */
export interface FrameMemory {
  /** Memory for a frame of so many bytes, unless it is to be gathered as its bytes come. */
  take(bytes: number): Buffer | undefined;
  /** The frame in it was handed out, and the reader is asked for the next one. */
  give(frame: Buffer): void;
  /** The frame in it will not be completed, or the next one will not be asked for. */
  forget(frame: Buffer): void;
}

export interface FrameLimits {
  /** The most that `totalSize` may say, in bytes: `maxFrameBytes` of the limits. */
  readonly maxFrameBytes: number;
}

export class FrameReader {
  readonly #maxFrameBytes: number;
  readonly #memory: FrameMemory | undefined;
  /** The chunk that frames are cut from, and how far. */
  #chunk: Buffer = EMPTY;
  #pos = 0;
  /** A frame that has begun and spans chunks: its bytes so far, oldest first. */
  readonly #parts: Parts;
  /** How many bytes `#parts` needs before the next look: a header, then the whole frame. */
  #needed = 0;
  /** A frame of known size that is being put together, and how much of it is there. */
  #whole: Buffer | undefined;
  #filled = 0;
  /** The last one that was handed out. */
  #handedOut: Buffer | undefined;

  /** Without `memory` the reader keeps the chunks that it is given. */
  constructor(limits: FrameLimits, memory?: FrameMemory) {
    assert(limits.maxFrameBytes >= HEADER, 'a frame has room for its header');
    this.#maxFrameBytes = limits.maxFrameBytes;
    this.#memory = memory;
    this.#parts = new Parts(memory !== undefined);
  }

  /** Bytes taken in that have not left as a frame. */
  get bufferedBytes(): number {
    return this.#parts.length + this.#filled + this.#chunk.length - this.#pos;
  }

  /** The size of the frame that has begun and needs more than this chunk; 0 if there is none. */
  get openFrameBytes(): number {
    if (this.#whole !== undefined) return this.#whole.length;
    return this.#parts.length > 0 && this.#needed > HEADER ? this.#needed : 0;
  }

  /**
   * Takes the next bytes of the stream in; they must not be written to afterwards. Best after
   * `next` has said undefined: frames that still wait are copied together with the new chunk.
   */
  push(chunk: Buffer): void {
    const isDrained = this.#pos === this.#chunk.length;
    this.#chunk = isDrained ? chunk : Buffer.concat([this.#chunk.subarray(this.#pos), chunk]);
    this.#pos = 0;
  }

  /** Makes what is left of a chunk that was lent the reader's own; frames of it are used up. */
  keep(): void {
    if (this.#pos === this.#chunk.length) this.#release();
    else this.#chunk = Buffer.from(this.#chunk.subarray(this.#pos));
    this.#pos = 0;
  }

  /** Nothing more comes. */
  close(): void {
    if (this.#whole !== undefined) this.#memory?.forget(this.#whole);
    if (this.#handedOut !== undefined) this.#memory?.forget(this.#handedOut);
    this.#whole = undefined;
    this.#handedOut = undefined;
    this.#filled = 0;
    this.#release();
  }

  /**
   * The next whole frame, or undefined when more bytes are needed. Throws `bad-frame` as soon as
   * a header cannot be right, and again on every later call: the bytes stay, a stream does not
   * recover.
   */
  next(): Frame | undefined {
    if (this.#handedOut !== undefined) {
      this.#memory?.give(this.#handedOut);
      this.#handedOut = undefined;
    }
    if (this.#whole !== undefined) return this.#fill(this.#whole);
    if (this.#parts.length > 0) return this.#continue();
    const chunk = this.#chunk;
    const start = this.#pos;
    const available = chunk.length - start;
    if (available >= HEADER) {
      const size = this.#frameSize(chunk, start);
      if (size <= available) {
        this.#pos = start + size;
        return view(chunk, start, size, false);
      }
      const whole = this.#memory?.take(size);
      if (whole !== undefined) return this.#fill(whole);
      this.#needed = size;
    } else {
      if (available === 0) {
        this.#release();
        return undefined;
      }
      if (available >= 4) this.#checkTotal(chunk.readUInt32BE(start));
      this.#needed = HEADER;
    }
    this.#park(available);
    return undefined;
  }

  /** Goes on with a frame whose beginning came in earlier chunks. */
  #continue(): Frame | undefined {
    for (;;) {
      const missing = this.#needed - this.#parts.length;
      this.#park(Math.min(missing, this.#chunk.length - this.#pos));
      if (this.#parts.length < this.#needed) {
        if (this.#needed === HEADER && this.#parts.length >= 4) {
          this.#checkTotal(this.#parts.first(4).readUInt32BE(0));
        }
        return undefined;
      }
      if (this.#needed > HEADER || this.#isHeaderOnly()) {
        const frame = this.#parts.join();
        this.#needed = 0;
        return view(frame, 0, frame.length, false);
      }
      const whole = this.#memory?.take(this.#needed);
      if (whole !== undefined) {
        this.#filled = this.#parts.join().copy(whole);
        this.#needed = 0;
        return this.#fill(whole);
      }
    }
  }

  /** Puts what the chunk has of a frame where the frame is put together. */
  #fill(whole: Buffer): Frame | undefined {
    const bytes = Math.min(whole.length - this.#filled, this.#chunk.length - this.#pos);
    this.#chunk.copy(whole, this.#filled, this.#pos, this.#pos + bytes);
    this.#filled += bytes;
    this.#pos += bytes;
    if (this.#pos === this.#chunk.length) this.#release();
    const isComplete = this.#filled === whole.length;
    this.#whole = isComplete ? undefined : whole;
    if (!isComplete) return undefined;
    this.#filled = 0;
    this.#handedOut = whole;
    return view(whole, 0, whole.length, true);
  }

  /** Reads the parked header: true when the frame ends with it. */
  #isHeaderOnly(): boolean {
    this.#needed = this.#frameSize(this.#parts.first(HEADER), 0);
    return this.#needed === HEADER;
  }

  /** Moves bytes of the chunk to the frame that waits for its rest. */
  #park(bytes: number): void {
    if (bytes === 0) return;
    this.#parts.push(this.#chunk.subarray(this.#pos, this.#pos + bytes));
    this.#pos += bytes;
    if (this.#pos === this.#chunk.length) this.#release();
  }

  /** Lets go of a chunk that is used up, so that an idle connection keeps none. */
  #release(): void {
    this.#chunk = EMPTY;
    this.#pos = 0;
  }

  /** The size of the frame at `start`, its own header included, or `bad-frame`. */
  #frameSize(buffer: Buffer, start: number): number {
    const total = readUint32(buffer, start);
    this.#checkTotal(total);
    const command = readUint32(buffer, start + 4);
    if (command > total - 4) throw badFrame(`a command of ${command} bytes in a frame of ${total}`);
    return total + 4;
  }

  #checkTotal(total: number): void {
    if (total > this.#maxFrameBytes) {
      throw badFrame(`a frame of ${total} bytes, over the limit of ${this.#maxFrameBytes}`);
    }
    if (total < 4) throw badFrame(`a frame of ${total} bytes, too short for a command`);
  }
}

/**
 * The bytes of one frame in pieces. Large chunks are kept as they are; small ones are gathered into
 * blocks, so that a peer that drips single bytes costs what it sends and no more.
 */
class Parts {
  length = 0;
  readonly #list: Buffer[] = [];
  /** The block that gathers small chunks, and how much of it is used. Always last in the list. */
  #block: Buffer = EMPTY;
  #used = 0;
  /** The next block's size: doubles while small chunks keep coming. */
  #blockSize = MIN_BLOCK;
  readonly #copies: boolean;

  /** `copies`: chunks do not stay as they are. */
  constructor(copies: boolean) {
    this.#copies = copies;
  }

  push(chunk: Buffer): void {
    this.length += chunk.length;
    if (chunk.length >= SMALL_CHUNK) {
      this.#closeBlock();
      this.#blockSize = MIN_BLOCK;
      this.#list.push(this.#copies ? Buffer.from(chunk) : chunk);
      return;
    }
    if (chunk.length > this.#block.length - this.#used) {
      this.#closeBlock();
      this.#block = Buffer.allocUnsafeSlow(Math.max(this.#blockSize, chunk.length));
      this.#blockSize = Math.min(this.#blockSize * 2, MAX_BLOCK);
    }
    this.#block.set(chunk, this.#used);
    this.#used += chunk.length;
  }

  /** The first bytes of all, copied. There are at least so many. */
  first(bytes: number): Buffer {
    const copy = Buffer.allocUnsafe(bytes);
    let at = 0;
    for (const part of [...this.#list, this.#block.subarray(0, this.#used)]) {
      at += part.copy(copy, at, 0, bytes - at);
      if (at === bytes) break;
    }
    return copy;
  }

  /** All bytes in one buffer; empties this. */
  join(): Buffer {
    this.#closeBlock();
    const joined = Buffer.concat(this.#list, this.length);
    this.#list.length = 0;
    this.#blockSize = MIN_BLOCK;
    this.length = 0;
    return joined;
  }

  /** A block that is mostly empty is copied, so that it does not stay for the few bytes in it. */
  #closeBlock(): void {
    const bytes = this.#block.subarray(0, this.#used);
    if (this.#used * 2 > this.#block.length) this.#list.push(bytes);
    else if (this.#used > 0) this.#list.push(Buffer.from(bytes));
    this.#block = EMPTY;
    this.#used = 0;
  }
}

/** `[u32 totalSize][u32 cmdSize]`, in bytes. */
const HEADER = 8;
const EMPTY = Buffer.alloc(0);
/** Chunks below this are gathered, in bytes: a buffer object costs about a hundred itself. */
const SMALL_CHUNK = 2048;
const MIN_BLOCK = 256;
const MAX_BLOCK = 64 * 1024;

function view(buffer: Buffer, start: number, size: number, isJoined: boolean): Frame {
  const commandStart = start + HEADER;
  const commandEnd = commandStart + readUint32(buffer, start + 4);
  const end = start + size;
  return { buffer, commandStart, commandEnd, payloadStart: commandEnd, end, isJoined };
}

function readUint32(buffer: Buffer, pos: number): number {
  const low = (buffer[pos + 1]! << 16) | (buffer[pos + 2]! << 8) | buffer[pos + 3]!;
  return buffer[pos]! * 2 ** 24 + low;
}
