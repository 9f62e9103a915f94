/**
 * Gives disk space back. A segment goes when no entry in it is needed any more and every snapshot
 * is past its records; one that a few entries keep alive goes once these have been copied forward.
 */
import { assert } from '../../base/assert.ts';
import type { Cancel } from '../../base/clock.ts';
import type { BrokerError } from '../../base/errors.ts';
import type { LmdbJournal } from './journal.ts';
import type { LmdbSettings } from './options.ts';
import type { Projection } from './projection.ts';
import { Relocation } from './relocate.ts';
import type { Segment } from './segment.ts';
import type { Segments } from './segments.ts';
import type { Index } from './topic-index.ts';

/** What reclaiming needs of the storage around it. */
export interface ReclaimHost {
  readonly checkpointSequence: number;
  readonly failure: BrokerError | undefined;
  readonly journal: LmdbJournal;
  flush(): Promise<void>;
}

/** Keeps segments that would go, until they have been read. */
export interface Hold {
  /** From now on only these, and no longer all there are. */
  keep(segments: readonly Segment[]): void;
  release(segment: Segment): void;
  end(): void;
}

export class Reclaimer {
  readonly #settings: LmdbSettings;
  readonly #segments: Segments;
  readonly #index: Index;
  readonly #projection: Projection;
  readonly #host: ReclaimHost;
  /** Segments that the next flush forgets. */
  #doomed: Segment[] = [];
  #running: Promise<void> | undefined;
  #endPause: (() => void) | undefined;
  #cancelCheck: Cancel | undefined;
  /** Sparse segments, how much was alive in them, and since when it has been just that. */
  readonly #quiet = new Map<Segment, { readonly liveBytes: number; readonly sinceMs: number }>();
  /** Segments that somebody holds. */
  #held: 'all' | Set<Segment> = new Set();
  #isQueued = false;
  #isClosed = false;

  constructor(
    settings: LmdbSettings,
    segments: Segments,
    index: Index,
    projection: Projection,
    host: ReclaimHost,
  ) {
    this.#settings = settings;
    this.#segments = segments;
    this.#index = index;
    this.#projection = projection;
    this.#host = host;
  }

  /** Looks, after this turn, whether there is anything to do. */
  soon(): void {
    if (this.#isQueued || this.#isClosed) return;
    this.#isQueued = true;
    this.#settings.clock.soon(() => {
      this.#isQueued = false;
      if (this.#isClosed || this.#running !== undefined) return;
      if (this.#dead().length === 0 && this.#sparse() === undefined) return;
      this.#running = this.#run().finally(() => {
        this.#running = undefined;
      });
    });
  }

  /** Queues that the doomed segments are forgotten; gives what to do once that is on disk. */
  write(): () => void {
    const doomed = this.#doomed;
    this.#doomed = [];
    for (const segment of doomed) {
      segment.isDirty = false;
      this.#projection.removeSegment(segment);
    }
    return () => {};
  }

  /** Keeps all segments; resolves once none is on its way out any more. One hold at a time. */
  async hold(): Promise<Hold> {
    assert(this.#held !== 'all' && this.#held.size === 0, 'one hold at a time');
    this.#held = 'all';
    this.#endPause?.();
    await this.#running;
    const keep = (segments: readonly Segment[]) => {
      this.#held = new Set(segments);
      this.soon();
    };
    return {
      keep,
      release: (segment) => {
        if (this.#held !== 'all' && this.#held.delete(segment)) this.soon();
      },
      end: () => keep([]),
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#endPause?.();
    this.#cancelCheck?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (!this.#isClosed && this.#host.failure === undefined) {
        const dead = this.#dead();
        if (dead.length > 0) await this.#remove(dead);
        const sparse = this.#sparse();
        if (dead.length === 0 && sparse === undefined) return;
        if (sparse !== undefined) await this.#relocate(sparse);
      }
    } catch {
      // A failed write has failed the storage, and says so to whoever appends.
    }
  }

  /** Forgets segments in the same transaction that knows them dead, and unlinks them after it. */
  async #remove(dead: readonly Segment[]): Promise<void> {
    this.#doomed.push(...dead);
    await this.#host.flush();
    for (const segment of dead) {
      this.#quiet.delete(segment);
      await this.#segments.remove(segment);
    }
  }

  async #relocate(segment: Segment): Promise<void> {
    // All its blocks are in the index or given up, once this is written.
    await this.#host.flush();
    const relocation = new Relocation(segment, {
      segments: this.#segments,
      index: this.#index,
      journal: this.#host.journal,
      clock: this.#settings.clock,
      bytesPerSecond: this.#settings.relocateBytesPerSecond,
      isStopped: () => this.#isClosed || this.#host.failure !== undefined || this.#isHeld(segment),
      pause: (ms) => this.#pause(ms),
    });
    await relocation.run();
    if (this.#isHeld(segment)) return;
    // If anything is left, trying again helps only once that has changed.
    const { liveBytes } = segment;
    this.#quiet.set(segment, { liveBytes, sinceMs: Number.POSITIVE_INFINITY });
  }

  #dead(): Segment[] {
    return this.#old().filter((segment) => segment.liveBytes === 0 && segment.pins === 0);
  }

  /** The oldest segment that is worth emptying and does not empty itself. */
  #sparse(): Segment | undefined {
    const { clock, relocateBelow, relocateAfterMs } = this.#settings;
    const nowMs = clock.monotonicMs();
    for (const segment of this.#old()) {
      const { liveBytes } = segment;
      if (liveBytes === 0 || liveBytes >= segment.bytes * relocateBelow) continue;
      const seen = this.#quiet.get(segment);
      if (seen?.liveBytes !== liveBytes) this.#quiet.set(segment, { liveBytes, sinceMs: nowMs });
      else if (nowMs - seen.sinceMs >= relocateAfterMs) return segment;
      this.#checkLater();
    }
    return undefined;
  }

  #checkLater(): void {
    if (this.#cancelCheck !== undefined || this.#isClosed) return;
    this.#cancelCheck = this.#settings.clock.after(this.#settings.relocateAfterMs, () => {
      this.#cancelCheck = undefined;
      this.soon();
    });
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#settings.clock.after(ms, resolve);
      this.#endPause = () => {
        cancel();
        resolve();
      };
    });
    this.#endPause = undefined;
  }

  /** Segments that nobody needs to replay. */
  #old(): Segment[] {
    const { newest } = this.#segments;
    const { checkpointSequence } = this.#host;
    return [...this.#segments].filter(
      (segment) =>
        segment !== newest && segment.last <= checkpointSequence && !this.#isHeld(segment),
    );
  }

  #isHeld(segment: Segment): boolean {
    return this.#held === 'all' || this.#held.has(segment);
  }
}
