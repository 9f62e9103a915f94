/**
 * What the driver knows for certain, kept across every crash: what was sent to a topic, what of it
 * was acknowledged, and what a subscription confirmed. Each method that learns something checks it.
 */
import type { Received } from './message.ts';

/** A promise of the broker that it broke. */
export class Broken extends Error {}

export interface Place {
  readonly ledgerId: number;
  readonly entryId: number;
}

/** An entry as it was delivered. */
export interface Delivery extends Place {
  readonly messages: readonly Received[];
  /** False at the index of a message of the batch that the broker says is acknowledged. */
  readonly isLive: (batchIndex: number) => boolean;
  readonly redeliveryCount: number;
}

export const placeOf = ({ ledgerId, entryId }: Place) => `${ledgerId}:${entryId}`;
export const isAfter = (a: Place, b: Place) =>
  a.ledgerId > b.ledgerId || (a.ledgerId === b.ledgerId && a.entryId > b.entryId);

/**
 * `open`: sent, no receipt yet. `stored`: it has a receipt, or somebody got it. `doubtful`: the
 * broker died before the receipt and it was not sent again. `absent`: was doubtful and not there.
 */
type Fate = 'open' | 'stored' | 'doubtful' | 'absent';

interface Fact {
  fate: Fate;
  /** From the receipt or the first delivery. */
  place?: Place;
}

/** One topic, or one partition. */
export class TopicHistory {
  readonly name: string;
  readonly #facts = new Map<string, Fact>();
  /** Per producer and crash: what was doubtful, in the order of sending. */
  readonly #doubts: string[][] = [];

  constructor(name: string) {
    this.name = name;
  }

  get stored(): string[] {
    return [...this.#facts].filter(([, { fate }]) => fate === 'stored').map(([name]) => name);
  }

  sent(names: readonly string[]): void {
    for (const name of names) this.#facts.set(name, { fate: 'open' });
  }

  /** A receipt. Without a place when the broker said that it had stored the message before. */
  receipt(names: readonly string[], place: Place | undefined): void {
    for (const name of names) this.#learn(name, place, 'a receipt');
  }

  /** The broker died, and these, in the order of sending, are not sent again. */
  doubt(names: readonly string[]): void {
    for (const name of names) {
      const fact = this.#facts.get(name);
      if (fact?.fate === 'open') fact.fate = 'doubtful';
    }
    this.#doubts.push([...names]);
  }

  /** Somebody got it, so it is there for good. */
  delivered(delivery: Delivery): void {
    for (const { name } of delivery.messages) this.#learn(name, delivery, 'a delivery');
  }

  /** Checks the whole content, read from the first entry to the last. */
  readAll(deliveries: readonly Delivery[]): void {
    const seen = new Set<string>();
    const lastOf = new Map<string, number>();
    let before: Place = { ledgerId: -1, entryId: -1 };
    for (const delivery of deliveries) {
      if (!isAfter(delivery, before))
        throw this.#broken(`${placeOf(delivery)} after ${placeOf(before)}`);
      before = delivery;
      for (const { name, producer, sequence } of delivery.messages) {
        if (seen.has(name))
          throw this.#broken(`${name} is there twice, again at ${placeOf(delivery)}`);
        if (sequence <= (lastOf.get(producer) ?? -1)) throw this.#broken(`${name} is out of order`);
        seen.add(name);
        lastOf.set(producer, sequence);
      }
      this.delivered(delivery);
    }
    const lost = this.stored.filter((name) => !seen.has(name));
    if (lost.length > 0)
      throw this.#broken(`lost ${lost.length} with a receipt: ${lost.slice(0, 5)}`);
    this.#settleDoubts(seen);
  }

  /** What was on its way arrived up to some message and no further: the order of sending holds. */
  #settleDoubts(seen: ReadonlySet<string>): void {
    for (const names of this.#doubts.splice(0)) {
      const gap = names.findIndex((name) => !seen.has(name));
      const later = gap < 0 ? undefined : names.slice(gap).find((name) => seen.has(name));
      if (later !== undefined)
        throw this.#broken(`${later} is there without ${names[gap]} before it`);
    }
    for (const fact of this.#facts.values()) if (fact.fate === 'doubtful') fact.fate = 'absent';
  }

  #learn(name: string, place: Place | undefined, how: string): void {
    const fact = this.#facts.get(name);
    if (fact === undefined) throw this.#broken(`${how} of ${name}, which nobody sent`);
    if (fact.fate === 'absent') throw this.#broken(`${how} of ${name}, which was not there before`);
    fact.fate = 'stored';
    if (place === undefined) return;
    if (fact.place !== undefined && placeOf(fact.place) !== placeOf(place)) {
      throw this.#broken(`${how} of ${name} at ${placeOf(place)}, known at ${placeOf(fact.place)}`);
    }
    fact.place = { ledgerId: place.ledgerId, entryId: place.entryId };
  }

  #broken(what: string): Broken {
    return new Broken(`${this.name}: ${what}`);
  }
}

/** One subscription of one topic or partition. */
export class SubscriptionHistory {
  readonly name: string;
  readonly topic: TopicHistory;
  /** Messages whose acknowledgement was sent; true once it was confirmed. */
  readonly #acks = new Map<string, boolean>();
  /** Everything up to there is acknowledged, and confirmed. */
  #markDelete: Place = { ledgerId: -1, entryId: -1 };
  readonly #nacks = new Map<string, number>();
  readonly #counts = new Map<string, number>();

  constructor(name: string, topic: TopicHistory) {
    this.name = name;
    this.topic = topic;
  }

  /** Checks an entry that came, and gives the messages of it that are to be worked on. */
  delivered(delivery: Delivery): Received[] {
    this.topic.delivered(delivery);
    const place = placeOf(delivery);
    const live = delivery.messages.filter(({ batchIndex }) => delivery.isLive(batchIndex));
    if (live.length === 0) throw this.#broken(`${place} came with every message acknowledged`);
    if (!isAfter(delivery, this.#markDelete)) {
      throw this.#broken(`${place} came again; acknowledged up to ${placeOf(this.#markDelete)}`);
    }
    for (const { name } of live) {
      if (this.#acks.get(name) === true)
        throw this.#broken(`${name} came again; it was acknowledged`);
    }
    this.#checkCount(place, delivery.redeliveryCount);
    return live;
  }

  ackSent(names: readonly string[]): void {
    for (const name of names) if (!this.#acks.has(name)) this.#acks.set(name, false);
  }

  ackConfirmed(names: readonly string[], upTo?: Place): void {
    for (const name of names) this.#acks.set(name, true);
    if (upTo !== undefined && isAfter(upTo, this.#markDelete)) this.#markDelete = upTo;
  }

  nackSent(place: Place): void {
    this.#nacks.set(placeOf(place), (this.#nacks.get(placeOf(place)) ?? 0) + 1);
  }

  /** What is stored and was never acknowledged: it has to come. */
  outstanding(): Set<string> {
    return new Set(this.topic.stored.filter((name) => !this.#acks.has(name)));
  }

  /** A count never falls, and counts nothing but negative acknowledgements. */
  #checkCount(place: string, count: number): void {
    const before = this.#counts.get(place) ?? 0;
    const nacks = this.#nacks.get(place) ?? 0;
    if (count < before) throw this.#broken(`${place} came with count ${count} after ${before}`);
    if (count > nacks) throw this.#broken(`${place} came with count ${count} after ${nacks} nacks`);
    this.#counts.set(place, count);
  }

  #broken(what: string): Broken {
    return new Broken(`${this.topic.name} / ${this.name}: ${what}`);
  }
}
