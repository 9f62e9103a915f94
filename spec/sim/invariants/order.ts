/** Order: of one producer's messages, of what one consumer gets, and of each key. */
import type { ConsumerSeen, Observation, Position, ProducerSeen } from '../observe/observation.ts';
import type { World } from '../world.ts';
import type { Fail, Invariant } from './invariant.ts';
import type { Stored } from './stored.ts';

export class ProducerOrder implements Invariant {
  readonly name = 'entries of one producer keep the order in which they were sent';
  checks = 0;
  readonly #world: World;
  /** Where the last entry went. */
  readonly #last = new Map<ProducerSeen, Position>();

  constructor(world: World) {
    this.#world = world;
  }

  see(seen: Observation, fail: Fail): void {
    if ('producer' in seen && this.#world.isAbusive(seen.producer.link)) return;
    if (seen.type === 'receipt' || seen.type === 'send-error') {
      this.checks += 1;
      if (!seen.isInTurn) fail(`#${seen.sequenceId} is answered, though another one waits`);
      if (seen.type === 'receipt') this.#place(seen.producer, seen.position, fail);
    }
  }

  #place(producer: ProducerSeen, position: Position, fail: Fail): void {
    // A duplicate has no place.
    if (position.ledger < 0) return;
    const last = this.#last.get(producer);
    this.#last.set(producer, position);
    if (last === undefined || isBefore(last, position)) return;
    fail(`an entry at ${text(position)} after one at ${text(last)}`);
  }
}

export class ConsumerOrder implements Invariant {
  readonly name = 'a consumer that has a subscription to itself gets entries in order';
  checks = 0;
  readonly #stored: Stored;
  readonly #got = new Map<ConsumerSeen, Got>();

  constructor(stored: Stored) {
    this.#stored = stored;
  }

  see(seen: Observation, fail: Fail): void {
    if (seen.type === 'delivered') this.#delivered(seen.consumer, seen.position, fail);
    else if (seen.type === 'nacked') {
      // One entry or all: as in Pulsar, whoever has a subscription alone begins anew either way.
      const got = this.#got.get(seen.consumer) ?? nothingYet();
      got.mayRestart = true;
      this.#got.set(seen.consumer, got);
    }
    // Who becomes active begins with what is not acknowledged.
    else if (seen.type === 'active' || seen.type === 'consumer-closed' || BREAKS.has(seen.type)) {
      if ('consumer' in seen) this.#begin(seen.consumer);
    }
  }

  /** Anew; what it asked for before may be read after. */
  #begin(consumer: ConsumerSeen): void {
    const isAsked = this.#got.get(consumer)?.mayRestart === true;
    if (isAsked) this.#got.set(consumer, { ...nothingYet(), mayRestart: true });
    else this.#got.delete(consumer);
  }

  #delivered(consumer: ConsumerSeen, position: Position, fail: Fail): void {
    if (consumer.type !== 'Exclusive' && consumer.type !== 'Failover') return;
    if (this.#stored.wasHeld(consumer, position)) return;
    this.checks += 1;
    const got = this.#got.get(consumer);
    // What was sent back comes again at any time; the new comes in order.
    if (got?.positions.has(text(position))) return;
    if (got !== undefined && isBefore(got.last, position)) {
      got.positions.add(text(position));
      got.last = position;
      return;
    }
    if (got !== undefined && !got.mayRestart) fail(`${text(position)} after ${text(got.last)}`);
    const positions = new Set([text(position)]);
    this.#got.set(consumer, { positions, last: position, mayRestart: false });
  }
}

/** What a consumer has got since it last began anew. */
interface Got {
  readonly positions: Set<string>;
  last: Position;
  /** It has asked for everything again, and something may have been on its way still. */
  mayRestart: boolean;
}

function nothingYet(): Got {
  return { positions: new Set(), last: { ledger: -1, entry: -1 }, mayRestart: false };
}

/** What makes a subscription begin anew. */
const BREAKS: ReadonlySet<string> = new Set(['seek', 'sought', 'unsubscribed']);

export class KeyOrder implements Invariant {
  readonly name = 'the entries of a key come in order, whichever consumer has it';
  checks = 0;
  /** By subscription: what was delivered, and the last entry of each key. */
  readonly #got = new Map<string, { positions: Set<string>; last: Map<string, Position> }>();
  /** Seeks of each subscription without an answer: what comes meanwhile may be of either time. */
  readonly #seeks = new Map<string, number>();
  readonly #stored: Stored;

  constructor(stored: Stored) {
    this.#stored = stored;
  }

  see(seen: Observation, fail: Fail): void {
    if (seen.type === 'administering' || seen.type === 'administered') this.#administer(seen);
    // One that was deleted begins anew, whoever has said so.
    if (seen.type === 'subscription-created')
      this.#got.delete(`${seen.topic} ${seen.subscription}`);
    if (!('consumer' in seen) || seen.consumer.type !== 'Key_Shared') return;
    if (seen.consumer.keyShared?.allowOutOfOrder === true) return;
    const { topic, subscription } = seen.consumer;
    const name = `${topic} ${subscription}`;
    const seeks = this.#seeks.get(name) ?? 0;
    if (seen.type === 'seek') this.#seeks.set(name, seeks + 1);
    else if (seen.type === 'sought') {
      this.#seeks.set(name, seeks - 1);
      this.#moved(name, seen.ok);
    } else if (seen.type === 'unsubscribed') this.#got.delete(name);
    if (seeks > 0) {
      if (seen.type === 'delivered') this.#got.get(name)?.positions.add(text(seen.position));
      return;
    }
    const key = seen.type === 'delivered' ? seen.content?.key : undefined;
    if (seen.type !== 'delivered' || key === undefined) return;
    // What waits for its time, or has waited for a transaction, lets others of its key pass.
    if (seen.content?.dueAtMs !== undefined) return;
    if (this.#stored.wasHeld(seen.consumer, seen.position)) return;
    this.checks += 1;
    let got = this.#got.get(name);
    if (got === undefined) {
      got = { positions: new Set(), last: new Map() };
      this.#got.set(name, got);
    }
    const position = text(seen.position);
    if (got.positions.has(position)) return;
    got.positions.add(position);
    const last = got.last.get(key);
    if (last !== undefined && !isBefore(last, seen.position)) {
      fail(`key ${key} of ${subscription}: ${position} after ${text(last)}`);
    }
    got.last.set(key, seen.position);
  }

  /** An operator moves the subscription: what comes until it is done may be of either time. */
  #administer(seen: Extract<Observation, { type: 'administering' | 'administered' }>): void {
    const { topic, subscription, moves } = seen.call;
    if (moves !== 'anywhere') return;
    const name = `${topic} ${subscription}`;
    const change = seen.type === 'administering' ? 1 : -1;
    this.#seeks.set(name, (this.#seeks.get(name) ?? 0) + change);
    if (seen.type === 'administered') this.#moved(name, (seen.status ?? 500) < 300);
  }

  /** It begins anew; where it was not moved, what came before may still come again. */
  #moved(name: string, isMoved: boolean): void {
    if (isMoved) this.#got.delete(name);
    else this.#got.get(name)?.last.clear();
  }
}

export function isBefore(a: Position, b: Position): boolean {
  return a.ledger < b.ledger || (a.ledger === b.ledger && a.entry < b.entry);
}

function text({ ledger, entry }: Position): string {
  return `${ledger}:${entry}`;
}
