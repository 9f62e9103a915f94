/**
 * What any client may expect of a subscription, kept so plainly that it can be believed: sets of
 * what was published, acknowledged and is held by whom. Every delivery is held against it.
 */
import type { SubscriptionType } from '../../src/actors/subscription/commands.ts';
import type { Received } from '../actors/consumer.ts';

export interface Published {
  readonly number: number;
  readonly key: string;
  readonly messages: number;
  /** The larger message that it is a part of, and which part. */
  readonly chunk: { readonly uuid: string; readonly index: number } | undefined;
  /** Receipted, so that no crash may lose it. */
  isConfirmed: boolean;
}

/** One consumer as its client sees it. */
export class ModelConsumer {
  readonly name: string;
  /** Numbers delivered and neither acknowledged nor given back. */
  readonly held = new Map<number, Received>();
  /** Given back since the broker last came to rest: it may not know yet. */
  readonly givenBack = new Set<number>();
  last = -1;
  redeliverRequests = 0;
  descents = 0;

  constructor(name: string) {
    this.name = name;
  }
}

export class DispatchModel {
  readonly #type: SubscriptionType;
  readonly #isOrderedByKey: boolean;
  readonly published = new Map<number, Published>();
  readonly consumers = new Set<ModelConsumer>();
  /** Acknowledged by a client at some time; a crash may have undone it, or not. */
  readonly acked = new Set<number>();
  /** Acknowledged for good: no crash may bring it back. */
  readonly ackedForGood = new Set<number>();
  /** Acknowledged, but the broker may have crashed before it was on disk. */
  readonly #unsure = new Set<number>();
  /** Batch indexes that are open, where some are acknowledged; and those that are for good. */
  readonly #open = new Map<number, bigint>();
  #openForGood = new Map<number, bigint>();
  /** Of which a crash may have undone something: the next delivery tells. */
  readonly #unsureParts = new Set<number>();
  readonly nacks = new Map<number, number>();
  /** The broker is closing consumers, and does not tell all of them in one breath. */
  isInTurmoil = false;

  constructor(type: SubscriptionType, allowOutOfOrder: boolean) {
    this.#type = type;
    this.#isOrderedByKey = type === 'Key_Shared' && !allowOutOfOrder;
  }

  get isMulti(): boolean {
    return this.#type === 'Shared' || this.#type === 'Key_Shared';
  }

