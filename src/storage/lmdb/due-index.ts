/**
 * The time index: entries that have a time at which they are due, ordered by topic, time and
 * offset. What was added since it was last written is in memory; the rest is in the state
 * environment. Entries leave it once they were trimmed, at the latest when their time has come.
 */
import { compareDue, type DueEntry } from '../entries.ts';
import type { Table } from './environment.ts';
import { topicOfKey } from './rows.ts';

/** What it must know of a topic. */
interface DueTopic {
  /** Entries below were given up. */
  readonly before: number;
}

/** Rows that one write looks at beside those that it adds: what was given up leaves bit by bit. */
const SWEEP_ROWS = 4_096;

export class DueIndex {
  readonly #table: Table;
  readonly #topic: (topicId: number) => DueTopic | undefined;
  readonly #nowMs: () => number;
  #unwritten: Added = new Map();
  #writing: Added = new Map();
  /** Entries that the table does not know yet. */
  unwritten = 0;
  /** Where the search for what may leave goes on; undefined when there is nothing to search for. */
  #hand: Buffer | undefined = dueKey(0, FIRST);
  /** Something was given up since the search last began. */
  #isBehind = false;

  constructor(table: Table, topic: (topicId: number) => DueTopic | undefined, nowMs: () => number) {
    this.#table = table;
    this.#topic = topic;
    this.#nowMs = nowMs;
  }

  /** Takes in the entries of a block that became durable. */
  add(topicId: number, firstOffset: number, dueAtMs: readonly number[]): void {
    let added = this.#unwritten.get(topicId);
    if (added === undefined) {
      added = [];
      this.#unwritten.set(topicId, added);
    }
    for (let i = 0; i < dueAtMs.length; i += 1) {
      const atMs = dueAtMs[i]!;
      if (atMs <= 0) continue;
      added.push({ atMs, offset: firstOffset + i });
      this.unwritten += 1;
    }
  }

  /** Some entries were given up. */
  trimmed(): void {
    this.#isBehind = true;
  }

  /** See `Entries.due`. */
  due(topicId: number, after: DueEntry, untilMs: number, limit: number): DueEntry[] {
    const fresh = [this.#unwritten, this.#writing]
      .flatMap((added) => added.get(topicId) ?? [])
      .filter((entry) => compareDue(entry, after) > 0)
      .sort(compareDue);
    const found: DueEntry[] = [];
    let next = 0;
    const isDone = () => found.length >= limit || (found.at(-1)?.atMs ?? 0) > untilMs;
    for (const entry of this.#stored(topicId, after, limit)) {
      for (; next < fresh.length && compareDue(fresh[next]!, entry) <= 0; next += 1) {
        if (isDone()) return found;
        // What is being written is in the table, too, before anybody says so.
        if (compareDue(fresh[next]!, entry) < 0) found.push(fresh[next]!);
      }
      if (isDone()) return found;
      found.push(entry);
    }
    for (; next < fresh.length && !isDone(); next += 1) found.push(fresh[next]!);
    return found;
  }

  /** Queues what was added and what leaves; gives what to do once that is on disk. */
  write(): () => void {
    const written = this.unwritten;
    this.#writing = this.#unwritten;
    this.#unwritten = new Map();
    this.unwritten = 0;
    for (const [topicId, added] of this.#writing) {
      const topic = this.#topic(topicId);
      for (const entry of added) {
        if (isNeeded(topic, entry)) this.#table.put(dueKey(topicId, entry), NOTHING);
      }
    }
    this.#sweep(SWEEP_ROWS + written * 2);
    return () => {
      this.#writing = new Map();
    };
  }

  *#stored(topicId: number, after: DueEntry, limit: number): Iterable<DueEntry> {
    const start = dueKey(topicId, after);
    // The first may be `after` itself.
    const range = { start, end: dueKey(topicId + 1, FIRST), limit: limit + 1 };
    for (const { key } of this.#table.rows(range)) if (!key.equals(start)) yield dueOf(key);
  }

  /** Removes what was given up of the next rows; looks at a topic no further than to now. */
  #sweep(limit: number): void {
    if (this.#hand === undefined && this.#isBehind) {
      this.#hand = dueKey(0, FIRST);
      this.#isBehind = false;
    }
    const nowMs = this.#nowMs();
    for (let left = limit; this.#hand !== undefined && left > 0; ) {
      const start: Buffer = this.#hand;
      this.#hand = undefined;
      for (const { key } of this.#table.rows({ start, limit: left })) {
        left -= 1;
        this.#hand = key;
        const topicId = topicOfKey(key);
        const topic = this.#topic(topicId);
        const entry = dueOf(key);
        if (!isNeeded(topic, entry)) this.#table.remove(key);
        else if (entry.atMs > nowMs) {
          this.#hand = dueKey(topicId + 1, FIRST);
          break;
        }
        if (left > 0) this.#hand = undefined;
      }
    }
  }
}

type Added = Map<number, DueEntry[]>;

const FIRST: DueEntry = { atMs: 0, offset: 0 };
const NOTHING = Buffer.alloc(0);

function isNeeded(topic: DueTopic | undefined, { offset }: DueEntry): boolean {
  return topic !== undefined && offset >= topic.before;
}

/** Key of an entry: u48 topic, u48 time, u48 offset, big-endian. */
function dueKey(topicId: number, { atMs, offset }: DueEntry): Buffer {
  const key = Buffer.allocUnsafe(18);
  key.writeUIntBE(topicId, 0, 6);
  key.writeUIntBE(clamped(atMs), 6, 6);
  key.writeUIntBE(clamped(offset), 12, 6);
  return key;
}

/** Times and offsets of a question may lie beyond all that there can be. */
function clamped(value: number): number {
  return Math.max(0, Math.min(value, 2 ** 48 - 1));
}

function dueOf(key: Buffer): DueEntry {
  return { atMs: key.readUIntBE(6, 6), offset: key.readUIntBE(12, 6) };
}
