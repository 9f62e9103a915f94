/**
 * Makes a failing plan smaller while it fails in the same way: fewer faults, operations, clients
 * and sends.
 */
import type { Plan } from './plan.ts';
import { type SimulateOptions, simulate, type Violation } from './simulate.ts';

export interface Shrunk {
  readonly plan: Plan;
  readonly violation: Violation;
  /** Worlds that were run to get there. */
  readonly runs: number;
}

/** Undefined when the plan does not fail. Runs at most `maxRuns` worlds. */
export async function shrink(
  plan: Plan,
  options: SimulateOptions = {},
  maxRuns = 300,
): Promise<Shrunk | undefined> {
  const { violation } = await simulate(plan, options);
  if (violation === undefined) return undefined;
  let best: Shrunk = { plan, violation, runs: 1 };
  for (let progress = true; progress && best.runs < maxRuns; ) {
    progress = false;
    for (const smaller of smallerThan(best.plan)) {
      if (best.runs >= maxRuns) break;
      const verdict = await simulate(smaller, options);
      const runs = best.runs + 1;
      best = { ...best, runs };
      const found = verdict.violation;
      if (found === undefined || kindOf(found) !== kindOf(violation)) continue;
      best = { plan: smaller, violation: found, runs };
      progress = true;
      break;
    }
  }
  return best;
}

/** The promise, and about what it was broken: numbers aside, which are others in other worlds. */
function kindOf({ invariant, what }: Violation): string {
  return `${invariant}: ${what.replace(/\b\d+\b|\{.*/g, '')}`;
}

/** Smaller plans, those first that save most. */
function* smallerThan(plan: Plan): Iterable<Plan> {
  yield* shorter(plan);
  for (const faults of without(plan.faults)) yield { ...plan, faults };
  for (const operations of without(plan.operations ?? [])) yield { ...plan, operations };
  for (const settings of without(plan.settings ?? [])) yield { ...plan, settings };
  for (const clients of without(plan.clients)) yield { ...plan, clients };
  for (const [i, client] of plan.clients.entries()) {
    for (const [n, producer] of client.producers.entries()) {
      if (producer.entries < 2) continue;
      const fewer = { ...producer, entries: Math.floor(producer.entries / 2) };
      const producers = client.producers.with(n, fewer);
      yield { ...plan, clients: plan.clients.with(i, { ...client, producers }) };
    }
  }
}

function* shorter(plan: Plan): Iterable<Plan> {
  for (const share of [0.25, 0.5, 0.8]) {
    const ms = Math.floor(plan.ms * share);
    if (ms < 500) continue;
    yield { ...plan, ms, faults: plan.faults.filter(({ atMs }) => atMs < ms) };
  }
}

/** The list without its halves, then without each of its items. */
function* without<T>(list: readonly T[]): Iterable<readonly T[]> {
  const half = Math.floor(list.length / 2);
  if (half > 1) {
    yield list.slice(half);
    yield list.slice(0, half);
  }
  for (let i = 0; i < list.length; i++) yield list.toSpliced(i, 1);
}
