/** The actors in memory, and the way in for those that are not: their saved snapshots. */

import { assert } from '../../base/assert.ts';
import type { StateStore } from '../../storage/state.ts';
import { kindOf } from '../names.ts';
import { type AnyBehaviour, type Cell, newCell } from './cell.ts';

export class Registry {
  readonly #cells = new Map<string, Cell>();
  readonly #behaviours: ReadonlyMap<string, AnyBehaviour>;
  readonly #state: StateStore;
  readonly #nowMs: () => number;

  constructor(behaviours: readonly AnyBehaviour[], state: StateStore, nowMs: () => number) {
    this.#behaviours = new Map(behaviours.map((behaviour) => [behaviour.kind, behaviour]));
    this.#state = state;
    this.#nowMs = nowMs;
  }

  get size(): number {
    return this.#cells.size;
  }

  /** The actor, loaded from its snapshot if it is not in memory. */
  cell(id: string): Cell {
    const cell = this.#cells.get(id);
    if (cell !== undefined) return cell;
    const fresh = this.fromSnapshot(id);
    this.#cells.set(id, fresh);
    return fresh;
  }

  /** The actor as its snapshot has it, not yet in the place of the one in memory. */
  fromSnapshot(id: string): Cell {
    const behaviour = this.#behaviours.get(kindOf(id));
    assert(behaviour !== undefined, `actor '${id}' is of no known kind`);
    const snapshot = this.#state.load(id);
    const state =
      snapshot?.state === undefined ? behaviour.initial(id) : behaviour.restore(id, snapshot.state);
    return newCell(id, behaviour, state, snapshot?.sequence ?? 0, this.#nowMs());
  }

  /** Takes the place of the cell that there is. */
  replace(cell: Cell): void {
    this.#cells.set(cell.id, cell);
  }

  loaded(id: string): Cell | undefined {
    return this.#cells.get(id);
  }

  cells(): IterableIterator<Cell> {
    return this.#cells.values();
  }

  /** Forgets the cell; what it held must be saved, or be meant to be thrown away. */
  drop(cell: Cell): void {
    if (this.#cells.get(cell.id) === cell) this.#cells.delete(cell.id);
  }

  clear(): void {
    this.#cells.clear();
  }

  /** Identities of the existing actors that start with `prefix`, in memory or not, sorted. */
  list(prefix: string): string[] {
    const names = new Set(this.#state.list(prefix));
    for (const cell of this.#cells.values()) {
      if (!cell.id.startsWith(prefix)) continue;
      if (cell.behaviour.exists(cell.state)) names.add(cell.id);
      else names.delete(cell.id);
    }
    return [...names].sort();
  }
}
