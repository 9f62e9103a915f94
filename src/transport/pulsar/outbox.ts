/**
 * Everything that a connection says, gathered between two flushes and handed to the socket at once:
 * frames and entries are copied into pooled blocks, large answers go along as they are.
 */
import { type CommandBodies, type CommandName, encodeCommand } from '../../wire/codec.ts';
import { type MessageHeader, messageHeaderSize, writeMessageHeader } from '../../wire/hot.ts';
import { BLOCK_BYTES, type BufferPool } from './buffer-pool.ts';
import type { ByteSink } from './socket.ts';

export interface OutboxEvents {
  /** Unsent bytes have risen above the one mark, or have fallen to the other. */
  congestion(congested: boolean): void;
  /** The peer has left more unsent than it may. */
  overflow(unsentBytes: number): void;
}

export interface OutboxLimits {
  readonly congestedAboveBytes: number;
  readonly drainedAtBytes: number;
  readonly maxWriteBufferBytes: number;
}

/** Answers from this size on are passed on without a copy, in bytes. */
const LARGE_ANSWER_BYTES = 16 * 1024;
/** Less than this in a block is written from a copy of its own, so that the block stays free. */
const SMALL_WRITE_BYTES = 4 * 1024;
const NO_BLOCKS: readonly Buffer[] = [];

export class Outbox {
  readonly #sink: ByteSink;
  readonly #pool: BufferPool;
  readonly #limits: OutboxLimits;
  readonly #events: OutboxEvents;
  /** Encoding goes into `#block` at `#pos`; `[#sealed, #pos)` is not among the parts yet. */
  #block: Buffer | undefined;
  #sealed = 0;
  #pos = 0;
  /** Finished stretches, in order, and the full blocks that they view. */
  #parts: Buffer[] = [];
  #blocks: Buffer[] = [];
  #partBytes = 0;
  /** Blocks of each `write` that the socket has not finished, oldest first. */
  readonly #writing: (readonly Buffer[])[] = [];
  #congested = false;

  constructor(sink: ByteSink, pool: BufferPool, limits: OutboxLimits, events: OutboxEvents) {
    this.#sink = sink;
    this.#pool = pool;
    this.#limits = limits;
    this.#events = events;
  }

  get congested(): boolean {
    return this.#congested;
  }

  /** Bytes that the peer has not taken, gathered ones included. */
  get unsentBytes(): number {
    return this.#sink.writableLength + this.#partBytes + this.#pos - this.#sealed;
  }

  /** A command without payload. */
  command<K extends CommandName>(name: K, body: CommandBodies[K]): void {
    this.append(encodeCommand(name, body));
  }

  /** Whole frames, which are copied unless they are large. */
  append(frames: Buffer): void {
    if (frames.length >= LARGE_ANSWER_BYTES) {
      this.#attach(frames);
      return;
    }
    const block = this.#room(frames.length);
    block.set(frames, this.#pos);
    this.#pos += frames.length;
  }

  /**
   * A MESSAGE, with what comes before its entry. The entry is copied: its memory belongs to a cache
   * that uses it again.
   */
  message(header: MessageHeader, entry: Buffer, preamble?: Buffer): void {
    const bytes = entry.length + (preamble === undefined ? 0 : preamble.length);
    this.#header(header, messageHeaderSize(header), bytes);
    if (preamble !== undefined) this.#copy(preamble);
    this.#copy(entry);
  }

  /** Hands over what was gathered: one `write`, or one `writev`. */
  flush(): void {
    this.#seal();
    if (this.#parts.length === 0) return;
    if (this.#sink.destroyed) this.#drop();
    else if (this.#parts.length === 1) this.#writeOne();
    else this.#writeAll();
    const unsent = this.#sink.writableLength;
    if (!this.#congested && unsent > this.#limits.congestedAboveBytes) {
      this.#congested = true;
      this.#events.congestion(true);
    }
    if (unsent > this.#limits.maxWriteBufferBytes) this.#events.overflow(unsent);
  }

  #copy(bytes: Buffer): void {
    for (let done = 0; done < bytes.length; ) {
      const block = this.#room(1);
      const part = Math.min(bytes.length - done, BLOCK_BYTES - this.#pos);
      bytes.copy(block, this.#pos, done, done + part);
      this.#pos += part;
      done += part;
    }
  }

  #header(header: MessageHeader, headerBytes: number, entryBytes: number): void {
    if (headerBytes <= BLOCK_BYTES) {
      this.#pos = writeMessageHeader(this.#room(headerBytes), this.#pos, header, entryBytes);
      return;
    }
    const own = Buffer.allocUnsafe(headerBytes);
    this.#attach(own.subarray(0, writeMessageHeader(own, 0, header, entryBytes)));
  }

  #room(bytes: number): Buffer {
    if (this.#block !== undefined && BLOCK_BYTES - this.#pos >= bytes) return this.#block;
    this.#seal();
    if (this.#block !== undefined) this.#blocks.push(this.#block);
    this.#block = this.#pool.take();
    this.#sealed = 0;
    this.#pos = 0;
    return this.#block;
  }

  #attach(bytes: Buffer): void {
    this.#seal();
    this.#parts.push(bytes);
    this.#partBytes += bytes.length;
  }

  #seal(): void {
    if (this.#block === undefined || this.#pos === this.#sealed) return;
    this.#parts.push(this.#block.subarray(this.#sealed, this.#pos));
    this.#partBytes += this.#pos - this.#sealed;
    this.#sealed = this.#pos;
  }

  /**
   * A block stays with the socket until its bytes are gone, so few bytes, or bytes that queue
   * behind others, travel in a copy of their own size: memory follows what is unsent.
   */
  #writeOne(): void {
    const part = this.#parts[0]!;
    const limit = this.#sink.writableLength > 0 ? BLOCK_BYTES / 2 : SMALL_WRITE_BYTES;
    if (this.#block !== undefined && this.#blocks.length === 0 && part.length < limit) {
      const own = Buffer.from(part);
      this.#pool.release(this.#block);
      this.#block = undefined;
      this.#finish();
      this.#writing.push(NO_BLOCKS);
      this.#sink.write(own, this.#written);
      return;
    }
    this.#writing.push(this.#finish());
    this.#sink.write(part, this.#written);
  }

  #writeAll(): void {
    const parts = this.#parts;
    const blocks = this.#finish();
    this.#sink.cork();
    const last = parts.length - 1;
    for (let index = 0; index < last; index++) {
      this.#writing.push(NO_BLOCKS);
      this.#sink.write(parts[index]!, this.#written);
    }
    this.#writing.push(blocks);
    this.#sink.write(parts[last]!, this.#written);
    this.#sink.uncork();
  }

  /** Empties this; the blocks that were written to are the caller's. */
  #finish(): readonly Buffer[] {
    const blocks = this.#blocks;
    if (this.#block !== undefined) blocks.push(this.#block);
    this.#block = undefined;
    this.#blocks = [];
    this.#parts = [];
    this.#partBytes = 0;
    this.#sealed = 0;
    this.#pos = 0;
    return blocks;
  }

  #drop(): void {
    for (const block of this.#finish()) this.#pool.release(block);
  }

  /** Writes finish in order. */
  readonly #written = (): void => {
    for (const block of this.#writing.shift() ?? NO_BLOCKS) this.#pool.release(block);
    if (!this.#congested || this.unsentBytes > this.#limits.drainedAtBytes) return;
    this.#congested = false;
    this.#events.congestion(false);
  };
}
