/**
 * key_shared where order counts: who has unacknowledged entries of a hash. Nobody else may get that
 * hash, so that it drains when it has moved to another consumer. (Pulsar 4's draining hashes)
 */
import { assert } from '../../base/assert.ts';
import { SmallMap, SmallSet } from '../../base/small-map.ts';

/** The entries of one hash that one consumer has. */
interface Holder {
  readonly key: number;
  entries: number;
  /** Entries of this hash that had to wait since it began to drain. */
  blocked: number;
}

/** A hash that belongs to another consumer by now, and how many entries are still out. */
export interface DrainingHash {
  readonly hash: number;
  readonly unackedEntries: number;
  readonly blockedAttempts: number;
}

export class HashHolders {
  readonly #holders = new SmallMap<number, Holder>();
  /** Hashes whose holder is not their owner. */
  readonly #draining = new SmallSet<number>();
  /** How many hashes of a consumer have ended to drain. */
  readonly #cleared = new SmallMap<number, number>();

  /** Key of the consumer that has entries of a hash, undefined when nobody has. */
  holderOf(hash: number): number | undefined {
    return this.#holders.get(hash)?.key;
  }

  hold(hash: number, key: number): void {
    const holder = this.#holders.get(hash);
    assert(holder === undefined || holder.key === key, 'a hash has one holder');
    if (holder === undefined) this.#holders.set(hash, { key, entries: 1, blocked: 0 });
    else holder.entries++;
  }

  release(hash: number, key: number): void {
    const holder = this.#holders.get(hash);
    if (holder === undefined || holder.key !== key) return;
    holder.entries--;
    if (holder.entries > 0) return;
    this.#holders.delete(hash);
    this.#drained(hash, key);
  }

  /** An entry of this hash had to wait; counts while the hash drains. */
  blocked(hash: number): void {
    if (this.#draining.has(hash)) this.#holders.get(hash)!.blocked++;
  }

  /** Hashes have other owners now: those that were moved drain, those that came back do not. */
  reassign(ownerOf: (hash: number) => number | undefined): void {
    for (const [hash, holder] of this.#holders) {
      if (ownerOf(hash) === holder.key) this.#drained(hash, holder.key);
      else if (!this.#draining.has(hash)) {
        this.#draining.add(hash);
        holder.blocked = 0;
      }
    }
  }

  /** A consumer has left, and given back what it had. */
  forget(key: number): void {
    this.#cleared.delete(key);
  }

  clear(): void {
    this.#holders.clear();
    this.#draining.clear();
    this.#cleared.clear();
  }

  /** What drains, by the consumer that has it; ascending. */
  draining(): Map<number, DrainingHash[]> {
    const found = new Map<number, DrainingHash[]>();
    for (const hash of [...this.#draining].sort((a, b) => a - b)) {
      const { key, entries, blocked } = this.#holders.get(hash)!;
      const hashes = found.get(key) ?? [];
      hashes.push({ hash, unackedEntries: entries, blockedAttempts: blocked });
      found.set(key, hashes);
    }
    return found;
  }

  /** Hashes of a consumer that have been drained, or have come back to it. */
  clearedOf(key: number): number {
    return this.#cleared.get(key) ?? 0;
  }

  #drained(hash: number, key: number): void {
    if (this.#draining.delete(hash)) this.#cleared.set(key, this.clearedOf(key) + 1);
  }
}
