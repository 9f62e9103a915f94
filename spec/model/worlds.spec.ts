/** Worlds of the simulation whose plans fast-check draws, and makes smaller where one fails. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawn } from '../generators/drawn.ts';
import { type Plan, planFrom } from '../sim/plan.ts';
import { simulate } from '../sim/simulate.ts';
import { runs } from './runs.ts';

const MS = 1_500;
/** Nothing here waits, but others may have the machine. */
const BUSY_MACHINE_MS = 180_000;

/** More numbers than most plans take; a plan of zeros alone is one topic and one client or two. */
const MOST_DRAWS = 600;

const plans: fc.Arbitrary<Plan> = fc.nat().chain((seed) =>
  drawn((draws) => {
    const rest = { transactions: draws, others: draws };
    const all = { plan: draws, operations: draws, faults: draws, ...rest };
    const plan = planFrom(seed, 'large', all);
    const soon = <T extends { readonly atMs: number }>(each: T): T => ({
      ...each,
      atMs: Math.floor((each.atMs / plan.ms) * MS),
    });
    const operations = plan.operations?.map(soon) ?? [];
    return { ...plan, ms: MS, operations, faults: plan.faults.map(soon) };
  }, MOST_DRAWS),
);

describe('a world that fast-check draws', () => {
  it(
    'keeps every promise',
    async () => {
      await fc.assert(
        fc.asyncProperty(plans, async (plan) => {
          expect((await simulate(plan)).violation).toBeUndefined();
        }),
        runs(10),
      );
    },
    BUSY_MACHINE_MS,
  );
});
