/**
 * Copies the last live entries of a segment forward. Readers find them all the time: the index says
 * where they are now as soon as the copy is on disk, and the old segment stays until the index is.
 */
import type { Clock } from '../../base/clock.ts';
import type { JournalEvent } from '../journal.ts';
import type { RecordHeader } from './decode.ts';
import type { LmdbJournal } from './journal.ts';
import { movedPlace, type Place } from './layout.ts';
import { RecordReader } from './record-reader.ts';
import type { Segment } from './segment.ts';
import type { Segments } from './segments.ts';
import type { Index } from './topic-index.ts';

export interface RelocationOptions {
  readonly segments: Segments;
  readonly index: Index;
  readonly journal: LmdbJournal;
  readonly clock: Clock;
  readonly bytesPerSecond: number;
  /** Waits, or less if it should stop. */
  readonly pause: (ms: number) => Promise<void>;
  /** Asked between copies. */
  readonly isStopped: () => boolean;
}

/** Records looked at between two pauses. */
const STEP_RECORDS = 64;
/** The shortest pause, in milliseconds: others get their turn. */
const MIN_PAUSE_MS = 2;

export class Relocation {
  readonly #segment: Segment;
  readonly #options: RelocationOptions;
  /** Every record is read once: nothing to keep. */
  readonly #reader: RecordReader;

  constructor(segment: Segment, options: RelocationOptions) {
    this.#segment = segment;
    this.#options = options;
    this.#reader = new RecordReader(0, options.clock);
  }

  async run(): Promise<void> {
    const { segments, isStopped } = this.#options;
    await segments.use(this.#segment, async () => {
      let looked = 0;
      for (const place of this.#places()) {
        if (isStopped() || this.#segment.liveBytes === 0) return;
        const copied = await this.#relocate(place);
        looked += 1;
        if (copied > 0 || looked % STEP_RECORDS === 0) await this.#pause(copied);
      }
    });
  }

  *#places(): Iterable<Place> {
    const { first, last, firstMove, lastMove } = this.#segment;
    for (let sequence = first; sequence <= last; sequence += 1) yield sequence;
    for (let move = firstMove; move <= lastMove; move += 1) yield movedPlace(move);
  }

  /** Copies what is alive of one record; gives how many bytes that were. */
  async #relocate(place: Place): Promise<number> {
    const { journal, index } = this.#options;
    const { header } = this.#segment.header(place);
    const live = header.blocks
      .map((block, blockIndex) => ({ ...block, blockIndex, place }))
      .filter((block) => index.isAt(block));
    if (live.length === 0) return 0;
    const events = await this.#events(header, live);
    const to = journal.nextMove();
    const bytes = live.map((block) => header.bytesOf(block));
    await journal.appendMoved(to, { atMs: header.atMs, events }, (segment) => {
      live.forEach((block, i) => {
        const from = this.#segment;
        index.move(block, { place: to, blockIndex: i, bytes: bytes[i]! }, { from, to: segment });
      });
    });
    return bytes.reduce((sum, size) => sum + size, 0);
  }

  async #events(
    header: RecordHeader,
    live: readonly (RecordHeader['blocks'][number] & { place: Place; blockIndex: number })[],
  ): Promise<JournalEvent[]> {
    const { events } = header.record();
    const unlimited = { entries: Infinity, bytes: Infinity, isStarted: false };
    const moved: JournalEvent[] = [];
    for (const block of live) {
      const wanted = [{ block, skip: 0, count: block.count }];
      const runs = await this.#reader.read(this.#segment, block.topicId, wanted, unlimited);
      const event = events[block.event]!;
      const { actor, type, data, cause } = event;
      const entries = runs.flatMap((run) => run.entries);
      moved.push({ actor, type, data, cause, entries: { ...event.entries!, entries } });
    }
    return moved;
  }

  async #pause(copied: number): Promise<void> {
    const pauseMs = Math.max(MIN_PAUSE_MS, (copied / this.#options.bytesPerSecond) * 1000);
    await this.#options.pause(pauseMs);
  }
}
