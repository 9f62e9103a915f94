/** What happens to a topic. The first group survives the process, the second ends with it. */

import type { Long } from '../../base/long.ts';
import type { Pace, Rate } from '../../base/pace.ts';
import type { PeriodCounts } from '../../base/period-histogram.ts';
import type { EntryRun } from '../../storage/entries.ts';
import type { EntryBlock, TrimMark } from '../../storage/journal.ts';
import type { DispatchRate, PublishRate } from '../policies/values.ts';
import type { CompactedLedger, LedgerStart } from '../progress.ts';
import type { WriteTimes } from '../runtime/behaviour.ts';
import type { TxnId } from '../txn-id.ts';
import type { Traffic } from '../views.ts';
import type { PublishMeter } from './publish-meter.ts';
import type { Producer } from './state.ts';
import type { Subscribing } from './subscribe-rate.ts';

export type TopicEvent =
  | {
      readonly type: 'created';
      readonly data: {
        readonly topicId: number;
        /** Absent where nothing is stored. */
        readonly ledgerId?: number;
        readonly atMs: number;
        readonly incarnation: number;
        readonly properties: Readonly<Record<string, string>>;
      };
    }
  | {
      readonly type: 'ledger-opened';
      readonly data: {
        readonly ledgerId: number;
        readonly atMs: number;
        readonly incarnation: number;
      };
    }
  | EntriesStored
  | {
      readonly type: 'transaction-ended';
      readonly data: { readonly txn: TxnId; readonly commit: boolean };
    }
  | {
      readonly type: 'trimmed';
      readonly data: { readonly before: number };
      readonly trim: TrimMark;
    }
  | { readonly type: 'terminated'; readonly data: Record<string, never> }
  | {
      readonly type: 'properties-changed';
      readonly data: { readonly properties: Readonly<Record<string, string>> };
    }
  | { readonly type: 'deleted'; readonly data: Record<string, never>; readonly trim?: TrimMark }
  | { readonly type: 'sequences-forgotten'; readonly data: { readonly names: readonly string[] } }
  /** A producer of a name that deduplication remembers has left, or one has come back. */
  | {
      readonly type: 'sequence-left';
      readonly data: { readonly name: string; readonly atMs: number };
    }
  | { readonly type: 'sequence-held'; readonly data: { readonly name: string } }
  | { readonly type: 'epoch-set'; readonly data: { readonly epoch: number } }
  | {
      readonly type: 'subscription-added';
      readonly data: {
        readonly name: string;
        readonly durable: boolean;
        readonly acked: number;
        readonly readsCompacted?: boolean;
      };
    }
  | { readonly type: 'subscription-removed'; readonly data: { readonly name: string } }
  /** Beside that: what it had sent. */
  | { readonly type: 'sent-by-gone'; readonly data: Traffic }
  /** Nobody uses the topic any more, or somebody does again. */
  | { readonly type: 'unused'; readonly data: { readonly atMs: number } }
  | { readonly type: 'used'; readonly data: Record<string, never> }
  | {
      readonly type: 'subscriptions-idle';
      readonly data: { readonly names: readonly string[]; readonly atMs: number };
    }
  | { readonly type: 'subscription-used'; readonly data: { readonly name: string } }
  | {
      readonly type: 'compaction-begun';
      readonly data: {
        readonly storageId: number;
        readonly ledgerId: number;
        readonly horizon: number;
        readonly incarnation: number;
        readonly atMs: number;
      };
    }
  | {
      readonly type: 'compacted-stored';
      readonly data: CompactedData;
      readonly entries: EntryBlock;
    }
  | {
      readonly type: 'compacted';
      readonly data: CompactedLedger;
      /** The compacted ledger before it. */
      readonly trim?: TrimMark;
    }
  | {
      readonly type: 'compaction-given-up' | 'compacted-dropped';
      readonly data: Record<string, never>;
      readonly trim: TrimMark;
    }
  // Of this process only
  | {
      readonly type: 'policies-changed' | 'offload-failed';
      readonly data: Record<string, never>;
    }
  | {
      readonly type: 'end-told';
      readonly data: { readonly coordinator: number; readonly lowWaterMark: number };
    }
  | {
      readonly type: 'compaction-idle' | 'compaction-checked';
      readonly data: { readonly atMs: number };
    }
  | { readonly type: 'compaction-succeeded'; readonly data: CompactionSuccess }
  | {
      readonly type: 'compaction-failed';
      readonly data: {
        readonly message: string;
        readonly durationMs: number;
        readonly atMs: number;
      };
    }
  | { readonly type: 'producer-added'; readonly data: { readonly producer: Producer } }
  | { readonly type: 'producer-waits'; readonly data: { readonly producer: Producer } }
  | { readonly type: 'producer-removed'; readonly data: { readonly key: number } }
  | { readonly type: 'producer-fenced'; readonly data: { readonly key: number } }
  | { readonly type: 'entries-passed'; readonly data: Passed }
  | {
      readonly type: 'messages-dropped';
      readonly data: { readonly key: number; readonly messages: number };
    }
  | { readonly type: 'duplicates-seen'; readonly data: { readonly count: number } }
  | {
      /** Known already, refused or dropped. */
      readonly type: 'entries-unstored';
      readonly data: {
        readonly key: number;
        readonly messages: number;
        readonly bytes: number;
        readonly atMs: number;
      };
    }
  | {
      readonly type: 'publish-rate-set';
      readonly data: { readonly rate: PublishRate; readonly pace: Pace | undefined };
    }
  | {
      readonly type: 'dispatch-rate-set';
      readonly data: { readonly rate: DispatchRate; readonly pace: Pace | undefined };
    }
  | { readonly type: 'publishing-measured'; readonly data: { readonly meter: PublishMeter } }
  | {
      readonly type: 'dispatch-pace-changed';
      readonly data: { readonly rate: Rate; readonly atMs: number };
    }
  | {
      readonly type: 'dispatched';
      readonly data: { readonly messages: number; readonly bytes: number; readonly atMs: number };
    }
  | { readonly type: 'producer-throttled'; readonly data: { readonly key: number } }
  | { readonly type: 'producers-resumed'; readonly data: Record<string, never> }
  | {
      readonly type: 'subscribing-counted';
      readonly data: { readonly subscriber: string; readonly subscribing: Subscribing };
    }
  | {
      readonly type: 'cursor-moved';
      readonly data: { readonly name: string; readonly acked: number };
    }
  | {
      readonly type: 'survey-begun';
      readonly data: { readonly atMs: number; readonly isEviction: boolean };
    }
  | {
      readonly type: 'surveyed';
      readonly data: { readonly name: string; readonly oldestMs: number };
    }
  | { readonly type: 'backlog-evicted'; readonly data: { readonly quota: 'size' | 'age' } }
  | { readonly type: 'trim-checked'; readonly data: { readonly atMs: number } }
  | { readonly type: 'quota-checked'; readonly data: { readonly atMs: number } }
  | { readonly type: 'idle-subscriptions-checked'; readonly data: { readonly atMs: number } }
  | {
      readonly type: 'use-checked';
      readonly data: { readonly atMs: number; readonly isBehind: boolean };
    }
  | { readonly type: 'unloaded'; readonly data: Record<string, never> }
  | { readonly type: 'reader-waits'; readonly data: { readonly name: string } }
  | { readonly type: 'reader-left'; readonly data: { readonly name: string } }
  | { readonly type: 'readers-called'; readonly data: Record<string, never> }
  | {
      readonly type: 'stored-until';
      readonly data: {
        readonly end: number;
        readonly readable: number;
        readonly written: WriteTimes | undefined;
        readonly atMs: number;
      };
    };

