/** Entries by topic and offset: from the tail cache, or from the segments in bounded windows. */

import type { BlockMemory } from '../../base/block-memory.ts';
import type { BrokerError } from '../../base/errors.ts';
import type { DueEntry, Entries, EntryRun, ReadLimits, TopicUsage } from '../entries.ts';
import { cutCached } from './cache.ts';
import { corrupt } from './decode.ts';
import type { DueIndex } from './due-index.ts';
import { Gate } from './gate.ts';
import type { LmdbSettings } from './options.ts';
import { type Plan, planPicks, stretchOf } from './picks.ts';
import { ReadAhead } from './read-ahead.ts';
import { RecordReader, type Wanted } from './record-reader.ts';
import type { HeldRun } from './runs.ts';
import type { Segment } from './segment.ts';
import type { Segments } from './segments.ts';
import type { Index } from './topic-index.ts';
import type { Topic } from './topics.ts';

/** What a read may still take. */
export interface Budget {
  entries: number;
  bytes: number;
  /** Whether it has taken anything: the very first entry fits always. */
  isStarted: boolean;
}

type Sight =
  | { readonly runs: readonly HeldRun[] }
  | { readonly runs: undefined; readonly topic: Topic; readonly from: number };

export class LmdbEntries implements Entries {
  readonly #index: Index;
  readonly #dues: DueIndex;
  readonly #segments: Segments;
  readonly #settings: LmdbSettings;
  readonly #reader: RecordReader;
  readonly #gate: Gate;
  readonly #ahead: ReadAhead;
  readonly #requireOpen: () => void;
  hits = 0;
  misses = 0;

