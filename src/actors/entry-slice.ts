/** Entries on their way from a cursor to its subscription. */
import type { BrokerEntry } from './topic/events.ts';

/** Consecutive entries with everything that dispatch needs to know. */
export interface EntrySlice {
  readonly firstOffset: number;
  readonly ledgerId: number;
  readonly firstEntryId: number;
  readonly entries: readonly Buffer[];
  /** Messages of each entry still to be delivered; one number where all have the same. */
  readonly messages: number | readonly number[];
  /** How often clients asked for them again; the same for the whole slice. */
  readonly redeliveries: number;
  /** Open batch indexes; only in a slice of one entry. */
  readonly ackSet: readonly bigint[] | undefined;
  /** With these: all messages of the entry, those that are done included. */
  readonly batchSize?: number;
  /** What the broker knows of each entry, where it has been told to note it. */
  readonly brokerEntries: readonly BrokerEntry[] | undefined;
  /** Whether parts of larger messages may be among them. */
  readonly chunked: boolean;
  /** When each entry is due, in ms since the epoch, 0 for at once; undefined: all at once. */
  readonly dueAtMs: readonly number[] | undefined;
}

/** Messages in the entry at `index` of a slice. */
export function messagesOf(slice: EntrySlice, index: number): number {
  return typeof slice.messages === 'number' ? slice.messages : slice.messages[index]!;
}