/** Entries that a compaction keeps. Kept with the entries, so that reads get it back. */
export interface CompactedData {
  /** Offsets that the entries have in the topic, ascending, and the messages in each. */
  readonly offsets: readonly number[];
  readonly messages: readonly number[];
  readonly chunked: boolean;
  readonly bytes: number;
  /** Ledgers of these offsets that no entry before was of. */
  readonly ledgers: readonly LedgerStart[];
}

export interface CompactionSuccess {
  readonly removed: number;
  readonly readBytes: number;
  readonly writeLatency: PeriodCounts;
  /** Of the compacted ledger. */
  readonly entries: number;
  readonly bytes: number;
  readonly durationMs: number;
  readonly atMs: number;
}

/** Entries of one producer that came together. */
export interface Passed {
  /** Messages in each entry; one number where it is the same for all `count` entries. */
  readonly messages: number | readonly number[];
  readonly count: number;
  readonly bytes: number;
  readonly chunked: boolean;
  readonly producer: string;
  readonly atMs: number;
}

/** The same, stored. Kept with the entries, so that reads get it back. */
export interface StoredData extends Passed {
  readonly ledgerId: number;
  readonly firstEntryId: number;
  /** Highest sequence id of these entries, where deduplication remembers it. */
  readonly sequence?: Long;
  /** How many messages the topic had been given before, where they are numbered. */
  readonly index?: number;
  /** Whether `atMs` counts as the time of these messages. */
  readonly isStamped?: true;
  /** The transaction that they belong to. */
  readonly txn?: TxnId;
}