  constructor(
    index: Index,
    dues: DueIndex,
    segments: Segments,
    settings: LmdbSettings,
    requireOpen: () => void,
  ) {
    this.#index = index;
    this.#dues = dues;
    this.#segments = segments;
    this.#settings = settings;
    this.#reader = new RecordReader(settings.readCacheBytes, settings.clock);
    this.#gate = new Gate(settings.maxConcurrentReads);
    this.#requireOpen = requireOpen;
    this.#ahead = new ReadAhead(
      (topicId, offset, maxBytes, memory) =>
        this.#read(topicId, offset, { maxEntries: Number.POSITIVE_INFINITY, maxBytes }, memory),
      settings.readAheadBytes / READERS_AHEAD,
      settings.readAheadBytes,
      () => settings.clock.nowMs(),
    );
  }

  cached(topicId: number, offset: number, limits: ReadLimits): readonly EntryRun[] | undefined {
    return this.#here(topicId, offset, limits, false);
  }

  arrival(topicId: number, offset: number): Promise<void> | undefined {
    return this.#ahead.arrival(topicId, offset);
  }

  settle(kept: boolean): void {
    this.#index.cache.memory.settle(kept);
    this.#ahead.settle(kept);
  }

  #here(
    topicId: number,
    offset: number,
    limits: ReadLimits,
    forEver: boolean,
  ): readonly EntryRun[] | undefined {
    const topic = this.#topicAt(topicId, offset);
    if (topic === undefined || offset < topic.before || offset >= topic.end) return undefined;
    const runs = this.#cachedRuns(topic, offset, budgetOf(limits), forEver);
    if (runs.length > 0) {
      this.hits += 1;
      return runs;
    }
    this.misses += 1;
    return this.#ahead.take(topicId, offset, limits, forEver);
  }

  /** If it is in memory, or somebody is followed there, as one who drains what is not cached. */
  #topicAt(topicId: number, offset: number): Topic | undefined {
    const topic = this.#index.loaded(topicId);
    if (topic !== undefined || !this.#ahead.isFollowed(topicId, offset)) return topic;
    try {
      return this.#index.topic(topicId);
    } catch {
      // What is damaged is the error of the read that comes next.
      return undefined;
    }
  }

  async read(topicId: number, offset: number, limits: ReadLimits): Promise<readonly EntryRun[]> {
    this.#requireOpen();
    const arrival = this.#ahead.arrival(topicId, offset);
    if (arrival !== undefined) {
      await arrival;
      const here = this.#here(topicId, offset, limits, true);
      if (here !== undefined) return here;
    }
    const runs = await this.#read(topicId, offset, limits);
    if (runs.length > 0) this.#ahead.follow(topicId, offset, runs);
    return runs;
  }

  async pick(topicId: number, offsets: readonly number[], maxBytes: number): Promise<EntryRun[]> {
    const runs: EntryRun[] = [];
    const budget = budgetOf({ maxEntries: offsets.length, maxBytes });
    for (let left = offsets; left.length > 0; ) {
      const window = await this.#gate.run(() => this.#pickWindow(topicId, left, budget));
      runs.push(...window);
      const next = after(window, budget);
      if (next === undefined) break;
      left = left.filter((offset) => offset >= next);
    }
    return runs;
  }

  /** From disk into `memory`, if there is one; the runs that are cached are kept for ever. */
  async #read(
    topicId: number,
    offset: number,
    limits: ReadLimits,
    memory?: BlockMemory,
  ): Promise<readonly HeldRun[]> {
    this.#requireOpen();
    const runs: HeldRun[] = [];
    const budget = budgetOf(limits);
    for (let next: number | undefined = offset; next !== undefined; ) {
      const window = await this.#window(topicId, next, budget, memory);
      runs.push(...window);
      next = after(window, budget);
    }
    return runs;
  }

  usage(topicId: number): TopicUsage {
    return this.#index.usage(topicId);
  }

  due(topicId: number, after: DueEntry, untilMs: number, limit: number): readonly DueEntry[] {
    this.#requireOpen();
    return this.#dues.due(topicId, after, untilMs, limit);
  }

  /** Waits for reads in progress. */
  async close(): Promise<void> {
    this.#ahead.clear();
    await this.#gate.close();
  }

  /** Runs from `offset` on out of one segment or the cache; none at the end of the topic. */
  async #window(
    topicId: number,
    offset: number,
    budget: Budget,
    memory: BlockMemory | undefined,
  ): Promise<readonly HeldRun[]> {
    const here = this.#look(topicId, offset, budget);
    if (here.runs !== undefined) return here.runs;
    return this.#gate.run(async () => {
      this.#requireOpen();
      // While this waited for its turn, blocks may have moved, and what is left may be cached.
      const now = this.#look(topicId, offset, budget);
      if (now.runs !== undefined) return now.runs;
      const plan = this.#plan(now.topic, now.from, budget);
      if (plan === undefined) return [];
      return this.#segments.use(plan.segment, () =>
        this.#reader.read(plan.segment, topicId, plan.wanted, budget, memory),
      );
    });
  }

  /** Runs out of the cache, none at the end of the topic, or where on the disk to read from. */
  #look(topicId: number, offset: number, budget: Budget): Sight {
    const topic = this.#index.topic(topicId);
    const from = startOf(topic, offset, budget);
    if (topic === undefined || from === undefined) return { runs: [] };
    const runs = this.#cachedRuns(topic, from, budget, true);
    return runs.length > 0 ? { runs } : { runs: undefined, topic, from };
  }

  /** Of these offsets the first ones, out of one segment or the cache; none if all are gone. */
  async #pickWindow(
    topicId: number,
    offsets: readonly number[],
    budget: Budget,
  ): Promise<readonly EntryRun[]> {
    this.#requireOpen();
    const topic = this.#index.topic(topicId);
    if (topic === undefined) return [];
    const here = offsets.filter((offset) => offset >= topic.before && offset < topic.end);
    if (here.length === 0) return [];
    const cached = this.#cachedPicks(topic, here, { ...budget });
    if (cached.length > 0) return cached;
    const plan = planPicks(this.#index, this.#segments, topic, here);
    if (plan === undefined) throw gap(this.#settings.dir, topicId, here[0]!);
    return this.#segments.use(plan.segment, () =>
      this.#reader.read(plan.segment, topicId, plan.wanted, budget),
    );
  }

  /** As far as all of them are cached. */
  #cachedPicks(topic: Topic, offsets: readonly number[], budget: Budget): EntryRun[] {
    const picked: EntryRun[] = [];
    for (let at = 0; at < offsets.length; ) {
      const stretch = { ...budget, entries: stretchOf(offsets, at) };
      const runs = this.#cachedRuns(topic, offsets[at]!, stretch, true);
      if (runs.length === 0) break;
      picked.push(...runs);
      at += runs.reduce((sum, { entries }) => sum + entries.length, 0);
      if (after(runs, budget) === undefined) break;
    }
    return picked;
  }

  /** Which blocks to read next: of one segment, as many as a window holds. */
  #plan(topic: Topic, offset: number, budget: Budget): Plan | undefined {
    let segment: Segment | undefined;
    const wanted: Wanted[] = [];
    let bytesLeft = Math.min(budget.bytes, this.#settings.readWindowBytes);
    let entriesLeft = budget.entries;
    let next = offset;
    for (const block of this.#index.blocksFrom(topic, offset)) {
      if ('cached' in block && block.cached !== undefined) {
        // Cached, but the next entry no longer fits.
        if (wanted.length === 0) return undefined;
        break;
      }
      if (block.firstOffset > next) throw gap(this.#settings.dir, topic.id, next);
      next = block.firstOffset + block.count;
      segment ??= this.#segments.find(block.place);
      if (!segment.holds(block.place)) break;
      const skip = Math.max(0, offset - block.firstOffset);
      const count = block.count - skip;
      wanted.push({ block, skip, count });
      bytesLeft -= block.bytes;
      entriesLeft -= count;
      if (bytesLeft <= 0 || entriesLeft <= 0) break;
    }
    if (wanted.length === 0) throw gap(this.#settings.dir, topic.id, offset);
    return segment && { segment, wanted };
  }

  /** Kept for ever, or lent until the next `settle`. */
  #cachedRuns(topic: Topic, offset: number, budget: Budget, forEver: boolean): EntryRun[] {
    const runs: EntryRun[] = [];
    let { entries: entriesLeft, bytes: bytesLeft } = budget;
    let next = offset;
    for (let i = topic.indexOf(offset); i < topic.blockCount; i += 1) {
      const block = topic.block(i)!;
      const { cached } = block;
      if (cached === undefined || block.firstOffset > next || entriesLeft <= 0) break;
      const isFirst = !budget.isStarted && runs.length === 0;
      const limits = { entries: entriesLeft, bytes: bytesLeft, isFirst };
      const part = cutCached(block, cached, next, limits);
      if (part === undefined) break;
      this.#index.cache.memory.lend(cached.memory, forEver);
      runs.push(part.run);
      entriesLeft -= part.run.entries.length;
      bytesLeft -= part.bytes;
      next += part.run.entries.length;
      if (next < block.firstOffset + block.count) break;
    }
    return runs;
  }
}

