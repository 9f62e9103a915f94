/**
 * One compaction: reads everything twice, first to learn which messages survive, then to store
 * them. The topic hears of entries in blocks, each answered when it is durable; until it is told
 * the end, nobody sees them. Half of the time it rests, so that others do not feel it.
 */
import type { Clock } from '../../base/clock.ts';
import { BrokerError } from '../../base/errors.ts';
import { addSample, noCounts } from '../../base/period-histogram.ts';
import { type LeisurelyPacer, leisurelyPacer } from '../../base/slices.ts';
import type { Entries, EntryRun } from '../../storage/entries.ts';
import type { Scratch } from '../../storage/scratch.ts';
import { WRITE_LATENCY_BOUNDS_US } from '../gauges.ts';
import type { CompactionFormat, CompactionPlan, OpenedEntry } from '../ports.ts';
import type { CompactionOutcome, StoreCompacted } from '../topic/commands.ts';
import { type CompactedData, messagesAt, type StoredData } from '../topic/events.ts';
import { Chunks } from './chunks.ts';
import { Survivors } from './survivors.ts';

export interface CompactionRunOptions {
  /** For the table of keys, and as much again for a bit a message. */
  readonly memoryBytes: number;
  /** How fast entries are read, in either phase. */
  readonly bytesPerSecond: number;
  /** topicCompactionRetainNullKey: messages without key stay. */
  readonly retainNullKey: boolean;
}

export interface CompactionRunParts {
  readonly plan: CompactionPlan;
  readonly entries: Entries;
  readonly scratch: Scratch;
  readonly format: CompactionFormat;
  readonly clock: Clock;
  readonly options: CompactionRunOptions;
  /** Hands survivors to the topic; resolves when they are durable. */
  readonly store: (block: CompactedBlock) => Promise<void>;
  /** Whether to end early. */
  readonly isStopped: () => boolean;
}

export type CompactedBlock = Pick<StoreCompacted, 'offsets' | 'messages' | 'chunked' | 'entries'>;

type Done = Extract<CompactionOutcome, { readonly kind: 'done' }>;

const READ = { maxEntries: 1_000, maxBytes: 256 * 1024 };
/** A block for the topic holds so much, or a single entry: what others publish waits behind it. */
const BLOCK_BYTES = 64 * 1024;
const BLOCK_ENTRIES = 1_000;

export class CompactionRun {
  readonly #parts: CompactionRunParts;
  readonly #survivors: Survivors;
  readonly #pace: LeisurelyPacer;
  readonly #beganMs: number;
  #readBytes = 0;
  readonly #writeLatency = noCounts(WRITE_LATENCY_BOUNDS_US);
  /** Numbers the messages of a phase. */
  #message = 0;

  constructor(parts: CompactionRunParts) {
    const { options, scratch, clock } = parts;
    this.#parts = parts;
    this.#pace = leisurelyPacer(clock);
    this.#survivors = new Survivors(options.memoryBytes, scratch, this.#pace);
    this.#beganMs = clock.monotonicMs();
  }

  /** Rejects where entries cannot be read or stored, or there are too many keys. */
  async run(): Promise<Done> {
    try {
      await this.#learn();
      return await this.#keep();
    } finally {
      await this.#survivors.close();
    }
  }

