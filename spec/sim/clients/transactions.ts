/**
 * The transactions of a client: it begins them at several coordinators, says what they will touch,
 * has its producers and consumers work in them, and commits, aborts or forgets them. What a lost
 * connection has left open is asked again. Some clients do not behave: they go on in transactions
 * that have ended, or have not been told of them, and end them twice.
 */
import type { TxnId } from '../../../src/actors/txn-id.ts';
import { COORDINATORS } from '../../../src/base/system-topics.ts';
import type { Command } from '../../../src/wire/codec.ts';
import { ServerError, TxnAction } from '../../../src/wire/messages.ts';
import type { Utterance } from '../observe/conversation.ts';
import { bitsOf, txnOf } from '../observe/entries.ts';
import type { Client, Handle } from './client.ts';

export interface TransactionsPlan {
  /** About so many milliseconds between the end of one and the begin of the next. */
  readonly everyMs: number;
  /** Open at a time. */
  readonly most: number;
  /** How many coordinators it uses, from 0 on. */
  readonly coordinators: number;
  /** Asks how many there are, as official clients do, and uses the last of them, too. */
  readonly finds?: boolean;
  readonly timeoutMs: number;
  /** How long it works in one, about, in milliseconds. */
  readonly workMs: number;
  /** What becomes of them, each as often as its weight says; forgotten ones time out. */
  readonly ends: { readonly commit: number; readonly abort: number; readonly forget: number };
  /** How often it publishes or acknowledges in one that has ended, or is told of it too late. */
  readonly strays: number;
  /** How often it ends one again that it has ended, one way or the other. */
  readonly again: number;
  /** How often it acknowledges in one what it has acknowledged in another one just now. */
  readonly twice: number;
}

/** A topic that its producers use, or a subscription that its consumers use. */
export interface Use {
  readonly topic: string;
  readonly subscription?: string;
}

class Txn {
  readonly id: TxnId;
  /** When the broker gives it up at the latest, in simulated milliseconds. */
  readonly untilMs: number;
  /** What it was told of, and the broker has answered. */
  readonly joined = new Set<string>();
  commit: boolean | undefined;

  constructor(id: TxnId, untilMs: number) {
    this.id = id;
    this.untilMs = untilMs;
  }
}

/** Ended ones that are remembered, to go on in. */
const MOST_ENDED = 10;
/** Time-outs are looked at now and then. */
const SLACK_MS = 2_000;
/** Whoever gets no answer begins another one. */
const PATIENCE_MS = 5_000;
/** What the broker says of a transaction that is to be asked again. */
const LATER: readonly number[] = [ServerError.ServiceNotReady, ServerError.MetadataError];

export class Transactions implements Handle {
  readonly #client: Client;
  readonly #plan: TransactionsPlan;
  readonly #uses: readonly Use[];
  readonly #open = new Set<Txn>();
  /** Their ends have been asked for, and not been answered. */
  readonly #ending = new Set<Txn>();
  readonly #ended: Txn[] = [];
  /** Begins without an answer, and how each is given up. */
  readonly #asking = new Set<() => void>();

  constructor(client: Client, plan: TransactionsPlan, uses: readonly Use[]) {
    this.#client = client;
    this.#plan = plan;
    this.#uses = uses;
    for (let i = 0; i < plan.most; i++) this.#beginLater();
  }

