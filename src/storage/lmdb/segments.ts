/** All segments of the journal, oldest first: who holds a record, and which ones are open. */
import { assert } from '../../base/assert.ts';
import type { Cancel, Clock } from '../../base/clock.ts';
import { BrokerError } from '../../base/errors.ts';
import { isMoved, numberOf, type Place } from './layout.ts';
import type { Segment } from './segment.ts';
import type { Spares } from './spares.ts';

/** How many older segments are open: all that are being read, up to a bound, and a few at rest. */
export interface OpenBounds {
  readonly maxOpenSegments: number;
  readonly maxRestingSegments: number;
  readonly clock: Pick<Clock, 'monotonicMs' | 'after'>;
}

/**
 * Opening one takes milliseconds, and readers of many topics come by the same ones again and again:
 * one that is looked for so soon after it was closed stays open until it was not read for so long.
 * Others do not, since the pages that were read stay in memory while a segment is open.
 */
const REST_MS = 500;

export class Segments {
  readonly #list: Segment[] = [];
  readonly #bounds: OpenBounds;
  readonly #dir: string;
  readonly #spares: Spares;
  /** Older segments that are open, the one used last at the end. */
  readonly #open = new Set<Segment>();
  #closing: Promise<unknown> = Promise.resolve();
  #cancelClosing: Cancel | undefined;
  /** Reads that are under way. */
  #users = 0;
  #isClosed = false;
  #onUnused: () => void = () => {};
  /** Called when nobody reads a segment any more in which nothing is alive. */
  onIdle: () => void = () => {};

  constructor(journalDir: string, bounds: OpenBounds, spares: Spares) {
    this.#dir = journalDir;
    this.#spares = spares;
    this.#bounds = bounds;
  }

  [Symbol.iterator](): Iterator<Segment> {
    return this.#list[Symbol.iterator]();
  }

  get count(): number {
    return this.#list.length;
  }

  /** The one that is written. */
  get newest(): Segment {
    const segment = this.#list.at(-1);
    assert(segment !== undefined, 'there is always a segment to write to');
    return segment;
  }

  add(segment: Segment): void {
    const last = this.#list.at(-1);
    assert(last === undefined || last.number < segment.number, 'segments are numbered upwards');
    this.#list.push(segment);
    // The one before is an older one now, closed when its turn comes.
    if (last?.isOpen) this.#open.add(last);
    if (segment.isOpen) this.#open.delete(segment);
    // Who only writes reads nothing, after which the others are closed.
    this.#closeSurplus();
  }

  /** The segment that holds a record. Throws `storage-missing`. */
  find(place: Place): Segment {
    const segment = isMoved(place)
      ? this.#list.find((candidate) => candidate.holds(place))
      : this.#bySequence(place);
    if (segment !== undefined) return segment;
    const what = isMoved(place) ? 'move' : 'record';
    throw new BrokerError(
      'storage-missing',
      `No segment in ${this.#dir} holds ${what} ${numberOf(place)}: it was reclaimed or removed.`,
    );
  }

  /**
   * Runs `work` with the segment open, and keeps it open until then. Rejects with `storage-failed`
   * once they are being closed.
   */
  async use<T>(segment: Segment, work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) {
      throw new BrokerError('storage-failed', `${this.#dir} is closed: open it again to go on.`);
    }
    this.open(segment);
    segment.pins += 1;
    this.#users += 1;
    try {
      return await work();
    } finally {
      segment.pins -= 1;
      segment.readAtMs = this.#bounds.clock.monotonicMs();
      this.#users -= 1;
      if (this.#users === 0) this.#onUnused();
      this.#closeSurplus();
      if (segment.pins === 0 && segment.liveBytes === 0) this.onIdle();
    }
  }

  /** Opens an older segment for reading in this turn. */
  open(segment: Segment): void {
    if (segment === this.#list.at(-1)) return;
    const nowMs = this.#bounds.clock.monotonicMs();
    if (!segment.isOpen) segment.isSought = nowMs < segment.readAtMs + REST_MS;
    segment.openExisting(true);
    segment.readAtMs = nowMs;
    this.#open.delete(segment);
    this.#open.add(segment);
  }

  /** Forgets the segment and gives its space back, once nobody reads it any more. */
  async remove(segment: Segment): Promise<void> {
    assert(segment !== this.#list.at(-1), 'the segment that is written stays');
    this.#list.splice(this.#list.indexOf(segment), 1);
    this.#open.delete(segment);
    assert(segment.pins === 0, 'a segment that is being read stays');
    await segment.retire(this.#spares);
  }

  /** Waits for the reads that are under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelClosing?.();
    if (this.#users > 0) {
      await new Promise<void>((resolve) => {
        this.#onUnused = resolve;
      });
    }
    await this.#closing;
    for (const segment of this.#list) await segment.close();
    this.#open.clear();
  }

  #closeSurplus(): void {
    const { maxOpenSegments, maxRestingSegments, clock } = this.#bounds;
    const restsSinceMs = clock.monotonicMs() - REST_MS;
    for (const segment of this.#open) {
      const { size } = this.#open;
      if (size <= Math.min(maxOpenSegments, maxRestingSegments)) return;
      if (segment.pins > 0) continue;
      if (size <= maxOpenSegments && segment.isSought && segment.readAtMs > restsSinceMs) {
        this.#closeLater(segment.readAtMs - restsSinceMs);
        continue;
      }
      this.#open.delete(segment);
      this.#closing = Promise.all([this.#closing, segment.close()]);
    }
  }

  #closeLater(delayMs: number): void {
    if (this.#isClosed || this.#cancelClosing !== undefined) return;
    this.#cancelClosing = this.#bounds.clock.after(delayMs, () => {
      this.#cancelClosing = undefined;
      this.#closeSurplus();
    });
  }

  #bySequence(sequence: number): Segment | undefined {
    let low = 0;
    let high = this.#list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#list[middle]!.first <= sequence) low = middle + 1;
      else high = middle;
    }
    const segment = this.#list[low - 1];
    return segment?.holds(sequence) ? segment : undefined;
  }
}
