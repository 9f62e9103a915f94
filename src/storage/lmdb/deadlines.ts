/**
 * When saved actors have something to do by themselves: by time, so that the next ones are found
 * without a look at all the others, and by actor, so that a deadline that moves leaves no old one.
 */
import { BrokerError } from '../../base/errors.ts';
import type { Deadline } from '../state.ts';
import type { Table } from './environment.ts';

/** A deadline that is saved and not written yet, undefined for one that is given up. */
type Unwritten = ReadonlyMap<string, { readonly dueAtMs: number | undefined }>;

export class DeadlineTable {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  get(actor: string): number | undefined {
    return this.#table.get(actorKey(actor))?.readDoubleBE(0);
  }

  /** Only inside a write of the table's environment. */
  put(actor: string, atMs: number | undefined): void {
    const before = this.#replaced(actor);
    if (before === atMs) return;
    if (before !== undefined) this.#table.remove(timeKey(before, actor));
    if (atMs === undefined) {
      this.#table.remove(actorKey(actor));
      return;
    }
    const time = Buffer.allocUnsafe(8);
    time.writeDoubleBE(atMs);
    this.#table.put(actorKey(actor), time);
    this.#table.put(timeKey(atMs, actor), NOTHING);
  }

  /**
   * A row that is damaged is like no other, so that it is written anew or removed; what it stood
   * for finds its actor not due.
   */
  #replaced(actor: string): number | undefined {
    try {
      return this.get(actor);
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      return Number.NaN;
    }
  }

  /** As `StateStore.due`; `unwritten` hides what is in the table. */
  due(
    untilMs: number,
    after: Deadline | undefined,
    limit: number,
    unwritten: Unwritten,
  ): Deadline[] {
    const border = after === undefined ? undefined : timeKey(after.atMs, after.actor);
    const found: Buffer[] = [];
    for (const key of this.#table.keys({ start: border ?? BY_TIME, end: timeKey(untilMs, END) })) {
      if (border?.equals(key) === true || unwritten.has(deadlineOf(key).actor)) continue;
      found.push(key);
      if (found.length === limit) break;
    }
    for (const [actor, { dueAtMs }] of unwritten) {
      if (dueAtMs === undefined || dueAtMs > untilMs) continue;
      const key = timeKey(dueAtMs, actor);
      if (border === undefined || key.compare(border) > 0) found.push(key);
    }
    return found.sort(Buffer.compare).slice(0, limit).map(deadlineOf);
  }
}

const BY_ACTOR = Buffer.from('a');
const BY_TIME = Buffer.from('t');
const NOTHING = Buffer.alloc(0);
/** After every name. */
const END = '\u{10ffff}';

function actorKey(actor: string): Buffer {
  return Buffer.concat([BY_ACTOR, Buffer.from(actor)]);
}

/** IEEE 754: the bytes of positive numbers, the highest first, are in the order of the numbers. */
function timeKey(atMs: number, actor: string): Buffer {
  const time = Buffer.allocUnsafe(8);
  time.writeDoubleBE(atMs);
  return Buffer.concat([BY_TIME, time, Buffer.from(actor)]);
}

function deadlineOf(key: Buffer): Deadline {
  return { atMs: key.readDoubleBE(BY_TIME.length), actor: key.toString('utf8', 9) };
}
