/**
 * What every durable subscription owes and has been paid: an acknowledged message never comes
 * again, and one that is not comes until it is.
 */
import type { TxnId } from '../../../src/actors/txn-id.ts';
import type {
  Acked,
  Administered,
  ConsumerSeen,
  IdSeen,
  Observation,
  Position,
} from '../observe/observation.ts';
import type { World } from '../world.ts';
import type { Fail, Invariant } from './invariant.ts';
import type { Stored } from './stored.ts';

/** One life of a subscription: from its creation, or its last seek, on. */
class Life {
  /** Journal records that were there when it began, or when it was last moved on. */
  since: number;
  /** Somebody moves it on: what comes meanwhile may never be delivered. */
  moving = 0;
  /** Positions that must be acknowledged in the end. */
  readonly owed = new Set<string>();
  /** Positions that were acknowledged, for whoever owes them later. */
  readonly seen = new Set<string>();
  /** Positions of which no acknowledgement has come. */
  readonly open = new Set<string>();
  /** By position, messages of which one has come; undefined: of all of them. */
  readonly heard = new Map<string, Set<number> | undefined>();
  /** By position, which messages are known to be acknowledged for good; undefined: all. */
  readonly settled = new Map<string, Set<number> | undefined>();
  upTo: Position = { ledger: -1, entry: -1 };
  /** A seek or an unsubscribe is under way: nothing is certain until it is answered. */
  unsure = 0;
  /** Who has it reads what is compacted. */
  isCompacted = false;
  /** Cumulative acknowledgements that came, answered or not. */
  heardUpTo: Position = { ledger: -1, entry: -1 };

  constructor(since: number) {
    this.since = since;
  }
}

export class Subscriptions implements Invariant {
  readonly name = 'the acknowledged never comes again, the rest comes until it is';
  checks = 0;
  readonly #partial: boolean;
  readonly #stored: Stored;
  readonly #lives = new Map<string, Life>();
  /** Those that there are: one may be told of its success, and be gone by then. */
  readonly #existing = new Set<string>();
  /** By its first message, where an entry was stored. */
  readonly #places = new Map<number | undefined, { position: Position; record: number }>();
  #records = 0;
  /** Acknowledgements of a consumer whose answer is not known, oldest first. */
  readonly #pending = new Map<ConsumerSeen, Acked[]>();
  /** In transactions, and answered: of those that are not decided, or whose commit is not known. */
  readonly #held = new Set<Acked>();

  constructor(world: World, stored: Stored) {
    this.#partial = world.config.acknowledgmentAtBatchIndexLevelEnabled;
    this.#stored = stored;
  }

  see(seen: Observation, fail: Fail): void {
    switch (seen.type) {
      case 'record':
        this.#records = seen.record.sequence;
        for (const { content, position } of seen.entries) {
          this.#places.set(content?.messages[0], { position, record: seen.record.sequence });
        }
        break;
      case 'receipt':
        this.#owe(seen);
        break;
      case 'subscribed':
        if (seen.consumer.durable) this.#subscribed(seen.consumer);
        break;
      case 'acked':
        if (seen.txn === undefined) this.#acked(seen);
        break;
      case 'ack-answered':
        if (seen.error !== undefined) break;
        if (seen.acked.txn === undefined) this.#confirm(seen.acked);
        else this.#hold(seen.acked, seen.acked.txn);
        break;
      case 'txn-decided':
        this.#decided(seen);
        break;
      case 'txn-answered':
        if (seen.error === undefined && seen.commit) this.#committed(seen.txn);
        break;
      case 'delivered':
        this.#delivered(seen, fail);
        break;
      case 'seek':
        if (seen.consumer.durable) this.#begin(nameOf(seen.consumer), 1);
        break;
      case 'sought':
        if (seen.consumer.durable) this.#begin(nameOf(seen.consumer), -1);
        break;
      case 'consumer-closed':
        this.#pending.delete(seen.consumer);
        break;
      default:
        this.#happens(seen);
    }
  }

