/**
 * Reading ahead of those who read a backlog in order: while one window of entries is delivered, the
 * next one is brought in, so that a drain is paced by its consumer and not by the disk's latency.
 */
import type { EntryRun, ReadLimits } from '../entries.ts';
import { cut } from './runs.ts';

/** One reader's way through one topic. */
interface Stream {
  readonly topicId: number;
  /** Offset that the reader will ask for next. */
  next: number;
  /** Entries from `next` on that are here already. */
  runs: EntryRun[];
  bytes: number;
  /** One past the last entry that is here or on its way. */
  end: number;
  filling: Promise<void> | undefined;
}

/** Reads entries from an offset on, about `bytes` of them; none at the end of the topic. */
export type Fill = (topicId: number, offset: number, bytes: number) => Promise<readonly EntryRun[]>;

/**
 * Readers that are followed at the same time; the one that has been silent longest is forgotten.
 */
const MAX_STREAMS = 64;

export class ReadAhead {
  readonly #fill: Fill;
  readonly #windowBytes: number;
  readonly #limitBytes: number;
  /** Least recently used first. */
  #streams: Stream[] = [];
  /** What is here, and what is on its way: both count, or many readers would begin at once. */
  #bytes = 0;
  #expectedBytes = 0;

  /** `limitBytes` bounds what all readers together hold. */
  constructor(fill: Fill, windowBytes: number, limitBytes: number) {
    this.#fill = fill;
    this.#windowBytes = windowBytes;
    this.#limitBytes = limitBytes;
  }

  /** What is here from `offset` on, within the limits; undefined when nothing is. */
  take(topicId: number, offset: number, limits: ReadLimits): EntryRun[] | undefined {
    const stream = this.#find(topicId, offset);
    if (stream === undefined || stream.runs.length === 0) return undefined;
    const taken = this.#cutOff(stream, limits);
    this.#refill(stream);
    return taken;
  }

  /** Waits for what is on its way to this reader; false when nothing is. */
  async arrival(topicId: number, offset: number): Promise<boolean> {
    const filling = this.#find(topicId, offset)?.filling;
    if (filling === undefined) return false;
    await filling;
    return true;
  }

  /** A reader got the entries [offset, next) from disk: if it goes on, the next ones are here. */
  follow(topicId: number, offset: number, next: number): void {
    const known = this.#find(topicId, offset);
    if (known !== undefined) {
      this.#drop(known);
      known.next = next;
      known.end = next;
      this.#refill(known);
      return;
    }
    // The second read in a row shows that this is a drain; the first only leaves a mark.
    const stream = { topicId, next, runs: [], bytes: 0, end: next, filling: undefined };
    this.#streams.push(stream);
    if (this.#streams.length > MAX_STREAMS) this.#drop(this.#streams.shift()!);
  }

  /** Forgets everything that is not on its way. */
  clear(): void {
    for (const stream of this.#streams) this.#drop(stream);
    this.#streams = [];
  }

  #find(topicId: number, offset: number): Stream | undefined {
    const index = this.#streams.findIndex(
      (stream) => stream.topicId === topicId && stream.next === offset,
    );
    if (index < 0) return undefined;
    const [stream] = this.#streams.splice(index, 1);
    this.#streams.push(stream!);
    return stream;
  }

  #cutOff(stream: Stream, limits: ReadLimits): EntryRun[] {
    const taken: EntryRun[] = [];
    let { maxEntries, maxBytes } = limits;
    while (stream.runs.length > 0 && maxEntries > 0) {
      const run = stream.runs[0]!;
      const part = cut(run, stream.next, maxEntries, maxBytes, taken.length === 0);
      if (part === undefined) break;
      taken.push(part.run);
      maxEntries -= part.run.entries.length;
      maxBytes -= part.bytes;
      stream.bytes -= part.bytes;
      this.#bytes -= part.bytes;
      stream.next = part.run.firstOffset + part.run.entries.length;
      if (stream.next < run.firstOffset + run.entries.length) break;
      stream.runs.shift();
    }
    return taken;
  }

  #refill(stream: Stream): void {
    const enough = stream.bytes > this.#windowBytes / 2;
    const room = this.#limitBytes - this.#bytes - this.#expectedBytes;
    if (stream.filling !== undefined || enough || room < this.#windowBytes) return;
    const { topicId, end } = stream;
    this.#expectedBytes += this.#windowBytes;
    stream.filling = this.#fill(topicId, end, this.#windowBytes)
      .finally(() => {
        this.#expectedBytes -= this.#windowBytes;
      })
      .then((runs) => {
        if (stream.end === end) this.#add(stream, runs);
      })
      // Whoever asks for these entries gets the error from its own read.
      .catch(() => undefined)
      .finally(() => {
        stream.filling = undefined;
      });
  }

  #add(stream: Stream, runs: readonly EntryRun[]): void {
    // Trimmed meanwhile, or forgotten: nothing to hold.
    if (runs[0]?.firstOffset !== stream.end || !this.#streams.includes(stream)) return;
    for (const run of runs) {
      let bytes = 0;
      for (const { length } of run.entries) bytes += length;
      stream.runs.push(run);
      stream.bytes += bytes;
      this.#bytes += bytes;
      stream.end = run.firstOffset + run.entries.length;
    }
  }

  #drop(stream: Stream): void {
    this.#bytes -= stream.bytes;
    stream.bytes = 0;
    stream.runs = [];
    stream.end = -1;
  }
}
