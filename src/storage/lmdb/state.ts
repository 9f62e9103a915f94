/** Snapshots of actors over the state environment. What is not written yet is seen all the same. */
import { assert } from '../../base/assert.ts';
import { BrokerError } from '../../base/errors.ts';
import type { Deadline, Snapshot, StateStore } from '../state.ts';
import { DeadlineTable } from './deadlines.ts';
import type { Table } from './environment.ts';
import { decodePlain, encodePlain } from './plain.ts';

/** LMDB's keys end at 1,978 bytes. */
const MAX_ACTOR_BYTES = 1900;
/** f64: the last record that the snapshot holds. */
const HEAD_BYTES = 8;

/** What the store needs of the storage around it. */
export interface StateHost {
  readonly checkpointSequence: number;
  readonly lastSequence: number;
  /** Writes soon, with whatever else there is to write. */
  flushSoon(): Promise<void>;
  checkpoint(sequence: number): Promise<void>;
  /** Throws when the storage is closed or has failed. */
  requireOpen(): void;
}

/** An encoded snapshot and its deadline; without a row the actor is removed. */
interface Saved {
  readonly row: Buffer | undefined;
  readonly dueAtMs: number | undefined;
}

type Unwritten = Map<string, Saved>;

export class LmdbStateStore implements StateStore {
  readonly #table: Table;
  readonly #deadlines: DeadlineTable;
  readonly #host: StateHost;
  #unwritten: Unwritten = new Map();
  #writing: Unwritten = new Map();

  constructor(table: Table, deadlines: Table, host: StateHost) {
    this.#table = table;
    this.#deadlines = new DeadlineTable(deadlines);
    this.#host = host;
  }

  get checkpointSequence(): number {
    return this.#host.checkpointSequence;
  }

  load(actor: string): Snapshot | undefined {
    this.#host.requireOpen();
    const { row, dueAtMs } = this.#find(actor);
    if (row === undefined) return undefined;
    const state = decodePlain(row.subarray(HEAD_BYTES));
    return { actor, sequence: row.readDoubleLE(0), state, dueAtMs };
  }

  due(untilMs: number, { after, limit }: { after?: Deadline; limit: number }): Deadline[] {
    this.#host.requireOpen();
    const unwritten = new Map([...this.#writing, ...this.#unwritten]);
    return this.#deadlines.due(untilMs, after, limit, unwritten);
  }

  list(prefix: string, options: { after?: string; limit?: number } = {}): string[] {
    this.#host.requireOpen();
    const limit = options.limit ?? Number.POSITIVE_INFINITY;
    const overlay = this.#overlay(prefix, options.after);
    const found: string[] = [];
    let next = overlay.shift();
    for (const key of this.#storedKeys(prefix, options.after)) {
      while (next !== undefined && next.key.compare(key) < 0 && found.length < limit) {
        if (next.isThere) found.push(next.key.toString());
        next = overlay.shift();
      }
      if (found.length >= limit) return found;
      if (next?.key.equals(key)) continue;
      found.push(key.toString());
    }
    for (; next !== undefined && found.length < limit; next = overlay.shift()) {
      if (next.isThere) found.push(next.key.toString());
    }
    return found;
  }

  async save(snapshots: readonly Snapshot[]): Promise<void> {
    this.#host.requireOpen();
    const rows = snapshots.map((snapshot) => this.#encode(snapshot));
    snapshots.forEach(({ actor, dueAtMs }, i) => {
      const row = rows[i];
      this.#unwritten.set(actor, { row, dueAtMs: row === undefined ? undefined : dueAtMs });
    });
    await this.#host.flushSoon();
  }

  async checkpoint(sequence: number): Promise<void> {
    this.#host.requireOpen();
    assert(sequence <= this.#host.lastSequence, 'a checkpoint covers durable records only');
    await this.#host.checkpoint(sequence);
  }

  /** Queues what was saved; gives what to do once it is on disk. */
  write(): () => void {
    this.#writing = this.#unwritten;
    this.#unwritten = new Map();
    for (const [actor, { row, dueAtMs }] of this.#writing) {
      if (row === undefined) this.#table.remove(Buffer.from(actor));
      else this.#table.put(Buffer.from(actor), row);
      this.#deadlines.put(actor, dueAtMs);
    }
    return () => {
      this.#writing = new Map();
    };
  }

  #encode(snapshot: Snapshot): Buffer | undefined {
    const { actor, sequence, state } = snapshot;
    if (Buffer.byteLength(actor) > MAX_ACTOR_BYTES) {
      const start = actor.slice(0, 100);
      throw new BrokerError('invalid-name', `A name of over ${MAX_ACTOR_BYTES} bytes: ${start}...`);
    }
    assert(sequence <= this.#host.lastSequence, 'a snapshot holds durable records only');
    if (state === undefined) return undefined;
    const packed = encodePlain(state);
    const row = Buffer.allocUnsafe(HEAD_BYTES + packed.length);
    row.writeDoubleLE(sequence, 0);
    row.set(packed, HEAD_BYTES);
    return row;
  }

  #find(actor: string): Saved {
    const unwritten = this.#unwritten.get(actor) ?? this.#writing.get(actor);
    if (unwritten !== undefined) return unwritten;
    const row = this.#table.get(Buffer.from(actor));
    return { row, dueAtMs: row === undefined ? undefined : this.#deadlines.get(actor) };
  }

  /** Actors that are not written yet, ascending; those not there hide what is on disk. */
  #overlay(prefix: string, after: string | undefined): { key: Buffer; isThere: boolean }[] {
    const actors = new Set([...this.#writing.keys(), ...this.#unwritten.keys()]);
    const border = after === undefined ? undefined : Buffer.from(after);
    return [...actors]
      .filter((actor) => actor.startsWith(prefix))
      .map((actor) => ({ key: Buffer.from(actor), isThere: this.#find(actor).row !== undefined }))
      .filter(({ key }) => border === undefined || key.compare(border) > 0)
      .sort((a, b) => a.key.compare(b.key));
  }

  *#storedKeys(prefix: string, after: string | undefined): Iterable<Buffer> {
    const first = Buffer.from(prefix);
    const border = after === undefined ? undefined : Buffer.from(after);
    const start = border !== undefined && border.compare(first) > 0 ? border : first;
    for (const key of this.#table.keys({ start: start.length > 0 ? start : Buffer.from([0]) })) {
      if (key.compare(first, 0, first.length, 0, Math.min(first.length, key.length)) !== 0) return;
      if (border === undefined || key.compare(border) > 0) yield key;
    }
  }
}
