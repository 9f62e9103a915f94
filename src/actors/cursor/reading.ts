/** Reads for dispatch: the cursor reads the topic's entries and leaves out what is acknowledged. */

import type { TopicExposed } from '../exposed.ts';
import { subscriptionActor, topicActor } from '../names.ts';
import type { RangeSet } from '../range-set.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import type { EntriesForReplay } from '../subscription/commands.ts';
import { passAborted } from './aborted.ts';
import type { EntriesRead, ReadCursor, ReplayCursor, ReplayRead } from './commands.ts';
import { readCompacted } from './compacted.ts';
import { handOver, sliceRuns } from './slices.ts';
import type { CursorState } from './state.ts';

export function read(
  state: CursorState,
  request: ReadCursor,
  topic: TopicExposed,
  facts: Facts,
): Decision {
  const decision = new Decision();
  const { first, readable: end, topicId, terminated, compacted, aborted } = topic.progress;
  if (request.compacted === true && compacted !== undefined) {
    const asked = state.ranges.gapFrom(Math.max(request.from, state.acked));
    if (asked < compacted.horizon) return readCompacted(state, request, asked, compacted);
  }
  const from = state.ranges.gapFrom(Math.max(request.from, state.acked, first));
  if (from >= end) {
    // A later read may wait already; nobody wants the answer to this one any more.
    if (request.generation < (state.live.waiting?.generation ?? 0)) return decision;
    decision.change({ type: 'read-waits', data: { request: { ...request, from } } });
    decision.tell(topicActor(state.topic), { type: 'await-entries', name: state.name, from });
    if (terminated && state.acked >= topic.next) {
      decision.tell(subscriptionActor(state.topicId, state.name), { type: 'caught-up' });
    }
    return decision;
  }
  const to = stretchEnd(state.ranges, from, end, request.maxEntries);
  if (aborted.size > 0 && passAborted(state, decision, topic.progress, from, to, facts)) {
    decision.again = request;
    return decision;
  }
  decision.read({
    topicId,
    offset: from,
    limits: { maxEntries: to - from, maxBytes: request.maxBytes },
    isLoan: true,
    result: (runs): EntriesRead => ({
      type: 'entries-read',
      request: { ...request, from },
      until: to,
      runs,
    }),
  });
  return decision;
}

/** Where a read of so many open entries ends: it goes on through holes unless they are wide. */
function stretchEnd(ranges: RangeSet, from: number, end: number, maxOpen: number): number {
  let open = 0;
  for (let gap = from, to = from; ; gap = ranges.gapFrom(to)) {
    const hole = Math.min(ranges.memberFrom(gap), end);
    const more = Math.min(hole - gap, maxOpen - open);
    if (more <= 0 || gap + more - from > (open + more) * MAX_STRETCH_FACTOR) return to;
    open += more;
    to = gap + more;
  }
}

/** A waiting read is under way again. */
export function endRead(decision: Decision): void {
  if (decision.reads.length > 0 || decision.again !== undefined)
    decision.change({ type: 'read-ended', data: {} });
}

export function entriesRead(state: CursorState, { request, until, runs }: EntriesRead): Decision {
  const last = runs.at(-1);
  const reached = last === undefined ? request.from : last.firstOffset + last.entries.length;
  // Where the first ones were trimmed meanwhile, others that nobody looked at came in their place.
  const wanted = reached > until ? offsetsOf(request.from, until) : undefined;
  const next = Math.min(reached, until);
  const slices = sliceRuns(state, runs, wanted);
  if (slices.length === 0) {
    // All of them were acknowledged or trimmed meanwhile: go on behind them.
    const decision = new Decision();
    const from = Math.max(next, request.from + 1);
    decision.again = { ...request, from } satisfies ReadCursor;
    return decision;
  }
  return handOver(state, request, slices, next);
}

function offsetsOf(from: number, until: number): ReadonlySet<number> {
  return new Set(Array.from({ length: until - from }, (_, i) => from + i));
}

/** A stretch is read at once when what is wanted of it is at least one in so many. */
const MAX_STRETCH_FACTOR = 4;

/** Reads the wanted entries: in one stretch if they lie close together, else one by one. */
export function replay(request: ReplayCursor, { progress }: TopicExposed): Decision {
  const decision = new Decision();
  const { offsets, maxBytes } = request;
  const { topicId, first } = progress;
  const left = offsets[0]! < first ? offsets.filter((offset) => offset >= first) : offsets;
  const [offset] = left;
  const until = (offsets.at(-1) ?? 0) + 1;
  if (offset === undefined) {
    decision.again = { type: 'replay-read', request, until, runs: [] } satisfies ReplayRead;
    return decision;
  }
  const isStretch = until - offset <= left.length * MAX_STRETCH_FACTOR;
  decision.read({
    topicId,
    offset,
    limits: { maxEntries: until - offset, maxBytes },
    ...(isStretch ? {} : { only: left }),
    isLoan: true,
    result: (runs): ReplayRead => ({ type: 'replay-read', request, until, runs }),
  });
  return decision;
}

export function replayRead(state: CursorState, { request, until, runs }: ReplayRead): Decision {
  const decision = new Decision();
  const last = runs.at(-1);
  const reached = last === undefined ? until : last.firstOffset + last.entries.length;
  const mail: EntriesForReplay = {
    type: 'replay-entries',
    generation: request.generation,
    slices: sliceRuns(state, runs, new Set(request.offsets)),
    asked: request.offsets,
    until: Math.min(reached, until),
  };
  decision.tell(subscriptionActor(state.topicId, state.name), mail);
  return decision;
}
