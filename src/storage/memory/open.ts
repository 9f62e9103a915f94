/** Storage in memory, for specs and the simulation: no timers, no I/O, a disk that can crash. */
import { assert } from '../../base/assert.ts';
import { BrokerError } from '../../base/errors.ts';
import type { DueEntry, Entries, EntryRun, ReadLimits, TopicUsage } from '../entries.ts';
import type { Appended, Journal, JournalBatch, JournalRecord } from '../journal.ts';
import type { Deadline, Snapshot, StateStore } from '../state.ts';
import type { OpenStorage, Storage, StorageStats } from '../storage.ts';
import { HotEntries } from './cache.ts';
import { MemoryDisk } from './disk.ts';
import { MemoryScratch } from './scratch.ts';

export { MemoryDisk, type MemoryDiskOptions } from './disk.ts';

export interface MemoryStorageOptions {
  /** Bytes of entries that `cached` serves; older ones must be read. Default 64 MiB. */
  readonly cacheBytes?: number;
}

/** Opens storages on `disk`, one at a time: opening again leaves the earlier one dead. */
export function openMemoryStorage(
  disk: MemoryDisk = new MemoryDisk(),
  options: MemoryStorageOptions = {},
): OpenStorage {
  return async () => {
    let hasFailed!: (error: BrokerError) => void;
    const failed = new Promise<BrokerError>((resolve) => {
      hasFailed = resolve;
    });
    const mount = disk.mount(hasFailed);
    const session = { disk, isOpen: () => disk.isMounted(mount) };
    const hot = new HotEntries(options.cacheBytes ?? 64 * 1024 * 1024);
    const journal = new MemoryJournal(session, hot);
    const entries = new MemoryEntries(session, hot);
    const state = new MemoryStateStore(session);
    return new MemoryStorage(session, { journal, entries, state, failed }, hot);
  };
}

/** One opening of a disk. */
interface Session {
  readonly disk: MemoryDisk;
  readonly isOpen: () => boolean;
}

class MemoryStorage implements Storage {
  readonly journal: MemoryJournal;
  readonly entries: MemoryEntries;
  readonly state: MemoryStateStore;
  readonly failed: Promise<BrokerError>;
  readonly scratch = new MemoryScratch();
  readonly #session: Session;
  readonly #hot: HotEntries;

  constructor(
    session: Session,
    parts: Pick<MemoryStorage, 'journal' | 'entries' | 'state' | 'failed'>,
    hot: HotEntries,
  ) {
    this.#session = session;
    this.journal = parts.journal;
    this.entries = parts.entries;
    this.state = parts.state;
    this.failed = parts.failed;
    this.#hot = hot;
  }

  get isShort(): boolean {
    return this.#session.disk.isShort;
  }

  stats(): StorageStats {
    const liveBytes = this.#session.disk.topics.liveBytes();
    return {
      segments: 1,
      journalBytes: liveBytes,
      liveBytes,
      spareBytes: 0,
      isShort: this.isShort,
      cachedBytes: this.#hot.bytes,
      cacheHits: this.entries.hits,
      cacheMisses: this.entries.misses,
    };
  }

  async close(): Promise<void> {
    if (!this.#session.isOpen()) return;
    this.#session.disk.sync();
    this.#session.disk.unmount();
  }
}

class MemoryJournal implements Journal {
  readonly #session: Session;
  readonly #hot: HotEntries;
  /** The offset after the last entry that was appended, durable or not. */
  readonly #expected = new Map<number, number>();
  #nextSequence: number;

  constructor(session: Session, hot: HotEntries) {
    this.#session = session;
    this.#hot = hot;
    this.#nextSequence = session.disk.lastSequence + 1;
  }

  get lastSequence(): number {
    return this.#session.disk.lastSequence;
  }

  append(batch: JournalBatch): Appended {
    const sequence = this.#nextSequence;
    if (!this.#session.isOpen()) return { sequence, durable: refused() };
    this.#reserve(batch);
    this.#nextSequence += 1;
    const durable = this.#session.disk.write(sequence, batch, () => this.#hot.take(batch));
    return { sequence, durable };
  }

  async *read(sequence: number): AsyncGenerator<JournalRecord> {
    const disk = this.#session.disk;
    for (let next = sequence + 1; next <= disk.lastSequence; next += 1) {
      requireOpen(this.#session);
      const record = disk.records[next - disk.firstSequence];
      if (record === undefined) throw missing(next, disk.firstSequence);
      yield structuredClone(record);
    }
  }

  #reserve(batch: JournalBatch): void {
    for (const { entries: block } of batch.events) {
      if (block === undefined) continue;
      const { topicId, firstOffset } = block;
      const end = this.#expected.get(topicId) ?? this.#session.disk.topics.end(topicId);
      assert(
        end === undefined || firstOffset === end,
        `topic ${topicId} expects offset ${end}, not ${firstOffset}`,
      );
      this.#expected.set(topicId, firstOffset + block.entries.length);
    }
  }
}

/** No entry begins like this. */
const SPOILT = 0xdb;

class MemoryEntries implements Entries {
  readonly #session: Session;
  readonly #hot: HotEntries;
  #lent: Buffer[] = [];
  hits = 0;
  misses = 0;

