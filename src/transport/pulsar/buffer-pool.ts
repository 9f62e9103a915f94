/** Blocks that outboxes encode into, reused once the socket has taken their bytes. */
import { assert } from '../../base/assert.ts';

/** Bytes of a block: a few hundred receipts, some dozen small messages, and one `write`. */
export const BLOCK_BYTES = 64 * 1024;

/** Blocks kept for reuse, in all; more go back to the collector. */
const MAX_FREE_BLOCKS = 256;

export class BufferPool {
  readonly #free: Buffer[] = [];

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
  }

  /** Nobody may hold a view of the block any more. */
  release(block: Buffer): void {
    assert(block.length === BLOCK_BYTES, 'a pool takes back whole blocks');
    if (this.#free.length < MAX_FREE_BLOCKS) this.#free.push(block);
  }
}
