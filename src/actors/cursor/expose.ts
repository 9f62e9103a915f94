/** A cursor as others see it. */
import type { CursorExposed } from '../exposed.ts';
import type { CursorGauges } from '../gauges.ts';
import {
  bytesFrom,
  offsetOfEntry,
  positionBefore,
  positionOf,
  type TopicProgress,
} from '../progress.ts';
import type { CursorView, PendingAcksView } from '../views.ts';
import type { HeldAcks } from './held-acks.ts';
import type { CursorState, TransactionEnds } from './state.ts';

/** Ranges that a view's text shows; the number of them is always exact. */
const SHOWN_RANGES = 100;

export function exposeCursor(state: CursorState): CursorExposed | undefined {
  if (!state.exists) return undefined;
  state.live.exposed ??= new Exposed(state);
  return state.live.exposed;
}

/** Not a plain object, which would need functions of its own for each cursor. */
class Exposed implements CursorExposed {
  readonly #state: CursorState;

  constructor(state: CursorState) {
    this.#state = state;
  }

  get acked() {
    return this.#state.acked;
  }

  backlog(end: number) {
    return backlogOf(this.#state, end);
  }

  gauges(progress: TopicProgress) {
    return gaugesOf(this.#state, progress);
  }

  view(progress: TopicProgress) {
    return viewOf(this.#state, progress);
  }
}

export function backlogOf(state: CursorState, end: number): number {
  return Math.max(0, end - state.acked - state.ranges.covered);
}

/** The offset below which `count` unacknowledged entries lie, at most `end`. */
export function offsetAfter(state: CursorState, count: number, end: number): number {
  const last = nthOpen(state, state.acked, count, end);
  return last === undefined ? end : last + 1;
}

/** Offset of the `number`th unacknowledged entry from `from` on, below `end`; counted from 1. */
export function nthOpen(
  state: CursorState,
  from: number,
  number: number,
  end: number,
): number | undefined {
  const start = Math.max(state.acked, from);
  if (openIn(state, start, end) < number) return undefined;
  let low = start + number - 1;
  let high = end - 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (openIn(state, start, middle + 1) < number) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How many entries from an offset on, below another, are not acknowledged. */
export function openBetween(state: CursorState, from: number, end: number): number {
  return openIn(state, Math.max(from, state.acked), end);
}

function openIn({ ranges }: CursorState, start: number, end: number): number {
  return Math.max(0, end - start - ranges.countIn(start, end));
}

function gaugesOf(state: CursorState, progress: TopicProgress): CursorGauges {
  // A reader of the compacted topic may be among entries that are trimmed.
  const isTrimmed = state.acked < progress.first;
  const entries = isTrimmed
    ? openBetween(state, progress.first, progress.end)
    : backlogOf(state, progress.end);
  return {
    markDelete: positionBefore(progress, state.acked),
    backlogEntries: entries,
    backlogBytes: entries === 0 ? 0 : bytesFrom(progress, state.acked),
    lastMoveAtMs: state.live.lastMoveAtMs,
    expired: state.live.expired,
    lastExpireAtMs: state.live.lastExpireAtMs,
    pendingAcks: state.live.ends,
  };
}

function viewOf(state: CursorState, progress: TopicProgress): CursorView {
  return {
    ...gaugesOf(state, progress),
    readPosition: positionOf(progress, Math.max(state.acked, state.live.readOffset)),
    entriesSinceFirstUnacked: Math.max(state.live.readOffset - state.acked, 0) + 1,
    ackedRanges: state.ranges.size,
    ackedRangesText: rangesText(state, progress),
    messagesConsumed: state.live.consumed,
    waitingRead: state.live.waiting !== undefined,
    properties: state.properties,
    pendingAcks: pendingAcksOf(state, progress),
  };
}

function pendingAcksOf(
  { held, live }: CursorState,
  progress: TopicProgress,
): PendingAcksView | undefined {
  const { ends = NO_ENDS } = live;
  if (held.size === 0 && held.cumulative === undefined && ends === NO_ENDS) return undefined;
  return {
    ...ends,
    transactions: held.transactions,
    entries: held.size,
    upTo: heldUpTo(held, progress),
    openAt: ({ ledgerId, entryId }) => held.openOf(offsetOfEntry(progress, ledgerId, entryId)),
  };
}

const NO_ENDS: TransactionEnds = { committed: 0, aborted: 0, lowWaterMarks: new Map() };

function heldUpTo({ cumulative }: HeldAcks, progress: TopicProgress) {
  if (cumulative === undefined) return undefined;
  const { txn, upTo, words } = cumulative;
  return { txn, position: positionOf(progress, words === null ? upTo - 1 : upTo) };
}

/** `[(1:2..1:5]]`: each range without its lower and with its upper bound, as Guava writes them. */
function rangesText(state: CursorState, progress: TopicProgress): string {
  const texts = state.ranges.head(SHOWN_RANGES).map(([start, end]) => {
    const low = positionBefore(progress, start);
    const high = positionOf(progress, end - 1);
    return `(${low.ledgerId}:${low.entryId}..${high.ledgerId}:${high.entryId}]`;
  });
  return `[${texts.join(',')}]`;
}
