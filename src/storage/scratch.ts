/**
 * Port: room on the disk for what does not fit into memory while something is being worked out.
 * Nothing of it counts: it is gone when it is closed, and whatever a crash leaves goes at the next
 * start.
 */

/** Blocks of bytes in numbered rows; each row gives them back in the order in which they came. */
export interface ScratchPad {
  /**
   * Adds a block to the end of a row, 0 to 65,535; resolves when it can be read. The bytes must not
   * change until then. Rejects with `storage-full` or `storage-failed`, which harms nothing else.
   */
  write(row: number, block: Buffer): Promise<void>;
  /** The blocks of a row, one after the other, each the reader's to keep. */
  read(row: number): AsyncIterable<Buffer>;
  /** Gives the room back. */
  close(): Promise<void>;
}

export interface Scratch {
  /** An empty pad. */
  open(): Promise<ScratchPad>;
}
