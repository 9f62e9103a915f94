/** The actors in memory, and the way in for those that are not: their saved snapshots. */

import { assert } from '../../base/assert.ts';
import type { Clock } from '../../base/clock.ts';
import type { Latencies } from '../../base/latencies.ts';
import { SharedAnswers } from '../../base/shared-answers.ts';
import type { StateStore } from '../../storage/state.ts';
import { kindOf } from '../names.ts';
import { type AnyBehaviour, type Cell, newCell } from './cell.ts';
import { listInSlices } from './listing.ts';

const TOPIC = 'topic';

type RegistryClock = Pick<Clock, 'nowMs' | 'monotonicMs'>;

export class Registry {
  readonly #cells = new Map<string, Cell>();
  /** The same by kind: of the few documents one is looked for without walking over all topics. */
  readonly #kinds = new Map<string, Map<string, Cell>>();
  readonly #behaviours: ReadonlyMap<string, AnyBehaviour>;
  readonly #state: StateStore;
  readonly #clock: RegistryClock;
  readonly #loads: Pick<Latencies, 'addSince'>;
  readonly #lists = new SharedAnswers<readonly string[]>();

  /** `loads` is told how long it took to bring a topic into memory. */
  constructor(
    behaviours: readonly AnyBehaviour[],
    state: StateStore,
    clock: RegistryClock,
    loads: Pick<Latencies, 'addSince'>,
  ) {
    this.#behaviours = new Map(behaviours.map((behaviour) => [behaviour.kind, behaviour]));
    this.#state = state;
    this.#clock = clock;
    this.#loads = loads;
  }

  get size(): number {
    return this.#cells.size;
  }

  /** The actor, loaded from its snapshot if it is not in memory. */
  cell(id: string): Cell {
    const cell = this.#cells.get(id);
    if (cell !== undefined) return cell;
    const beganMs = this.#clock.monotonicMs();
    return this.#keep(this.fromSnapshot(id), beganMs);
  }

  /**
   * The actor to be looked at. One that shows nothing is not kept in memory for that: a hundred
   * thousand topics look for policies of their own that they do not have.
   */
  seen(id: string): Cell {
    const cell = this.#cells.get(id);
    if (cell !== undefined) return cell;
    const beganMs = this.#clock.monotonicMs();
    const fresh = this.fromSnapshot(id);
    const isShown = fresh.behaviour.expose(fresh.state) !== undefined;
    return isShown ? this.#keep(fresh, beganMs) : fresh;
  }

  #keep(fresh: Cell, beganMs: number): Cell {
    this.replace(fresh);
    if (kindOf(fresh.id) === TOPIC) this.#loads.addSince(beganMs);
    return fresh;
  }

  /** The actor as its snapshot has it, not yet in the place of the one in memory. */
  fromSnapshot(id: string): Cell {
    const behaviour = this.#behaviours.get(kindOf(id));
    assert(behaviour !== undefined, `actor '${id}' is of no known kind`);
    const snapshot = this.#state.load(id);
    const state =
      snapshot?.state === undefined ? behaviour.initial(id) : behaviour.restore(id, snapshot.state);
    const cell = newCell(id, behaviour, state, snapshot?.sequence ?? 0, this.#clock.nowMs());
    cell.savedDueAtMs = snapshot?.dueAtMs;
    return cell;
  }

  /** Takes the place of the cell that there is. */
  replace(cell: Cell): void {
    this.#cells.set(cell.id, cell);
    this.#ofKind(kindOf(cell.id)).set(cell.id, cell);
  }

  loaded(id: string): Cell | undefined {
    return this.#cells.get(id);
  }

  /** Whether nobody is attached to the actor. */
  isIdle({ behaviour, state }: Cell): boolean {
    return behaviour.idle(state, this.#isUsed);
  }

  readonly #isUsed = (id: string): boolean => {
    const cell = this.#cells.get(id);
    return cell !== undefined && !this.isIdle(cell);
  };

  cells(): IterableIterator<Cell> {
    return this.#cells.values();
  }

  /** Forgets the cell; what it held must be saved, or be meant to be thrown away. */
  drop(cell: Cell): void {
    if (this.#cells.get(cell.id) !== cell) return;
    this.#cells.delete(cell.id);
    this.#ofKind(kindOf(cell.id)).delete(cell.id);
  }

  clear(): void {
    this.#cells.clear();
    this.#kinds.clear();
  }

  /** Those of a kind that are in memory now; one that leaves before its turn is left out. */
  *loadedOf(kind: string): Iterable<Cell> {
    for (const id of [...this.#ofKind(kind).keys()]) {
      const cell = this.#cells.get(id);
      if (cell?.behaviour.exists(cell.state)) yield cell;
    }
  }

  /** Identities of the existing actors that start with `prefix`, in memory or not, sorted. */
  list(prefix: string): string[] {
    const names = new Set(this.#state.list(prefix));
    for (const cell of this.#ofKind(kindOf(prefix)).values()) {
      if (!cell.id.startsWith(prefix)) continue;
      if (cell.behaviour.exists(cell.state)) names.add(cell.id);
      else names.delete(cell.id);
    }
    return [...names].sort();
  }

  /**
   * As `list`, without their kind, for what may be very many: with a pause after each slice. Many
   * who ask at once are given the same: a list of each in the making would fill the heap.
   */
  listSlowly(prefix: string, pause: () => Promise<void>): Promise<readonly string[]> {
    return this.#lists.ask(prefix, () => this.#listInSlices(prefix, pause));
  }

  #listInSlices(prefix: string, pause: () => Promise<void>): Promise<readonly string[]> {
    const isGone = (id: string) => {
      const cell = this.#cells.get(id);
      return cell !== undefined && !cell.behaviour.exists(cell.state);
    };
    const loaded = this.#ofKind(kindOf(prefix)).keys();
    return listInSlices(prefix, { loaded, isGone, state: this.#state }, pause);
  }

  #ofKind(kind: string): Map<string, Cell> {
    let cells = this.#kinds.get(kind);
    if (cells === undefined) {
      cells = new Map();
      this.#kinds.set(kind, cells);
    }
    return cells;
  }
}
