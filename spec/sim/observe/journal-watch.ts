/** Reads the journal off the disk as it is written: which records and entries are durable. */
import { createHash, type Hash } from 'node:crypto';
import type { HeldByTxn, HeldUpTo } from '../../../src/actors/cursor/held-acks.ts';
import { keyOf, kindOf } from '../../../src/actors/names.ts';
import type { StoredData } from '../../../src/actors/topic/events.ts';
import type { Participant } from '../../../src/actors/transaction/commands.ts';
import { type TxnId, txnId } from '../../../src/actors/txn-id.ts';
import type { JournalEvent } from '../../../src/storage/journal.ts';
import { RecordHeader } from '../../../src/storage/lmdb/decode.ts';
import { isMoved, placeOfKey } from '../../../src/storage/lmdb/layout.ts';
import type { Change, DiskWatcher, SimFile } from '../world/disk.ts';
import { decodeContent } from './entries.ts';
import type { CompactionStep, DurableEntry, Observation } from './observation.ts';

export class JournalWatch implements DiskWatcher {
  readonly #see: (observation: Observation) => void;
  readonly #hash: Hash | undefined;
  readonly #topicIds = new Map<string, number>();
  readonly #topicNames = new Map<number, string>();
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
      const blocks = new Map(blocksOf(header, parts).map((block) => [block.event, block]));
      const entries = record.events.flatMap((event, at) =>
        event.type === 'entries-stored' ? entriesOf(event, blocks.get(at)!) : [],
      );
      this.#see({ type: 'record', record, entries });
      for (const [at, event] of record.events.entries()) {
        this.#tell(event, record.atMs, blocks.get(at));
      }
    }
  }

  /** What comes and goes, by the names that clients know. */
  #tell({ actor, type, data }: JournalEvent, atMs: number, block: Block | undefined): void {
    const [kind, name] = [kindOf(actor), keyOf(actor)];
    if (kind === 'topic' && type === 'created') {
      const { topicId } = data as { readonly topicId: number };
      this.#topicIds.set(name, topicId);
      this.#topicNames.set(topicId, name);
      this.#see({ type: 'topic-created', topic: name, topicId });
    } else if (kind === 'topic' && (type === 'terminated' || type === 'deleted')) {
      const topicId = this.#topicIds.get(name)!;
      this.#see({ type: `topic-${type}`, topic: name, topicId });
    } else if (kind === 'topic') this.#tellOfTopic(name, type, data, block);
    else if (kind === 'subscription' && (type === 'opened' || type === 'deleted')) {
      const what = type === 'opened' ? 'created' : 'deleted';
      this.#see({ type: `subscription-${what}`, ...this.#ownerOf(name) });
    } else if (kind === 'cursor' && type === 'acked') {
      const { steps } = data as { readonly steps: readonly number[] };
      this.#see({ type: 'left', ...this.#ownerOf(name), ranges: rangesOf(steps), atMs });
    } else if (kind === 'cursor' && (type === 'reset' || type === 'deleted')) {
      // It is deleted behind what it was told before its subscription ended.
      const what = type === 'reset' ? 'reset' : 'forgotten';
      this.#see({ type: `subscription-${what}`, ...this.#ownerOf(name) });
    } else if (kind === 'cursor') this.#tellOfHeld(name, type, data);
    else if (kind === 'transaction-coordinator') this.#tellOfTxn(Number(name), type, data);
  }

  /** What a topic keeps, in which form. */
  #tellOfTopic(topic: string, type: string, data: unknown, block: Block | undefined): void {
    const topicId = this.#topicIds.get(topic)!;
    const {
      before,
      horizon = 0,
      offsets,
    } = data as {
      readonly before?: number;
      readonly horizon?: number;
      readonly offsets?: readonly number[];
    };
    const what = COMPACTION[type];
    if (type === 'trimmed') this.#see({ type, topic, topicId, before: before! });
    else if (type === 'transaction-ended') {
      const end = data as { readonly txn: TxnId; readonly commit: boolean };
      this.#see({ type: 'txn-ended-in-topic', topic, topicId, ...end });
    } else if (what !== undefined) this.#see({ type: 'compaction', what, topic, topicId, horizon });
    else if (type === 'compacted-stored') {
      const entries = block!.entries.map((bytes, i) => {
        return { offset: offsets![i]!, content: decodeContent(bytes) };
      });
      this.#see({ type: 'survivors', topicId, entries });
    }
  }

  /** How a coordinator's transactions come and go. */
  #tellOfTxn(coordinator: number, type: string, data: unknown): void {
    const { sequence, atMs, timeoutMs, participants, commit } = data as TxnData;
    const txn = txnId(coordinator, sequence);
    if (type === 'begun') this.#see({ type: 'txn-opened', txn, atMs, timeoutMs });
    else if (type === 'joined') this.#see({ type: 'txn-joined', txn, participants });
    else if (type === 'ending') this.#see({ type: 'txn-decided', txn, commit });
    else if (type === 'ended') this.#see({ type: 'txn-over', txn });
  }

  /** What a subscription is to acknowledge once a transaction is committed. */
  #tellOfHeld(name: string, type: string, data: unknown): void {
    const owner = this.#ownerOf(name);
    const { txn } = data as { readonly txn: TxnId };
    if (type === 'acks-held') {
      const { entries: whole, partial } = data as HeldByTxn;
      const entries = [...whole.map((offset) => ({ offset, words: undefined })), ...partial];
      this.#see({ type: 'txn-acks', txn, ...owner, entries, isCumulative: false });
    } else if (type === 'cumulative-held') {
      const { upTo: offset, words } = data as HeldUpTo;
      const entries = [{ offset, words: words ?? undefined }];
      this.#see({ type: 'txn-acks', txn, ...owner, entries, isCumulative: true });
    } else if (type === 'held-ended') {
      this.#see({ type: 'txn-ended-in-subscription', txn, ...owner });
    }
  }

  /** Of the name that a subscription's actors have. */
  #ownerOf(name: string) {
    const at = name.indexOf('/');
    const topicId = Number(name.slice(0, at));
    return { topic: this.#topicNames.get(topicId)!, topicId, subscription: name.slice(at + 1) };
  }

  digest(): string {
    return this.#hash?.digest('hex') ?? '';
  }
}

