/**
 * Non-persistent topics: a message passes by each subscription as often as it was sent, in order,
 * and nothing of it is written.
 */
import type { ConsumerSeen, Observation } from '../observe/observation.ts';
import type { Fail, Invariant } from './invariant.ts';

export class Passing implements Invariant {
  readonly name = 'a message that is not stored comes once at most, in order, and leaves no trace';
  readonly seesPassing = true;
  checks = 0;
  readonly #sent = new Map<number, number>();
  /** By subscription and message. */
  readonly #come = new Map<string, number>();
  /** By consumer, the last message of each producer that came. */
  readonly #last = new Map<ConsumerSeen, Map<string, number>>();

  see(seen: Observation, fail: Fail): void {
    if (seen.type === 'sent' && isPassing(seen.producer.topic)) {
      for (const message of seen.content?.messages ?? []) count(this.#sent, message);
    } else if (seen.type === 'delivered' && isPassing(seen.consumer.topic)) {
      this.#delivered(seen, fail);
    } else if (seen.type === 'record') {
      const passing = seen.record.events.find(({ actor }) => actor.includes('non-persistent://'));
      if (passing !== undefined) fail(`${passing.type} of ${passing.actor} is in the journal`);
    } else if (seen.type === 'consumer-closed') this.#last.delete(seen.consumer);
  }

  #delivered({ consumer, content }: Extract<Observation, { type: 'delivered' }>, fail: Fail): void {
    const first = content?.messages[0];
    if (content === undefined || first === undefined) return;
    this.checks += 1;
    const come = count(this.#come, `${consumer.topic} ${consumer.subscription} ${first}`);
    const sent = this.#sent.get(first) ?? 0;
    if (come > sent) fail(`message ${first} comes ${come} times, and was sent ${sent} times`);
    const last = this.#last.get(consumer) ?? new Map<string, number>();
    this.#last.set(consumer, last);
    const before = last.get(content.producer) ?? -1;
    // One that was sent again, on a new connection, begins anew.
    if (first <= before && sent < 2)
      fail(`message ${first} of ${content.producer} after ${before}`);
    last.set(content.producer, first);
  }
}

export function isPassing(topic: string): boolean {
  return topic.startsWith('non-persistent:');
}

function count<K>(counts: Map<K, number>, key: K): number {
  const next = (counts.get(key) ?? 0) + 1;
  counts.set(key, next);
  return next;
}
