/** What happens to a cursor, and how that changes it. */
import type { Long } from '../../base/long.ts';
import type { SmallMap } from '../../base/small-map.ts';
import type { TxnId } from '../txn-id.ts';
import type { PartialAck, ReadCursor } from './commands.ts';
import type { HeldByTxn, HeldUpTo } from './held-acks.ts';
import { type CompactedPlace, type CursorState, initialCursor } from './state.ts';

/**
 * Ranges as pairs of numbers that are mostly small, so that the journal keeps two bytes of most:
 * how far after the end of the one before it each begins, and how long it is.
 */
export type Steps = readonly number[];

/** Flat [start, end) pairs as steps. */
export function stepsOf(ranges: readonly number[]): Steps {
  return ranges.map((bound, i) => bound - (ranges[i - 1] ?? 0));
}

export type CursorEvent =
  | {
      readonly type: 'opened';
      readonly data: {
        readonly topic: string;
        readonly topicId: number;
        readonly name: string;
        readonly durable: boolean;
        readonly acked: number;
        readonly ackSet?: readonly bigint[];
      };
    }
  | {
      readonly type: 'acked';
      readonly data: {
        readonly steps: Steps;
        readonly partial?: readonly PartialAck[];
        readonly properties?: Readonly<Record<string, Long>>;
        readonly atMs: number;
      };
    }
  | { readonly type: 'acks-held'; readonly data: HeldByTxn & { readonly txn: TxnId } }
  | { readonly type: 'cumulative-held'; readonly data: HeldUpTo }
  | { readonly type: 'held-ended'; readonly data: { readonly txn: TxnId } }
  | {
      readonly type: 'reset';
      readonly data: { readonly to: number; readonly ackSet?: readonly bigint[] };
    }
  | { readonly type: 'redelivered'; readonly data: { readonly offsets: readonly number[] } }
  | { readonly type: 'redeliveries-cleared'; readonly data: Record<string, never> }
  | { readonly type: 'deleted'; readonly data: Record<string, never> }
  // Of this process only
  | { readonly type: 'read-waits'; readonly data: { readonly request: ReadCursor } }
  | { readonly type: 'read-ended'; readonly data: Record<string, never> }
  | { readonly type: 'read'; readonly data: { readonly next: number } }
  | { readonly type: 'read-compacted'; readonly data: CompactedPlace }
  | {
      readonly type: 'end-told';
      readonly data: {
        readonly coordinator: number;
        readonly lowWaterMark: number;
        readonly commit: boolean;
      };
    }
  | { readonly type: 'reported'; readonly data: { readonly acked: number } }
  | { readonly type: 'expired'; readonly data: { readonly count: number; readonly atMs: number } };

export function evolveCursor(state: CursorState, event: CursorEvent): CursorState {
  switch (event.type) {
    case 'opened':
      return opened(event.data);
    case 'acked':
      acked(state, event.data);
      return state;
    case 'acks-held':
      state.held.add(event.data.txn, event.data);
      return state;
    case 'cumulative-held':
      state.held.cumulative = event.data;
      return state;
    case 'held-ended':
      state.held.remove(event.data.txn);
      return state;
    case 'reset':
      reset(state, event.data.to, event.data.ackSet);
      return state;
    case 'redelivered':
      for (const offset of event.data.offsets) {
        state.redeliveries.set(offset, (state.redeliveries.get(offset) ?? 0) + 1);
      }
      return state;
    case 'redeliveries-cleared':
      state.redeliveries.clear();
      return state;
    case 'deleted':
      return { ...initialCursor(), deleted: true };
    case 'read-waits':
      state.live.waiting = event.data.request;
      return state;
    case 'read-ended':
      state.live.waiting = undefined;
      return state;
    case 'read':
      state.live.readOffset = event.data.next;
      return state;
    case 'read-compacted':
      state.live.compactedAt = event.data;
      return state;
    case 'end-told':
      endTold(state, event.data);
      return state;
    case 'reported':
      state.live.reported = event.data.acked;
      return state;
    case 'expired':
      state.live.expired += event.data.count;
      state.live.lastExpireAtMs = event.data.atMs;
      return state;
  }
}

function opened(data: Extract<CursorEvent, { type: 'opened' }>['data']): CursorState {
  const state = initialCursor();
  state.exists = true;
  state.topic = data.topic;
  state.topicId = data.topicId;
  state.name = data.name;
  state.durable = data.durable;
  state.acked = data.acked;
  state.live.readOffset = data.acked;
  if (data.ackSet !== undefined) state.partial.set(data.acked, data.ackSet);
  return state;
}

function acked(state: CursorState, data: Extract<CursorEvent, { type: 'acked' }>['data']): void {
  const { ranges } = state;
  const before = state.acked + ranges.covered;
  let end = 0;
  for (let i = 0; i < data.steps.length; i += 2) {
    const start = Math.max(end + data.steps[i]!, state.acked);
    end += data.steps[i]! + data.steps[i + 1]!;
    if (end <= start) continue;
    if (start === state.acked) {
      state.acked = ranges.size === 0 ? end : ranges.gapFrom(end);
      if (ranges.size > 0) ranges.removeBelow(state.acked);
      state.live.lastMoveAtMs = data.atMs;
    } else ranges.add(start, end);
    forget(state.partial, start, end);
    forget(state.redeliveries, start, end);
  }
  state.live.consumed += state.acked + ranges.covered - before;
  for (const { offset, words } of data.partial ?? []) state.partial.set(offset, words);
  if (data.properties !== undefined) state.properties = data.properties;
}

function endTold(
  { live }: CursorState,
  { coordinator, lowWaterMark, commit }: Extract<CursorEvent, { type: 'end-told' }>['data'],
): void {
  live.ends ??= { committed: 0, aborted: 0, lowWaterMarks: new Map() };
  live.ends[commit ? 'committed' : 'aborted'] += 1;
  live.ends.lowWaterMarks.set(coordinator, lowWaterMark);
}

function reset(state: CursorState, to: number, ackSet: readonly bigint[] | undefined): void {
  state.acked = to;
  state.ranges.clear();
  state.partial.clear();
  state.redeliveries.clear();
  state.live.readOffset = to;
  if (ackSet !== undefined) state.partial.set(to, ackSet);
}

/** Drops what is kept about entries in [start, end), by the shorter way. */
function forget(map: SmallMap<number, unknown>, start: number, end: number): void {
  if (map.size === 0) return;
  if (end - start < map.size) {
    for (let offset = start; offset < end; offset++) map.delete(offset);
    return;
  }
  for (const offset of map.keys()) {
    if (offset >= start && offset < end) map.delete(offset);
  }
}
