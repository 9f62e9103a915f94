/** One opened data folder: wires journal, index, snapshots and reclaiming together. */
import { assert } from '../../base/assert.ts';
import { BrokerError } from '../../base/errors.ts';
import type { Backup, BackupSource } from '../backup.ts';
import type { EntryBlock, JournalBatch, JournalEvent } from '../journal.ts';
import type { Storage, StorageStats } from '../storage.ts';
import { type BackupHost, takeBackup } from './backup.ts';
import { DueIndex } from './due-index.ts';
import { LmdbEntries } from './entries.ts';
import { type JournalHost, LmdbJournal } from './journal.ts';
import type { Place } from './layout.ts';
import type { Projection } from './projection.ts';
import { Reclaimer } from './reclaim.ts';
import { EMPTY_SEGMENT, type Found, makeSegment, replay, type TakeIn } from './recover.ts';
import { Room } from './room.ts';
import type { LmdbScratch } from './scratch.ts';
import type { Segment } from './segment.ts';
import type { Segments } from './segments.ts';
import { LmdbStateStore, type StateHost } from './state.ts';
import { Index } from './topic-index.ts';

/** The index may be so many times further behind than it should be before appends wait for it. */
const BEHIND_FACTOR = 4;

export class LmdbStorage implements Storage, BackupSource, JournalHost, StateHost {
  readonly journal: LmdbJournal;
  readonly entries: LmdbEntries;
  readonly state: LmdbStateStore;
  readonly failed: Promise<BrokerError>;
  readonly scratch: LmdbScratch;
  readonly #found: Found;
  readonly #segments: Segments;
  readonly #projection: Projection;
  readonly #index: Index;
  readonly #dues: DueIndex;
  readonly #reclaimer: Reclaimer;
  readonly room: Room;
  readonly #release: () => Promise<void>;
  #checkpoint: number;
  /** The checkpoint that the next flush writes. */
  #nextCheckpoint: number;
  /** The last record that the index has taken in, whole ... */
  #indexed: number;
  /** ... and whether it is taking in the next one, of which nothing may be written yet. */
  #isTakingIn = false;
  #unflushedBytes = 0;
  #soon: { readonly promise: Promise<void>; readonly start: () => void } | undefined;
  #failure: BrokerError | undefined;
  #hasFailed!: (error: BrokerError) => void;
  #closing: Promise<void> | undefined;
  #isBackingUp = false;
  #isRecovered = false;