/** Readers of a backlog that fill what may be read ahead; one who comes later reads without it. */
const READERS_AHEAD = 4;

function budgetOf(limits: ReadLimits): Budget {
  return { entries: limits.maxEntries, bytes: limits.maxBytes, isStarted: false };
}

/** Where to read from: past what was trimmed, unless that tore a gap into a read that has begun. */
function startOf(topic: Topic | undefined, offset: number, budget: Budget): number | undefined {
  if (topic === undefined) return undefined;
  if (budget.isStarted && offset < topic.before) return undefined;
  const from = Math.max(offset, topic.before);
  return from < topic.end ? from : undefined;
}

function gap(dir: string, topicId: number, offset: number): BrokerError {
  return corrupt(`${dir}: the index in state/ lacks entry ${offset} of topic ${topicId}.`);
}

/** Takes runs off the budget; gives the offset to go on from, if there is reason to. */
function after(runs: readonly EntryRun[], budget: Budget): number | undefined {
  const last = runs.at(-1);
  if (last === undefined) return undefined;
  budget.isStarted = true;
  for (const { entries } of runs) {
    budget.entries -= entries.length;
    for (const entry of entries) budget.bytes -= entry.length;
  }
  if (budget.entries <= 0 || budget.bytes <= 0) return undefined;
  return last.firstOffset + last.entries.length;
}
