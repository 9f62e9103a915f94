/**
 * The consumers of a partition's failover subscription in the order in which they are active: by
 * priority, then name. Whoever comes or goes is found by halving: all may go, one by one.
 */
import type { Consumer } from './state.ts';

export class Ranking {
  readonly #sorted: Consumer[] = [];

  add(consumer: Consumer): void {
    this.#sorted.splice(this.#placeOf(consumer), 0, consumer);
  }

  remove(consumer: Consumer): void {
    this.#sorted.splice(this.#placeOf(consumer), 1);
  }

  /** The nth of the best priority, counted round, once one more has joined. */
  nthWith(joiner: Consumer, n: number): Consumer {
    const sorted = this.#sorted;
    const at = this.#placeOf(joiner);
    const { priorityLevel } = at === 0 ? joiner : sorted[0]!;
    const count = this.#countOf(priorityLevel) + (joiner.priorityLevel === priorityLevel ? 1 : 0);
    const nth = n % count;
    if (nth === at) return joiner;
    return sorted[nth < at ? nth : nth - 1]!;
  }

  /** The same once these of the `consumers` have left, and others are left. */
  nthWithout(
    consumers: ReadonlyMap<number, Consumer>,
    leavers: ReadonlySet<number>,
    n: number,
  ): Consumer {
    const [key = -1] = leavers;
    const leaver = consumers.get(key);
    if (leavers.size > 1 || leaver === undefined) return nthOf(this.#sorted, leavers, n);
    const at = this.#placeOf(leaver);
    const count = this.#countOf(this.#sorted[at === 0 ? 1 : 0]!.priorityLevel);
    const nth = n % (at < count ? count - 1 : count);
    return this.#sorted[nth < at ? nth : nth + 1]!;
  }

  /** How many have this priority or a better one. */
  #countOf(priorityLevel: number): number {
    return this.#halve((consumer) => consumer.priorityLevel <= priorityLevel);
  }

  /** Index of the consumer, or of the first one behind it. */
  #placeOf(consumer: Consumer): number {
    return this.#halve((other) => isBefore(other, consumer));
  }

  #halve(isInFront: (consumer: Consumer) => boolean): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isInFront(this.#sorted[middle]!)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function isBefore(one: Consumer, other: Consumer): boolean {
  if (one.priorityLevel !== other.priorityLevel) return one.priorityLevel < other.priorityLevel;
  return one.name === other.name ? one.key < other.key : one.name < other.name;
}

function nthOf(sorted: readonly Consumer[], leavers: ReadonlySet<number>, n: number): Consumer {
  const left = sorted.filter(({ key }) => !leavers.has(key));
  const best = left[0]!.priorityLevel;
  return left[n % left.filter(({ priorityLevel }) => priorityLevel === best).length]!;
}
