/**
 * The index: which entries of a topic are alive and where. What changed since it was last written
 * is in memory; the rest is read from the state environment when somebody asks.
 */
import { assert } from '../../base/assert.ts';
import type { Clock } from '../../base/clock.ts';
import { BrokerError } from '../../base/errors.ts';
import type { TopicUsage } from '../entries.ts';
import type { EntryBlock, JournalBatch, TrimMark } from '../journal.ts';
import { type FreshBlock, TailCache } from './cache.ts';
import type { IndexTable } from './index-table.ts';
import type { Place } from './layout.ts';
import type { LmdbSettings } from './options.ts';
import type { IndexedBlock } from './rows.ts';
import type { Segment } from './segment.ts';
import type { Segments } from './segments.ts';
import { type Block, Topic } from './topics.ts';

/** Index rows looked at or removed at a time, so that giving up a large backlog holds up nobody. */
const SWEEP_ROWS = 64;

/** What sweeping takes of a turn, in milliseconds, however many topics wait for it. */
const SWEEP_MS = 1;

/** A block, and the record that holds it. */
export interface BlockPlace {
  readonly topicId: number;
  readonly firstOffset: number;
  readonly place: Place;
  readonly blockIndex: number;
}

export class Index {
  readonly cache: TailCache;
  readonly #table: IndexTable;
  readonly #segments: Segments;
  /** Topics that are being written, that have changed or that have entries in the cache. */
  readonly #topics = new Map<number, Topic>();
  readonly #dirty = new Set<Topic>();
  /** Topics with given-up entries that still count as live bytes of their segments. */
  readonly #unswept = new Set<Topic>();
  /** Unfinished topics below were taken up since the start; undefined once all are. */
  #takenUpTo: number | undefined;
  /** Of these, so many are in memory at a time. */
  readonly #maxTakenUp: number;
  readonly #clock: Clock;
  readonly #onSwept: () => void;
  readonly #onDamage: (error: BrokerError) => void;
  #sweepQueued = false;
  #isClosed = false;
  /** Blocks that the table does not know yet. */
  unindexed = 0;

