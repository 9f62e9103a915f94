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

/** Actors that are brought into memory at once. */
const SLICE = 500;

export class Agenda {
  readonly #registry: Registry;
  readonly #state: StateStore;
  readonly #facts: Facts;
  readonly #log: Log;
  readonly #tell: (cell: Cell) => void;
  /** Where the look at the saved deadlines goes on. */
  #after: Deadline | undefined;

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
    const atMs = cell.behaviour.dueAtMs?.(cell.state, this.#facts, false);
    if (atMs === undefined || atMs > nowMs) return false;
    this.#tell(cell);
    return true;
  }

  /** When an actor is due whose clients are gone: what is saved with it. */
  dueWhenAway(cell: Cell): number | undefined {
    return cell.behaviour.dueAtMs?.(cell.state, this.#facts, true);
  }

  /**
   * Brings those into memory that are due, so that the sweep comes to them; whether there may be
   * more. A deadline stays until its actor is saved anew, so those in memory are passed over.
   */
  wakeSaved(nowMs: number): boolean {
    const after = this.#after === undefined ? {} : { after: this.#after };
    const due = this.#state.due(nowMs, { ...after, limit: SLICE });
    this.#after = due.length < SLICE ? undefined : due.at(-1);
    for (const { actor } of due) this.#load(actor);
    return this.#after !== undefined;
  }

  #load(actor: string): void {
    try {
      this.#registry.cell(actor);
    } catch (error) {
      this.#log.error('an actor that is due cannot be loaded', { actor, error });
    }
  }
}
