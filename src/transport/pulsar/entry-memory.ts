/** Memory of entries between socket and journal. */
import { type Block, BlockMemory } from '../../base/block-memory.ts';
import type { FrameMemory } from '../../wire/frame.ts';

/** Blocks that wait to be filled again; more go back to the system. */
const MAX_FREE_BLOCKS = 4;

export class EntryMemory implements FrameMemory {
  readonly #memory: BlockMemory;
  readonly #maxOpenFrameBytes: number;
  /** Bytes of frames that have begun: reserved by what a header says, so they are limited. */
  #openFrameBytes = 0;

  constructor(blockBytes: number, maxOpenFrameBytes: number) {
    this.#memory = new BlockMemory(blockBytes, MAX_FREE_BLOCKS);
    this.#maxOpenFrameBytes = maxOpenFrameBytes;
  }

  /** A frame that takes most of a block, or one too many, is gathered as its bytes come. */
  take(bytes: number): Buffer | undefined {
    if (bytes * 2 > this.#memory.blockBytes) return undefined;
    if (this.#openFrameBytes + bytes > this.#maxOpenFrameBytes) return undefined;
    this.#openFrameBytes += bytes;
    return this.#memory.take(bytes).bytes;
  }

  give(frame: Buffer): void {
    this.forget(frame);
    this.release(this.#memory.blockOf(frame)!);
  }

  /** Its block is not used again: who knows who looks at it. */
  forget(frame: Buffer): void {
    this.#openFrameBytes -= frame.length;
  }

  /** A copy of `buffer[start, end)`, held once. */
  copy(buffer: Buffer, start: number, end: number): HeldEntry {
    const { block, bytes } = this.#memory.take(end - start);
    buffer.copy(bytes, 0, start, end);
    return { entry: bytes, block };
  }

  /** Part of a joined frame, held once more. */
  hold(entry: Buffer): HeldEntry {
    const block = this.#memory.blockOf(entry);
    if (block !== undefined) this.#memory.hold(block);
    return { entry, block };
  }

  release(block: Block): void {
    this.#memory.release(block);
  }
}

export interface HeldEntry {
  readonly entry: Buffer;
  readonly block: Block | undefined;
}
