/**
 * A consumer: grants permits, thinks about each message, and then acknowledges it in one of the
 * ways that there are, sends it back, or leaves it for later.
 */
import type { TxnId } from '../../../src/actors/txn-id.ts';
import type { Command } from '../../../src/wire/codec.ts';
import {
  AckType,
  InitialPosition,
  KeySharedMode,
  type MessageIdData,
  ServerError,
  SubType,
} from '../../../src/wire/messages.ts';
import { drawManner, drawOpen, type Manners, wordsOf } from '../../generators/acks.ts';
import type { Utterance } from '../observe/conversation.ts';
import { bitsOf, decodeContent } from '../observe/entries.ts';
import type { Client, Handle } from './client.ts';
import { locate } from './locate.ts';

export interface ConsumerPlan {
  readonly topic: string;
  readonly subscription: string;
  readonly type: keyof typeof SubType;
  readonly durable: boolean;
  readonly from: keyof typeof InitialPosition;
  readonly permits: number;
  readonly thinkMs: number;
  readonly manners: Manners;
  /** Per simulated second: closes and comes back, asks for all again, stops reading, seeks. */
  readonly leaves: number;
  readonly redelivers: number;
  readonly stalls: number;
  readonly seeks: number;
  readonly unsubscribes: number;
  /** Key_Shared: how it shares keys; other than Pulsar's default. */
  readonly keyShared?: KeySharedPlan;
  /** Numbers its requests for everything again, and drops what answers none of the last. */
  readonly epochs?: boolean;
  /** Unsubscribes though others have the subscription, too. */
  readonly forces?: boolean;
  /** How often it acknowledges whatever it has at once. */
  readonly several?: number;
  /** The lower, the sooner it is active, or given messages. */
  readonly priority?: number;
  /** Reads what is compacted in the place of the originals. */
  readonly readCompacted?: boolean;
  /** How often it acknowledges in a transaction of its client, if there is one. */
  readonly inTransactions?: number;
  /** A reader that goes on with the last message it has got, and not from the beginning again. */
  readonly resumes?: boolean;
  /** Goes away at a time of the world, and comes back, in milliseconds. */
  readonly away?: { readonly fromMs: number; readonly toMs: number };
  /** Asks where the topic is before it subscribes; always where it is a partition. */
  readonly looksUp?: boolean;
}

export interface KeySharedPlan {
  readonly allowOutOfOrder: boolean;
  /** Hashes that it takes, from and to, both included; undefined: what the broker gives it. */
  readonly ranges: readonly (readonly [number, number])[] | undefined;
}

/** The wire's (-1, -1). */
const EARLIEST = { ledgerId: 2n ** 64n - 1n, entryId: 2n ** 64n - 1n };

interface Held {
  readonly id: MessageIdData;
  /** Messages of the entry, and which of them are not acknowledged. */
  readonly count: number;
  readonly isBatch: boolean;
  readonly left: Set<number>;
  /** Those that transactions are to acknowledge. */
  readonly waiting: Set<number>;
}

export class Consumer implements Handle {
  readonly plan: ConsumerPlan;
  readonly #client: Client;
  readonly #id: number;
  #state: 'closed' | 'opening' | 'open' | 'closing' = 'closed';
  #held = new Map<string, Held>();
  /** Permits used up and not granted again. */
  #used = 0;
  #epoch = 0;
  #last: MessageIdData | undefined;
  #isAway = false;
  /** Where it has acknowledged up to a message: an abort brings nothing back by itself. */
  #upTo: TxnId | undefined;

  constructor(client: Client, plan: ConsumerPlan) {
    this.#client = client;
    this.plan = plan;
    this.#id = client.nextId();
    this.#live();
    if (plan.away !== undefined) this.#goAway(plan.away);
  }

  connected(): void {
    this.#subscribe();
  }

  lost(): void {
    this.#reset();
  }

