/**
 * Reading ahead of those who read a backlog in order: while one window of entries is delivered, the
 * next one is brought in, so that a drain is paced by its consumer and not by the disk's latency.
 * What was handed out stays until the reader asks for what comes after it: a consumer with few
 * permits takes a part of a read and asks for the rest again.
 */
import { BlockMemory } from '../../base/block-memory.ts';
import type { EntryRun, ReadLimits } from '../entries.ts';
import { bytesOf, cutRuns, type HeldRun } from './runs.ts';

interface Held {
  readonly run: HeldRun;
  readonly bytes: number;
}

/** One reader's way through one topic. */
interface Stream {
  readonly topicId: number;
  /** Offset that the reader asked for last: what lies before it is gone. */
  at: number;
  /** One past the last entry that is here. */
  end: number;
  held: Held[];
  bytes: number;
  usedAtMs: number;
  filling: Promise<void> | undefined;
}

/** Reads entries from an offset on into `memory`, about `bytes`; none at the end of the topic. */
export type Fill = (
  topicId: number,
  offset: number,
  bytes: number,
  memory: BlockMemory,
) => Promise<readonly HeldRun[]>;

/**
 * Readers that are followed at the same time; the one that has been silent longest is forgotten.
 */
const MAX_STREAMS = 64;

/** A reader that has been silent for so long makes room for others. */
const SILENT_MS = 1_000;

/** Blocks of memory that wait to be filled again. */
const MAX_FREE_BLOCKS = 2;

export class ReadAhead {
  readonly #fill: Fill;
  readonly #memory: BlockMemory;
  readonly #windowBytes: number;
  readonly #limitBytes: number;
  readonly #nowMs: () => number;
  /** Least recently used first. */
  #streams: Stream[] = [];
  /** What is here, and what is on its way: both count, or many readers would begin at once. */
  #bytes = 0;
  #expectedBytes = 0;

  /** `limitBytes` bounds what all readers together hold. */
  constructor(fill: Fill, windowBytes: number, limitBytes: number, nowMs: () => number) {
    this.#fill = fill;
    this.#windowBytes = windowBytes;
    this.#limitBytes = limitBytes;
    this.#nowMs = nowMs;
    this.#memory = new BlockMemory(Math.max(1, Math.ceil(limitBytes / 4)), MAX_FREE_BLOCKS);
  }

  /**
   * What is here from `offset` on, within the limits; undefined when nothing is. Lent until
   * `settle`, or given for ever.
   */
  take(
    topicId: number,
    offset: number,
    limits: ReadLimits,
    forEver: boolean,
  ): EntryRun[] | undefined {
    const stream = this.#find(topicId, offset);
    if (stream === undefined || offset === stream.end) return undefined;
    this.#moveTo(stream, offset);
    const runs = stream.held.map(({ run }) => run);
    const taken = cutRuns(runs, offset, limits.maxEntries, limits.maxBytes);
    let takenBytes = 0;
    for (const [index, run] of taken.entries()) {
      takenBytes += bytesOf(run);
      const { blocks = [] } = runs[index]!;
      for (const block of blocks) this.#memory.lend(block, forEver);
    }
    this.#refill(stream, takenBytes);
    return taken;
  }

  /** Ends the loan of what was taken, as `Entries.settle` says. */
  settle(kept: boolean): void {
    this.#memory.settle(kept);
  }

  /** Whether entries from `offset` on may be here, or on their way. */
  isFollowed(topicId: number, offset: number): boolean {
    return this.#find(topicId, offset) !== undefined;
  }

  /** Resolves when what is on its way to this reader has come, or failed to. */
  arrival(topicId: number, offset: number): Promise<void> | undefined {
    return this.#find(topicId, offset)?.filling;
  }

  /** A reader got these entries from disk: if it goes on with them, the next ones are here. */
  follow(topicId: number, offset: number, runs: readonly HeldRun[]): void {
    const known = this.#find(topicId, offset);
    const stream = known ?? this.#begin(topicId, offset);
    this.#drop(stream);
    stream.at = offset;
    stream.end = runs[0]?.firstOffset ?? offset;
    this.#makeRoom(stream);
    this.#add(stream, runs);
    // The second read in a row shows that this is a drain.
    if (known !== undefined) this.#refill(stream, stream.bytes);
  }

