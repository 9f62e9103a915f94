/** Transactions: all or nothing, seen by nobody before, ended once, and by their time. */
import { keyOf } from '../../../src/actors/names.ts';
import { type TxnId, txnId } from '../../../src/actors/txn-id.ts';
import type { JournalEvent } from '../../../src/storage/journal.ts';
import { ServerError } from '../../../src/wire/messages.ts';
import type { Observation } from '../observe/observation.ts';
import type { World } from '../world.ts';
import type { Fail, Invariant } from './invariant.ts';
import type { Stored } from './stored.ts';
import type { TxnSeen } from './transacted.ts';

export class Isolation implements Invariant {
  readonly name = 'nothing of an open or aborted transaction comes, nor what is behind an open one';
  checks = 0;
  readonly #stored: Stored;

  constructor(stored: Stored) {
    this.#stored = stored;
  }

  see(seen: Observation, fail: Fail): void {
    if (seen.type !== 'delivered' && seen.type !== 'last-id') return;
    const topic = this.#stored.topic(seen.consumer.topic);
    const entry = topic?.at(seen.position);
    if (topic === undefined || entry === undefined) return;
    const { transacted } = this.#stored;
    const { ledger, entry: entryId } = seen.position;
    const what = seen.type === 'delivered' ? 'comes' : 'is named as the last';
    const where = `${ledger}:${entryId} ${what} to c${seen.consumer.link}/${seen.consumer.id}`;
    const { txn } = entry.content ?? {};
    if (txn !== undefined) {
      this.checks += 1;
      const { outcome } = transacted.get(txn) ?? {};
      if (outcome !== 'committed') fail(`${where}, of ${txn}, which is ${outcome ?? 'open'}`);
    }
    const before = transacted.holdingBack(topic.topicId, entry.offset);
    if (before !== undefined) fail(`${where}, and ${before.txn} before it is open`);
  }
}

/** In the order of the journal. */
export class AllOrNothing implements Invariant {
  readonly name = 'a transaction counts everywhere or nowhere, and takes nothing in behind its end';
  checks = 0;
  readonly #stored: Stored;

  constructor(stored: Stored) {
    this.#stored = stored;
  }

  see(seen: Observation, fail: Fail): void {
    const { transacted } = this.#stored;
    switch (seen.type) {
      case 'record':
        this.#record(seen.record.events, fail);
        break;
      case 'txn-ended-in-topic': {
        this.checks += 1;
        const { outcome } = transacted.get(seen.txn) ?? {};
        const found = seen.commit ? 'committed' : 'aborted';
        if (outcome === found) break;
        fail(`${seen.txn} is ${found} in ${seen.topic}, and ${outcome ?? 'open'}`);
        break;
      }
      case 'txn-ended-in-subscription': {
        this.checks += 1;
        if (transacted.get(seen.txn)?.outcome !== undefined) break;
        fail(`${seen.txn} ends in ${seen.subscription} of ${seen.topic}, and is open`);
        break;
      }
      case 'txn-over': {
        this.checks += 1;
        const { parts } = transacted.get(seen.txn)!;
        const undone = [...parts].find(([, isDone]) => !isDone);
        if (undone !== undefined) fail(`${seen.txn} is over, and not in ${undone[0]}`);
        break;
      }
    }
  }

  /** What one record says in the order in which it says so. */
  #record(events: readonly JournalEvent[], fail: Fail): void {
    const decided = new Set<TxnId>();
    const isDecided = (txn: TxnId) =>
      decided.has(txn) || this.#stored.transacted.get(txn)?.outcome !== undefined;
    for (const { actor, type, data } of events) {
      const { txn } = data as { readonly txn?: TxnId };
      if (TAKES_IN.has(type) && txn !== undefined) {
        this.checks += 1;
        if (isDecided(txn)) fail(`${type} of ${txn} in ${actor}, behind its end`);
      } else if (type === 'ending') {
        const { sequence } = data as { readonly sequence: number };
        const ending = txnId(Number(keyOf(actor)), sequence);
        if (isDecided(ending)) fail(`${ending} is decided upon twice`);
        decided.add(ending);
      }
    }
  }
}

const TAKES_IN: ReadonlySet<string> = new Set(['entries-stored', 'acks-held', 'cumulative-held']);

/** From a decision of the broker until it says so, where that waits for nothing. */
const AT_ONCE_MS = 100;

