/**
 * Dispatch to the one active consumer of an exclusive or failover subscription: in order, all of
 * it.
 */

import { messagesOf } from '../entry-slice.ts';
import { cursorActor } from '../names.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import type { EntriesForDispatch } from './commands.ts';
import { Delivery } from './delivery.ts';
import type { SubscriptionOptions } from './options.ts';
import type { Consumer, SubscriptionState } from './state.ts';

/** Asks the cursor for entries when the active consumer can take some and none are under way. */
export function readForActive(state: SubscriptionState, options: SubscriptionOptions): Decision {
  const decision = new Decision();
  const consumer = ready(state);
  if (consumer === undefined || state.live.reading) return decision;
  decision.change({ type: 'read-started', data: {} });
  decision.tell(cursorActor(state.topicId, state.name), {
    type: 'read',
    from: state.live.next,
    maxEntries: entriesFor(consumer.permits, state.live.messagesPerEntry, options),
    maxBytes: options.maxReadBytes,
    generation: state.live.generation,
  });
  return decision;
}

/** So many entries hold about so many messages, as far as the last ones tell. */
export function entriesFor(
  permits: number,
  messagesPerEntry: number,
  options: SubscriptionOptions,
): number {
  const entries = Math.ceil(permits / Math.max(1, messagesPerEntry));
  return Math.max(1, Math.min(entries, options.maxReadEntries));
}

/** Sends as much of what was read as there are permits; entries are never split. */
export function dispatchToActive(
  state: SubscriptionState,
  command: EntriesForDispatch,
  facts: Facts,
): Decision {
  const decision = new Decision();
  const consumer = ready(state);
  const first = command.slices[0]?.firstOffset ?? command.next;
  if (consumer === undefined) {
    decision.change({ type: 'read-ended', data: { next: first } });
    return decision;
  }
  const delivery = new Delivery(consumer, false);
  let next = command.next;
  for (const slice of command.slices) {
    let budget = delivery.permits;
    let to = 0;
    while (to < slice.entries.length && budget > 0) budget -= messagesOf(slice, to++);
    if (to > 0) delivery.add(slice, 0, to, 0);
    if (to < slice.entries.length) {
      next = slice.firstOffset + to;
      break;
    }
  }
  decision.change({ type: 'read-ended', data: { next } });
  delivery.finish(decision, facts.nowMs, 0);
  decision.again = { type: 'dispatch' };
  return decision;
}

function ready(state: SubscriptionState): Consumer | undefined {
  const { live } = state;
  if (live.active === undefined || live.switching) return undefined;
  const consumer = live.consumers.get(live.active);
  if (consumer === undefined || consumer.permits <= 0 || consumer.congested) return undefined;
  return consumer;
}
