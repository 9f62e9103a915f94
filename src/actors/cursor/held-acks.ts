/**
 * Acknowledgements that wait for the end of their transactions, by transaction and by entry. While
 * they wait nobody is given what they are about.
 */
import { SmallMap } from '../../base/small-map.ts';
import { intersect } from '../ack-set.ts';
import type { TxnId } from '../txn-id.ts';
import type { PartialAck } from './commands.ts';

/** What one transaction holds. */
export interface HeldByTxn {
  /** Offsets of whole entries. */
  readonly entries: readonly number[];
  /** Batches in part: words of the indexes that it does not acknowledge. */
  readonly partial: readonly PartialAck[];
}

/** Everything below an offset, and some indexes of the entry there. */
export interface HeldUpTo {
  readonly txn: TxnId;
  readonly upTo: number;
  readonly words: readonly bigint[] | null;
}

/** As a snapshot has it. */
export interface PackedHeldAcks {
  readonly individual: readonly (readonly [TxnId, HeldByTxn])[];
  readonly cumulative: HeldUpTo | null;
}

/** Nothing of the entry may be given to anybody. */
const ALL: readonly bigint[] = [];

export class HeldAcks {
  readonly #byTxn = new SmallMap<TxnId, { entries: number[]; partial: PartialAck[] }>();
  /** Words of the indexes that nobody holds; `ALL` where the whole entry is held. */
  readonly #byEntry = new SmallMap<number, readonly bigint[]>();
  cumulative: HeldUpTo | undefined;

  /** How many entries are held, in whole or in part. */
  get size(): number {
    return this.#byEntry.size;
  }

  /** Transactions that hold single entries. */
  get transactions(): number {
    return this.#byTxn.size;
  }

  /** Words of the indexes of an entry that nobody holds, none of all; undefined: none is held. */
  openOf(offset: number): readonly bigint[] | undefined {
    return this.#byEntry.get(offset);
  }

  of(txn: TxnId): HeldByTxn | undefined {
    return this.#byTxn.get(txn);
  }

  add(txn: TxnId, { entries, partial }: HeldByTxn): void {
    const held = this.#byTxn.get(txn) ?? { entries: [], partial: [] };
    this.#byTxn.set(txn, held);
    for (const offset of entries) {
      held.entries.push(offset);
      this.#byEntry.set(offset, ALL);
    }
    for (const part of partial) {
      held.partial.push(part);
      const { offset, words } = part;
      this.#byEntry.set(offset, intersect(this.#byEntry.get(offset) ?? words, words) ?? ALL);
    }
  }

  remove(txn: TxnId): void {
    if (this.cumulative?.txn === txn) this.cumulative = undefined;
    const held = this.#byTxn.get(txn);
    if (held === undefined) return;
    this.#byTxn.delete(txn);
    for (const offset of held.entries) this.#byEntry.delete(offset);
    for (const { offset } of held.partial) this.#byEntry.delete(offset);
    if (held.partial.length === 0) return;
    // Others may hold other indexes of the same batches.
    const given = new Set(held.partial.map(({ offset }) => offset));
    for (const { partial } of this.#byTxn.values()) {
      for (const { offset, words } of partial) {
        if (!given.has(offset)) continue;
        this.#byEntry.set(offset, intersect(this.#byEntry.get(offset) ?? words, words) ?? ALL);
      }
    }
  }

  pack(): PackedHeldAcks {
    return {
      individual: [...this.#byTxn].map(([txn, { entries, partial }]) => {
        return [txn, { entries: [...entries], partial: [...partial] }];
      }),
      cumulative: this.cumulative ?? null,
    };
  }

  static unpack({ individual, cumulative }: PackedHeldAcks): HeldAcks {
    const acks = new HeldAcks();
    for (const [txn, held] of individual) acks.add(txn, held);
    acks.cumulative = cumulative ?? undefined;
    return acks;
  }
}