export interface EntriesStored {
  readonly type: 'entries-stored';
  readonly data: StoredData;
  /** Absent from what is replayed. */
  readonly entries?: EntryBlock;
}

/** Counts of the entries [from, to): one number where all of them are the same. */
export function compactCounts(
  counts: readonly number[],
  from = 0,
  to = counts.length,
): number | readonly number[] {
  const first = counts[from]!;
  for (let i = from + 1; i < to; i++) {
    if (counts[i] !== first) return counts.slice(from, to);
  }
  return first;
}

/** Messages in all of its entries. */
export function messagesIn({ messages, count }: Passed): number {
  return typeof messages === 'number' ? messages * count : messages.reduce((sum, n) => sum + n, 0);
}

/** Messages in the entry at `index` of a stored block. */
export function messagesAt(data: Pick<StoredData, 'messages'>, index: number): number {
  return typeof data.messages === 'number' ? data.messages : data.messages[index]!;
}

/** What the broker knows of a stored entry, and tells clients that ask. */
export interface BrokerEntry {
  /** Of its last message, the first one of the topic being 0. */
  readonly index: number | undefined;
  readonly timestampMs: number | undefined;
}

/** Of the entries at `at` and behind it; undefined where nothing is known. */
export function brokerEntries(
  data: StoredData,
  at: number,
  count: number,
): readonly BrokerEntry[] | undefined {
  const { isStamped, atMs, messages } = data;
  if (data.index === undefined && isStamped === undefined) return undefined;
  const timestampMs = isStamped === undefined ? undefined : atMs;
  if (data.index === undefined)
    return Array<BrokerEntry>(count).fill({ index: undefined, timestampMs });
  let index = data.index - 1;
  for (let i = 0; i < at; i++) index += messagesAt(data, i);
  return Array.from({ length: count }, (_, i) => {
    index += typeof messages === 'number' ? messages : messages[at + i]!;
    return { index, timestampMs };
  });
}

/** Number of the last message in the entry at `at` of a stored block; -1 where there is none. */
export function lastIndexAt(stored: unknown, at: number): number {
  return brokerEntries(stored as StoredData, at, 1)?.[0]?.index ?? -1;
}

/** Of the first entry of a run. */
export function notedOf({ data, dataIndex }: EntryRun): BrokerEntry | undefined {
  return brokerEntries(data as StoredData, dataIndex, 1)?.[0];
}

/** When the broker stored the entries, where that is their time. */
export function brokerTimeMs(stored: unknown): number | undefined {
  const data = stored as StoredData | undefined;
  return data?.isStamped === undefined ? undefined : data.atMs;
}