  constructor(
    found: Found,
    segments: Segments,
    scratch: LmdbScratch,
    release: () => Promise<void>,
  ) {
    this.#found = found;
    this.#segments = segments;
    this.scratch = scratch;
    this.#projection = found.projection;
    this.#release = release;
    this.failed = new Promise((resolve) => {
      this.#hasFailed = resolve;
    });
    this.#checkpoint = found.progress.checkpoint;
    this.#nextCheckpoint = this.#checkpoint;
    this.#indexed = found.progress.indexed;
    const { settings, projection, spares } = found;
    this.room = new Room(settings, spares);
    const onSwept = () => {
      this.#reclaimer.soon();
      if (this.#isRecovered) this.#flushWhenDue();
    };
    const onDamage = (error: BrokerError) => this.onFailure(error);
    this.#index = new Index(projection.index, segments, settings, onSwept, onDamage);
    this.#dues = new DueIndex(
      projection.due,
      (topicId) => this.#index.topic(topicId),
      () => settings.clock.nowMs(),
    );
    this.journal = new LmdbJournal(this, segments, settings);
    this.entries = new LmdbEntries(this.#index, this.#dues, segments, settings, () =>
      this.requireOpen(),
    );
    this.state = new LmdbStateStore(projection.actors, projection.deadlines, this);
    this.#reclaimer = new Reclaimer(settings, segments, this.#index, projection, this);
    segments.onIdle = () => this.#reclaimer.soon();
    for (const part of [this.#index, this.#dues, this.state, this.#reclaimer, this]) {
      projection.contribute(part);
    }
  }

  /** Brings the index up to the last record, before anybody appends. */
  async recover(): Promise<void> {
    try {
      await replay(this.#found, this.#segments, this.#index, this.#dues, this.#takeIn);
    } catch (error) {
      // What was queued for later would meet a closed environment.
      await this.#reclaimer.close();
      this.#index.close();
      throw error;
    }
    this.#isRecovered = true;
    this.#index.resume();
    this.#reclaimer.soon();
  }

  get dir(): string {
    return this.#found.settings.dir;
  }

  get lastSequence(): number {
    return this.journal.lastSequence;
  }

  get checkpointSequence(): number {
    return this.#checkpoint;
  }

  get failure(): BrokerError | undefined {
    return this.#failure;
  }

  get refusal(): BrokerError | undefined {
    if (this.#failure !== undefined || this.#closing === undefined) return this.#failure;
    return new BrokerError('storage-failed', `${this.dir} is closed: open it again to go on.`);
  }

  get isShort(): boolean {
    return this.room.isShort;
  }

  get isBehind(): boolean {
    return this.#projection.isRunning && this.#hasUnwritten(BEHIND_FACTOR);
  }

  requireOpen(): void {
    const { refusal } = this;
    if (refusal !== undefined) throw refusal;
  }

  stats(): StorageStats {
    let journalBytes = 0;
    let liveBytes = 0;
    for (const segment of this.#segments) {
      journalBytes += segment.bytes;
      liveBytes += segment.liveBytes;
    }
    return {
      segments: this.#segments.count,
      journalBytes,
      liveBytes,
      spareBytes: this.#found.spares.bytes,
      isShort: this.isShort,
      cachedBytes: this.#index.cache.bytes,
      cacheHits: this.entries.hits,
      cacheMisses: this.entries.misses,
    };
  }

  async backup(): Promise<Backup> {
    this.requireOpen();
    if (this.#isBackingUp) {
      throw new BrokerError('conflict', `${this.dir} is being backed up already: wait for that.`);
    }
    this.#isBackingUp = true;
    const ended = () => {
      this.#isBackingUp = false;
    };
    try {
      const backup = await takeBackup(this.#backupHost());
      let closed: Promise<void> | undefined;
      const close = () => {
        closed ??= backup.close().finally(ended);
        return closed;
      };
      return { ...backup, close };
    } catch (error) {
      ended();
      throw error;
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  reserve(batch: JournalBatch): void {
    this.#index.reserve(batch);
  }

  apply(sequence: number, batch: JournalBatch, bytes: number, segment: Segment): void {
    this.#takeIn(sequence, () => this.#applyEvents(sequence, batch, segment));
    this.#unflushedBytes += bytes;
    this.#flushWhenDue();
  }

  /** Makes the segment after `newest`, which is left once that one is full. */
  async createSegment(newest: Segment): Promise<Segment> {
    const segment = makeSegment(this.#found, newest.number + 1, EMPTY_SEGMENT);
    await segment.create(this.#found.spares);
    return segment;
  }

  onFailure(error: BrokerError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.journal.fail(error);
    this.#hasFailed(error);
  }

  async flush(): Promise<void> {
    try {
      await this.#projection.flush();
    } catch (error) {
      this.onFailure(error as BrokerError);
      throw error;
    }
    // Appending may have waited for this.
    this.journal.pump();
  }

  flushSoon(): Promise<void> {
    if (this.#soon === undefined) {
      let start!: () => void;
      const started = new Promise<void>((resolve) => {
        start = resolve;
      });
      const { clock, flushDelayMs } = this.#found.settings;
      const cancel = clock.after(flushDelayMs, start);
      const promise = started.then(() => {
        cancel();
        this.#soon = undefined;
        return this.flush();
      });
      this.#soon = { promise, start };
    }
    return this.#soon.promise;
  }

  async checkpoint(sequence: number): Promise<void> {
    this.#nextCheckpoint = Math.max(this.#nextCheckpoint, sequence);
    await this.flush();
    this.#reclaimer.soon();
  }

  /** Queues how far the projections are and what changed about segments. */
  write(): () => void {
    const checkpoint = this.#nextCheckpoint;
    const indexed = this.#indexed;
    assert(!this.#isTakingIn, 'a record is in the index as a whole before anything is written');
    const newestSegment = this.#segments.newest.number;
    this.#unflushedBytes = 0;
    this.#found.spares.giveWay();
    this.#projection.putProgress({ checkpoint, indexed, newestSegment });
    for (const segment of this.#segments) {
      if (segment.isDirty) this.#projection.putSegment(segment);
      segment.isDirty = false;
    }
    return () => {
      this.#checkpoint = checkpoint;
    };
  }

  #backupHost(): BackupHost {
    const { settings, openEnvironment, journalDir } = this.#found;
    const storage = this;
    return {
      settings,
      openEnvironment,
      journalDir,
      projection: this.#projection,
      segments: this.#segments,
      journal: this.journal,
      reclaimer: this.#reclaimer,
      room: this.room,
      get refusal() {
        return storage.refusal;
      },
    };
  }

  /**
   * Giving up entries tells of segments that may go, in the middle of a record: a flush that began
   * there would say that the record is in the index, and a kill would lose the rest of it.
   */
  readonly #takeIn: TakeIn = (sequence, work) => {
    this.#isTakingIn = true;
    work();
    this.#isTakingIn = false;
    this.#indexed = sequence;
  };

  #applyEvents(place: Place, { events }: JournalBatch, segment: Segment): void {
    let blockIndex = 0;
    for (const event of events) {
      if (event.entries !== undefined) {
        this.#store(event, event.entries, { place, blockIndex, segment });
        blockIndex += 1;
      }
      if (event.trim !== undefined) {
        this.#index.trim(event.trim);
        this.#dues.trimmed();
      }
    }
  }

  #flushWhenDue(): void {
    if (this.#isTakingIn) return;
    const { flushJournalBytes } = this.#found.settings;
    const isDue = this.#hasUnwritten(1) || this.#unflushedBytes >= flushJournalBytes;
    if (isDue && !this.#projection.isRunning) this.flush().catch(() => {});
  }

  /** Whether the index lacks so many times of what it may lack. */
  #hasUnwritten(times: number): boolean {
    const { flushBlocks, flushTopics, flushDueEntries } = this.#found.settings;
    return (
      this.#index.unindexed >= flushBlocks * times ||
      this.#index.dirtyTopics >= flushTopics * times ||
      this.#dues.unwritten >= flushDueEntries * times
    );
  }

  #store(
    event: JournalEvent,
    block: EntryBlock,
    stored: { place: Place; blockIndex: number; segment: Segment },
  ): void {
    const { entries, dueAtMs } = block;
    let bytes = 0;
    for (const entry of entries) bytes += entry.length;
    const fresh = { entries, data: event.data, dueAtMs };
    this.#index.store(block, { count: entries.length, bytes, ...stored }, fresh);
    if (dueAtMs !== undefined) this.#dues.add(block.topicId, block.firstOffset, dueAtMs);
  }

  async #close(): Promise<void> {
    this.#soon?.start();
    await this.#reclaimer.close();
    await this.journal.close();
    await this.entries.close();
    if (this.#failure === undefined) await this.flush().catch(() => {});
    this.#index.close();
    await this.#release();
  }
}
