/** Scratch pads in memory: the plainest thing that keeps the promises of the port. */
import { BrokerError } from '../../base/errors.ts';
import type { Scratch, ScratchPad } from '../scratch.ts';

export class MemoryScratch implements Scratch {
  async open(): Promise<ScratchPad> {
    return new MemoryPad();
  }
}

class MemoryPad implements ScratchPad {
  #rows: Map<number, Buffer[]> | undefined = new Map();

  async write(row: number, block: Buffer): Promise<void> {
    const rows = this.#open();
    const blocks = rows.get(row) ?? [];
    rows.set(row, blocks);
    blocks.push(Buffer.from(block));
  }

  async *read(row: number): AsyncGenerator<Buffer> {
    const blocks = [...(this.#open().get(row) ?? [])];
    for (const block of blocks) {
      this.#open();
      yield Buffer.from(block);
    }
  }

  async close(): Promise<void> {
    this.#rows = undefined;
  }

  #open(): Map<number, Buffer[]> {
    if (this.#rows !== undefined) return this.#rows;
    throw new BrokerError('storage-failed', 'The scratch pad is closed.');
  }
}
