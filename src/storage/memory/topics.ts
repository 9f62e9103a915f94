/** Entries of the memory disk by topic: the plainest thing that keeps the promises of the port. */
import { assert } from '../../base/assert.ts';
import type { DueEntry, EntryRun, ReadLimits, TopicUsage } from '../entries.ts';
import { compareDue } from '../entries.ts';
import type { EntryBlock, JournalEvent, TrimMark } from '../journal.ts';

interface StoredRun {
  readonly firstOffset: number;
  readonly entries: readonly Buffer[];
  readonly data: unknown;
  readonly dueAtMs: readonly number[] | undefined;
}

interface StoredTopic {
  /** The first offset that nobody gave up. */
  before: number;
  /** The offset after the last entry. */
  end: number;
  readonly runs: StoredRun[];
}

export class MemoryTopics {
  readonly #topics = new Map<number, StoredTopic>();

  apply(event: JournalEvent): void {
    if (event.entries !== undefined) this.#store(event.entries, event.data);
    if (event.trim !== undefined) this.#trim(event.trim);
  }

  usage(topicId: number): TopicUsage {
    const topic = this.#topics.get(topicId);
    if (topic === undefined) return { liveBytes: 0, liveEntries: 0 };
    let liveBytes = 0;
    for (const run of topic.runs) {
      for (const entry of run.entries.slice(Math.max(0, topic.before - run.firstOffset))) {
        liveBytes += entry.length;
      }
    }
    return { liveBytes, liveEntries: Math.max(0, topic.end - topic.before) };
  }

  /** The offset after the last entry; undefined for a topic that holds nothing. */
  end(topicId: number): number | undefined {
    return this.#topics.get(topicId)?.end;
  }

  liveBytes(): number {
    let sum = 0;
    for (const topicId of this.#topics.keys()) sum += this.usage(topicId).liveBytes;
    return sum;
  }

  /** Whether the entry at `offset` is there. */
  has(topicId: number, offset: number): boolean {
    const topic = this.#topics.get(topicId);
    return topic !== undefined && offset >= topic.before && offset < topic.end;
  }

  read(topicId: number, offset: number, limits: ReadLimits): EntryRun[] {
    const topic = this.#topics.get(topicId);
    if (topic === undefined) return [];
    const from = Math.max(offset, topic.before);
    const found: EntryRun[] = [];
    let entriesLeft = limits.maxEntries;
    let bytesLeft = limits.maxBytes;
    for (const run of topic.runs) {
      const skip = Math.max(0, from - run.firstOffset);
      if (skip >= run.entries.length) continue;
      let count = 0;
      for (const entry of run.entries.slice(skip)) {
        const isFirst = found.length === 0 && count === 0;
        if (entriesLeft === 0 || (entry.length > bytesLeft && !isFirst)) break;
        entriesLeft -= 1;
        bytesLeft -= entry.length;
        count += 1;
      }
      if (count > 0) found.push(slice(run, skip, count));
      if (skip + count < run.entries.length) break;
    }
    return found;
  }

  pick(topicId: number, offsets: readonly number[], maxBytes: number): EntryRun[] {
    const found: EntryRun[] = [];
    let bytesLeft = maxBytes;
    for (const offset of offsets) {
      if (!this.has(topicId, offset)) continue;
      const [run] = this.read(topicId, offset, { maxEntries: 1, maxBytes: 1 });
      bytesLeft -= run!.entries[0]!.length;
      if (bytesLeft < 0 && found.length > 0) break;
      found.push(run!);
    }
    return found;
  }

  due(topicId: number, after: DueEntry, untilMs: number, limit: number): DueEntry[] {
    const found = (this.#topics.get(topicId)?.runs ?? [])
      .flatMap(({ firstOffset, dueAtMs = [] }) =>
        dueAtMs.map((atMs, i) => ({ atMs, offset: firstOffset + i })),
      )
      .filter((entry) => entry.atMs > 0 && compareDue(entry, after) > 0)
      .sort(compareDue);
    const beyond = found.findIndex(({ atMs }) => atMs > untilMs);
    return found.slice(0, Math.min(limit, beyond < 0 ? found.length : beyond + 1));
  }

  #store(block: EntryBlock, data: unknown): void {
    if (block.entries.length === 0) return;
    let topic = this.#topics.get(block.topicId);
    if (topic === undefined) {
      topic = { before: block.firstOffset, end: block.firstOffset, runs: [] };
      this.#topics.set(block.topicId, topic);
    }
    assert(block.firstOffset === topic.end, `topic ${block.topicId} stores offsets without a gap`);
    const { firstOffset, entries, dueAtMs } = block;
    topic.runs.push({ firstOffset, entries, data, dueAtMs });
    topic.end += block.entries.length;
  }

  #trim(mark: TrimMark): void {
    const topic = this.#topics.get(mark.topicId);
    if (topic === undefined) return;
    topic.before = Math.min(topic.end, Math.max(topic.before, mark.before));
    const isGone = (run: StoredRun) => run.firstOffset + run.entries.length <= topic.before;
    while (topic.runs[0] !== undefined && isGone(topic.runs[0])) topic.runs.shift();
    if (topic.runs.length === 0) this.#topics.delete(mark.topicId);
  }
}

function slice(run: StoredRun, skip: number, count: number): EntryRun {
  return {
    firstOffset: run.firstOffset + skip,
    entries: run.entries.slice(skip, skip + count),
    data: structuredClone(run.data),
    dataIndex: skip,
    dueAtMs: run.dueAtMs,
  };
}
