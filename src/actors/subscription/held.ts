/**
 * What each consumer holds: entries that it was given, and has neither acknowledged nor given back.
 * Each remembers what it was given, and forgets what has gone once that is most of it: nobody has
 * to look through what others hold when one of thousands leaves.
 */
import type { Consumer, SubscriptionLive } from './state.ts';

/** Beyond twice as many as its unacknowledged messages a consumer forgets what has gone. */
const SLACK = 64;

/** It has been given entries, which are among its unacknowledged ones by now. */
export function remember(
  live: SubscriptionLive,
  consumer: Consumer,
  offsets: readonly number[],
): void {
  for (const offset of offsets) consumer.given.push(offset);
  if (consumer.given.length > 2 * consumer.unacked + SLACK) {
    consumer.given = heldBy(live, consumer);
  }
}

/** Offsets in the order in which it was given them. */
export function heldBy({ pending }: SubscriptionLive, { key, given }: Consumer): number[] {
  const held = new Set<number>();
  for (const offset of given) if (pending.get(offset)?.key === key) held.add(offset);
  return [...held];
}