  /** Throws what is wrong with this delivery. `permits` is what the client had before it. */
  delivered(consumer: ModelConsumer, received: Received, permits: number): void {
    const number = Number(received.value);
    const entry = this.published.get(number);
    check(entry !== undefined, `${number} was never published`);
    check(this.consumers.has(consumer), `${number} for ${consumer.name}, which has left`);
    check(!this.ackedForGood.has(number), `${number} comes again, though it was acknowledged`);
    check(permits > 0, `${number} for ${consumer.name}, which has ${permits} permits`);
    check(
      received.redeliveryCount <= (this.nacks.get(number) ?? 0),
      `${number} counts ${received.redeliveryCount} redeliveries of ${this.nacks.get(number)}`,
    );
    this.#hasTheOpenParts(received, entry);
    if (!this.isInTurmoil) {
      if (this.isMulti) this.#deliveredToOne(consumer, number);
      else this.#deliveredInOrder(consumer, number);
      if (this.#isOrderedByKey) this.#inOrderOfKey(consumer, entry);
      if (this.#type === 'Shared') this.#withItsParts(consumer, entry);
    }
    consumer.last = number;
    consumer.givenBack.delete(number);
    consumer.held.set(number, received);
  }

  acknowledge(number: number): void {
    this.acked.add(number);
    if (this.isInTurmoil) this.#unsure.add(number);
    else this.#unsure.delete(number);
    for (const { held } of this.consumers) held.delete(number);
  }

  /** One index of a batch; gives the words that the client sends, 0 when none is left. */
  acknowledgePart(number: number, index: number): bigint {
    const all = allOf(this.published.get(number)!);
    const open = (this.#open.get(number) ?? all) & ~(1n << BigInt(index));
    if (open === 0n) this.acknowledge(number);
    else this.#open.set(number, open);
    if (this.isInTurmoil) this.#unsureParts.add(number);
    return all & ~(1n << BigInt(index));
  }

  /** Everything that was asked for has been done, and is on disk. */
  settled(): void {
    for (const number of this.acked) {
      if (!this.#unsure.has(number)) this.ackedForGood.add(number);
    }
    for (const [number, open] of this.#open) {
      if (!this.#unsureParts.has(number)) this.#openForGood.set(number, open);
    }
    this.isInTurmoil = false;
    for (const { givenBack } of this.consumers) givenBack.clear();
  }

  /** What was not on disk may be gone, acknowledgements included. */
  crashed(): void {
    this.consumers.clear();
    this.#doubt();
  }

  /** The broker closes consumers; what they acknowledged last may not be heard. */
  troubled(): void {
    this.isInTurmoil = true;
    this.#doubt();
  }

  #doubt(): void {
    this.#unsure.clear();
    for (const number of this.acked) if (!this.ackedForGood.has(number)) this.#unsure.add(number);
    for (const [number, open] of this.#open) {
      if (open !== this.#openForGood.get(number)) this.#unsureParts.add(number);
    }
  }

  /** Everything from `to` on is wanted again unless it is trimmed, everything before no more. */
  reset(to: number, isTrimmed: (number: number) => boolean): void {
    for (const number of this.published.keys()) {
      if (isTrimmed(number)) continue;
      this.#open.delete(number);
      this.#openForGood.delete(number);
      this.#unsureParts.delete(number);
      if (number < to) this.acknowledge(number);
      else {
        this.acked.delete(number);
        this.ackedForGood.delete(number);
        this.#unsure.delete(number);
      }
    }
  }

  /** Done with, though consumers may hold it. */
  skipped(number: number): void {
    this.acked.add(number);
    this.#unsure.delete(number);
  }

  /** Confirmed, not acknowledged, and with no consumer. */
  missing(): number[] {
    const held = new Set([...this.consumers].flatMap((consumer) => [...consumer.held.keys()]));
    return [...this.published.values()]
      .filter(({ isConfirmed, number }) => isConfirmed && !this.acked.has(number))
      .map(({ number }) => number)
      .filter((number) => !held.has(number));
  }

  /** No open index is left out, none comes again that was acknowledged for good. */
  #hasTheOpenParts({ value, ackSet }: Received, entry: Published): void {
    const all = allOf(entry);
    const words = ackSet?.[0] ?? all;
    const open = this.#open.get(entry.number) ?? all;
    const atMost = this.#openForGood.get(entry.number) ?? all;
    check((open & ~words) === 0n, `${value} comes without open parts: ${words} of ${open}`);
    check((words & ~atMost) === 0n, `${value} comes with acknowledged parts: ${words} of ${open}`);
    if (!this.#unsureParts.delete(entry.number)) return;
    this.#open.set(entry.number, words);
    this.#openForGood.set(entry.number, words);
  }

  #deliveredToOne(consumer: ModelConsumer, number: number): void {
    for (const other of this.consumers) {
      check(!other.held.has(number), `${number} for ${consumer.name}, but ${other.name} has it`);
    }
  }

  /** One after the other; what is left out must be acknowledged. */
  #deliveredInOrder(consumer: ModelConsumer, number: number): void {
    if (number <= consumer.last) {
      consumer.descents++;
      const most = consumer.redeliverRequests;
      check(consumer.descents <= most, `${number} after ${consumer.last} without being asked for`);
    } else if (consumer.last >= 0) {
      for (let skipped = consumer.last + 1; skipped < number; skipped++) {
        const isThere = this.published.get(skipped)?.isConfirmed === true;
        check(!isThere || this.acked.has(skipped), `${skipped} was left out before ${number}`);
      }
    }
  }

  /** Earlier parts of a chunked message are acknowledged, or with this very consumer. */
  #withItsParts(consumer: ModelConsumer, { number, chunk }: Published): void {
    if (chunk === undefined) return;
    for (const other of this.published.values()) {
      if (other.number >= number || other.chunk?.uuid !== chunk.uuid || !other.isConfirmed)
        continue;
      const isFine =
        this.acked.has(other.number) ||
        consumer.held.has(other.number) ||
        consumer.givenBack.has(other.number) ||
        this.nacks.has(other.number);
      check(isFine, `part ${number} of ${chunk.uuid} overtakes ${other.number}`);
    }
  }

  /** All earlier ones of the key are acknowledged, or with this very consumer. */
  #inOrderOfKey(consumer: ModelConsumer, { number, key }: Published): void {
    for (const earlier of this.published.values()) {
      if (earlier.number >= number || earlier.key !== key || !earlier.isConfirmed) continue;
      const isFine =
        this.acked.has(earlier.number) ||
        consumer.held.has(earlier.number) ||
        consumer.givenBack.has(earlier.number);
      check(isFine, `${number} of ${key} for ${consumer.name} overtakes ${earlier.number}`);
    }
    for (const other of this.consumers) {
      if (other === consumer) continue;
      for (const held of other.held.keys()) {
        const isSame = this.published.get(held)?.key === key && !this.acked.has(held);
        check(!isSame, `${number} of ${key} for ${consumer.name}, while ${other.name} has ${held}`);
      }
    }
  }
}

function allOf({ messages }: Published): bigint {
  return (1n << BigInt(messages)) - 1n;
}

function check(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}
