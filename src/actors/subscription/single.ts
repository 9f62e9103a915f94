/**
 * Dispatch to the one active consumer of an exclusive or failover subscription: in order, all of
 * it.
 */

import { type EntrySlice, messagesOf } from '../entry-slice.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import type { EntriesForDispatch } from './commands.ts';
import { Delivery } from './delivery.ts';
import type { SubscriptionOptions } from './options.ts';
import { roomForDispatch } from './pacing.ts';
import { isInRanges } from './selector.ts';
import { tellSource } from './source.ts';
import type { Consumer, SubscriptionState } from './state.ts';

/** Asks the cursor for entries when the active consumer can take some and none are under way. */
export function readForActive(
  state: SubscriptionState,
  facts: Facts,
  options: SubscriptionOptions,
): Decision {
  const decision = new Decision();
  const consumer = ready(state);
  if (consumer === undefined || state.live.reading) return decision;
  const room = roomForDispatch(state, decision, consumer.permits, facts, options);
  if (room === undefined) return decision;
  const messages = Math.min(consumer.permits, room.messages);
  decision.change({ type: 'read-started', data: {} });
  tellSource(state, decision, {
    type: 'read',
    from: state.live.next,
    maxEntries: entriesFor(messages, state.live.messagesPerEntry, options),
    maxBytes: Math.min(options.maxReadBytes, room.bytes),
    generation: state.live.generation,
    ...(consumer.readCompacted ? { compacted: true } : {}),
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
    const to = fill(delivery, slice, consumer.ranges, facts);
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

/** Adds what the consumer may have of a slice; gives the index where its permits ended. */
export function fill(
  delivery: Delivery,
  slice: EntrySlice,
  ranges: Consumer['ranges'],
  facts: Facts,
): number {
  return ranges.length === 0 ? take(delivery, slice, 0) : takeOwn(delivery, slice, ranges, facts);
}

/** Adds entries from `from` on, as far as permits go and `isWanted`; gives where it stopped. */
function take(
  delivery: Delivery,
  slice: EntrySlice,
  from: number,
  isWanted?: (entry: Buffer) => boolean,
): number {
  const { entries } = slice;
  let budget = delivery.permits;
  let to = from;
  while (to < entries.length && budget > 0 && isWanted?.(entries[to]!) !== false) {
    budget -= messagesOf(slice, to++);
  }
  if (to > from) delivery.add(slice, from, to, 0);
  return to;
}

/** A reader of some keys passes over the others: they are neither sent nor acknowledged. */
function takeOwn(
  delivery: Delivery,
  slice: EntrySlice,
  ranges: Consumer['ranges'],
  { format }: Facts,
): number {
  const isOwn = (entry: Buffer) => isInRanges(ranges, format.stickyKeyHash(entry));
  let at = 0;
  while (at < slice.entries.length && delivery.permits > 0) {
    const to = take(delivery, slice, at, isOwn);
    at = to === at ? at + 1 : to;
  }
  return at;
}

/** The active consumer, if it can take something now. */
export function ready(state: SubscriptionState): Consumer | undefined {
  const { live } = state;
  if (live.active === undefined || live.switching) return undefined;
  const consumer = live.consumers.get(live.active);
  if (consumer === undefined || consumer.permits <= 0 || consumer.congested) return undefined;
  return consumer;
}
