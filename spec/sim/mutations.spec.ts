/** Deliberate bugs, each found within a stated number of seeds: so silence means something. */
import { describe, expect, it } from 'vitest';
import { mutations } from './mutations/all.ts';
import { planOf } from './plan.ts';
import { simulate, type Violation } from './simulate.ts';

/** Worlds are short here, so that all of this takes seconds. */
const MS = 6_000;
/** Nothing here waits, but others may have the machine. */
const BUSY_MACHINE_MS = 180_000;

/** By whole names, which `-t` finds. */
const byName = mutations.map((mutation) => [mutation.name, mutation] as const);

describe.each(byName)('when %s', (_, { breaks, within, world, seams, ms = MS }) => {
  it(
    `the simulation says so within ${within} seeds`,
    async () => {
      const said: string[] = [];
      let isFound = false;
      for (let seed = 1; seed <= within && !isFound; seed++) {
        const plan = world?.(planOf(seed, 'large')) ?? planOf(seed, 'large');
        const short = { ...plan, ms: Math.min(ms, plan.ms) };
        const { violation, checks } = await simulate(short, { seams: seams() });
        isFound = violation?.invariant.includes(breaks) === true;
        said.push(`seed ${seed}: ${outcomeOf(violation, checks, breaks)}`);
      }
      expect(isFound, said.join('\n')).toBe(true);
    },
    BUSY_MACHINE_MS,
  );
});

/** For whoever wonders why a bug is not found: which promise was broken first, if any was. */
function outcomeOf(
  violation: Violation | undefined,
  checks: ReadonlyMap<string, number>,
  breaks: string,
): string {
  if (violation !== undefined) return `${violation.invariant}: ${violation.what}`;
  const [[, times] = ['', 0]] = [...checks].filter(([name]) => name.includes(breaks));
  return `every promise was kept, this one in ${times} checks`;
}
