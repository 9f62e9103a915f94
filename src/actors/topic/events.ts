/** What happens to a topic. The first group survives the process, the second ends with it. */
import type { Long } from '../../base/long.ts';
import type { Pace } from '../../base/pace.ts';
import type { EntryBlock, TrimMark } from '../../storage/journal.ts';
import type { PublishRate } from '../policies/values.ts';
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
      readonly data: { readonly name: string; readonly durable: boolean; readonly acked: number };
    }
  | { readonly type: 'subscription-removed'; readonly data: { readonly name: string } }
  /** Nobody uses the topic any more, or somebody does again. */
  | { readonly type: 'unused'; readonly data: { readonly atMs: number } }
  | { readonly type: 'used'; readonly data: Record<string, never> }
  | {
      readonly type: 'subscriptions-idle';
      readonly data: { readonly names: readonly string[]; readonly atMs: number };
    }
  | { readonly type: 'subscription-used'; readonly data: { readonly name: string } }
  // Of this process only
  | { readonly type: 'policies-changed'; readonly data: Record<string, never> }
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
  | { readonly type: 'stored-until'; readonly data: { readonly end: number } };

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
}

export interface EntriesStored {
  readonly type: 'entries-stored';
  readonly data: StoredData;
  readonly entries: EntryBlock;
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
export function messagesAt(data: StoredData, index: number): number {
  return typeof data.messages === 'number' ? data.messages : data.messages[index]!;
}
