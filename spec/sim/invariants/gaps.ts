/**
 * A reader misses nothing: from where it wants to begin to the last entry there is none that it
 * does not get, unless it was trimmed before. One of the compacted topic may miss what was
 * compacted away.
 */
import type { ConsumerSeen, Observation } from '../observe/observation.ts';
import type { World } from '../world.ts';
import type { Fail, Invariant } from './invariant.ts';
import type { Stored, StoredEntry, StoredTopic } from './stored.ts';

interface Reading {
  readonly topic: StoredTopic;
  /** Compactions that had been dropped when it began. */
  readonly generation: number;
  /** Offset of the next entry; undefined where what it wants to begin with is of another topic. */
  next: number | undefined;
}

/** Entries that a reader was led past: they may be trimmed by a record that is not durable yet. */
interface Doubt {
  readonly consumer: ConsumerSeen;
  readonly reading: Reading;
  readonly to: number;
  /** Records that have come to the disk since. */
  records: number;
}

/** Journal records that are under way at most, and the one that is gathered. */
const MAX_RECORDS_UNDER_WAY = 5;

export class Gaps implements Invariant {
  readonly name = 'a reader gets every entry';
  checks = 0;
  readonly #stored: Stored;
  readonly #readers = new Map<ConsumerSeen, Reading>();
  #doubts: Doubt[] = [];

  constructor(stored: Stored) {
    this.#stored = stored;
  }

  see(seen: Observation, fail: Fail): void {
    if (seen.type === 'trimmed') this.#trimmed(seen);
    if (seen.type === 'record') this.#judge(fail);
    // What was decided may never come to the disk; who was told of it reads anew.
    if (seen.type === 'broker') this.#doubts = [];
    if (!('consumer' in seen) || seen.consumer.durable) return;
    const { consumer } = seen;
    if (seen.type === 'subscribed') {
      const topic = this.#stored.topic(consumer.topic);
      if (topic === undefined) return;
      const { generation, trimmedBelow } = topic.compacted;
      this.#readers.set(consumer, {
        topic,
        generation,
        next: firstOf(consumer, topic),
      });
      this.#trimmed({ topicId: topic.topicId, before: trimmedBelow });
    } else if (seen.type === 'consumer-closing' || seen.type === 'consumer-closed') {
      this.#readers.delete(consumer);
    } else if (seen.type === 'delivered') {
      const reading = this.#readers.get(consumer);
      const offset = reading?.topic.at(seen.position)?.offset;
      if (reading === undefined || offset === undefined) return;
      this.checks += 1;
      if (this.#missed(consumer, reading, offset) !== undefined) {
        this.#doubts.push({ consumer, reading: { ...reading }, to: offset, records: 0 });
      }
      reading.next = Math.max(offset + 1, reading.topic.compacted.trimmedBelow);
    }
  }

  /** What was trimmed is gone, whether somebody was about to read it or not. */
  #trimmed({ topicId, before }: { readonly topicId: number; readonly before: number }): void {
    const doubtful = this.#doubts.map(({ reading }) => reading);
    for (const reading of [...this.#readers.values(), ...doubtful]) {
      const { topic, next } = reading;
      if (topic.topicId !== topicId || next === undefined) continue;
      reading.next = Math.max(next, before);
    }
    this.#doubts = this.#doubts.filter((doubt) => this.#missedBy(doubt) !== undefined);
  }

  /** By the next record what led a reader past something has come to the disk. */
  #judge(fail: Fail): void {
    for (const doubt of this.#doubts) {
      doubt.records += 1;
      if (doubt.records > MAX_RECORDS_UNDER_WAY) fail(this.#missedBy(doubt)!);
    }
  }

  isSatisfied(world: World): boolean {
    return this.#doubts.length === 0 && this.#behind(world) === undefined;
  }

  end(world: World, fail: Fail): void {
    const [doubt] = this.#doubts;
    if (doubt !== undefined) fail(this.#missedBy(doubt)!);
    const behind = this.#behind(world);
    if (behind !== undefined) fail(behind);
  }

  #missedBy({ consumer, reading, to }: Doubt): string | undefined {
    const missed = this.#missed(consumer, reading, to);
    if (missed === undefined) return undefined;
    return `${consumer.subscription} of c${consumer.link} misses ${placeOf(missed)}`;
  }

  #behind({ network }: World): string | undefined {
    for (const [consumer, reading] of this.#readers) {
      const { link, topic, subscription } = consumer;
      if (!network.isWhole(link) || this.#stored.topic(topic) !== reading.topic) continue;
      const missed = this.#missed(consumer, reading, reading.topic.entries.length);
      if (missed === undefined) continue;
      return `${subscription} of c${link} does not get ${placeOf(missed)}`;
    }
    return undefined;
  }

  /** The first entry below an offset that it should have got and has not. */
  #missed(
    { topic: name, readsCompacted }: ConsumerSeen,
    { topic, generation, next }: Reading,
    offset: number,
  ): StoredEntry | undefined {
    const { entries, compacted } = topic;
    // Whom a compaction spared something need not get it once that is dropped.
    const sparedBelow = generation < compacted.generation ? compacted.droppedBelow : 0;
    for (let i = next ?? offset; i < offset; i++) {
      const entry = entries[i]!;
      const isSpared = i < sparedBelow || compacted.mayLeaveOut(entries, entry);
      if (readsCompacted && isSpared) continue;
      if (this.#stored.transacted.isAborted(entry.content)) continue;
      if (this.#stored.mayBeLetGo(name, entry.position)) continue;
      return entry;
    }
    return undefined;
  }
}

function firstOf({ start }: ConsumerSeen, topic: StoredTopic): number | undefined {
  if (start === undefined) return undefined;
  return start.ledger < 0 ? 0 : topic.at(start)?.offset;
}

function placeOf({ position: { ledger, entry } }: StoredEntry): string {
  return `${ledger}:${entry}`;
}
