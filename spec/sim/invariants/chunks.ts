/** A message in several chunks is put together by one consumer: all of them come to it. */
import type { ConsumerSeen, IdSeen, Observation, Position } from '../observe/observation.ts';
import type { Fail, Invariant } from './invariant.ts';
import type { Stored } from './stored.ts';

/** Chunks that consumers have and have not acknowledged: who, by position. */
type Held = Map<
  string,
  { readonly consumer: ConsumerSeen; readonly uuid: string; readonly position: Position }
>;

export class Chunks implements Invariant {
  readonly name = 'all chunks of a message come to one consumer';
  checks = 0;
  readonly #stored: Stored;
  readonly #subscriptions = new Map<string, Held>();

  constructor(stored: Stored) {
    this.#stored = stored;
  }

  see(seen: Observation, fail: Fail): void {
    if (!('consumer' in seen) || seen.consumer.type !== 'Shared') return;
    const { consumer } = seen;
    const name = `${consumer.topic} ${consumer.subscription}`;
    const held = this.#subscriptions.get(name) ?? new Map();
    switch (seen.type) {
      case 'delivered':
        if (seen.content?.chunk === undefined) return;
        this.#subscriptions.set(name, held);
        this.#delivered(held, seen, seen.content.chunk.uuid, fail);
        break;
      case 'acked':
        for (const id of seen.ids) held.delete(keyOf(id));
        break;
      case 'nacked':
        if (seen.ids === undefined) leave(held, consumer);
        else for (const id of seen.ids) held.delete(keyOf(id));
        break;
      case 'consumer-closing':
      case 'consumer-closed':
        leave(held, consumer);
        break;
    }
  }

  #delivered(
    held: Held,
    { consumer, position }: Extract<Observation, { type: 'delivered' }>,
    uuid: string,
    fail: Fail,
  ): void {
    this.checks += 1;
    for (const [where, other] of held) {
      if (other.uuid !== uuid || other.consumer === consumer || other.consumer.isClosing) continue;
      if (this.#stored.mayBeLetGo(consumer.topic, other.position)) continue;
      const [from, to] = [other.consumer, consumer].map(({ link, id }) => `c${link}/${id}`);
      fail(`a chunk of ${uuid} goes to ${to}, while ${from} has the one at ${where}`);
    }
    held.set(keyOf(position), { consumer, uuid, position });
  }
}

function keyOf({ ledger, entry }: Pick<IdSeen, 'ledger' | 'entry'>): string {
  return `${ledger}:${entry}`;
}

function leave(held: Held, consumer: ConsumerSeen): void {
  for (const [where, other] of held) if (other.consumer === consumer) held.delete(where);
}
