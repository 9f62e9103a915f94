/**
 * Memory for bytes that pass through: blocks that are filled from end to end, and used again once
 * nobody holds anything in them. A buffer of its own for each of hundreds of megabytes a second
 * would keep the garbage collector busier than everything else.
 *
 * Memory that nobody gives back is the garbage collector's: giving back too late costs time, too
 * early would cost a message.
 */
import { assert } from './assert.ts';

export interface Block {
  readonly bytes: Buffer;
  used: number;
  holders: number;
  /** Somebody looks at what is in it until the next `settle` ... */
  isLent: boolean;
  /** ... or for as long as he likes: then it is not used again. */
  isKept: boolean;
}

export class BlockMemory {
  readonly blockBytes: number;
  readonly #maxFree: number;
  readonly #blocks = new WeakMap<ArrayBufferLike, Block>();
  readonly #free: Block[] = [];
  #open: Block | undefined;
  #lent: Block[] = [];
  /** Of blocks that hold something, or that somebody may be looking at. */
  bytes = 0;

  /** Keeps up to `maxFree` blocks for later. */
  constructor(blockBytes: number, maxFree: number) {
    assert(blockBytes > 0, 'a block has room');
    this.blockBytes = blockBytes;
    this.#maxFree = maxFree;
  }

  /** So many bytes of a block, whose holder the caller is. What fills most of one gets its own. */
  take(bytes: number): { readonly block: Block; readonly bytes: Buffer } {
    const block = this.#room(bytes);
    block.holders += 1;
    const start = block.used;
    block.used += bytes;
    return { block, bytes: block.bytes.subarray(start, block.used) };
  }

  /** The block that these bytes lie in, if it is one of this memory. */
  blockOf(bytes: Buffer): Block | undefined {
    return this.#blocks.get(bytes.buffer);
  }

  /** One more holder of a block that has one. */
  hold(block: Block): void {
    assert(block.holders > 0, 'a block that nobody holds may be another one by now');
    block.holders += 1;
  }

  release(block: Block): void {
    assert(block.holders > 0, 'a block is given back once by each holder');
    block.holders -= 1;
    this.#reuse(block);
  }

  /** Somebody is given what is in it, until the next `settle` or for ever. */
  lend(block: Block, forEver: boolean): void {
    if (forEver) block.isKept = true;
    else if (!block.isLent && !block.isKept) {
      block.isLent = true;
      this.#lent.push(block);
    }
  }

  /** Nobody looks at what was lent any more; or, if `kept`, somebody may go on doing so. */
  settle(kept: boolean): void {
    if (this.#lent.length === 0) return;
    const lent = this.#lent;
    this.#lent = [];
    for (const block of lent) {
      block.isLent = false;
      if (kept) block.isKept = true;
      this.#reuse(block);
    }
  }

  #room(bytes: number): Block {
    if (bytes * 2 > this.blockBytes) return this.#make(bytes);
    const open = this.#open;
    if (open !== undefined && open.used + bytes <= this.blockBytes) return open;
    this.#open = this.#takeFree() ?? this.#make(this.blockBytes);
    if (open !== undefined) this.#reuse(open);
    return this.#open;
  }

  #takeFree(): Block | undefined {
    const block = this.#free.pop();
    if (block === undefined) return undefined;
    block.used = 0;
    this.bytes += this.blockBytes;
    return block;
  }

  #make(size: number): Block {
    const bytes = Buffer.allocUnsafeSlow(size);
    const block = { bytes, used: 0, holders: 0, isLent: false, isKept: false };
    this.#blocks.set(bytes.buffer, block);
    this.bytes += size;
    return block;
  }

  #reuse(block: Block): void {
    if (block.holders > 0 || block.isLent) return;
    if (block === this.#open) {
      if (!block.isKept) block.used = 0;
      return;
    }
    this.bytes -= block.bytes.length;
    const isWhole = block.bytes.length === this.blockBytes;
    if (isWhole && !block.isKept && this.#free.length < this.#maxFree) this.#free.push(block);
  }
}