  /** One to publish to a topic in, or to acknowledge in on a subscription of it. */
  choose(topic: string, subscription?: string): TxnId | undefined {
    const { chance } = this.#client;
    if (chance.happens(this.#plan.strays)) return this.#stray();
    const key = keyOf({ topic, ...(subscription === undefined ? {} : { subscription }) });
    const fit = [...this.#open].filter(({ joined }) => joined.has(key));
    return fit.length === 0 ? undefined : chance.of(fit).id;
  }

  /** Whether it may have been aborted by now; a client that ended it knows. */
  mayBeOver(id: TxnId): boolean {
    const is = (txn: Txn) => txn.id === id;
    if ([...this.#open, ...this.#ending].some(is)) return false;
    const { elapsedMs } = this.#client.world.scheduler;
    return !this.#ended.some(
      (txn) => is(txn) && txn.commit === undefined && elapsedMs < txn.untilMs,
    );
  }

  /** Whether to acknowledge something once more, in whichever transaction or in none. */
  get isForgetful(): boolean {
    return this.#client.chance.happens(this.#plan.twice);
  }

  /** The broker takes nothing in for it: there is nothing left but to abort it. */
  failed(id: TxnId): void {
    for (const txn of this.#open) if (txn.id === id) this.#finish(txn, 'abort');
  }

  connected(): void {
    for (let id = 0; id < this.#plan.coordinators; id++) this.#connect(id);
    for (const txn of this.#ending) this.#askEnd(txn);
  }

  lost(): void {
    for (const giveUp of this.#asking) giveUp();
  }

  hear(_: Utterance): void {}

  #stray(): TxnId | undefined {
    const all = [...this.#open, ...this.#ending, ...this.#ended];
    return all.length === 0 ? undefined : this.#client.chance.of(all).id;
  }

  #connect(id: number): void {
    this.#client.ask('TC_CLIENT_CONNECT_REQUEST', { tc_id: id }, () => {});
  }

  #beginLater(): void {
    const { chance, world } = this.#client;
    this.#client.after(chance.next() * 2 * this.#plan.everyMs, () => {
      if (world.isCalm) return;
      if (this.#client.isConnected) this.#begin();
      else this.#beginLater();
    });
  }

  #begin(): void {
    const { chance } = this.#client;
    const { coordinators, finds } = this.#plan;
    if (finds !== true || chance.happens(0.5)) this.#beginAt(chance.between(0, coordinators - 1));
    else {
      this.#client.ask('PARTITIONED_METADATA', { topic: COORDINATORS }, ({ body }) => {
        const last = 'partitions' in body ? Number(body.partitions) - 1 : 0;
        this.#connect(last);
        this.#beginAt(last);
      });
    }
  }

  #beginAt(coordinator: number): void {
    const { world } = this.#client;
    const { timeoutMs } = this.#plan;
    const body = { tc_id: coordinator, txn_ttl_millis: timeoutMs };
    // Where no answer comes the broker may have begun one that nobody knows.
    const giveUp = () => {
      if (this.#asking.delete(giveUp)) this.#beginLater();
    };
    this.#asking.add(giveUp);
    this.#client.ask('NEW_TXN', body, (answer) => {
      if (!this.#asking.delete(giveUp)) return;
      const id = begunBy(answer);
      if (id === undefined) this.#beginLater();
      else this.#work(new Txn(id, world.scheduler.elapsedMs + timeoutMs + SLACK_MS));
    });
    this.#client.after(PATIENCE_MS, giveUp);
  }

  #work(txn: Txn): void {
    const { chance } = this.#client;
    this.#open.add(txn);
    this.#client.world.openTransactions.add(txn.id);
    for (const use of this.#uses) if (chance.happens(0.7)) this.#join(txn, use);
    this.#client.after(chance.next() * 2 * this.#plan.workMs, () => {
      if (this.#open.has(txn)) this.#finish(txn, chance.weighted(this.#plan.ends));
    });
  }

  #join(txn: Txn, use: Use): void {
    const { topic, subscription } = use;
    const joined = ({ body }: Command) => {
      if (!('error' in body) || body.error === undefined) txn.joined.add(keyOf(use));
    };
    if (subscription === undefined) {
      const body = { ...bitsOf(txn.id), partitions: [topic] };
      this.#client.ask('ADD_PARTITION_TO_TXN', body, joined);
    } else {
      const body = { ...bitsOf(txn.id), subscription: [{ topic, subscription }] };
      this.#client.ask('ADD_SUBSCRIPTION_TO_TXN', body, joined);
    }
  }

  #finish(txn: Txn, end: keyof TransactionsPlan['ends']): void {
    this.#open.delete(txn);
    if (end === 'forget') this.#over(txn);
    else {
      txn.commit = end === 'commit';
      this.#ending.add(txn);
      this.#askEnd(txn);
    }
    this.#beginLater();
  }

  #askEnd(txn: Txn): void {
    const { chance } = this.#client;
    const action = txn.commit === true ? TxnAction.COMMIT : TxnAction.ABORT;
    this.#client.ask('END_TXN', { ...bitsOf(txn.id), txn_action: action }, ({ body }) => {
      const error = 'error' in body ? body.error : undefined;
      if (error !== undefined && LATER.includes(error)) {
        this.#client.after(chance.skewed(20, 1_000), () => this.#askEnd(txn));
      } else if (this.#ending.delete(txn)) this.#over(txn);
    });
    if (chance.happens(this.#plan.again)) this.#askAgain(txn);
  }

  #over(txn: Txn): void {
    this.#client.world.openTransactions.delete(txn.id);
    this.#ended.push(txn);
    if (this.#ended.length > MOST_ENDED) this.#ended.shift();
    const { chance } = this.#client;
    if (!chance.happens(this.#plan.again)) return;
    this.#client.after(chance.skewed(0, 5_000), () => this.#askAgain(txn));
  }

  /** As somebody would who has lost the answer, or his mind. */
  #askAgain(txn: Txn): void {
    const action = this.#client.chance.of([TxnAction.COMMIT, TxnAction.ABORT]);
    this.#client.ask('END_TXN', { ...bitsOf(txn.id), txn_action: action }, () => {});
  }
}

function keyOf({ topic, subscription }: Use): string {
  return subscription === undefined ? topic : `${topic} ${subscription}`;
}

function begunBy({ name, body }: Command): TxnId | undefined {
  if (name !== 'NEW_TXN_RESPONSE' || body.error !== undefined) return undefined;
  return txnOf(body);
}