  /** What nobody does who consumes. */
  #happens(seen: Observation): void {
    switch (seen.type) {
      case 'administering':
        this.#move(seen.call, 1);
        break;
      case 'administered':
        this.#move(seen.call, -1);
        break;
      case 'left':
        this.#left(seen);
        break;
      case 'topic-deleted':
        for (const name of this.#lives.keys()) {
          if (name.startsWith(`${seen.topic} `)) this.#end(name);
        }
        break;
      case 'subscription-created':
        this.#existing.add(`${seen.topic} ${seen.subscription}`);
        break;
      case 'subscription-deleted':
        this.#existing.delete(`${seen.topic} ${seen.subscription}`);
        this.#end(`${seen.topic} ${seen.subscription}`);
        break;
    }
  }

  #subscribed(consumer: ConsumerSeen): void {
    const name = nameOf(consumer);
    if (!this.#existing.has(name)) return;
    const life = this.#lives.get(name) ?? new Life(this.#records);
    this.#lives.set(name, life);
    if (consumer.readsCompacted) life.isCompacted = true;
  }

  /** What is too old, or too much, need not come once it has left. */
  #left(left: Extract<Observation, { type: 'left' }>): void {
    const { topic: name, topicId, subscription, ranges, atMs } = left;
    const life = this.#lives.get(`${name} ${subscription}`);
    const topic = this.#stored.byId(topicId)!;
    if (life === undefined || !this.#stored.letsGo) return;
    for (const [start, end] of ranges) {
      for (let offset = start; offset < end; offset++) {
        const entry = topic.entries[offset];
        if (entry === undefined || !this.#stored.mayLeave(name, topic, offset, atMs)) continue;
        life.owed.delete(keyOf(entry.position));
      }
    }
  }

  #end(name: string): void {
    this.#lives.delete(name);
    for (const acked of this.#held) {
      if (nameOf(acked.consumer) === name) this.#held.delete(acked);
    }
    this.#forget(name);
  }

  /** An operator moves a subscription: over some messages, or to where it was before. */
  #move({ topic, subscription, moves }: Administered, change: 1 | -1): void {
    if (moves === undefined) return;
    const name = `${topic} ${subscription}`;
    const life = this.#lives.get(name);
    if (moves === 'anywhere') {
      if (life !== undefined) this.#begin(name, change);
      return;
    }
    if (life === undefined) return;
    life.moving = Math.max(0, life.moving + change);
    life.since = this.#records;
    life.owed.clear();
  }

  isSatisfied(): boolean {
    return this.#unpaid() === undefined;
  }

  end(_: World, fail: Fail): void {
    const unpaid = this.#unpaid();
    if (unpaid !== undefined) fail(unpaid);
  }

  #unpaid(): string | undefined {
    for (const [name, { owed, open, isCompacted }] of this.#lives) {
      for (const position of owed) {
        const mustCome =
          !this.#isAborted(name, position) &&
          (!isCompacted || !this.#isCompactedAway(name, position));
        if (open.has(position) && mustCome)
          return `${name} owes ${position}, and ${owed.size - 1} more`;
        owed.delete(position);
      }
    }
    return undefined;
  }

  /** Of a subscription's topic: what need not come to those who read what is compacted. */
  #isCompactedAway(name: string, key: string): boolean {
    const { topic, entry } = this.#find(name, key);
    return entry !== undefined && topic!.compacted.mayHaveLeftOut(topic!.entries, entry);
  }

  #isAborted(name: string, key: string): boolean {
    return this.#stored.transacted.isAborted(this.#find(name, key).entry?.content);
  }

  #find(name: string, key: string) {
    const topic = this.#stored.topic(name.slice(0, name.indexOf(' ')));
    const [ledger, entry] = key.split(':').map(Number) as [number, number];
    return { topic, entry: topic?.at({ ledger, entry }) };
  }

  #owe(receipt: Extract<Observation, { type: 'receipt' }>): void {
    const { producer, position } = receipt;
    // The receipt of a duplicate does not say where the entry is; the journal does.
    const isDuplicate = position.ledger < 0;
    const stored = this.#places.get(receipt.sent?.content?.messages[0]);
    if (isDuplicate && stored === undefined) return;
    // It may have left since, too.
    if (isDuplicate && this.#stored.mayBeLetGo(producer.topic, stored!.position)) return;
    const key = keyOf(isDuplicate ? stored!.position : position);
    for (const [name, life] of this.#lives) {
      if (!name.startsWith(`${producer.topic} `) || life.unsure > 0 || life.moving > 0) {
        continue;
      }
      // It may have been given up before this subscription began.
      if (isDuplicate && stored!.record <= life.since) continue;
      life.owed.add(key);
      if (!life.seen.has(key) && !isUpTo(key, life.heardUpTo)) life.open.add(key);
    }
  }

  #acked(acked: Acked): void {
    const pending = this.#pending.get(acked.consumer);
    if (pending === undefined) this.#pending.set(acked.consumer, [acked]);
    else pending.push(acked);
    this.#hear(acked);
  }

  /** Somebody wants it acknowledged; whether it was is not known yet. */
  #hear(acked: Acked): void {
    const life = this.#lives.get(nameOf(acked.consumer));
    if (life === undefined) return;
    for (const id of acked.ids) {
      if (acked.isCumulative) {
        if (!isUpTo(keyOf(id), life.heardUpTo)) life.heardUpTo = id;
        for (const key of life.open) if (isUpTo(key, id)) life.open.delete(key);
      } else {
        this.#note(life.heard, id);
        if (life.heard.get(keyOf(id)) === undefined) {
          life.open.delete(keyOf(id));
          life.seen.add(keyOf(id));
        }
      }
    }
  }

  /** With an acknowledgement, all that the consumer sent before it are durable, too. */
  #confirm(last: Acked): void {
    const life = this.#lives.get(nameOf(last.consumer));
    const pending = this.#pending.get(last.consumer);
    if (life === undefined || pending === undefined) return;
    const count = pending.indexOf(last) + 1;
    for (const acked of pending.splice(0, count)) this.#settle(life, acked);
  }

  #settle(life: Life, { ids, isCumulative }: Acked): void {
    for (const id of ids) {
      this.checks += 1;
      if (isCumulative) raise(life, id);
      else this.#note(life.settled, id);
    }
  }

  #hold(acked: Acked, txn: TxnId): void {
    // The answer may come when the transaction has been aborted, or the subscription has ended.
    const isAborted = this.#stored.transacted.get(txn)?.outcome === 'aborted';
    if (!isAborted && this.#existing.has(nameOf(acked.consumer))) this.#held.add(acked);
  }

  /** What an aborted transaction was to acknowledge is given back. */
  #decided({ txn, commit }: Extract<Observation, { type: 'txn-decided' }>): void {
    if (commit) for (const acked of this.#stored.transacted.get(txn)!.acks) this.#hear(acked);
    for (const acked of this.#held) {
      if (acked.txn !== txn) continue;
      const isUnsure = (this.#lives.get(nameOf(acked.consumer))?.unsure ?? 0) > 0;
      if (!commit || isUnsure) this.#held.delete(acked);
    }
  }

  #committed(txn: TxnId): void {
    for (const acked of this.#held) {
      if (acked.txn !== txn) continue;
      this.#held.delete(acked);
      const life = this.#lives.get(nameOf(acked.consumer));
      if (life !== undefined) this.#settle(life, acked);
    }
  }

  /** What waits for a transaction, or was acknowledged with one. */
  #heldNotes(name: string): Map<string, Set<number> | undefined> {
    const notes = new Map<string, Set<number> | undefined>();
    for (const { consumer, ids, isCumulative } of this.#held) {
      // An acknowledgement up to a message hides nothing while it waits.
      if (isCumulative || nameOf(consumer) !== name) continue;
      for (const id of ids) this.#note(notes, id);
    }
    return notes;
  }

  /** Counts an acknowledgement of an entry, or of some of its messages. */
  #note(notes: Map<string, Set<number> | undefined>, id: IdSeen): void {
    const key = keyOf(id);
    if (id.ackSet === undefined) {
      notes.set(key, undefined);
      return;
    }
    const done = notes.get(key) ?? new Set<number>();
    if (notes.has(key) && notes.get(key) === undefined) return;
    const size = id.batchSize ?? 0;
    for (let i = 0; this.#partial && i < size; i++) if (!isSet(id.ackSet, i)) done.add(i);
    notes.set(key, done.size === size ? undefined : done);
  }

  #delivered(seen: Extract<Observation, { type: 'delivered' }>, fail: Fail): void {
    const life = this.#lives.get(nameOf(seen.consumer));
    if (life === undefined || life.unsure > 0) return;
    this.checks += 1;
    const key = keyOf(seen.position);
    if (isUpTo(key, life.upTo) || (life.settled.has(key) && !life.settled.get(key))) {
      fail(`${key} comes to ${nameOf(seen.consumer)} after it was acknowledged`);
      return;
    }
    for (const index of life.settled.get(key) ?? []) {
      if (seen.ackSet.length > 0 && !isSet(seen.ackSet, index)) continue;
      fail(`message ${index} of ${key} comes to ${nameOf(seen.consumer)}: it is acknowledged`);
      return;
    }
    if (this.#held.size > 0) this.#deliveredOfHeld(seen, key, fail);
  }

  #deliveredOfHeld(
    { consumer, ackSet }: Extract<Observation, { type: 'delivered' }>,
    key: string,
    fail: Fail,
  ): void {
    const notes = this.#heldNotes(nameOf(consumer));
    if (!notes.has(key)) return;
    this.checks += 1;
    const indexes = notes.get(key);
    const comes = (index: number) => ackSet.length === 0 || isSet(ackSet, index);
    if (indexes !== undefined && ![...indexes].some(comes)) return;
    fail(`${key} comes to ${nameOf(consumer)}, and waits for a transaction to acknowledge it`);
  }

  /** A seek begins or has ended: another life, in which all that was before is open. */
  #begin(name: string, change: 1 | -1): void {
    const before = this.#lives.get(name);
    const life = new Life(this.#records);
    life.unsure = Math.max(0, (before?.unsure ?? 0) + change);
    life.moving = before?.moving ?? 0;
    life.isCompacted = before?.isCompacted ?? false;
    this.#lives.set(name, life);
    this.#forget(name);
    for (const acked of this.#held) {
      const isUndone = this.#stored.transacted.get(acked.txn ?? '')?.outcome !== undefined;
      if (isUndone && nameOf(acked.consumer) === name) this.#held.delete(acked);
    }
  }

  #forget(name: string): void {
    for (const other of this.#pending.keys()) {
      if (nameOf(other) === name) this.#pending.delete(other);
    }
  }
}

function nameOf({ topic, subscription }: ConsumerSeen): string {
  return `${topic} ${subscription}`;
}

function raise(life: Life, { ledger, entry }: IdSeen): void {
  if (!isUpTo(keyOf({ ledger, entry }), life.upTo)) life.upTo = { ledger, entry };
}

function keyOf({ ledger, entry }: Position): string {
  return `${ledger}:${entry}`;
}

function isUpTo(key: string, last: Position): boolean {
  const [ledger, entry] = key.split(':').map(Number) as [number, number];
  return ledger < last.ledger || (ledger === last.ledger && entry <= last.entry);
}

/** Whether message `index` is left, as an acknowledgement set says. */
function isSet(words: readonly (number | bigint)[], index: number): boolean {
  const word = words[index >> 6];
  return word !== undefined && (BigInt.asUintN(64, BigInt(word)) >> BigInt(index & 63)) % 2n === 1n;
}
