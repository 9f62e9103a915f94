/** A load on the journal as a broker makes it: steps append batches, few of them in flight. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32c } from '@node-rs/crc32';
import type { JournalEvent } from '../../src/storage/journal.ts';
import { type LmdbStorageOptions, openLmdbStorage } from '../../src/storage/lmdb/open.ts';
import type { Storage } from '../../src/storage/storage.ts';

export interface Load {
  readonly entryBytes: number;
  readonly entriesPerBatch: number;
  readonly topics: number;
  /** Batches that may wait for the disk. */
  readonly inFlight: number;
  /** Older entries are trimmed and checkpoints taken, so that about this much stays. */
  readonly retainBytes: number;
}

/** Opens a new storage in a folder below `parent`, gone when the bench is done. */
export async function openScratch(
  options: Partial<LmdbStorageOptions> = {},
  parent = process.env['BENCH_DIR'] ?? '/tmp',
): Promise<{ storage: Storage; dir: string; dispose: () => Promise<void> }> {
  const dir = await mkdtemp(join(parent, 'velamq-bench-'));
  // Such as BENCH_OPTIONS='{"maxTransactions":1}', to compare settings.
  const tried = JSON.parse(process.env['BENCH_OPTIONS'] ?? '{}') as Partial<LmdbStorageOptions>;
  const storage = await openLmdbStorage({ ...options, ...tried, dir });
  const dispose = async () => {
    await storage.close();
    await rm(dir, { recursive: true, force: true });
  };
  return { storage, dir, dispose };
}

/** Entries cut out of larger chunks, as a socket hands them out. */
export function makeEntries(count: number, bytes: number): Buffer[] {
  const chunk = Buffer.allocUnsafeSlow(count * bytes).fill('velamq storage bench ');
  return Array.from({ length: count }, (_, i) => {
    const entry = chunk.subarray(i * bytes, (i + 1) * bytes);
    entry.writeUInt16BE(0x0e01, 0);
    entry.writeUInt32BE(crc32c(entry.subarray(6)), 2);
    return entry;
  });
}

/** Appends batches round over the topics, and trims what is older than the load retains. */
export class Producer {
  readonly #storage: Storage;
  readonly #load: Load;
  readonly #entries: Buffer[][];
  readonly #offsets: number[];
  readonly #trimmed: number[];
  #step = 0;
  appendedEntries = 0;

  readonly #firstTopic: number;

  constructor(storage: Storage, load: Load, firstTopic = 0) {
    this.#firstTopic = firstTopic;
    this.#storage = storage;
    this.#load = load;
    // Fresh memory for every batch in flight, like real traffic; not more than there is cache.
    const sets = Math.max(8, Math.ceil((64 << 20) / (load.entryBytes * load.entriesPerBatch)));
    this.#entries = Array.from({ length: Math.min(sets, 4096) }, () =>
      makeEntries(load.entriesPerBatch, load.entryBytes),
    );
    this.#offsets = new Array<number>(load.topics).fill(0);
    this.#trimmed = new Array<number>(load.topics).fill(0);
  }

  get appendedBytes(): number {
    return this.appendedEntries * this.#load.entryBytes;
  }

  append(): Promise<void> {
    const { topics, entriesPerBatch, entryBytes, retainBytes } = this.#load;
    const topicId = this.#step % topics;
    const entries = this.#entries[this.#step % this.#entries.length]!;
    const firstOffset = this.#offsets[topicId]!;
    this.#step += 1;
    this.#offsets[topicId] = firstOffset + entriesPerBatch;
    this.appendedEntries += entriesPerBatch;
    const events: JournalEvent[] = [
      {
        actor: `topic:persistent://public/default/bench-${topicId}`,
        type: 'published',
        data: { producer: 'p-0', sequence: firstOffset, count: entriesPerBatch },
        cause: 'send',
        entries: { topicId: topicId + this.#firstTopic, firstOffset, entries },
      },
    ];
    const keep = Math.ceil(retainBytes / topics / entryBytes);
    const before = firstOffset - keep;
    if (before - this.#trimmed[topicId]! > keep / 50) {
      this.#trimmed[topicId] = before;
      const actor = `topic:persistent://public/default/bench-${topicId}`;
      events.push({
        actor,
        type: 'trimmed',
        data: {},
        cause: 'ack',
        trim: { topicId: topicId + this.#firstTopic, before },
      });
    }
    const { sequence, durable } = this.#storage.journal.append({ atMs: 0, events });
    if (sequence % 5000 === 0) {
      void durable.then(() => this.#storage.state.checkpoint(sequence));
    }
    return durable;
  }
}

/**
 * Appends for `seconds` with the load's batches in flight; gives how long each took to be durable,
 * in milliseconds, sorted.
 */
export async function saturate(
  producer: Producer,
  load: Load,
  seconds: number,
): Promise<readonly number[]> {
  const until = performance.now() + seconds * 1000;
  const latencies: number[] = [];
  const lane = async () => {
    for (let at = performance.now(); at < until; at = performance.now()) {
      await producer.append();
      latencies.push(performance.now() - at);
    }
  };
  await Promise.all(Array.from({ length: load.inFlight }, lane));
  return latencies.sort((a, b) => a - b);
}

/** What a span of time cost. */
export class Meter {
  readonly #startMs = performance.now();
  readonly #cpu = process.cpuUsage();

  /** One line: rate, throughput, CPU an entry. */
  line(entries: number, bytes: number): string {
    const seconds = (performance.now() - this.#startMs) / 1000;
    const { user, system } = process.cpuUsage(this.#cpu);
    const rate = `${(entries / seconds / 1000).toFixed(1)} k entries/s`;
    const throughput = `${(bytes / seconds / 1e6).toFixed(0)} MB/s`;
    const cpu = `${((user + system) / entries).toFixed(2)} us CPU an entry`;
    const share = `(user ${(user / entries).toFixed(2)}, system ${(system / entries).toFixed(2)})`;
    return `${rate}, ${throughput}, ${cpu} ${share}`;
  }
}

export function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}