/** Who is told of a new transaction may go on in it, whatever happens to the broker. */
export class TransactionBegins implements Invariant {
  readonly name = 'a transaction that has begun is there until it ends, and no other has its name';
  checks = 0;
  readonly #world: World;
  readonly #stored: Stored;
  /** When they time out at the soonest, in milliseconds. */
  readonly #untilMs = new Map<TxnId, number>();
  /** Those that somebody has asked to end before they had begun. */
  readonly #early = new Set<TxnId>();

  constructor(world: World, stored: Stored) {
    this.#world = world;
    this.#stored = stored;
  }

  see(seen: Observation, fail: Fail): void {
    switch (seen.type) {
      case 'txn-ending':
        if (!this.#untilMs.has(seen.txn)) this.#early.add(seen.txn);
        break;
      case 'txn-begun':
        this.checks += 1;
        if (this.#untilMs.has(seen.txn)) fail(`${seen.txn} begins for the second time`);
        this.#untilMs.set(seen.txn, this.#beganMs(seen.txn) + seen.timeoutMs);
        break;
      case 'txn-answered':
        if (this.#early.delete(seen.txn)) break;
        if (seen.error === ServerError.TransactionNotFound) this.#notFound(seen.txn, fail);
        break;
    }
  }

  /** By the journal, or just now: who is told before that is on the disk is told at once. */
  #beganMs(txn: TxnId): number {
    const { nowMs } = this.#world.scheduler;
    return this.#stored.transacted.get(txn)?.openedAtMs ?? nowMs - AT_ONCE_MS;
  }

  #notFound(txn: TxnId, fail: Fail): void {
    const untilMs = this.#untilMs.get(txn);
    if (untilMs === undefined) return;
    this.checks += 1;
    const { outcome } = this.#stored.transacted.get(txn) ?? {};
    if (outcome === undefined && this.#world.scheduler.nowMs < untilMs) {
      fail(`${txn} has begun, nobody has ended it, and it is not known`);
    }
  }
}

export class TransactionEnds implements Invariant {
  readonly name = 'a transaction ends as somebody wants, or by its time-out; the answer says so';
  checks = 0;
  readonly #world: World;
  readonly #stored: Stored;
  /** What clients and operators have asked for. */
  readonly #asked = new Map<TxnId, Set<boolean>>();

  constructor(world: World, stored: Stored) {
    this.#world = world;
    this.#stored = stored;
  }

  see(seen: Observation, fail: Fail): void {
    switch (seen.type) {
      case 'txn-ending':
        this.#ask(seen.txn, seen.commit);
        break;
      case 'administering':
        if (seen.call.txn !== undefined) this.#ask(seen.call.txn, false);
        break;
      case 'txn-answered':
        if (seen.error === undefined) this.#answered(seen.txn, seen.commit, fail);
        break;
      case 'administered':
        if (seen.call.txn !== undefined && seen.status === 204) {
          this.#answered(seen.call.txn, false, fail);
        }
        break;
      case 'txn-decided': {
        const { txn, commit } = seen;
        this.checks += 1;
        if (this.#asked.get(txn)?.has(commit) === true) break;
        const { openedAtMs, timeoutMs } = this.#stored.transacted.get(txn)!;
        if (!commit && this.#world.scheduler.nowMs >= openedAtMs + timeoutMs) break;
        fail(`${txn} is to ${commit ? 'commit' : 'abort'}, and nobody wanted that`);
        break;
      }
    }
  }

  isSatisfied(): boolean {
    return this.#unended() === undefined;
  }

  end(_: World, fail: Fail): void {
    const unended = this.#unended();
    if (unended !== undefined) fail(`${unended.txn} has not ended: ${unended.outcome ?? 'open'}`);
  }

  #unended(): TxnSeen | undefined {
    return [...this.#stored.transacted.all].find(({ isOver }) => !isOver);
  }

  #ask(txn: TxnId, commit: boolean): void {
    this.#asked.set(txn, (this.#asked.get(txn) ?? new Set()).add(commit));
  }

  #answered(txn: TxnId, commit: boolean, fail: Fail): void {
    this.checks += 1;
    const { outcome, isOver } = this.#stored.transacted.get(txn) ?? {};
    if (outcome !== (commit ? 'committed' : 'aborted')) {
      fail(
        `${txn} is said to have ${commit ? 'committed' : 'aborted'}, and is ${outcome ?? 'open'}`,
      );
    } else if (isOver !== true) fail(`${txn} is said to be over, and is not`);
  }
}
