/**
 * The journal over segments. Appending encodes a batch and hands it to LMDB at once; while one
 * transaction is being synced, the batches that come in gather for the next.
 */
import { crc32c } from '@node-rs/crc32';
import { assert } from '../../base/assert.ts';
import { BrokerError } from '../../base/errors.ts';
import type { Appended, Journal, JournalBatch, JournalRecord } from '../journal.ts';
import { type EncodedRecord, encodeRecord } from './encode.ts';
import { storageError } from './environment.ts';
import { ENTRY_PREFIX_BYTES, movedPlace, numberOf, type Place, valueKey } from './layout.ts';
import type { LmdbSettings } from './options.ts';
import type { Room } from './room.ts';
import type { Segment } from './segment.ts';
import type { Segments } from './segments.ts';
import { SlabPool } from './slabs.ts';

/** Something to be written into the newest segment: a batch, or entries moved out of another. */
export interface Write {
  readonly place: Place;
  readonly batch: JournalBatch;
  readonly record: EncodedRecord;
  /** Takes it in, once it is on disk, into what can be read. */
  readonly apply: (segment: Segment) => void;
  readonly resolve: () => void;
  readonly reject: (error: BrokerError) => void;
}

interface Sealing {
  readonly resolve: (last: number) => void;
  readonly reject: (error: BrokerError) => void;
}

/** What the journal needs of the storage around it. */
export interface JournalHost {
  /** Throws where entries do not follow those that are there. */
  reserve(batch: JournalBatch): void;
  /** A batch is durable: what it stores and gives up takes effect. */
  apply(sequence: number, batch: JournalBatch, bytes: number, segment: Segment): void;
  /** Makes the segment that comes after `newest`. */
  createSegment(newest: Segment): Promise<Segment>;
  /** Why nothing can be written any more, if so ... */
  readonly failure: BrokerError | undefined;
  /** ... which is one reason for taking in nothing; being closed is another. */
  readonly refusal: BrokerError | undefined;
  /** Nothing more can be written. */
  onFailure(error: BrokerError): void;
  readonly room: Room;
  /** Set while the index is too far behind to take in more. */
  readonly isBehind: boolean;
}

/** Joined values that wait to be used again: at most this many. */
const MAX_FREE_SLABS = 128;
/** While the disk is short a segment is left so much earlier: it can go only once it was left. */
const SEGMENTS_WHEN_SHORT = 16;

export class LmdbJournal implements Journal {
  readonly #host: JournalHost;
  readonly #segments: Segments;
  readonly #settings: LmdbSettings;
  readonly #pool: SlabPool;
  #lastSequence: number;
  #nextSequence: number;
  #lastMove = 0;
  #queue: Write[] = [];
  #transactions = 0;
  #unsettled = 0;
  /** Key of the last record handed to the newest segment; what comes next depends on it. */
  #lastKey: Buffer | undefined;
  #next: Promise<Segment> | undefined;
  #isRolling = false;
  /** Whoever waits for the newest segment to be left. */
  #sealing: Sealing | undefined;
  #idle: (() => void)[] = [];

  constructor(host: JournalHost, segments: Segments, settings: LmdbSettings) {
    this.#host = host;
    this.#segments = segments;
    this.#settings = settings;
    this.#pool = new SlabPool(settings.valueBytes, MAX_FREE_SLABS);
    this.#lastSequence = segments.newest.last;
    this.#nextSequence = this.#lastSequence + 1;
    for (const { lastMove } of segments) this.#lastMove = Math.max(this.#lastMove, lastMove);
  }

  get lastSequence(): number {
    return this.#lastSequence;
  }

