/**
 * The parts of larger messages, in the order in which they are read, among those of others. Such a
 * message has the number of its first part, and its place in the topic where its last part is.
 */
import type { EntryChunk } from '../ports.ts';

/** Larger messages whose parts lie among each other. */
const MAX_OPEN = 10_000;

export class Chunks {
  /** Messages of which the last part has not come: the number of the first one. */
  readonly #open = new Map<string, number>();
  /** Open ones that became too many: they stay. */
  readonly #crowdedOut: number[] = [];
  readonly #kept = new Set<string>();

  /**
   * The number by which an entry is judged, `own` for its own; undefined for a part that is not
   * the last one, or the last one of a message whose beginning is not there.
   */
  numberOf(chunk: EntryChunk | undefined, own: number): number | 'own' | undefined {
    if (chunk === undefined) return 'own';
    const { uuid, index, count } = chunk;
    if (index === 0) this.#begin(uuid, own);
    if (index < count - 1) return undefined;
    const number = this.#open.get(uuid);
    this.#open.delete(uuid);
    return number;
  }

  /** Numbers of the messages whose last part has not come. */
  unfinished(): readonly number[] {
    return [...this.#crowdedOut, ...this.#open.values()];
  }

  /** Whether a part stays: as the first one of its message did, of which that is told. */
  follows({ uuid, index, count }: EntryChunk, isKept: boolean): boolean {
    if (index === 0 && isKept) this.#kept.add(uuid);
    const follows = this.#kept.has(uuid);
    if (index === count - 1) this.#kept.delete(uuid);
    return follows;
  }

  #begin(uuid: string, number: number): void {
    this.#open.set(uuid, number);
    if (this.#open.size <= MAX_OPEN) return;
    for (const [oldest, first] of this.#open) {
      this.#crowdedOut.push(first);
      this.#open.delete(oldest);
      return;
    }
  }
}
