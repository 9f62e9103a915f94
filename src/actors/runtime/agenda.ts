/**
 * Actors that have something to do by themselves at a time. Those in memory are asked in the
 * regular sweep; the others are found by the deadlines that were saved with them, so that nobody is
 * loaded for being looked at. A restart changes nothing: deadlines are points in time.
 */
import type { Log } from '../../base/log.ts';
import type { Deadline, StateStore } from '../../storage/state.ts';
import type { Facts } from './behaviour.ts';
import type { Cell } from './cell.ts';
import type { Registry } from './registry.ts';

/** Actors that are brought into memory at once; the sweep comes to them before more are. */
const SLICE = 50;

export class Agenda {
  readonly #registry: Registry;
  readonly #state: StateStore;
  readonly #facts: Facts;
  readonly #log: Log;
  readonly #tell: (cell: Cell) => void;
  /** The last saved deadline that was seen: its actor was brought into memory, if it was not. */
  #seen: Deadline | undefined;

  constructor(
    registry: Registry,
    state: StateStore,
    facts: Facts,
    log: Log,
    tell: (cell: Cell) => void,
  ) {
    this.#registry = registry;
    this.#state = state;
    this.#facts = facts;
    this.#log = log;
    this.#tell = tell;
  }

  /** Tells an actor in memory that it is due; whether it is. */
  tellDue(cell: Cell, nowMs: number): boolean {
    const { behaviour, state } = cell;
    const atMs = behaviour.dueAtMs?.(state, this.#facts, this.#registry.isIdle(cell));
    if (atMs === undefined || atMs > nowMs) return false;
    this.#tell(cell);
    return true;
  }

  /** What is saved with an actor: never a time that has been seen already. */
  dueWhenAway({ behaviour, state }: Cell): number | undefined {
    const atMs = behaviour.dueAtMs?.(state, this.#facts, true);
    return atMs === undefined ? undefined : Math.max(atMs, this.#facts.nowMs + 1);
  }

  /**
   * Brings those into memory that are due, so that the sweep comes to them, and leaves those to it
   * that are there; whether there may be more.
   */
  wakeSaved(nowMs: number): boolean {
    // The clock was set back: what is saved from now on may be due before what was seen.
    if (this.#seen !== undefined && this.#seen.atMs > nowMs) this.#seen = undefined;
    const after = this.#seen === undefined ? {} : { after: this.#seen };
    const due = this.#state.due(nowMs, { ...after, limit: SLICE });
    this.#seen = due.at(-1) ?? this.#seen;
    for (const { actor } of due) this.#load(actor);
    return due.length === SLICE;
  }

  #load(actor: string): void {
    try {
      this.#registry.cell(actor);
    } catch (error) {
      this.#log.error('an actor that is due cannot be loaded', { actor, error });
    }
  }
}
