/** Acknowledgements: what is new of them becomes one event, whatever was asked is answered. */

import { intersect } from '../ack-set.ts';
import type { TopicExposed } from '../exposed.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import type { AckCursor, PartialAck } from './commands.ts';
import { put } from './decide.ts';
import { stepsOf } from './evolve.ts';
import type { CursorState } from './state.ts';

/** Bytes of an event, about: of one bound of a range, and of a batch that is left open in part. */
const BYTES_A_BOUND = 2;
const BYTES_A_PART = 36;

export function ack(
  state: CursorState,
  command: AckCursor,
  topic: TopicExposed,
  facts: Facts,
): Decision {
  const decision = new Decision();
  acknowledge(state, decision, topic, facts, command);
  if (command.reply !== undefined) {
    const { recipient, requestId } = command.reply;
    const { consumerId } = command;
    decision.reply(recipient, { type: 'ack-answered', consumerId, requestId, refusal: undefined });
  }
  return decision;
}

/** What is to be acknowledged, and of it only what is new is recorded. */
type Acknowledged = Pick<AckCursor, 'ranges' | 'partial' | 'cumulative' | 'properties'>;

export function acknowledge(
  state: CursorState,
  decision: Decision,
  topic: TopicExposed,
  facts: Facts,
  command: Acknowledged,
): void {
  const ranges = newRanges(state, command, topic.progress.end);
  const partial = newPartial(state, command, ranges);
  const { properties } = command;
  if (ranges.length > 0 || partial.length > 0 || properties !== undefined) {
    put(state, decision, {
      type: 'acked',
      data: {
        steps: stepsOf(ranges),
        ...(partial.length === 0 ? {} : { partial }),
        ...(properties === undefined ? {} : { properties }),
        atMs: facts.nowMs,
      },
      weight: ranges.length * BYTES_A_BOUND + partial.length * BYTES_A_PART,
    });
    const { ledgers, terminated } = topic.progress;
    if (ledgers.length > 1 || terminated) decision.again = { type: 'report' };
  }
}

/** Ranges of the command that hold something not acknowledged yet, within the topic. */
function newRanges(state: CursorState, command: Acknowledged, end: number): number[] {
  const ranges: number[] = [];
  const add = (from: number, to: number) => {
    const start = Math.max(from, state.acked);
    const stop = Math.min(to, end);
    if (stop <= start || state.ranges.gapFrom(start) >= stop) return;
    ranges.push(start, stop);
  };
  if (command.cumulative !== undefined) add(state.acked, command.cumulative);
  for (let i = 0; i < command.ranges.length; i += 2) {
    add(command.ranges[i]!, command.ranges[i + 1]!);
  }
  return ranges;
}

/** Batch indexes acknowledged; a batch with none left open moves to `ranges`. */
function newPartial(state: CursorState, command: Acknowledged, ranges: number[]): PartialAck[] {
  const partial: PartialAck[] = [];
  for (const { offset, words } of command.partial) {
    if (offset < state.acked || state.ranges.has(offset)) continue;
    const before = state.partial.get(offset);
    const open = intersect(before ?? words, words);
    if (open === undefined) ranges.push(offset, offset + 1);
    else partial.push({ offset, words: open });
  }
  return partial;
}
