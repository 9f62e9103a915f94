/**
 * The state environment: everything that could be rebuilt from the journal, written lazily. Each
 * write is one transaction that says up to which record the index is complete, so that a start
 * replays exactly what comes after. It is synced: power loss never leaves a torn state behind.
 */
import { join } from 'node:path';
import type { BrokerError } from '../../base/errors.ts';
import { type Environment, storageError, type Table } from './environment.ts';
import { IndexTable } from './index-table.ts';
import { FILE } from './new-file.ts';
import {
  decodeSegment,
  encodeSegment,
  numberOfSegmentKey,
  offsetOfRowKey,
  segmentKey,
  topicOfKey,
} from './rows.ts';
import { SealedTable } from './sealed-table.ts';
import type { Segment, SegmentFacts } from './segment.ts';

/** Address space for the state environment, and how many tables it may have. */
export const STATE_MAP_BYTES = 64 * 1024 * 1024 * 1024;
export const STATE_TABLES = 8;

/** How far the projections are. */
export interface Progress {
  /** Snapshots hold all records up to this one. */
  readonly checkpoint: number;
  /** The index holds all records up to this one. */
  readonly indexed: number;
  /** The newest segment that the state environment has heard of. */
  readonly newestSegment: number;
}

/** Something that has changes to write. */
export interface Contribution {
  /** Queues its changes; gives what to do once they are on disk. */
  write(): () => void;
}

export class Projection {
  readonly index: IndexTable;
  readonly actors: Table;
  readonly due: Table;
  readonly deadlines: Table;
  readonly #dir: string;
  readonly #environment: Environment;
  readonly #segments: Table;
  readonly #meta: Table;
  readonly #contributions: Contribution[] = [];
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #failure: BrokerError | undefined;

  constructor(environment: Environment, dir: string) {
    this.#dir = dir;
    this.#environment = environment;
    const table = (name: string, naming: (key: Buffer) => string) =>
      new SealedTable(environment.table(name), (key) => `${dir}: ${naming(key)}`);
    const topicOf = (key: Buffer) => `topic ${topicOfKey(key)}`;
    this.index = new IndexTable({
      rows: table('index', (key) => `the index of ${topicOf(key)} at ${offsetOfRowKey(key)}`),
      topics: table('topics', (key) => `what the index knows of ${topicOf(key)}`),
      unfinished: table('unfinished', (key) => `what is left to sweep of ${topicOf(key)}`),
    });
    this.actors = table('actors', (key) => `the snapshot of ${key}`);
    this.due = table('due', (key) => `what is due of ${topicOf(key)}`);
    this.deadlines = table('deadlines', (key) => `the deadline of ${key.subarray(1)}`);
    this.#segments = table('segments', (key) => `the row of segment ${numberOfSegmentKey(key)}`);
    this.#meta = table('meta', (key) => `the row "${key}"`);
  }

  /** A flush is under way. */
  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  progress(): Progress {
    const row = this.#meta.get(PROGRESS_KEY);
    if (row === undefined) return { checkpoint: 0, indexed: 0, newestSegment: 0 };
    const [checkpoint, indexed, newestSegment] = [0, 8, 16].map((at) => row.readDoubleLE(at));
    return { checkpoint, indexed, newestSegment } as Progress;
  }

  /** Queues the progress; only inside a contribution's `write`. */
  putProgress(progress: Progress): void {
    const row = Buffer.allocUnsafe(24);
    row.writeDoubleLE(progress.checkpoint, 0);
    row.writeDoubleLE(progress.indexed, 8);
    row.writeDoubleLE(progress.newestSegment, 16);
    this.#meta.put(PROGRESS_KEY, row);
  }

  *segments(): Iterable<{ readonly number: number; readonly facts: SegmentFacts }> {
    for (const { key, value } of this.#segments.rows({ start: segmentKey(0) })) {
      yield { number: numberOfSegmentKey(key), facts: decodeSegment(value) };
    }
  }

  putSegment(segment: Segment): void {
    this.#segments.put(segmentKey(segment.number), encodeSegment(segment.facts()));
  }

  removeSegment(segment: Segment): void {
    this.#segments.remove(segmentKey(segment.number));
  }

  contribute(contribution: Contribution): void {
    this.#contributions.push(contribution);
  }

  /** Writes all that changed until now as one transaction; resolves when it is on disk. */
  flush(): Promise<void> {
    if (this.#running === undefined) return this.#start();
    this.#next ??= this.#running.then(
      () => this.#start(),
      () => this.#start(),
    );
    return this.#next;
  }

  /** Resolves when nothing is being written. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await (this.#next ?? this.#running).catch(() => {});
  }

  /** The state environment's file. */
  get file(): string {
    return join(this.#dir, FILE);
  }

  /** A copy as of the last flush, in a new file. */
  async copyTo(file: string): Promise<void> {
    try {
      await this.#environment.copyTo(file);
    } catch (error) {
      throw storageError(error, this.#dir);
    }
  }

  async close(): Promise<void> {
    await this.idle();
    await this.#environment.close();
  }

  #start(): Promise<void> {
    this.#next = undefined;
    const running = this.#write().finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    // Whoever flushes for itself waits for it; a flush in the background leaves `failure` behind.
    running.catch(() => {});
    this.#running = running;
    return running;
  }

  async #write(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    let written: (() => void)[] = [];
    try {
      await this.#environment.write(() => {
        written = this.#contributions.map((contribution) => contribution.write());
      });
    } catch (error) {
      this.#failure = storageError(error, this.#dir);
      throw this.#failure;
    }
    for (const done of written) done();
  }
}

const PROGRESS_KEY = Buffer.from('progress');
