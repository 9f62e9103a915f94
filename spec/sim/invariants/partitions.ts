/** A partitioned topic has as many partitions as it was given, and never fewer than it had. */
import type { Administered, Observation } from '../observe/observation.ts';
import type { Fail, Invariant } from './invariant.ts';

/** How many there must be at least, and may be at most. */
interface Bounds {
  least: number;
  most: number;
  /** Deletions that were asked for, and those of them that have no answer. */
  deletions: number;
  deleting: number;
}

export class Partitions implements Invariant {
  readonly name = 'partitions are as many as were asked for, and stay';
  checks = 0;
  readonly #topics = new Map<string, Bounds>();
  /** Deletions before a request that has no answer. */
  readonly #before = new Map<number, number>();

  see(seen: Observation, fail: Fail): void {
    if (seen.type === 'partitions') this.#told(seen.topic, seen.count, fail);
    else if (seen.type === 'administering') this.#asked(seen.call);
    else if (seen.type === 'administered') this.#answered(seen);
  }

  #asked({ id, what, topic, partitions }: Administered): void {
    const bounds = this.#of(topic);
    // Beside a deletion that is under way either may have been the last to happen.
    if (bounds.deleting === 0) this.#before.set(id, bounds.deletions);
    if (what.startsWith('delete partitions')) {
      bounds.least = 0;
      bounds.deletions += 1;
      bounds.deleting += 1;
    } else if (partitions !== undefined) {
      bounds.most = Math.max(bounds.most, partitions);
    }
  }

  #answered({ call, status }: Extract<Observation, { type: 'administered' }>): void {
    const { id, what, topic, partitions } = call;
    const bounds = this.#of(topic);
    if (what.startsWith('delete partitions')) bounds.deleting -= 1;
    else if (partitions !== undefined) {
      const isUndone = this.#before.get(id) !== bounds.deletions || bounds.deleting > 0;
      if (status === 204 && !isUndone) bounds.least = Math.max(bounds.least, partitions);
    }
    this.#before.delete(id);
  }

  #told(topic: string, count: number, fail: Fail): void {
    const bounds = this.#topics.get(topic);
    if (bounds === undefined) return;
    this.checks += 1;
    const { least, most } = bounds;
    if (count >= least && count <= most) this.#raise(bounds, count);
    else fail(`${topic} has ${count} partitions, not ${least} to ${most}`);
  }

  #raise(bounds: Bounds, count: number): void {
    if (bounds.deleting === 0) bounds.least = Math.max(bounds.least, count);
  }

  #of(topic: string): Bounds {
    const bounds = this.#topics.get(topic) ?? {
      least: 0,
      most: 0,
      deletions: 0,
      deleting: 0,
    };
    this.#topics.set(topic, bounds);
    return bounds;
  }
}