  constructor(session: Session, hot: HotEntries) {
    this.#session = session;
    this.#hot = hot;
  }

  cached(topicId: number, offset: number, limits: ReadLimits): readonly EntryRun[] | undefined {
    const { topics } = this.#session.disk;
    const isHot = this.#hot.covers(topicId, offset) && topics.has(topicId, offset);
    if (isHot) this.hits += 1;
    else this.misses += 1;
    return isHot ? topics.read(topicId, offset, limits).map((run) => this.#lend(run)) : undefined;
  }

  arrival(): undefined {
    return undefined;
  }

  /** Spoils what was lent, so that whoever goes on looking at it fails his spec. */
  settle(kept: boolean): void {
    if (!kept) for (const entry of this.#lent) entry.fill(SPOILT);
    this.#lent = [];
  }

  #lend(run: EntryRun): EntryRun {
    const entries = run.entries.map((entry) => Buffer.from(entry));
    this.#lent.push(...entries);
    return { ...run, entries };
  }

  async read(topicId: number, offset: number, limits: ReadLimits): Promise<readonly EntryRun[]> {
    requireOpen(this.#session);
    return this.#session.disk.topics.read(topicId, offset, limits);
  }

  async pick(topicId: number, offsets: readonly number[], maxBytes: number): Promise<EntryRun[]> {
    requireOpen(this.#session);
    return this.#session.disk.topics.pick(topicId, offsets, maxBytes);
  }

  usage(topicId: number): TopicUsage {
    return this.#session.disk.topics.usage(topicId);
  }

  due(topicId: number, after: DueEntry, untilMs: number, limit: number): readonly DueEntry[] {
    return this.#session.disk.topics.due(topicId, after, untilMs, limit);
  }
}

class MemoryStateStore implements StateStore {
  readonly #session: Session;
  /** Saved snapshots that the disk does not hold yet. */
  readonly #unwritten = new Map<string, Snapshot>();

  constructor(session: Session) {
    this.#session = session;
  }

  get checkpointSequence(): number {
    return this.#session.disk.checkpointSequence;
  }

  load(actor: string): Snapshot | undefined {
    const snapshot = this.#unwritten.get(actor) ?? this.#session.disk.snapshots.get(actor);
    return snapshot?.state === undefined ? undefined : structuredClone(snapshot);
  }

  list(prefix: string, options: { after?: string; limit?: number } = {}): string[] {
    const actors = new Set([...this.#session.disk.snapshots.keys(), ...this.#unwritten.keys()]);
    const after = options.after === undefined ? undefined : Buffer.from(options.after);
    return [...actors]
      .filter((actor) => actor.startsWith(prefix) && this.load(actor) !== undefined)
      .map((actor) => Buffer.from(actor))
      .filter((actor) => after === undefined || actor.compare(after) > 0)
      .sort(Buffer.compare)
      .slice(0, options.limit)
      .map((actor) => actor.toString());
  }

  due(untilMs: number, { after, limit }: { after?: Deadline; limit: number }): Deadline[] {
    const saved = new Map([...this.#session.disk.snapshots, ...this.#unwritten]);
    return [...saved.values()]
      .filter(({ state }) => state !== undefined)
      .flatMap(({ actor, dueAtMs: atMs }) => (atMs === undefined ? [] : [{ actor, atMs }]))
      .filter((one) => one.atMs <= untilMs && (after === undefined || compare(one, after) > 0))
      .sort(compare)
      .slice(0, limit);
  }

  save(snapshots: readonly Snapshot[]): Promise<void> {
    if (!this.#session.isOpen()) return refused();
    const { disk } = this.#session;
    const copies = snapshots.map((snapshot) => structuredClone(snapshot));
    for (const snapshot of copies) {
      assert(snapshot.sequence <= disk.lastSequence, 'a snapshot holds durable records only');
      this.#unwritten.set(snapshot.actor, snapshot);
    }
    return disk.writeSnapshots(copies, () => {
      for (const snapshot of copies) {
        if (this.#unwritten.get(snapshot.actor) === snapshot) {
          this.#unwritten.delete(snapshot.actor);
        }
      }
    });
  }

  checkpoint(sequence: number): Promise<void> {
    if (!this.#session.isOpen()) return refused();
    const { disk } = this.#session;
    assert(sequence <= disk.lastSequence, 'a checkpoint covers durable records only');
    return disk.writeCheckpoint(sequence);
  }
}

/** By time, then by the bytes of the name. */
function compare(a: Deadline, b: Deadline): number {
  return a.atMs - b.atMs || Buffer.compare(Buffer.from(a.actor), Buffer.from(b.actor));
}

function requireOpen(session: Session): void {
  if (!session.isOpen()) throw closedError();
}

function closedError(): BrokerError {
  return new BrokerError('storage-failed', 'The storage is closed: open it again to go on.');
}

function refused(): Promise<never> {
  const rejection = Promise.reject(closedError());
  rejection.catch(() => {});
  return rejection;
}

function missing(sequence: number, firstSequence: number): BrokerError {
  return new BrokerError(
    'storage-missing',
    `Journal record ${sequence} is gone: the oldest that is left is ${firstSequence}.`,
  );
}
