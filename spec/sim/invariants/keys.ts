/** Key_Shared: the entries of a key are with one consumer at a time. */
import type { TxnId } from '../../../src/actors/txn-id.ts';
import type { ConsumerSeen, IdSeen, Observation, Position } from '../observe/observation.ts';
import type { Fail, Invariant } from './invariant.ts';
import type { Stored } from './stored.ts';

/** Who holds which entries of a key, by their positions in words. */
type Holders = Map<string, Map<ConsumerSeen, Map<string, Held>>>;

interface Held {
  readonly position: Position;
  readonly redeliveries: number;
  /** Indexes of a batch that are not acknowledged, nor wait for a transaction: none is all. */
  open: readonly bigint[];
}

export class Keys implements Invariant {
  readonly name = 'a key is with one consumer of a Key_Shared subscription at a time';
  checks = 0;
  readonly #stored: Stored;
  readonly #subscriptions = new Map<string, Holders>();
  /** What is being moved on by an operator. */
  readonly #moving = new Map<string, number>();
  /** Who has ever asked for everything again, and may have been given more before it was read. */
  readonly #askedAgain = new Set<ConsumerSeen>();

  constructor(stored: Stored) {
    this.#stored = stored;
  }

  see(seen: Observation, fail: Fail): void {
    if (seen.type === 'administering' || seen.type === 'administered') this.#administer(seen);
    if (seen.type === 'txn-decided' && !seen.commit) this.#giveBack(seen.txn);
    if (!('consumer' in seen) || seen.consumer.type !== 'Key_Shared') return;
    const { consumer } = seen;
    if (consumer.keyShared?.allowOutOfOrder === true) return;
    const name = `${consumer.topic} ${consumer.subscription}`;
    let holders = this.#subscriptions.get(name);
    if (holders === undefined) {
      holders = new Map();
      this.#subscriptions.set(name, holders);
    }
    switch (seen.type) {
      case 'delivered':
        this.#delivered(holders, seen, fail);
        break;
      case 'acked':
        for (const id of seen.ids) acknowledge(holders, id);
        break;
      case 'nacked':
        if (seen.ids === undefined) {
          leave(holders, consumer);
          this.#askedAgain.add(consumer);
        } else for (const id of seen.ids) release(holders, id);
        break;
      case 'consumer-closing':
      case 'consumer-closed':
        leave(holders, consumer);
        break;
      case 'seek':
      case 'sought':
      case 'unsubscribing':
        holders.clear();
        break;
    }
  }

  /** Who has the rest of a batch is relieved of it where some of it was to be acknowledged. */
  #giveBack(txn: TxnId): void {
    for (const { consumer, ids } of this.#stored.transacted.get(txn)!.acks) {
      const holders = this.#subscriptions.get(`${consumer.topic} ${consumer.subscription}`);
      if (holders !== undefined) for (const id of ids) release(holders, id);
    }
  }

  /** Whoever moves the subscription on relieves everybody of what was skipped. */
  #administer(seen: Extract<Observation, { type: 'administering' | 'administered' }>): void {
    const { topic, subscription, moves } = seen.call;
    if (moves === undefined) return;
    const name = `${topic} ${subscription}`;
    this.#subscriptions.get(name)?.clear();
    const change = seen.type === 'administering' ? 1 : -1;
    this.#moving.set(name, (this.#moving.get(name) ?? 0) + change);
  }

  #delivered(
    holders: Holders,
    seen: Extract<Observation, { type: 'delivered' }>,
    fail: Fail,
  ): void {
    const { position, redeliveries } = seen;
    const at = wordsFor(position);
    const key = seen.content?.key;
    const { topic, subscription } = seen.consumer;
    if (key === undefined || (this.#moving.get(`${topic} ${subscription}`) ?? 0) > 0) return;
    this.checks += 1;
    const held = holders.get(key) ?? new Map<ConsumerSeen, Map<string, Held>>();
    holders.set(key, held);
    for (const [other, positions] of held) {
      if (other === seen.consumer || other.isClosing) continue;
      // What went by itself frees whoever had it, and nobody outside is told.
      for (const [its, held] of positions) {
        if (this.#stored.mayBeLetGo(topic, held.position)) positions.delete(its);
      }
      // Its request was read late, after what it had been given meanwhile: the count tells.
      const before = positions.get(at)?.redeliveries ?? redeliveries;
      if (before < redeliveries && this.#askedAgain.has(other)) positions.clear();
      if (positions.size === 0) continue;
      const where = [...positions.keys()].join(' ');
      fail(`key ${key} goes to consumer ${seen.consumer.id} while ${other.id} holds ${where}`);
    }
    const own = held.get(seen.consumer) ?? new Map();
    own.set(at, { position, redeliveries, open: seen.ackSet.map(unsigned) });
    held.set(seen.consumer, own);
  }
}

const unsigned = (word: number | bigint) => BigInt.asUintN(64, BigInt(word));
const wordsFor = ({ ledger, entry }: Position) => `${ledger}:${entry}`;

/** What clients name part by part is acknowledged as a whole with the last part. */
function acknowledge(holders: Holders, id: IdSeen): void {
  const { ackSet } = id;
  if (ackSet === undefined) {
    release(holders, id);
    return;
  }
  const at = wordsFor(id);
  for (const held of holders.values()) {
    for (const positions of held.values()) {
      const own = positions.get(at);
      if (own === undefined) continue;
      const words = ackSet.map(unsigned);
      own.open = own.open.length === 0 ? words : own.open.map((word, i) => word & (words[i] ?? 0n));
      if (own.open.every((word) => word === 0n)) positions.delete(at);
    }
  }
}

function release(holders: Holders, id: IdSeen): void {
  for (const held of holders.values()) {
    for (const positions of held.values()) positions.delete(wordsFor(id));
  }
}

function leave(holders: Holders, consumer: ConsumerSeen): void {
  for (const held of holders.values()) held.delete(consumer);
}
