/**
 * Reading what is compacted in the place of the originals: entries of the compacted ledger, which
 * lie close together there, under the offsets that they have in the topic. Where an offset lies is
 * known from the last read, or found by halving.
 */
import type { EntryRun } from '../../storage/entries.ts';
import type { TopicExposed } from '../exposed.ts';
import { type CompactedLedger, ledgerAt } from '../progress.ts';
import { Decision } from '../runtime/behaviour.ts';
import { type CompactedData, messagesAt, type StoredData } from '../topic/events.ts';
import type { CompactedLook, CompactedRead, ReadCursor } from './commands.ts';
import { handOver, sliceRuns } from './slices.ts';
import type { CompactedPlace, CursorState } from './state.ts';

/** Reads from the offset `from` on, which the ledger stands for. */
export function readCompacted(
  state: CursorState,
  request: ReadCursor,
  from: number,
  compacted: CompactedLedger,
): Decision {
  const { storageId, entries } = compacted;
  const asked = { ...request, from };
  const index = knownIndex(state.live.compactedAt, storageId, from);
  if (index !== undefined) return readAt(asked, compacted, index);
  return look(asked, storageId, 0, entries);
}

function readAt(request: ReadCursor, compacted: CompactedLedger, index: number): Decision {
  const decision = new Decision();
  const { storageId, entries, horizon } = compacted;
  if (index >= entries) {
    decision.again = goOn(request, Math.max(horizon, request.from));
    return decision;
  }
  decision.read({
    topicId: storageId,
    offset: index,
    limits: { maxEntries: request.maxEntries, maxBytes: request.maxBytes },
    isLoan: true,
    result: (runs): CompactedRead => ({ type: 'compacted-read', request, storageId, index, runs }),
  });
  return decision;
}

export function compactedRead(
  state: CursorState,
  { request, storageId, index, runs }: CompactedRead,
  { progress }: TopicExposed,
): Decision {
  const decision = new Decision();
  const { compacted } = progress;
  // Another ledger has taken its place: what was read may be cut short, or no longer be the last.
  if (compacted?.storageId !== storageId || runs.length === 0) {
    decision.again = goOn(request);
    return decision;
  }
  const offsets = runs.flatMap(offsetsOf);
  const last = offsets.at(-1)!;
  const isEnd = index + offsets.length >= compacted.entries;
  const next = isEnd ? compacted.horizon : last + 1;
  decision.change({
    type: 'read-compacted',
    data: { storageId, index, from: request.from, offsets } satisfies CompactedPlace,
  });
  const slices = sliceRuns(state, originals(runs, compacted));
  if (slices.length === 0) {
    decision.again = goOn(request, next);
    return decision;
  }
  return handOver(state, request, slices, next, decision);
}

/** Halves the entries among which the first one at or after the offset must be. */
function look(request: ReadCursor, storageId: number, low: number, high: number): Decision {
  const decision = new Decision();
  const index = Math.floor((low + high) / 2);
  if (low >= high) {
    decision.change({
      type: 'read-compacted',
      data: { storageId, index: low, from: request.from, offsets: [] } satisfies CompactedPlace,
    });
    decision.again = goOn(request);
    return decision;
  }
  decision.read({
    topicId: storageId,
    offset: index,
    limits: { maxEntries: 1, maxBytes: 1 },
    result: (runs): CompactedLook => {
      return { type: 'compacted-look', request, storageId, low, high, index, runs };
    },
  });
  return decision;
}

export function compactedLook(
  { request, storageId, low, high, index, runs }: CompactedLook,
  { progress }: TopicExposed,
): Decision {
  const [run] = runs;
  if (progress.compacted?.storageId !== storageId || run === undefined) {
    const decision = new Decision();
    decision.again = goOn(request);
    return decision;
  }
  const isBefore = offsetsOf(run)[0]! < request.from;
  return look(request, storageId, isBefore ? index + 1 : low, isBefore ? high : index);
}

/** What was asked for is looked for again, from there on. */
function goOn(request: ReadCursor, from = request.from): ReadCursor {
  return { ...request, from };
}

/** Index of the first entry at or after `from`, where the last read has been near. */
function knownIndex(
  place: CompactedPlace | undefined,
  storageId: number,
  from: number,
): number | undefined {
  if (place?.storageId !== storageId || from < place.from) return undefined;
  const { index, offsets } = place;
  if (from === place.from) return index;
  const at = offsets.findIndex((offset) => offset >= from);
  if (at >= 0) return index + at;
  // Behind the last one that was read, the next one is the first; further on it need not be.
  return offsets.at(-1) === from - 1 ? index + offsets.length : undefined;
}

function offsetsOf(run: EntryRun): readonly number[] {
  const { offsets } = run.data as CompactedData;
  return offsets.slice(run.dataIndex, run.dataIndex + run.entries.length);
}

/** The runs under the offsets and the ids that their entries have in the topic. */
function* originals(runs: readonly EntryRun[], compacted: CompactedLedger): Iterable<EntryRun> {
  for (const run of runs) {
    const offsets = offsetsOf(run);
    for (let from = 0; from < offsets.length; ) {
      const ledger = ledgerAt(compacted.ledgers, offsets[from]!)!;
      let to = from + 1;
      while (offsets[to] === offsets[to - 1]! + 1 && isOf(ledger, offsets[to]!, compacted)) to++;
      yield original(run, from, to, offsets[from]!, ledger);
      from = to;
    }
  }
}

function isOf(ledger: Ledger, offset: number, compacted: CompactedLedger): boolean {
  return ledgerAt(compacted.ledgers, offset) === ledger;
}

type Ledger = CompactedLedger['ledgers'][number];

function original(
  run: EntryRun,
  from: number,
  to: number,
  firstOffset: number,
  ledger: Ledger,
): EntryRun {
  const data = run.data as CompactedData;
  const messages: number[] = [];
  for (let i = from; i < to; i++) messages.push(messagesAt(data, run.dataIndex + i));
  const stored: Pick<StoredData, 'ledgerId' | 'firstEntryId' | 'messages' | 'chunked'> = {
    ledgerId: ledger.ledgerId,
    firstEntryId: firstOffset - ledger.firstOffset,
    messages,
    chunked: data.chunked,
  };
  return { firstOffset, entries: run.entries.slice(from, to), data: stored, dataIndex: 0 };
}
