/** Entries read for a subscription, without those that it is done with. */
import type { EntryRun } from '../../storage/entries.ts';
import { intersect, remaining } from '../ack-set.ts';
import type { EntrySlice } from '../entry-slice.ts';
import { subscriptionActor } from '../names.ts';
import { Decision } from '../runtime/behaviour.ts';
import type { EntriesForDispatch } from '../subscription/commands.ts';
import { brokerEntries, messagesAt, type StoredData } from '../topic/events.ts';
import type { ReadCursor } from './commands.ts';
import type { CursorState } from './state.ts';

/** Cuts the runs where entries are acknowledged, or differ in what must be said about them. */
export function sliceRuns(
  state: CursorState,
  runs: Iterable<EntryRun>,
  wanted?: ReadonlySet<number>,
): EntrySlice[] {
  const slices: EntrySlice[] = [];
  const plain =
    wanted === undefined &&
    state.ranges.size === 0 &&
    state.partial.size === 0 &&
    state.held.size === 0 &&
    state.redeliveries.size === 0;
  for (const run of runs) {
    const { length } = run.entries;
    if (plain && run.firstOffset >= state.acked) {
      slices.push(slice(state, run, 0, length));
      continue;
    }
    let from = 0;
    for (let i = 0; i <= length; i++) {
      const offset = run.firstOffset + i;
      const include = i < length && keeps(state, offset, wanted);
      const alone = include && isSpecial(state, offset);
      if (include && !alone) continue;
      if (i > from) slices.push(slice(state, run, from, i));
      if (alone) slices.push(slice(state, run, i, i + 1));
      from = i + 1;
    }
  }
  return slices;
}

/** What a read of the subscription found; its next one begins at `next`. */
export function handOver(
  state: CursorState,
  { generation }: ReadCursor,
  slices: readonly EntrySlice[],
  next: number,
  decision = new Decision(),
): Decision {
  decision.change({ type: 'read', data: { next } });
  const mail: EntriesForDispatch = { type: 'entries', generation, slices, next };
  decision.tell(subscriptionActor(state.topicId, state.name), mail);
  return decision;
}

function keeps(state: CursorState, offset: number, wanted: ReadonlySet<number> | undefined) {
  if (wanted !== undefined && !wanted.has(offset)) return false;
  if (offset < state.acked || isHeld(state, offset)) return false;
  return state.ranges.size === 0 || !state.ranges.has(offset);
}

/** Whether transactions are to acknowledge all that is left of an entry. */
function isHeld({ partial, held }: CursorState, offset: number): boolean {
  const free = held.size === 0 ? undefined : held.openOf(offset);
  if (free === undefined || free.length === 0) return free !== undefined;
  const open = partial.get(offset);
  return open !== undefined && intersect(open, free) === undefined;
}

function isSpecial(state: CursorState, offset: number): boolean {
  const { redeliveries, partial, held } = state;
  return (
    (redeliveries.size > 0 && redeliveries.has(offset)) ||
    (partial.size > 0 && partial.has(offset)) ||
    (held.size > 0 && held.openOf(offset) !== undefined)
  );
}

function slice(state: CursorState, run: EntryRun, from: number, to: number): EntrySlice {
  const data = run.data as StoredData;
  const at = run.dataIndex + from;
  const firstOffset = run.firstOffset + from;
  const whole = from === 0 && to === run.entries.length;
  const single = to - from === 1;
  const ackSet = single ? openIndexes(state, firstOffset) : undefined;
  return {
    firstOffset,
    ledgerId: data.ledgerId,
    firstEntryId: data.firstEntryId + at,
    entries: whole ? run.entries : run.entries.slice(from, to),
    messages: messagesIn(data, at, to - from, ackSet),
    redeliveries: single ? (state.redeliveries.get(firstOffset) ?? 0) : 0,
    ackSet,
    ...(ackSet === undefined ? {} : { batchSize: messagesAt(data, at) }),
    brokerEntries: brokerEntries(data, at, to - from),
    chunked: data.chunked,
    dueAtMs: run.dueAtMs?.slice(at, at + to - from),
  };
}

/** Words of the batch indexes that may be given to somebody; undefined: all of them. */
function openIndexes({ partial, held }: CursorState, offset: number) {
  const open = partial.get(offset);
  const free = held.size === 0 ? undefined : held.openOf(offset);
  return open === undefined || free === undefined ? (open ?? free) : intersect(open, free);
}

function messagesIn(
  data: StoredData,
  at: number,
  count: number,
  ackSet: readonly bigint[] | undefined,
): number | readonly number[] {
  if (ackSet !== undefined) return Math.min(remaining(ackSet), messagesAt(data, at));
  if (typeof data.messages === 'number') return data.messages;
  return data.messages.slice(at, at + count);
}