  hear({ command: { name, body }, payload }: Utterance): void {
    if (!('consumer_id' in body) || body.consumer_id !== this.#id) return;
    if (name === 'MESSAGE') {
      const isStale = Number(body.consumer_epoch ?? this.#epoch) < this.#epoch;
      this.#message(body.message_id, body.ack_set ?? [], payload!, isStale);
    } else if (name === 'CLOSE_CONSUMER') {
      this.#reset();
      this.#subscribeLater();
    }
  }

  #goAway({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): void {
    this.#client.after(fromMs, () => {
      this.#isAway = true;
      if (this.#state === 'open') this.#leave();
    });
    this.#client.after(toMs, () => {
      this.#isAway = false;
      this.#subscribe();
    });
  }

  #reset(): void {
    this.#state = 'closed';
    this.#upTo = undefined;
    this.#held = new Map();
    this.#used = 0;
  }

  #subscribeLater(): void {
    this.#client.after(this.#client.chance.skewed(20, 1_000), () => this.#subscribe());
  }

  #subscribe(): void {
    if (this.#state !== 'closed' || this.#isAway || !this.#client.isConnected) return;
    this.#state = 'opening';
    if (this.plan.looksUp !== true) this.#subscribeThere();
    else {
      locate(
        this.#client,
        this.plan.topic,
        () => this.#subscribeThere(),
        () => this.#giveUp(),
      );
    }
  }

  #giveUp(): void {
    if (this.#state !== 'opening') return;
    this.#state = 'closed';
    this.#subscribeLater();
  }

  #subscribeThere(): void {
    if (this.#state !== 'opening') return;
    const { topic, subscription, type, durable, from, epochs, keyShared, readCompacted } =
      this.plan;
    const body = {
      topic,
      subscription,
      subType: SubType[type],
      consumer_id: this.#id,
      durable,
      initialPosition: InitialPosition[from],
      start_message_id: durable ? undefined : (this.#last ?? EARLIEST),
      consumer_epoch: epochs === true ? this.#epoch : undefined,
      keySharedMeta: keyShared && keySharedMeta(keyShared),
      read_compacted: readCompacted,
      priority_level: this.plan.priority,
    };
    this.#client.ask('SUBSCRIBE', body, ({ name }) => {
      if (this.#state !== 'opening') return;
      if (name === 'SUCCESS') {
        this.#state = 'open';
        if (this.#isAway) this.#leave();
        this.#flow(this.plan.permits);
        return;
      }
      this.#giveUp();
    });
  }

  #flow(permits: number): void {
    this.#client.say('FLOW', { consumer_id: this.#id, messagePermits: permits });
  }

  #message(
    id: MessageIdData,
    ackSet: readonly (number | bigint)[],
    payload: Buffer,
    isStale: boolean,
  ): void {
    const content = decodeContent(payload);
    // What cannot be read is reported by those who look on; a client drops it.
    if (content === undefined) return;
    const count = content.messages.length;
    const left = new Set<number>();
    for (let i = 0; i < count; i++) if (isLeft(ackSet, i)) left.add(i);
    const { ledgerId, entryId } = id;
    const { isBatch } = content;
    const waiting = new Set<number>();
    const held = { id: { ledgerId, entryId }, count, isBatch, left, waiting };
    const key = `${ledgerId}:${entryId}`;
    if (this.plan.resumes === true) this.#last = held.id;
    this.#used += count;
    if (this.#used >= Math.max(1, this.plan.permits / 2)) {
      this.#flow(this.#used);
      this.#used = 0;
    }
    // It will come again.
    if (isStale) return;
    this.#held.set(key, held);
    this.#think(key, held);
  }

  #think(key: string, held: Held): void {
    const { chance } = this.#client;
    this.#client.after(chance.skewed(0, this.plan.thinkMs * 4), () => {
      if (this.#state === 'open' && this.#held.get(key) === held) this.#decide(key, held);
    });
  }

  #decide(key: string, held: Held): void {
    const { chance, world } = this.#client;
    const { manners } = this.plan;
    const what = world.isCalm ? 'ackWithReceipt' : drawManner(chance, manners);
    switch (what) {
      case 'ack':
      case 'ackWithReceipt':
        if (!world.isCalm && this.#acksSeveral()) {
          this.#finish();
          break;
        }
        this.#ackWhole(new Map([[key, held]]), AckType.Individual, () => what === 'ackWithReceipt');
        break;
      case 'cumulative': {
        const others = [...this.#held].filter(
          ([other, { id }]) => other !== key && isUpTo(id, held.id),
        );
        this.#ackWhole(new Map([...others, [key, held]]), AckType.Cumulative, () =>
          chance.happens(0.5),
        );
        break;
      }
      case 'partial':
        this.#ackPart(key, held);
        break;
      case 'nack':
        if (this.plan.epochs === true) {
          this.#redeliverAll();
          break;
        }
        this.#held.delete(key);
        this.#client.say('REDELIVER_UNACKNOWLEDGED_MESSAGES', {
          consumer_id: this.#id,
          message_ids: [held.id],
        });
        break;
      case 'forget':
        break;
    }
  }

  /** The last of them names all that it acknowledges, or is the only one. */
  #ackWhole(entries: ReadonlyMap<string, Held>, type: AckType, asks: () => boolean): void {
    for (const key of entries.keys()) this.#held.delete(key);
    const ids = [[...entries.values()].at(-1)!.id];
    const txn = this.#chooseTransaction();
    if (txn === undefined) this.#ack(ids, type, asks());
    else {
      const mine = this.#held;
      if (type === AckType.Cumulative) this.#upTo = txn;
      this.#ackIn(txn, ids, type, () => {
        for (const [key, held] of entries) {
          if (mine.has(key)) continue;
          mine.set(key, held);
          this.#think(key, held);
        }
      });
      if (this.#client.transactions?.isForgetful) this.#ackOnceMore(ids, type);
    }
  }

  #ackOnceMore(ids: readonly MessageIdData[], type: AckType): void {
    const { topic, subscription } = this.plan;
    const { chance, transactions } = this.#client;
    const other = chance.happens(0.7) ? transactions?.choose(topic, subscription) : undefined;
    if (other === undefined) this.#ack(ids, type, true);
    else this.#ackIn(other, ids, type, () => {});
  }

  #ackPart(key: string, held: Held): void {
    const { chance } = this.#client;
    const open = drawOpen(chance, held.left);
    const txn = held.isBatch && held.left.size > 1 ? this.#chooseTransaction() : undefined;
    if (txn !== undefined) {
      this.#ackPartIn(txn, held, open);
      // The rest, in another way perhaps.
      if (held.left.size > 0) this.#think(key, held);
      return;
    }
    held.left.clear();
    for (const index of open) held.left.add(index);
    if (!held.isBatch || held.left.size + held.waiting.size === 0) {
      this.#held.delete(key);
      this.#ack([held.id], AckType.Individual, true);
      return;
    }
    // What it has acknowledged in a transaction is not acknowledged by this.
    const others = [...open, ...held.waiting];
    const ackSet = wordsOf(others, held.count).map((word) => BigInt.asIntN(64, word));
    const id = { ...held.id, ack_set: ackSet, batch_size: held.count };
    this.#ack([id], AckType.Individual, chance.happens(0.7));
  }

  /** It names those alone that it acknowledges now: each may be so once. */
  #ackPartIn(txn: TxnId, held: Held, open: readonly number[]): void {
    const done = [...held.left].filter((index) => !open.includes(index));
    if (done.length === 0) return;
    for (const index of done) {
      held.left.delete(index);
      held.waiting.add(index);
    }
    const others = Array.from({ length: held.count }, (_, i) => i).filter((i) => !done.includes(i));
    const ackSet = wordsOf(others, held.count).map((word) => BigInt.asIntN(64, word));
    const id = { ...held.id, ack_set: ackSet, batch_size: held.count };
    this.#ackIn(txn, [id], AckType.Individual, () => {
      for (const index of done) {
        held.left.add(index);
        held.waiting.delete(index);
      }
    });
  }

  #chooseTransaction(): TxnId | undefined {
    const { chance, transactions, world } = this.#client;
    const { topic, subscription, inTransactions = 0 } = this.plan;
    if (inTransactions === 0 || world.isCalm || !chance.happens(inTransactions)) return undefined;
    return transactions?.choose(topic, subscription);
  }

  /** What the broker refuses is left to be acknowledged. */
  #ackIn(txn: TxnId, ids: readonly MessageIdData[], type: AckType, refused: () => void): void {
    const mine = this.#held;
    const body = { consumer_id: this.#id, ack_type: type, message_id: ids, ...bitsOf(txn) };
    this.#client.ask('ACK', body, (answer) => {
      const error = answer.name === 'ACK_RESPONSE' ? answer.body.error : undefined;
      if (error === undefined || this.#held !== mine) return;
      if (error !== ServerError.TransactionConflict) this.#client.transactions?.failed(txn);
      refused();
    });
  }

  #ack(ids: readonly MessageIdData[], type: AckType, withReceipt: boolean): void {
    const body = { consumer_id: this.#id, ack_type: type, message_id: ids };
    if (withReceipt) this.#client.ask('ACK', body, () => {});
    else this.#client.say('ACK', body);
  }

  /** What it does of itself, once a simulated second or so. */
  #live(): void {
    const { chance, world } = this.#client;
    this.#client.after(chance.skewed(100, 3_000), () => {
      if (this.#state === 'open') {
        if (this.#upTo !== undefined && this.#client.transactions?.mayBeOver(this.#upTo)) {
          this.#upTo = undefined;
          this.#redeliverAll();
        } else if (world.isCalm) this.#finish();
        else this.#behave();
      }
      this.#live();
    });
  }

  /** Acknowledges what it had left lying. */
  #finish(): void {
    const ids = [...this.#held.values()].map(({ id }) => id);
    this.#held.clear();
    if (ids.length > 0) this.#ack(ids, AckType.Individual, true);
  }

  #behave(): void {
    const { chance } = this.#client;
    const { leaves, redelivers, stalls, seeks, unsubscribes } = this.plan;
    if (chance.happens(leaves)) this.#leave();
    else if (chance.happens(redelivers)) this.#redeliverAll();
    else if (chance.happens(stalls)) this.#stall();
    else if (chance.happens(seeks)) this.#seek();
    else if (chance.happens(unsubscribes)) this.#unsubscribe();
    else if (chance.happens(0.2)) {
      const name = chance.of(['GET_LAST_MESSAGE_ID', 'CONSUMER_STATS'] as const);
      this.#client.ask(name, { consumer_id: this.#id }, () => {});
    }
  }

  #acksSeveral(): boolean {
    const { several = 0 } = this.plan;
    return several > 0 && this.#client.chance.happens(several);
  }

  /** As Pulsar's clients do: the epoch grows, and what is on its way of an older one is dropped. */
  #redeliverAll(): void {
    this.#held.clear();
    if (this.plan.epochs === true) this.#epoch += 1;
    this.#client.say('REDELIVER_UNACKNOWLEDGED_MESSAGES', {
      consumer_id: this.#id,
      consumer_epoch: this.plan.epochs === true ? this.#epoch : undefined,
    });
  }

  #leave(): void {
    this.#state = 'closing';
    this.#client.ask('CLOSE_CONSUMER', { consumer_id: this.#id }, () => {
      if (this.#state !== 'closing') return;
      this.#reset();
      this.#subscribeLater();
    });
  }

  #unsubscribe(): void {
    this.#state = 'closing';
    const body = { consumer_id: this.#id, force: this.plan.forces };
    this.#client.ask('UNSUBSCRIBE', body, ({ name }) => {
      if (this.#state !== 'closing') return;
      if (name !== 'SUCCESS') {
        this.#state = 'open';
        return;
      }
      this.#reset();
      this.#subscribeLater();
    });
  }

  #stall(): void {
    const { link } = this.#client;
    link?.setReading(false);
    this.#client.after(this.#client.chance.skewed(100, 4_000), () => link?.setReading(true));
  }

  #seek(): void {
    const { chance, world } = this.#client;
    const held = [...this.#held.values()];
    const body =
      held.length > 0 && chance.happens(0.5)
        ? { message_id: chance.of(held).id }
        : { message_publish_time: Math.floor(world.scheduler.nowMs - chance.skewed(0, 20_000)) };
    const ignore = (_: Command) => {};
    this.#client.ask('SEEK', { consumer_id: this.#id, ...body }, ignore);
  }
}

function keySharedMeta({ allowOutOfOrder, ranges }: KeySharedPlan) {
  return {
    keySharedMode: ranges === undefined ? KeySharedMode.AUTO_SPLIT : KeySharedMode.STICKY,
    allowOutOfOrderDelivery: allowOutOfOrder,
    hashRanges: (ranges ?? []).map(([start, end]) => ({ start, end })),
  };
}

/** Whether the batch's message is still to be delivered, as the set of a MESSAGE says. */
function isLeft(ackSet: readonly (number | bigint)[], index: number): boolean {
  if (ackSet.length === 0) return true;
  const word = ackSet[index >> 6];
  return word !== undefined && (BigInt.asUintN(64, BigInt(word)) >> BigInt(index & 63)) % 2n === 1n;
}

function isUpTo(id: MessageIdData, last: MessageIdData): boolean {
  if (id.ledgerId !== last.ledgerId) return id.ledgerId < last.ledgerId;
  return id.entryId <= last.entryId;
}
