/**
 * Names of actors of which there may be 100,000 or more, in memory or not: sorted, and found in
 * slices, so that nobody waits for a listing for longer than a slice takes.
 */
import { mergeSlowly, sortSlowly } from '../../base/slow-sort.ts';
import type { StateStore } from '../../storage/state.ts';
import { keyOf } from '../names.ts';

/** Names that are looked at, or moved, in one slice: about a millisecond. */
const SLICE = 1_000;

export interface Listed {
  /** Actors in memory, those that do not exist (any more) included. */
  readonly loaded: Iterable<string>;
  /** Whether an actor is in memory and does not exist: what is saved of it is out of date. */
  readonly isGone: (actor: string) => boolean;
  readonly state: Pick<StateStore, 'list'>;
}

/**
 * Existing actors that start with `prefix`, without their kind; who comes or goes meanwhile may be
 * among them or not.
 */
export async function listInSlices(
  prefix: string,
  { loaded, isGone, state }: Listed,
  pause: () => Promise<void>,
): Promise<string[]> {
  // Those in memory first: one that leaves memory meanwhile is found among the saved ones.
  const unsaved = new Set<string>();
  let visits = 0;
  for (const actor of loaded) {
    if (actor.startsWith(prefix) && !isGone(actor)) unsaved.add(actor);
    visits += 1;
    if (visits % SLICE === 0) await pause();
  }
  const saved: string[] = [];
  let after: string | undefined;
  do {
    const page = state.list(prefix, { limit: SLICE, ...(after === undefined ? {} : { after }) });
    for (const actor of page) {
      unsaved.delete(actor);
      if (!isGone(actor)) saved.push(actor);
    }
    after = page.length < SLICE ? undefined : page.at(-1);
    if (after !== undefined) await pause();
  } while (after !== undefined);
  const found = await mergeSlowly(saved, await sortSlowly([...unsaved], pause), pause);
  for (const [i, actor] of found.entries()) {
    found[i] = keyOf(actor);
    if (i % SLICE === SLICE - 1) await pause();
  }
  return found;
}
