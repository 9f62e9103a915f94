/** Reads the journal off the disk as it is written: which records and entries are durable. */
import { createHash, type Hash } from 'node:crypto';
import { keyOf, kindOf } from '../../../src/actors/names.ts';
import type { StoredData } from '../../../src/actors/topic/events.ts';
import type { JournalEvent, JournalRecord } from '../../../src/storage/journal.ts';
import { RecordHeader } from '../../../src/storage/lmdb/decode.ts';
import { isMoved, placeOfKey } from '../../../src/storage/lmdb/layout.ts';
import type { Change, DiskWatcher, SimFile } from '../world/disk.ts';
import { decodeContent } from './entries.ts';
import type { DurableEntry, Observation } from './observation.ts';

export class JournalWatch implements DiskWatcher {
  readonly #see: (observation: Observation) => void;
  readonly #hash: Hash | undefined;
  readonly #topicIds = new Map<string, number>();
  records = 0;

  /** `hashes`: gives a hash of every byte that it has seen. */
  constructor(see: (observation: Observation) => void, hashes: boolean) {
    this.#see = see;
    this.#hash = hashes ? createHash('sha256') : undefined;
  }

  synced(file: SimFile, changes: readonly Change[]): void {
    if (!file.path.includes('/journal/')) return;
    const values: { key: string; value: Buffer }[] = [];
    for (const { key, value } of changes) {
      this.#hash?.update(key, 'latin1');
      if (value === undefined) continue;
      this.#hash?.update(value);
      values.push({ key, value });
    }
    for (let i = 0; i < values.length; ) {
      const place = placeOfKey(Buffer.from(values[i]!.key, 'latin1'));
      const header = new RecordHeader(place, values[i]!.value, (what) => what);
      const parts = values.slice(i, i + header.values).map(({ value }) => value);
      i += header.values;
      // Entries that were moved have been seen before.
      if (isMoved(place)) continue;
      this.records += 1;
      const record = header.record();
      this.#see({ type: 'record', record, entries: entriesOf(header, record, parts) });
      for (const event of record.events) this.#tell(event, record.atMs);
    }
  }

  /** What comes and goes, by the names that clients know. */
  #tell({ actor, type, data }: JournalEvent, atMs: number): void {
    const [kind, name] = [kindOf(actor), keyOf(actor)];
    if (kind === 'topic' && type === 'created') {
      const { topicId } = data as { readonly topicId: number };
      this.#topicIds.set(name, topicId);
      this.#see({ type: 'topic-created', topic: name, topicId });
    } else if (kind === 'topic' && (type === 'terminated' || type === 'deleted')) {
      const topicId = this.#topicIds.get(name)!;
      this.#see({ type: `topic-${type}`, topic: name, topicId });
    } else if (kind === 'subscription' && type === 'deleted') {
      this.#see({ type: 'subscription-deleted', ...ownerOf(name) });
    } else if (kind === 'cursor' && type === 'acked') {
      const { steps } = data as { readonly steps: readonly number[] };
      this.#see({ type: 'left', ...ownerOf(name), ranges: rangesOf(steps), atMs });
    }
  }

  digest(): string {
    return this.#hash?.digest('hex') ?? '';
  }
}

function entriesOf(
  header: RecordHeader,
  record: JournalRecord,
  values: readonly Buffer[],
): DurableEntry[] {
  return header.blocks.flatMap(({ topicId, firstOffset, firstEntry, count, event }) => {
    const { ledgerId, firstEntryId } = record.events[event]!.data as StoredData;
    return Array.from({ length: count }, (_, i) => {
      const at = firstEntry + i;
      const start = header.startOf(at);
      const bytes = values[header.valueOf(at)]!.subarray(start, start + header.sizeOf(at));
      const position = { ledger: ledgerId, entry: firstEntryId + i };
      return { topicId, offset: firstOffset + i, position, content: decodeContent(bytes) };
    });
  });
}

/** Of the name that a subscription's actors have. */
function ownerOf(name: string): { readonly topicId: number; readonly subscription: string } {
  const at = name.indexOf('/');
  return { topicId: Number(name.slice(0, at)), subscription: name.slice(at + 1) };
}

/** How far behind the one before each begins, and how long it is. */
function rangesOf(steps: readonly number[]): [number, number][] {
  const ranges: [number, number][] = [];
  let end = 0;
  for (let i = 0; i < steps.length; i += 2) {
    const start = end + steps[i]!;
    end = start + steps[i + 1]!;
    ranges.push([start, end]);
  }
  return ranges;
}
