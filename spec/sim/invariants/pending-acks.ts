/**
 * What waits in subscriptions for transactions to acknowledge it, as the journal has it: of each
 * message one transaction alone, and of none that is acknowledged already.
 */
import type { TxnId } from '../../../src/actors/txn-id.ts';
import type { Observation } from '../observe/observation.ts';
import type { HeldSeen } from '../observe/of-transaction.ts';
import type { World } from '../world.ts';
import type { Fail, Invariant } from './invariant.ts';
import type { Stored } from './stored.ts';

/** Of one subscription. */
class Waiting {
  /** By offset, which messages of the entry wait for whom. */
  readonly byEntry = new Map<number, Map<number, TxnId>>();
  /** Up to where, and for whom. */
  upTo: { readonly txn: TxnId; readonly offset: number; readonly words: Words } | undefined;
  /** Entries that are acknowledged. */
  readonly acked = new Set<number>();
}

type Words = HeldSeen['words'];
type Acks = Extract<Observation, { readonly type: 'txn-acks' }>;

export class PendingAcks implements Invariant {
  readonly name =
    'a message waits for one transaction to acknowledge it, unless it is acknowledged';
  checks = 0;
  readonly #stored: Stored;
  readonly #waiting = new Map<string, Waiting>();
  readonly #isOn: boolean;

  constructor(world: World, stored: Stored) {
    this.#isOn = world.config.transactionCoordinatorEnabled;
    this.#stored = stored;
  }

  see(seen: Observation, fail: Fail): void {
    if (!this.#isOn) return;
    switch (seen.type) {
      case 'txn-acks':
        if (seen.isCumulative) this.#waitUpTo(seen, fail);
        else for (const entry of seen.entries) this.#wait(seen, entry, fail);
        break;
      case 'txn-ended-in-subscription': {
        const waiting = this.#of(seen);
        if (waiting.upTo?.txn === seen.txn) waiting.upTo = undefined;
        for (const messages of waiting.byEntry.values()) {
          for (const [i, txn] of messages) if (txn === seen.txn) messages.delete(i);
        }
        break;
      }
      case 'left': {
        const { acked } = this.#of(seen);
        for (const [start, end] of seen.ranges) {
          for (let offset = start; offset < end; offset++) acked.add(offset);
        }
        break;
      }
      case 'subscription-reset':
        this.#of(seen).acked.clear();
        break;
      case 'subscription-forgotten':
        this.#waiting.delete(nameOf(seen));
        break;
    }
  }

  #wait(acks: Acks, { offset, words }: HeldSeen, fail: Fail): void {
    const { txn, topicId } = acks;
    const { acked, byEntry } = this.#of(acks);
    this.checks += 1;
    if (acked.has(offset)) fail(`${whereOf(acks, offset)} is acknowledged, and waits for ${txn}`);
    const messages = byEntry.get(offset) ?? new Map<number, TxnId>();
    byEntry.set(offset, messages);
    const count = this.#stored.byId(topicId)?.entries[offset]?.content?.messages.length ?? 0;
    for (let i = 0; i < count; i++) {
      if (isLeft(words, i)) continue;
      const other = messages.get(i);
      if (other !== undefined) fail(`${whereOf(acks, offset)} waits for ${other}, and for ${txn}`);
      messages.set(i, txn);
    }
  }

  /** One transaction at a time, which may go on and not back. */
  #waitUpTo(acks: Acks, fail: Fail): void {
    const { txn, entries } = acks;
    const waiting = this.#of(acks);
    this.checks += 1;
    const [{ offset, words }] = entries as readonly [HeldSeen];
    const before = waiting.upTo;
    waiting.upTo = { txn, offset, words };
    if (before === undefined) return;
    if (before.txn !== txn) {
      fail(`all before ${whereOf(acks, offset)} waits for ${before.txn}, and for ${txn}`);
    } else if (offset < before.offset) {
      fail(`${txn} goes back to ${whereOf(acks, offset)} from ${before.offset}`);
    }
  }

  #of(seen: { readonly topicId: number; readonly subscription: string }): Waiting {
    const waiting = this.#waiting.get(nameOf(seen)) ?? new Waiting();
    this.#waiting.set(nameOf(seen), waiting);
    return waiting;
  }
}

function nameOf(seen: { readonly topicId: number; readonly subscription: string }): string {
  return `${seen.topicId}/${seen.subscription}`;
}

function whereOf({ topic, subscription }: Acks, offset: number): string {
  return `offset ${offset} of ${subscription} of ${topic}`;
}

/** Whether a message of the entry is not acknowledged. */
function isLeft(words: Words, index: number): boolean {
  if (words === undefined) return false;
  return ((BigInt.asUintN(64, words[index >> 6] ?? 0n) >> BigInt(index & 63)) & 1n) === 1n;
}
