/**
 * Dispatch of what passes by (non-persistent topics): each entry goes to a consumer that can take
 * it now, by the same choice as stored entries, or to nobody. What nobody took is only counted.
 */
import { type EntrySlice, messagesOf } from '../entry-slice.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import type { PassingEntries } from './commands.ts';
import { Delivery } from './delivery.ts';
import { Round } from './multi.ts';
import type { SubscriptionOptions } from './options.ts';
import { fill, ready } from './single.ts';
import { isMulti, type SubscriptionState } from './state.ts';

export function pass(
  state: SubscriptionState,
  { slice }: PassingEntries,
  facts: Facts,
  options: SubscriptionOptions,
): Decision {
  return isMulti(state)
    ? passToMany(state, slice, facts, options)
    : passToActive(state, slice, facts);
}

function passToActive(state: SubscriptionState, slice: EntrySlice, facts: Facts): Decision {
  const decision = new Decision();
  const consumer = ready(state);
  if (consumer === undefined) {
    drop(decision, messagesFrom(slice, 0));
    return decision;
  }
  const delivery = new Delivery(consumer, false);
  const taken = fill(delivery, slice, consumer.ranges, facts);
  delivery.finish(decision, facts.nowMs, 0);
  drop(decision, messagesFrom(slice, taken));
  return decision;
}

function passToMany(
  state: SubscriptionState,
  slice: EntrySlice,
  facts: Facts,
  options: SubscriptionOptions,
): Decision {
  const decision = new Decision();
  // Each entry begins the next turn, and the parts of a chunked message go their own ways.
  const round = new Round(state, facts, { ...options, roundRobinEntries: 1 }, false);
  const left = round.serve([slice]) ?? slice.firstOffset + slice.entries.length;
  round.deliver(decision);
  let dropped = messagesFrom(slice, left - slice.firstOffset);
  for (const offset of round.aside) dropped += messagesOf(slice, offset - slice.firstOffset);
  drop(decision, dropped);
  return decision;
}

function messagesFrom(slice: EntrySlice, from: number): number {
  let messages = 0;
  for (let i = from; i < slice.entries.length; i++) messages += messagesOf(slice, i);
  return messages;
}

function drop(decision: Decision, messages: number): void {
  if (messages > 0) decision.change({ type: 'dropped', data: { messages } });
}
