/** What is known of transactions from the journal, for promises that need to know. */
import type { TxnId } from '../../../src/actors/txn-id.ts';
import { ServerError } from '../../../src/wire/messages.ts';
import type { Content } from '../observe/entries.ts';
import type { Acked, DurableEntry, Observation } from '../observe/observation.ts';

/** How a transaction is to end; undefined: nobody has decided. */
export type Outcome = 'committed' | 'aborted' | undefined;

export interface TxnSeen {
  readonly txn: TxnId;
  outcome: Outcome;
  /** Everybody has done his part. */
  isOver: boolean;
  /** On the journal's clock, in milliseconds. */
  openedAtMs: number;
  timeoutMs: number;
  /** By the number of a topic, the offset of its first entry there. */
  readonly firstIn: Map<number, number>;
  /**
   * By the number of a topic, and the name of a subscription of it, whether its part is done: of
   * those that exist.
   */
  readonly parts: Map<string, boolean>;
  /** What consumers have acknowledged in it before it was decided, and were not refused. */
  readonly acks: Set<Acked>;
}

export class Transacted {
  readonly #all = new Map<TxnId, TxnSeen>();
  /** What was acknowledged in each: what came right behind a NEW_TXN is heard before its record. */
  readonly #acks = new Map<TxnId, Set<Acked>>();
  /** By the number of a topic, those that are not decided and have entries there. */
  readonly #open = new Map<number, Set<TxnSeen>>();

  /** Entries that ever waited in a subscription for the end of a transaction. */
  readonly #held = new Set<string>();

  see(seen: Observation): void {
    switch (seen.type) {
      case 'txn-opened': {
        const { txn, atMs: openedAtMs, timeoutMs } = seen;
        Object.assign(this.#of(txn), { openedAtMs, timeoutMs });
        break;
      }
      case 'txn-decided': {
        const each = this.#of(seen.txn);
        each.outcome ??= seen.commit ? 'committed' : 'aborted';
        for (const topicId of each.firstIn.keys()) this.#open.get(topicId)?.delete(each);
        break;
      }
      case 'txn-over':
        this.#of(seen.txn).isOver = true;
        break;
      case 'txn-acks':
        this.#of(seen.txn).parts.set(partOf(seen), false);
        for (const { offset } of seen.entries) this.#held.add(`${partOf(seen)}/${offset}`);
        break;
      case 'txn-ended-in-topic':
        this.#of(seen.txn).parts.set(`${seen.topicId}`, true);
        break;
      case 'txn-ended-in-subscription':
        this.#of(seen.txn).parts.set(partOf(seen), true);
        break;
      case 'topic-deleted':
        this.#forget((part) => Number.parseInt(part, 10) === seen.topicId);
        break;
      case 'subscription-forgotten':
        this.#forget((part) => part === partOf(seen));
        break;
      default:
        this.#said(seen);
    }
  }

  #said(seen: Observation): void {
    switch (seen.type) {
      case 'record':
        for (const entry of seen.entries) this.#store(entry);
        break;
      case 'acked':
        if (seen.txn !== undefined) this.#acked(seen.txn, seen);
        break;
      case 'ack-answered':
        // Where the storage has failed it may be on the disk and count.
        if (seen.acked.txn !== undefined && isRefusal(seen.error)) {
          this.#acksIn(seen.acked.txn).delete(seen.acked);
        }
        break;
    }
  }

  get all(): Iterable<TxnSeen> {
    return this.#all.values();
  }

  /** Undefined: the journal does not know it. */
  get(txn: TxnId): TxnSeen | undefined {
    return this.#all.get(txn);
  }

  /** Whether anybody may be given an entry, as far as its transaction is concerned. */
  counts(content: Content | undefined): boolean {
    const txn = content?.txn;
    return txn === undefined || this.#all.get(txn)?.outcome === 'committed';
  }

  isAborted(content: Content | undefined): boolean {
    const txn = content?.txn;
    return txn !== undefined && this.#all.get(txn)?.outcome === 'aborted';
  }

  /** Whether an entry ever waited in a subscription, and so may come once others have. */
  wasHeld(topicId: number, subscription: string, offset: number): boolean {
    return this.#held.has(`${partOf({ topicId, subscription })}/${offset}`);
  }

  /** Of a topic, one that is not decided and whose entries begin below an offset. */
  holdingBack(topicId: number, offset: number): TxnSeen | undefined {
    for (const each of this.#open.get(topicId) ?? []) {
      if (each.firstIn.get(topicId)! < offset) return each;
    }
    return undefined;
  }

  #store({ topicId, offset, content }: DurableEntry): void {
    if (content?.txn === undefined) return;
    const each = this.#of(content.txn);
    if (!each.firstIn.has(topicId)) each.firstIn.set(topicId, offset);
    each.parts.set(`${topicId}`, false);
    if (each.outcome !== undefined) return;
    const open = this.#open.get(topicId) ?? new Set();
    this.#open.set(topicId, open.add(each));
  }

  /** What is gone has nothing left to do. */
  #forget(isGone: (part: string) => boolean): void {
    for (const { parts } of this.#all.values()) {
      for (const part of parts.keys()) if (isGone(part)) parts.delete(part);
    }
  }

  #acked(txn: TxnId, acked: Acked): void {
    if (this.#all.get(txn)?.outcome === undefined) this.#acksIn(txn).add(acked);
  }

  #acksIn(txn: TxnId): Set<Acked> {
    const acks = this.#acks.get(txn) ?? new Set();
    this.#acks.set(txn, acks);
    return acks;
  }

  #of(txn: TxnId): TxnSeen {
    let each = this.#all.get(txn);
    if (each === undefined) {
      each = {
        txn,
        outcome: undefined,
        isOver: false,
        openedAtMs: 0,
        timeoutMs: 0,
        firstIn: new Map(),
        parts: new Map(),
        acks: this.#acksIn(txn),
      };
      this.#all.set(txn, each);
    }
    return each;
  }
}

function isRefusal(error: number | undefined): boolean {
  return error !== undefined && error !== ServerError.ServiceNotReady;
}

function partOf(seen: { readonly topicId: number; readonly subscription: string }): string {
  return `${seen.topicId}/${seen.subscription}`;
}
