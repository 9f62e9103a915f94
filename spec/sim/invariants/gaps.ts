/** A reader misses nothing: from one entry to the next there is no entry that it does not get. */
import type { ConsumerSeen, Observation, Position } from '../observe/observation.ts';
import type { Fail, Invariant } from './invariant.ts';

export class Gaps implements Invariant {
  readonly name = 'a reader gets every entry';
  checks = 0;
  readonly #last = new Map<ConsumerSeen, Position>();

  see(seen: Observation, fail: Fail): void {
    if (seen.type !== 'delivered' || seen.consumer.durable) return;
    const { consumer, position } = seen;
    const last = this.#last.get(consumer);
    this.#last.set(consumer, position);
    if (last === undefined) return;
    this.checks += 1;
    const isNext =
      position.ledger === last.ledger
        ? position.entry === last.entry + 1
        : position.ledger > last.ledger && position.entry === 0;
    if (isNext) return;
    const [from, to] = [last, position].map(({ ledger, entry }) => `${ledger}:${entry}`);
    fail(`${consumer.subscription} of c${consumer.link} goes from ${from} to ${to}`);
  }
}
