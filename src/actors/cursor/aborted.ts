/**
 * Entries of aborted transactions, on the way of a cursor: nobody is given them, and once a
 * consumer reads on they count as acknowledged, so that nothing waits for them.
 */
import { cursorActor } from '../names.ts';
import type { TopicProgress } from '../progress.ts';
import type { Decision, Facts } from '../runtime/behaviour.ts';
import { put } from './decide.ts';
import { stepsOf } from './evolve.ts';
import type { CursorState } from './state.ts';

/** Offsets that are looked at behind those that are to be read. */
const LOOK_AHEAD = 4_096;

/** Acknowledges those among the entries [from, to) and a little further; whether there are any. */
export function passAborted(
  state: CursorState,
  decision: Decision,
  { aborted, readable, ledgers, terminated }: TopicProgress,
  from: number,
  to: number,
  { nowMs }: Facts,
): boolean {
  const ranges: number[] = [];
  let start = aborted.memberFrom(from);
  for (const limit = Math.min(readable, to + LOOK_AHEAD); start < limit; ) {
    const end = Math.min(aborted.gapFrom(start), readable);
    if (state.ranges.gapFrom(start) < end) ranges.push(start, end);
    start = aborted.memberFrom(end);
  }
  if (ranges.length === 0) return false;
  put(state, decision, { type: 'acked', data: { steps: stepsOf(ranges), atMs: nowMs } });
  if (ledgers.length > 1 || terminated) {
    decision.tell(cursorActor(state.topicId, state.name), { type: 'report' });
  }
  return true;
}
