/**
 * How far a topic has come: its ledgers and the range of offsets that can be read. The topic alone
 * changes it; its cursors and subscriptions read it. Offsets count the topic's entries from 0
 * across ledgers, so that ranges of entries are plain number ranges; positions are what clients
 * see.
 */
import type { Position } from '../base/position.ts';
import type { RangeSet } from './range-set.ts';

export interface LedgerStart {
  readonly ledgerId: number;
  /** Offset of the ledger's entry 0. */
  readonly firstOffset: number;
  readonly openedAtMs: number;
  bytes: number;
}

export interface TopicProgress {
  /** Full name of the topic. */
  readonly topic: string;
  readonly topicId: number;
  /** Oldest retained first; never empty once the topic exists. */
  readonly ledgers: readonly LedgerStart[];
  /** First offset that is retained. */
  readonly first: number;
  /** One past the last durable entry. */
  readonly end: number;
  /** One past the last entry that may be read: what is behind an open transaction waits. */
  readonly readable: number;
  /** Entries of aborted transactions, which nobody is given. */
  readonly aborted: Pick<RangeSet, 'size' | 'has' | 'memberFrom' | 'gapFrom' | 'pack'>;
  readonly terminated: boolean;
  /** Mean bytes of an entry, for estimates. */
  readonly meanEntryBytes: number;
  /** What readers of the compacted topic read in the place of its beginning. */
  readonly compacted: CompactedLedger | undefined;
}

/** The entries that the topic's last compaction kept. They outlive the originals. */
export interface CompactedLedger {
  readonly ledgerId: number;
  /** Its number in the storage, where its entries are counted from 0 on. */
  readonly storageId: number;
  /** It stands for all of the topic below this offset. */
  readonly horizon: number;
  readonly entries: number;
  readonly bytes: number;
  /** Ledgers of the topic that its entries came from, oldest first; they may be trimmed. */
  readonly ledgers: readonly LedgerStart[];
  /** Its last entry and, of a batch, the last index that is left; null where nothing is left. */
  readonly last: { readonly offset: number; readonly batchIndex: number } | null;
}

/** The topic as readers of the compacted topic know it: with ledgers that are trimmed. */
export function compactedView(progress: TopicProgress): TopicProgress {
  const { compacted, ledgers } = progress;
  const oldest = ledgers[0];
  if (compacted === undefined || oldest === undefined) return progress;
  const trimmed = compacted.ledgers.filter(({ firstOffset }) => firstOffset < oldest.firstOffset);
  const first = trimmed[0]?.firstOffset;
  if (first === undefined) return progress;
  return { ...progress, first, ledgers: [...trimmed, ...ledgers] };
}

/** Why nobody is given the entry at `offset`; undefined: they are. */
export function withheldAt({ readable, aborted }: TopicProgress, offset: number) {
  if (offset >= readable) return 'uncommitted';
  return aborted.has(offset) ? 'aborted' : undefined;
}

/** About how many bytes the next compaction would read for the first time. */
export function uncompactedBytes({ first, end, compacted, meanEntryBytes }: TopicProgress): number {
  return Math.max(0, end - Math.max(first, compacted?.horizon ?? 0)) * meanEntryBytes;
}

/** Position of the entry at `offset`, which may be one past the last. */
export function positionOf(progress: TopicProgress, offset: number): Position {
  const ledger = ledgerAt(progress.ledgers, offset);
  if (ledger === undefined) return { ledgerId: -1, entryId: -1 };
  return { ledgerId: ledger.ledgerId, entryId: offset - ledger.firstOffset };
}

/** Position just before the entry at `offset`: its predecessor, or entry -1 of the first ledger. */
export function positionBefore(progress: TopicProgress, offset: number): Position {
  const first = progress.ledgers[0];
  if (first === undefined) return { ledgerId: -1, entryId: -1 };
  if (offset <= first.firstOffset) return { ledgerId: first.ledgerId, entryId: -1 };
  return positionOf(progress, offset - 1);
}

/**
 * Offset of a position; ids that are trimmed or never existed give the next entry that does, or the
 * end of the topic. (What SEEK and start positions mean by an id.)
 */
export function offsetAtOrAfter(progress: TopicProgress, position: Position): number {
  const { ledgers } = progress;
  const i = lastUpTo(ledgers, 'ledgerId', position.ledgerId);
  const ledger = ledgers[i];
  if (ledger === undefined) return progress.first;
  const next = ledgers[i + 1]?.firstOffset ?? progress.end;
  if (ledger.ledgerId < position.ledgerId) return next;
  const offset = ledger.firstOffset + Math.max(0, position.entryId);
  return Math.max(progress.first, Math.min(offset, next));
}

/** Offset of exactly this entry, or -1 where there is no such entry. */
export function offsetOfEntry(progress: TopicProgress, ledgerId: number, entryId: number): number {
  const { ledgers } = progress;
  const i = lastUpTo(ledgers, 'ledgerId', ledgerId);
  const ledger = ledgers[i];
  if (ledger?.ledgerId !== ledgerId) return -1;
  const end = ledgers[i + 1]?.firstOffset ?? progress.end;
  const offset = ledger.firstOffset + entryId;
  return entryId >= 0 && offset < end ? offset : -1;
}

/** About how many bytes the entries from `offset` on have: of a ledger in part, its share. */
export function bytesFrom({ ledgers, end }: TopicProgress, offset: number): number {
  let bytes = 0;
  for (let i = ledgers.length - 1; i >= 0; i--) {
    const ledger = ledgers[i]!;
    const ledgerEnd = ledgers[i + 1]?.firstOffset ?? end;
    const count = ledgerEnd - ledger.firstOffset;
    if (count <= 0) continue;
    const wanted = Math.min(ledgerEnd - offset, count);
    if (wanted <= 0) break;
    bytes += (ledger.bytes * wanted) / count;
  }
  return Math.round(bytes);
}

/** The first offset from which on there are about so many bytes, entries rounded up. */
export function offsetLeaving({ ledgers, end, first }: TopicProgress, bytes: number): number {
  let left = bytes;
  let next = end;
  for (let i = ledgers.length - 1; i >= 0; i--) {
    const ledger = ledgers[i]!;
    if (ledger.bytes > left) {
      const share = Math.ceil(((next - ledger.firstOffset) * left) / ledger.bytes);
      return Math.max(first, next - share);
    }
    left -= ledger.bytes;
    next = ledger.firstOffset;
  }
  return first;
}

/** When the ledger that holds `offset` was closed; undefined while it is open. */
export function ledgerEnd({ ledgers }: TopicProgress, offset: number): number | undefined {
  return ledgers.find(({ firstOffset }) => firstOffset > offset)?.openedAtMs;
}

/** The ledger that holds `offset`; the last one for offsets to come. */
export function ledgerAt(ledgers: readonly LedgerStart[], offset: number): LedgerStart | undefined {
  return ledgers[lastUpTo(ledgers, 'firstOffset', offset)] ?? ledgers[0];
}

/** Index of the last ledger whose field, growing with the ledgers, is at most `value`; or -1. */
function lastUpTo(
  ledgers: readonly LedgerStart[],
  field: 'ledgerId' | 'firstOffset',
  value: number,
): number {
  let low = 0;
  let high = ledgers.length;
  // Most of the time it is the last one.
  if (high > 0 && ledgers[high - 1]![field] <= value) return high - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ledgers[middle]![field] <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