  append(batch: JournalBatch): Appended {
    const sequence = this.#nextSequence;
    const refusal = this.#refusal();
    if (refusal !== undefined) return { sequence, durable: rejected(refusal) };
    assert(
      this.#unsettled < this.#settings.maxBatchesInFlight,
      'whoever appends bounds how many batches are in flight',
    );
    if (this.#settings.verifyOnAppend) verifyEntries(batch);
    this.#host.reserve(batch);
    const record = encodeRecord(sequence, batch, this.#pool);
    this.#nextSequence += 1;
    const durable = new Promise<void>((resolve, reject) => {
      const apply = (segment: Segment) => {
        this.#lastSequence = sequence;
        segment.last = sequence;
        segment.isDirty = true;
        this.#host.apply(sequence, batch, record.bytes, segment);
      };
      this.#submit({ place: sequence, batch, record, apply, resolve, reject });
    });
    // Whoever appended may be waiting for a later batch only; the failure reaches it there.
    durable.catch(() => {});
    return { sequence, durable };
  }

  /** Numbers the next move. */
  nextMove(): Place {
    this.#lastMove += 1;
    return movedPlace(this.#lastMove);
  }

  /** Writes entries moved out of another segment as record `place`. */
  appendMoved(place: Place, batch: JournalBatch, apply: (segment: Segment) => void): Promise<void> {
    const refusal = this.#refusal();
    if (refusal !== undefined) return rejected(refusal);
    const record = encodeRecord(place, batch, this.#pool);
    return new Promise((resolve, reject) => {
      const moved = (segment: Segment) => {
        const move = numberOf(place);
        if (segment.lastMove < segment.firstMove) segment.firstMove = move;
        segment.lastMove = move;
        segment.isDirty = true;
        apply(segment);
      };
      this.#submit({ place, batch, record, apply: moved, resolve, reject });
    });
  }

  async *read(sequence: number): AsyncGenerator<JournalRecord> {
    for (let next = sequence + 1; next <= this.#lastSequence; ) {
      const segment = this.#segments.find(next);
      const from = next;
      next = Math.min(this.#lastSequence, segment.last) + 1;
      yield* this.#readSegment(segment, from, next);
    }
  }

  /**
   * Leaves the newest segment, so that nothing in it changes any more; resolves with the last
   * record in it once the next one is there. Rejects as an append does.
   */
  async seal(): Promise<number> {
    const refusal = this.#refusal();
    if (refusal !== undefined) throw refusal;
    assert(this.#sealing === undefined, 'one at a time seals the newest segment');
    return await new Promise<number>((resolve, reject) => {
      this.#sealing = { resolve, reject };
      this.#unsettled += 1;
      this.pump();
    });
  }

  /** Hands over what waits, as far as the transactions in flight allow. */
  pump(): void {
    if (this.#sealing !== undefined) {
      if (!this.#isRolling && this.#host.failure === undefined)
        void this.#roll(this.#segments.newest);
      return;
    }
    while (this.#queue.length > 0 && this.#transactions < this.#settings.maxTransactions) {
      if (this.#isRolling || this.#host.failure !== undefined || this.#host.isBehind) return;
      const segment = this.#segments.newest;
      const count = this.#fitting(segment);
      if (count === 0) {
        void this.#roll(segment);
        return;
      }
      void this.#write(segment, this.#queue.splice(0, count));
    }
  }

  /** Rejects everything that is not durable yet. */
  fail(error: BrokerError): void {
    const waiting = this.#queue;
    this.#queue = [];
    for (const write of waiting) this.#settle(write, error);
    this.#sealed(error);
  }

  /** Waits for everything that was appended, and closes the segment that was made ahead of time. */
  async close(): Promise<void> {
    if (this.#unsettled > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
    const next = await this.#next?.catch(() => undefined);
    await next?.close();
  }

  /** A disk without room fails the storage as a write would that finds none. */
  #refusal(): BrokerError | undefined {
    const { refusal, room } = this.#host;
    if (refusal !== undefined || room.refusal === undefined) return refusal;
    this.#host.onFailure(room.refusal);
    return this.#host.failure;
  }

  #submit(write: Write): void {
    this.#unsettled += 1;
    this.#host.room.takes(write.record.bytes);
    this.#queue.push(write);
    this.pump();
  }

  /** How many of the waiting writes still go into this segment. */
  #fitting(segment: Segment): number {
    const { segmentBytes } = this.#settings;
    const most = this.#host.room.isShort ? segmentBytes / SEGMENTS_WHEN_SHORT : segmentBytes;
    let bytes = segment.bytes;
    for (let count = 0; count < this.#queue.length; count += 1) {
      bytes += this.#queue[count]!.record.bytes;
      const isFirst = segment.isEmpty && this.#lastKey === undefined && count === 0;
      if (bytes > most && !isFirst) return count;
    }
    return this.#queue.length;
  }

  async #write(segment: Segment, writes: readonly Write[]): Promise<void> {
    this.#transactions += 1;
    const put = () => {
      for (const { place, record } of writes) {
        segment.put(place, record);
        segment.bytes += record.bytes;
      }
    };
    const previous = this.#lastKey;
    this.#lastKey = valueKey(writes.at(-1)!.place, 0);
    let failure: BrokerError | undefined;
    try {
      // A transaction that was handed over while the one before failed must not be written.
      if (previous === undefined) await segment.environment.write(put);
      else await segment.environment.writeAfter(previous, put);
    } catch (error) {
      failure = storageError(error, segment.dir);
    }
    this.#transactions -= 1;
    if (failure !== undefined) this.#host.onFailure(failure);
    for (const write of writes) {
      this.#apply(write, segment);
      this.#settle(write, this.#host.failure);
    }
    this.#prepareNext(segment);
    this.pump();
  }

  /**
   * Whoever cannot find its way in a damaged index starts over from what is on disk. What is
   * written after something else has failed counts no more, whatever became of that.
   */
  #apply(write: Write, segment: Segment): void {
    if (this.#host.failure !== undefined) return;
    try {
      write.apply(segment);
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      this.#host.onFailure(error);
    }
  }

  #settle(write: Write, error: BrokerError | undefined): void {
    this.#pool.give(write.record.slabs);
    if (error === undefined) write.resolve();
    else write.reject(error);
    this.#settledOne();
  }

  #settledOne(): void {
    this.#unsettled -= 1;
    if (this.#unsettled > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #sealed(error: BrokerError | undefined): void {
    const sealing = this.#sealing;
    if (sealing === undefined) return;
    this.#sealing = undefined;
    if (error === undefined) sealing.resolve(this.#lastSequence);
    else sealing.reject(error);
    this.#settledOne();
  }

  /** Makes the next segment while this one still has room, so that leaving it costs nothing. */
  #prepareNext(segment: Segment): void {
    const isHalfFull = segment.bytes * 2 > this.#settings.segmentBytes;
    if (!isHalfFull || this.#next !== undefined || this.#host.refusal !== undefined) return;
    this.#next = this.#host.createSegment(segment);
    // Where it fails, the roll that needs it reports that.
    this.#next.catch(() => {});
  }

  /** Goes on to the next segment once everything in this one is on disk. */
  async #roll(segment: Segment): Promise<void> {
    if (this.#transactions > 0) return;
    this.#isRolling = true;
    try {
      this.#next ??= this.#host.createSegment(segment);
      const next = await this.#next;
      next.first = this.#lastSequence + 1;
      next.last = this.#lastSequence;
      next.isDirty = true;
      segment.isDirty = true;
      this.#segments.add(next);
      this.#lastKey = undefined;
      this.#sealed(undefined);
    } catch (error) {
      this.#host.onFailure(storageError(error, segment.dir));
    }
    this.#next = undefined;
    this.#isRolling = false;
    this.pump();
  }

  async *#readSegment(segment: Segment, from: number, end: number): AsyncGenerator<JournalRecord> {
    for (let start = from; start < end; start += READ_RECORDS) {
      const stop = Math.min(end, start + READ_RECORDS);
      const keys = Array.from({ length: stop - start }, (_, i) => valueKey(start + i, 0));
      const records = await this.#segments.use(segment, async () => {
        await segment.environment.root.prefetch(keys);
        return keys.map((_, i) => segment.header(start + i).header);
      });
      for (const header of records) yield header.record();
    }
  }
}

/** Records that a reader of the journal brings in at once. */
const READ_RECORDS = 16;

function verifyEntries(batch: JournalBatch): void {
  for (const { entries: block } of batch.events) {
    for (const [i, entry] of (block?.entries ?? []).entries()) {
      if (crc32c(entry.subarray(ENTRY_PREFIX_BYTES)) === entry.readUInt32BE(2)) continue;
      const what = `entry ${block!.firstOffset + i} of topic ${block!.topicId}`;
      throw new BrokerError('checksum', `${what} fails its checksum: nothing was appended.`);
    }
  }
}

function rejected(error: BrokerError): Promise<never> {
  const rejection = Promise.reject(error);
  rejection.catch(() => {});
  return rejection;
}
