/**
 * What deduplication remembers of producers: the highest sequence id stored under each name. It is
 * state of the topic, made of its own events, so nothing has to be saved beside it; names are
 * bounded in number, and forgotten when nobody has produced under them for long.
 */
import type { Long } from '../../base/long.ts';
import type { Decision, Facts } from '../runtime/behaviour.ts';
import type { TopicOptions } from './options.ts';
import { policiesOf } from './policies.ts';
import type { Producer, TopicState } from './state.ts';

/**
 * The last sequence id that a producer of this name may build on; -1 for none. It holds the name
 * from now on.
 */
export function takeUpSequence(
  state: TopicState,
  decision: Decision,
  name: string,
  facts: Facts,
  options: TopicOptions,
): Long {
  const known = state.sequences.get(name);
  if (known === undefined || !policiesOf(state, facts, options).deduplication) return -1;
  const { last, idleSinceMs } = known;
  if (idleSinceMs === undefined) return last;
  if (facts.nowMs - idleSinceMs > options.deduplicationIdleMs) {
    decision.record({ type: 'sequences-forgotten', data: { names: [name] } });
    return -1;
  }
  decision.record({ type: 'sequence-held', data: { name } });
  return last;
}

/**
 * Its producer leaves: from now on the name may be forgotten. Whoever dies with the process does
 * not leave, so that a crash shortens nobody's time.
 */
export function leaveSequence(
  state: TopicState,
  decision: Decision,
  { name }: Producer,
  { nowMs }: Facts,
): void {
  const known = state.sequences.get(name);
  if (known === undefined || known.idleSinceMs !== undefined) return;
  decision.record({ type: 'sequence-left', data: { name, atMs: nowMs } });
}

/** A bounded number of producers is remembered; those not heard of longest go first. */
export function boundSequences(state: TopicState, decision: Decision, options: TopicOptions): void {
  const surplus = state.sequences.size - options.maxDeduplicationProducers;
  if (surplus < 0) return;
  const names: string[] = [];
  for (const name of state.sequences.keys()) {
    if (names.length > surplus) break;
    if (!state.live.byName.has(name)) names.push(name);
  }
  if (names.length > 0) decision.record({ type: 'sequences-forgotten', data: { names } });
}
