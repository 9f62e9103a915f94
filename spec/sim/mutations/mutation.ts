/**
 * A deliberate small bug, put between the production code and its surroundings: commands on their
 * way to an actor, what it decides, its events, its snapshots, its storage. Production knows of
 * none of it; only specs switch one on.
 */
import type { Effect } from '../../../src/actors/ports.ts';
import type { Decision } from '../../../src/actors/runtime/behaviour.ts';
import type { AnyBehaviour } from '../../../src/actors/runtime/cell.ts';
import type { Plan } from '../plan.ts';
import type { Seams } from '../world.ts';

export interface Mutation {
  /** What is wrong with the broker now. */
  readonly name: string;
  /** Part of the name of the promise that it breaks. */
  readonly breaks: string;
  /** It is caught within so many seeds. */
  readonly within: number;
  /** Makes worlds in which it has a chance to show. */
  readonly world?: (plan: Plan) => Plan;
  /** How long a world lasts at most, in milliseconds, where a short one does not show it. */
  readonly ms?: number;
  readonly seams: () => Seams;
}

/** A command or an event, as far as mutations look into it. */
export interface Typed {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** An event, whose facts are in `data`. */
export interface TypedEvent {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Changes the behaviour of one kind of actor. */
export function wrap(
  kind: string,
  change: (behaviour: AnyBehaviour) => Partial<AnyBehaviour>,
): Seams {
  return {
    behaviours: (all) =>
      all.map((behaviour) =>
        behaviour.kind === kind ? { ...behaviour, ...change(behaviour) } : behaviour,
      ),
  };
}

/** Commands reach their actor changed. */
export function hearing(kind: string, change: (command: Typed) => Typed): Seams {
  return wrap(kind, (behaviour) => ({
    decide: (state, command, facts) => behaviour.decide(state, change(command as Typed), facts),
  }));
}

/** What is decided is changed afterwards. */
export function deciding(
  kind: string,
  change: (decision: Decision, command: Typed) => void,
): Seams {
  return wrap(kind, (behaviour) => ({
    decide(state, command, facts) {
      const decision = behaviour.decide(state, command, facts);
      change(decision, command as Typed);
      return decision;
    },
  }));
}

/** Replies are changed, or left out where the change gives undefined. */
export function replying(kind: string, change: (effect: Effect) => Effect | undefined): Seams {
  return deciding(kind, (decision) => {
    decision.replies = decision.replies.flatMap(({ recipient, effect }) => {
      const changed = change(effect);
      return changed === undefined ? [] : [{ recipient, effect: changed }];
    });
  });
}

/** Events are folded in another form than the journal has them. */
export function folding(kind: string, change: (event: TypedEvent) => TypedEvent): Seams {
  return wrap(kind, (behaviour) => ({
    evolve: (state, event) => behaviour.evolve(state, change(event as TypedEvent)),
  }));
}