const COMPACTION: Readonly<Record<string, CompactionStep>> = {
  'compaction-begun': 'begins',
  compacted: 'counts',
  'compaction-given-up': 'is given up',
  'compacted-dropped': 'is dropped',
};

/** What the events of coordinators say, each some of it. */
interface TxnData {
  readonly sequence: number;
  readonly atMs: number;
  readonly timeoutMs: number;
  readonly participants: readonly Participant[];
  readonly commit: boolean;
}

/** Entries that an event brings with it. */
interface Block {
  /** Its index in the record. */
  readonly event: number;
  readonly topicId: number;
  readonly firstOffset: number;
  readonly entries: readonly Buffer[];
}

function blocksOf(header: RecordHeader, values: readonly Buffer[]): Block[] {
  return header.blocks.map(({ topicId, firstOffset, firstEntry, count, event }) => {
    const entries = Array.from({ length: count }, (_, i) => {
      const at = firstEntry + i;
      const start = header.startOf(at);
      return values[header.valueOf(at)]!.subarray(start, start + header.sizeOf(at));
    });
    return { event, topicId, firstOffset, entries };
  });
}

function entriesOf(
  { data }: JournalEvent,
  { topicId, firstOffset, entries }: Block,
): DurableEntry[] {
  const { ledgerId, firstEntryId } = data as StoredData;
  return entries.map((bytes, i) => {
    const position = { ledger: ledgerId, entry: firstEntryId + i };
    const content = decodeContent(bytes);
    return { topicId, offset: firstOffset + i, position, content, bytes: bytes.length };
  });
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
