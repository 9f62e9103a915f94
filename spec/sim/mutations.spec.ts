/** Deliberate bugs, each found within a stated number of seeds: so silence means something. */
import { describe, expect, it } from 'vitest';
import { mutations } from './mutations/all.ts';
import { planOf } from './plan.ts';
import { simulate, type Violation } from './simulate.ts';

/** Worlds are short here, so that all of this takes seconds. */
const MS = 6_000;
/** Nothing here waits, but others may have the machine. */
const BUSY_MACHINE_MS = 180_000;

describe.each(mutations)('when $name', ({ breaks, within, world, seams, ms = MS }) => {
  it(
    `the simulation says so within ${within} seeds`,
    async () => {
      const found: Violation[] = [];
      for (let seed = 1; seed <= within && found.length === 0; seed++) {
        const plan = world?.(planOf(seed, 'large')) ?? planOf(seed, 'large');
        const short = { ...plan, ms: Math.min(ms, plan.ms) };
        const { violation } = await simulate(short, { seams: seams() });
        if (violation?.invariant.includes(breaks)) found.push(violation);
      }
      expect(found).toHaveLength(1);
    },
    BUSY_MACHINE_MS,
  );
});
