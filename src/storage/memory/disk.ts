/**
 * What the memory storage calls a disk: it outlives the storages that are opened on it, and knows
 * what was synced. A simulation decides when a sync happens, whether it fails and what a crash
 * loses.
 */
import { assert } from '../../base/assert.ts';
import type { BrokerError } from '../../base/errors.ts';
import type { EntryBlock, JournalBatch, JournalRecord } from '../journal.ts';
import type { Snapshot } from '../state.ts';
import { MemoryTopics } from './topics.ts';

/** A batch or a state write that waits for the next sync. */
interface Pending {
  /** Makes it durable. */
  readonly commit: () => void;
  readonly resolve: () => void;
  readonly reject: (error: BrokerError) => void;
}

export interface MemoryDiskOptions {
  /** Syncs by itself at the end of the turn; without it `sync` must be called. Default true. */
  readonly autoSync?: boolean;
  /** Records up to the checkpoint are dropped once they are this many. Default 1,024. */
  readonly segmentRecords?: number;
}

export class MemoryDisk {
  readonly topics = new MemoryTopics();
  /** Durable records from `firstSequence` on. */
  readonly records: JournalRecord[] = [];
  readonly snapshots = new Map<string, Snapshot>();
  /** Less room is left than is kept for what gives room back. */
  isShort = false;
  readonly #autoSync: boolean;
  readonly #segmentRecords: number;
  #firstSequence = 1;
  #checkpoint = 0;
  #pending: Pending[] = [];
  #syncQueued = false;
  #failure: BrokerError | undefined;
  #hasFailed: (error: BrokerError) => void = () => undefined;
  #mount = 0;

  constructor(options: MemoryDiskOptions = {}) {
    this.#autoSync = options.autoSync ?? true;
    this.#segmentRecords = options.segmentRecords ?? 1024;
  }

  /** Sequence of the oldest record that is still there. */
  get firstSequence(): number {
    return this.#firstSequence;
  }

  get lastSequence(): number {
    return this.#firstSequence + this.records.length - 1;
  }

  get checkpointSequence(): number {
    return this.#checkpoint;
  }

  /** Writes that a crash would lose now. */
  get unsynced(): number {
    return this.#pending.length;
  }

  /** Makes the oldest `count` unsynced writes durable; all by default. */
  sync(count = this.#pending.length): void {
    const done = this.#pending.splice(0, count);
    for (const write of done) {
      if (this.#failure === undefined) {
        write.commit();
        write.resolve();
      } else write.reject(this.#failure);
    }
  }

  /**
   * Power loss or kill: what was not synced is gone and nobody hears of it; the storage that was
   * open on this disk is dead.
   */
  crash(): void {
    this.#pending = [];
    this.#failure = undefined;
    this.#mount += 1;
  }

  /** Fails every unsynced and later write until the storage is closed and opened again. */
  fail(error: BrokerError): void {
    this.#failure = error;
    this.sync();
    this.#hasFailed(error);
  }

  /**
   * Takes the disk over for a storage that opens; gives the token that `isMounted` asks for.
   * `onFailure` hears why nothing can be written any more.
   */
  mount(onFailure: (error: BrokerError) => void): number {
    this.#hasFailed = onFailure;
    this.#mount += 1;
    this.#failure = undefined;
    return this.#mount;
  }

  /** Leaves the storage that was open dead. */
  unmount(): void {
    this.#mount += 1;
  }

  isMounted(token: number): boolean {
    return token === this.#mount;
  }

  /** Appends a batch as record `sequence`. */
  write(sequence: number, batch: JournalBatch, applied: () => void): Promise<void> {
    const stored: JournalBatch = {
      atMs: batch.atMs,
      events: batch.events.map((event) => ({
        ...event,
        data: structuredClone(event.data),
        ...(event.entries === undefined ? {} : { entries: copyOf(event.entries) }),
      })),
    };
    return this.#enqueue(() => {
      assert(sequence === this.lastSequence + 1, 'records are stored in order, without a gap');
      for (const event of stored.events) this.topics.apply(event);
      this.records.push({ sequence, atMs: stored.atMs, events: stored.events.map(withoutBytes) });
      applied();
    });
  }

  writeSnapshots(snapshots: readonly Snapshot[], written: () => void): Promise<void> {
    return this.#enqueue(() => {
      for (const snapshot of snapshots) {
        if (snapshot.state === undefined) this.snapshots.delete(snapshot.actor);
        else this.snapshots.set(snapshot.actor, snapshot);
      }
      written();
    });
  }

  writeCheckpoint(sequence: number): Promise<void> {
    return this.#enqueue(() => {
      this.#checkpoint = Math.max(this.#checkpoint, sequence);
      const reclaimable = this.#checkpoint - this.#firstSequence + 1;
      if (reclaimable < this.#segmentRecords) return;
      this.records.splice(0, reclaimable);
      this.#firstSequence += reclaimable;
    });
  }

  #enqueue(commit: () => void): Promise<void> {
    const { promise, resolve, reject } = deferred();
    this.#pending.push({ commit, resolve, reject });
    if (this.#autoSync && !this.#syncQueued) {
      this.#syncQueued = true;
      queueMicrotask(() => {
        this.#syncQueued = false;
        this.sync();
      });
    } else if (this.#failure !== undefined) this.sync();
    return promise;
  }
}

function deferred() {
  let resolve!: () => void;
  let reject!: (error: BrokerError) => void;
  const promise = new Promise<void>((onDone, onError) => {
    resolve = onDone;
    reject = onError;
  });
  // Whoever appended may be waiting for a later batch only; the failure reaches it there.
  promise.catch(() => {});
  return { promise, resolve, reject };
}

/** Whoever appended may use the memory again once this is durable. */
function copyOf(block: EntryBlock): EntryBlock {
  return { ...block, entries: block.entries.map((entry) => Buffer.from(entry)) };
}

function withoutBytes(event: JournalBatch['events'][number]): JournalBatch['events'][number] {
  if (event.entries === undefined) return event;
  return { ...event, entries: { ...event.entries, entries: [] } };
}
