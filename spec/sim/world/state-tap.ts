/**
 * Knows the state of every actor of a process since it last opened its storage; the runtime does
 * not know of it.
 */
import type { AnyBehaviour } from '../../../src/actors/runtime/cell.ts';

export class StateTap {
  readonly #states = new Map<string, unknown>();
  readonly #actors = new WeakMap<object, string>();

  /** The broker starts over: what was decided and did not reach the disk counts no more. */
  forget(): void {
    this.#states.clear();
  }

  /** The state that an actor had last; undefined for one that never was in memory. */
  stateOf(actor: string): unknown {
    return this.#states.get(actor);
  }

  wrap(behaviour: AnyBehaviour): AnyBehaviour {
    return {
      ...behaviour,
      initial: (actor) => this.#note(actor, behaviour.initial(actor)),
      restore: (actor, snapshot) => this.#note(actor, behaviour.restore(actor, snapshot)),
      evolve: (state, event) => {
        const actor = this.#actors.get(state as object);
        const next = behaviour.evolve(state, event);
        return actor === undefined || next === state ? next : this.#note(actor, next);
      },
      // It is recovered once somebody asks for it again.
      abandon: (state) => {
        this.#states.delete(this.#actors.get(state as object) ?? '');
        return behaviour.abandon(state);
      },
    };
  }

  #note(actor: string, state: unknown): unknown {
    this.#states.set(actor, state);
    if (typeof state === 'object' && state !== null) this.#actors.set(state, actor);
    return state;
  }
}