  /** Forgets everything that is not on its way. */
  clear(): void {
    for (const stream of this.#streams) this.#drop(stream);
    this.#streams = [];
  }

  /** Of several readers close to each other, the one that stands nearest. */
  #find(topicId: number, offset: number): Stream | undefined {
    let found: Stream | undefined;
    for (const stream of this.#streams) {
      if (stream.topicId !== topicId || stream.at > offset || offset > stream.end) continue;
      if (found === undefined || stream.at > found.at) found = stream;
    }
    if (found === undefined) return undefined;
    found.usedAtMs = this.#nowMs();
    this.#streams.splice(this.#streams.indexOf(found), 1);
    this.#streams.push(found);
    return found;
  }

  #begin(topicId: number, at: number): Stream {
    const usedAtMs = this.#nowMs();
    const stream = { topicId, at, end: at, held: [], bytes: 0, usedAtMs, filling: undefined };
    this.#streams.push(stream);
    if (this.#streams.length > MAX_STREAMS) this.#drop(this.#streams.shift()!);
    return stream;
  }

  /** Lets go of what lies before `offset`. */
  #moveTo(stream: Stream, offset: number): void {
    stream.at = offset;
    let passed = 0;
    for (const { run, bytes } of stream.held) {
      if (run.firstOffset + run.entries.length > offset) break;
      stream.bytes -= bytes;
      this.#bytes -= bytes;
      this.#release(run);
      passed += 1;
    }
    stream.held.splice(0, passed);
  }

  #release({ blocks = [] }: HeldRun): void {
    for (const block of blocks) this.#memory.release(block);
  }

  #refill(stream: Stream, takenBytes: number): void {
    const enough = stream.bytes - takenBytes > this.#windowBytes / 2;
    if (stream.filling !== undefined || enough || !this.#makeRoom(stream)) return;
    const { topicId, end } = stream;
    this.#expectedBytes += this.#windowBytes;
    stream.filling = this.#fill(topicId, end, this.#windowBytes, this.#memory)
      .finally(() => {
        this.#expectedBytes -= this.#windowBytes;
      })
      .then((runs) => {
        if (stream.end === end) this.#add(stream, runs);
        else for (const run of runs) this.#release(run);
      })
      // Whoever asks for these entries gets the error from its own read.
      .catch(() => undefined)
      .finally(() => {
        stream.filling = undefined;
      });
  }

  /** Room for a window, at the cost of readers that are silent; false when there is none. */
  #makeRoom(stream: Stream): boolean {
    const silentSinceMs = this.#nowMs() - SILENT_MS;
    while (this.#room < this.#windowBytes) {
      const oldest = this.#streams[0];
      if (oldest === undefined || oldest === stream || oldest.usedAtMs > silentSinceMs) break;
      this.#drop(oldest);
      this.#streams.shift();
    }
    return this.#room >= this.#windowBytes;
  }

  get #room(): number {
    return this.#limitBytes - this.#bytes - this.#expectedBytes;
  }

  #add(stream: Stream, runs: readonly HeldRun[]): void {
    const isKnown = this.#streams.includes(stream);
    for (const run of runs) {
      const bytes = bytesOf(run);
      // Trimmed meanwhile, or more than there is room for: the reader gets it from disk.
      if (!isKnown || run.firstOffset !== stream.end || bytes > this.#room) {
        this.#release(run);
        continue;
      }
      stream.held.push({ run, bytes });
      stream.bytes += bytes;
      this.#bytes += bytes;
      stream.end = run.firstOffset + run.entries.length;
    }
  }

  /** What was on its way to it is not taken in. */
  #drop(stream: Stream): void {
    this.#bytes -= stream.bytes;
    for (const { run } of stream.held) this.#release(run);
    stream.bytes = 0;
    stream.held = [];
    stream.end = -1;
  }
}