  /** Phase one. */
  async #learn(): Promise<void> {
    const survivors = this.#survivors;
    const chunks = new Chunks();
    for await (const { entries } of this.#read()) {
      for (const entry of entries) {
        const opened = this.#parts.format.open(entry);
        const number = chunks.numberOf(opened.chunk, this.#message);
        for (const message of opened.messages) {
          if (survivors.isFull) await survivors.spill();
          const own = this.#message++;
          if (number !== undefined) this.#judge(message, number === 'own' ? own : number);
        }
        if (this.#pace.isOver()) await this.#pace.pause();
      }
    }
    // Their last parts come behind the horizon.
    for (const number of chunks.unfinished()) survivors.keep(number);
    await survivors.finish();
  }

  #judge({ kind, key }: OpenedEntry['messages'][number], number: number): void {
    const survivors = this.#survivors;
    if (kind === 'gone') return;
    if (kind === 'sealed') survivors.keep(number);
    else if (key !== undefined) {
      if (kind === 'value') survivors.value(key, number);
      else survivors.tombstone(key);
    } else if (this.#parts.options.retainNullKey) survivors.keep(number);
    else survivors.removed += 1;
  }

  /** Phase two. */
  async #keep(): Promise<Done> {
    const learnt = this.#message;
    this.#message = 0;
    const chunks = new Chunks();
    const block = new Block();
    let lastBatchIndex = -1;
    for await (const run of this.#read()) {
      for (const [i, entry] of run.entries.entries()) {
        const opened = this.#parts.format.open(entry);
        const keeps = this.#keeps(opened, chunks);
        if (keeps.includes(true)) {
          block.add(run.offsets[i]!, run.messages[i]!, opened, opened.retain(keeps));
          lastBatchIndex = keeps.length > 1 ? keeps.lastIndexOf(true) : -1;
        }
        if (block.isFull) await this.#store(block.take());
        if (this.#pace.isOver()) await this.#pace.pause();
      }
    }
    if (this.#message !== learnt) throw changed();
    if (!block.isEmpty) await this.#store(block.take());
    const { removed } = this.#survivors;
    const readBytes = this.#readBytes;
    const writeLatency = this.#writeLatency;
    return { kind: 'done', lastBatchIndex, removed, readBytes, writeLatency };
  }

  async #store(block: CompactedBlock): Promise<void> {
    const { clock, store } = this.#parts;
    const beganMs = clock.monotonicMs();
    await store(block);
    const tookUs = Math.round((clock.monotonicMs() - beganMs) * 1_000);
    addSample(this.#writeLatency, WRITE_LATENCY_BOUNDS_US, tookUs, block.entries.length);
  }

  #keeps({ messages, chunk }: OpenedEntry, chunks: Chunks): boolean[] {
    const first = this.#message;
    this.#message += messages.length;
    const isFirst = chunk === undefined || chunk.index === 0;
    const keeps = messages.map((_, i) => isFirst && this.#survivors.has(first + i));
    return chunk === undefined ? keeps : [chunks.follows(chunk, keeps[0] === true)];
  }

  /** The compacted ledger that there is, then what came after it; at the rate that is allowed. */
  async *#read(): AsyncGenerator<ReadRun> {
    const { before, topicId, from, horizon, aborted } = this.#parts.plan;
    if (before !== undefined) {
      for await (const run of this.#readFrom(before.storageId, 0, before.entries)) {
        yield keptBefore(run);
      }
    }
    for await (const run of this.#readFrom(topicId, from, horizon)) {
      yield without(aborted, stored(run));
    }
  }

  async *#readFrom(topicId: number, from: number, to: number): AsyncGenerator<EntryRun> {
    for (let next = from; next < to; ) {
      const maxEntries = Math.min(READ.maxEntries, to - next);
      const runs = await this.#parts.entries.read(topicId, next, { ...READ, maxEntries });
      if (runs.length === 0) throw changed();
      for (const run of runs) {
        if (run.firstOffset !== next) throw changed();
        if (this.#parts.isStopped()) throw changed();
        next += run.entries.length;
        for (const entry of run.entries) this.#readBytes += entry.length;
        yield run;
      }
      await this.#slowDown();
    }
  }

  async #slowDown(): Promise<void> {
    const { clock, options } = this.#parts;
    const dueMs = this.#beganMs + (this.#readBytes / options.bytesPerSecond) * 1_000;
    const aheadMs = dueMs - clock.monotonicMs();
    if (aheadMs > 1) await this.#pace.pause(aheadMs);
  }
}

/** Entries with what is known of them: offsets in the topic, and the messages in each. */
interface ReadRun {
  readonly entries: readonly Buffer[];
  readonly offsets: readonly number[];
  readonly messages: readonly number[];
}

function keptBefore({ entries, data, dataIndex }: EntryRun): ReadRun {
  const { offsets, messages } = data as CompactedData;
  const end = dataIndex + entries.length;
  return {
    entries,
    offsets: offsets.slice(dataIndex, end),
    messages: messages.slice(dataIndex, end),
  };
}

function stored({ entries, data, dataIndex, firstOffset }: EntryRun): ReadRun {
  return {
    entries,
    offsets: entries.map((_, i) => firstOffset + i),
    messages: entries.map((_, i) => messagesAt(data as StoredData, dataIndex + i)),
  };
}

/** What was published in transactions that were aborted is as good as not there. */
function without(aborted: CompactionPlan['aborted'], run: ReadRun): ReadRun {
  if (aborted === undefined) return run;
  const keeps = (_: unknown, i: number) => !aborted.has(run.offsets[i]!);
  return {
    entries: run.entries.filter(keeps),
    offsets: run.offsets.filter(keeps),
    messages: run.messages.filter(keeps),
  };
}

/** Survivors on their way to the topic. */
class Block {
  #offsets: number[] = [];
  #messages: number[] = [];
  #entries: Buffer[] = [];
  #chunked = false;
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  get isFull(): boolean {
    return this.#bytes >= BLOCK_BYTES || this.#entries.length >= BLOCK_ENTRIES;
  }

  add(offset: number, messages: number, { chunk }: OpenedEntry, entry: Buffer): void {
    this.#offsets.push(offset);
    this.#messages.push(messages);
    this.#entries.push(entry);
    this.#chunked ||= chunk !== undefined;
    this.#bytes += entry.length;
  }

  take(): CompactedBlock {
    const [offsets, messages, entries] = [this.#offsets, this.#messages, this.#entries];
    const block = { offsets, messages, entries, chunked: this.#chunked };
    this.#offsets = [];
    this.#messages = [];
    this.#entries = [];
    this.#chunked = false;
    this.#bytes = 0;
    return block;
  }
}

function changed(): BrokerError {
  return new BrokerError('conflict', 'Messages were given up while the topic was being compacted');
}