  /**
   * `onSwept` hears when segments may have lost their last live bytes, `onDamage` which row of the
   * index cannot be read.
   */
  constructor(
    table: IndexTable,
    segments: Segments,
    settings: Pick<LmdbSettings, 'cacheBytes' | 'clock' | 'flushTopics'>,
    onSwept: () => void,
    onDamage: (error: BrokerError) => void,
  ) {
    this.#table = table;
    this.#segments = segments;
    this.#onSwept = onSwept;
    this.#onDamage = onDamage;
    this.#clock = settings.clock;
    this.#maxTakenUp = settings.flushTopics;
    this.cache = new TailCache(settings.cacheBytes, (topic) => this.#settle(topic));
  }

  /** Goes on, bit by bit, with what the process before left unfinished: after all is replayed. */
  resume(): void {
    this.#takenUpTo = 0;
    this.#queueSweep();
  }

  get dirtyTopics(): number {
    return this.#dirty.size;
  }

  /** A topic with anything in it; not kept in memory for being asked. */
  topic(topicId: number): Topic | undefined {
    const topic = this.#topics.get(topicId);
    if (topic !== undefined) return topic;
    const facts = this.#table.facts(topicId);
    return facts && new Topic(topicId, facts);
  }

  /** The topic if it is in memory, which it is when any of it is cached. */
  loaded(topicId: number): Topic | undefined {
    return this.#topics.get(topicId);
  }

  /** Checks, before a batch is written, that its entries follow those that are there. */
  reserve(batch: JournalBatch): void {
    const { events } = batch;
    for (let i = 0; i < events.length; i += 1) {
      const block = events[i]!.entries;
      if (block === undefined) continue;
      const topic = this.#obtain(block.topicId, block.firstOffset);
      assert(
        block.firstOffset === topic.expected,
        `topic ${block.topicId} expects offset ${topic.expected}, not ${block.firstOffset}`,
      );
      topic.expected += block.entries.length;
    }
  }

  /** Takes in a block that became durable. */
  store(
    block: Pick<EntryBlock, 'topicId' | 'firstOffset'>,
    stored: { count: number; bytes: number; place: Place; blockIndex: number; segment: Segment },
    fresh: FreshBlock | undefined,
  ): void {
    const topic = this.#obtain(block.topicId, block.firstOffset);
    assert(topic.end === block.firstOffset, 'blocks of a topic follow each other');
    const { count, bytes, place, blockIndex, segment } = stored;
    if (count === 0) return;
    const added: Block = {
      firstOffset: block.firstOffset,
      count,
      bytes,
      bytesBefore: topic.bytes,
      place,
      blockIndex,
      cached: undefined,
    };
    topic.push(added);
    topic.expected = Math.max(topic.expected, topic.end);
    segment.liveBytes += bytes;
    segment.isDirty = true;
    this.unindexed += 1;
    this.#touch(topic);
    if (fresh !== undefined) this.cache.add(topic, added, fresh);
  }

  trim(mark: TrimMark): void {
    const topic = this.topic(mark.topicId);
    if (topic === undefined) return;
    const before = Math.min(mark.before, topic.end);
    if (before <= topic.before) return;
    topic.before = before;
    topic.bytesBefore = undefined;
    this.#topics.set(topic.id, topic);
    this.#touch(topic);
    this.#sweep(topic);
  }

  usage(topicId: number): TopicUsage {
    const topic = this.topic(topicId);
    if (topic === undefined) return { liveBytes: 0, liveEntries: 0 };
    topic.bytesBefore ??= this.#bytesBefore(topic);
    return {
      liveBytes: topic.bytes - topic.bytesBefore,
      liveEntries: topic.end - topic.before,
    };
  }

  /** Blocks from the one that holds `offset` on, oldest first. */
  *blocksFrom(topic: Topic, offset: number): Iterable<IndexedBlock | Block> {
    const { memoryFrom } = topic;
    if (offset < memoryFrom) yield* this.#table.blocksFrom(topic.id, offset, memoryFrom);
    for (let i = topic.indexOf(offset); i < topic.blockCount; i += 1) yield topic.block(i)!;
  }

  /** Queues everything that changed for the table; gives what to do once that is on disk. */
  write(): () => void {
    const onChanged = this.#table.putChanged();
    const written: { topic: Topic; indexed: number; isDone: boolean }[] = [];
    for (const topic of this.#dirty) {
      topic.isDirty = false;
      topic.isBeingWritten = true;
      const isDone = this.#writeTopic(topic);
      written.push({ topic, indexed: topic.end, isDone });
    }
    this.#dirty.clear();
    this.unindexed = 0;
    return () => {
      onChanged();
      for (const { topic, indexed, isDone } of written) {
        topic.indexed = indexed;
        topic.isBeingWritten = false;
        if (!isDone) this.#touch(topic);
        this.#settle(topic);
      }
      if (this.#takenUpTo !== undefined) this.#queueSweep();
    };
  }

  /** Whether a block is alive and there. */
  isAt({ topicId, firstOffset, place, blockIndex }: BlockPlace): boolean {
    const topic = this.topic(topicId);
    if (topic === undefined || firstOffset < topic.swept) return false;
    for (const found of this.blocksFrom(topic, firstOffset)) {
      if (found.firstOffset !== firstOffset) return false;
      return found.place === place && found.blockIndex === blockIndex;
    }
    return false;
  }

  /** Says that a block is in another record now. The table must know the block. */
  move(
    block: BlockPlace,
    to: { readonly place: Place; readonly blockIndex: number; readonly bytes: number },
    segments: { readonly from: Segment; readonly to: Segment },
  ): void {
    const { topicId, firstOffset } = block;
    // It may have been given up while it was copied.
    if (!this.isAt(block)) return;
    const { place, blockIndex } = to;
    this.#table.changePlace(topicId, firstOffset, { place, blockIndex });
    const topic = this.#topics.get(topicId);
    const inMemory = topic?.block(topic.indexOf(firstOffset));
    if (inMemory?.firstOffset === firstOffset) Object.assign(inMemory, { place, blockIndex });
    segments.from.liveBytes -= to.bytes;
    segments.to.liveBytes += to.bytes;
    segments.from.isDirty = true;
    segments.to.isDirty = true;
  }

  close(): void {
    this.#isClosed = true;
    this.cache.clear();
  }

  #obtain(topicId: number, firstOffset: number): Topic {
    let topic = this.topic(topicId);
    if (topic === undefined) {
      const facts = { before: firstOffset, end: firstOffset, swept: firstOffset, bytes: 0 };
      topic = new Topic(topicId, { ...facts, indexed: firstOffset, cleared: firstOffset });
    }
    this.#topics.set(topicId, topic);
    return topic;
  }

  #touch(topic: Topic): void {
    if (topic.isDirty) return;
    topic.isDirty = true;
    this.#dirty.add(topic);
  }

  /** Forgets what memory need not hold of a topic, and the topic with the last of it. */
  #settle(topic: Topic): void {
    topic.release();
    const isWritten = !topic.isDirty && !topic.isBeingWritten;
    const isIdle = topic.blockCount === 0 && isWritten && topic.expected === topic.end;
    if (isIdle && !this.#unswept.has(topic)) this.#topics.delete(topic.id);
  }

