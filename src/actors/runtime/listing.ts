/**
 * Names of actors of which there may be 100,000 or more, in memory or not: sorted, and found in
 * slices, so that nobody waits for a listing for longer than a slice takes.
 */
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
  const found = await merge(saved, await sort([...unsaved], pause), pause);
  for (const [i, actor] of found.entries()) {
    found[i] = keyOf(actor);
    if (i % SLICE === SLICE - 1) await pause();
  }
  return found;
}

/** Sorts slices, then merges them by twos. */
async function sort(names: readonly string[], pause: () => Promise<void>): Promise<string[]> {
  let runs: string[][] = [];
  for (let i = 0; i < names.length; i += SLICE) {
    runs.push(names.slice(i, i + SLICE).sort());
    if (names.length > SLICE) await pause();
  }
  while (runs.length > 1) {
    const merged: string[][] = [];
    for (let i = 0; i < runs.length; i += 2) {
      merged.push(await merge(runs[i]!, runs[i + 1] ?? [], pause));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

async function merge(a: string[], b: string[], pause: () => Promise<void>): Promise<string[]> {
  if (b.length === 0) return a;
  const merged: string[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const isFirst = j >= b.length || (i < a.length && a[i]! < b[j]!);
    merged.push(isFirst ? a[i++]! : b[j++]!);
    if (merged.length % SLICE === 0) await pause();
  }
  return merged;
}