  /** Queues what the table needs to know of a topic; false when rows are left to be removed. */
  #writeTopic(topic: Topic): boolean {
    const { cleared, swept } = topic;
    // Looking for them takes longer than all the rest, and most topics were not swept.
    const hasRows = cleared < Math.min(topic.indexed, swept);
    const result = hasRows
      ? this.#table.clear(topic.id, cleared, swept, SWEEP_ROWS)
      : { cleared: swept, isDone: true };
    topic.cleared = result.cleared;
    const blocks: Block[] = [];
    const from = Math.max(topic.indexed, topic.swept);
    for (let i = topic.indexOf(from); i < topic.blockCount; i += 1) blocks.push(topic.block(i)!);
    if (blocks.length > 0) this.#table.putBlocks(topic.id, blocks);
    if (topic.isGone) this.#table.removeFacts(topic.id);
    else this.#table.putFacts(topic.id, { ...topic.facts(), indexed: topic.end });
    const isUnfinished = !result.isDone || this.#unswept.has(topic);
    if (isUnfinished !== topic.isUnfinished) this.#table.putUnfinished(topic.id, isUnfinished);
    topic.isUnfinished = isUnfinished;
    return result.isDone;
  }

  #bytesBefore(topic: Topic): number {
    if (topic.before === topic.end) return topic.bytes;
    for (const block of this.blocksFrom(topic, topic.before)) {
      const passed = Math.max(0, topic.before - block.firstOffset) / block.count;
      return block.bytesBefore + Math.floor(block.bytes * passed);
    }
    return topic.bytes;
  }

  /** Takes given-up blocks out of their segments' live bytes: at once, or bit by bit. */
  #sweep(topic: Topic): void {
    for (let i = 0; i < topic.blockCount; i += 1) {
      const block = topic.block(i)!;
      if (block.firstOffset + block.count > topic.before) break;
      this.cache.drop(block);
    }
    const isDone = topic.swept >= topic.memoryFrom ? this.#sweepMemory(topic) : false;
    if (isDone) {
      this.#settle(topic);
      this.#onSwept();
      return;
    }
    this.#unswept.add(topic);
    this.#queueSweep();
  }

  #sweepMemory(topic: Topic): true {
    for (let i = topic.indexOf(topic.swept); i < topic.blockCount; i += 1) {
      const block = topic.block(i)!;
      const end = block.firstOffset + block.count;
      if (end > topic.before) break;
      this.#giveUp(topic, block);
    }
    return true;
  }

  #sweepTable(topic: Topic): boolean {
    const { memoryFrom } = topic;
    let rows = 0;
    for (const row of this.#table.rowsFrom(topic.id, topic.swept, memoryFrom)) {
      if (rows === SWEEP_ROWS) return false;
      for (const block of row.blocks) {
        const end = block.firstOffset + block.count;
        if (end > topic.before || block.firstOffset >= memoryFrom) return true;
        if (end > topic.swept) this.#giveUp(topic, block);
      }
      rows += 1;
    }
    topic.swept = Math.max(topic.swept, Math.min(memoryFrom, topic.before));
    return true;
  }

  #giveUp(topic: Topic, block: IndexedBlock): void {
    if (topic.swept >= topic.indexed) this.unindexed = Math.max(0, this.unindexed - 1);
    const segment = this.#segments.find(block.place);
    segment.liveBytes -= block.bytes;
    segment.isDirty = true;
    topic.swept = block.firstOffset + block.count;
  }

  #queueSweep(): void {
    if (this.#sweepQueued) return;
    this.#sweepQueued = true;
    this.#clock.soon(() => {
      this.#sweepQueued = false;
      if (this.#isClosed) return;
      try {
        this.#sweepSlice();
      } catch (error) {
        if (!(error instanceof BrokerError)) throw error;
        this.#onDamage(error);
        return;
      }
      if (this.#unswept.size > 0 || this.#canTakeUp) this.#queueSweep();
      this.#onSwept();
    });
  }

  /** The topic that has waited longest is finished first, so that few are changed at a time. */
  #sweepSlice(): void {
    const endMs = this.#clock.monotonicMs() + SWEEP_MS;
    do {
      if (this.#canTakeUp && this.#takeUp()) continue;
      const [topic] = this.#unswept;
      if (topic === undefined) return;
      this.#sweepMore(topic);
    } while (this.#clock.monotonicMs() < endMs);
  }

  /** What is swept stays in memory until it is written. */
  get #canTakeUp(): boolean {
    const isFull = this.#unswept.size >= this.#maxTakenUp || this.dirtyTopics >= this.#maxTakenUp;
    return this.#takenUpTo !== undefined && !isFull;
  }

  /** One more topic that the process before left unfinished; false when there is none. */
  #takeUp(): boolean {
    for (const topicId of this.#table.unfinished(this.#takenUpTo)) {
      this.#takenUpTo = topicId + 1;
      const topic = this.topic(topicId);
      if (topic === undefined) return true;
      topic.isUnfinished = true;
      this.#topics.set(topicId, topic);
      this.#unswept.add(topic);
      return true;
    }
    this.#takenUpTo = undefined;
    return false;
  }

  #sweepMore(topic: Topic): void {
    this.#touch(topic);
    if (!this.#sweepTable(topic)) return;
    if (topic.swept >= topic.memoryFrom) this.#sweepMemory(topic);
    this.#unswept.delete(topic);
    this.#settle(topic);
  }
}
