/** The seed decides everything: two runs of a world write the same journal, to the byte. */
import { describe, expect, it } from 'vitest';
import { planOf } from './plan.ts';
import { simulate } from './simulate.ts';

const SEEDS = 50;
const MS = 1_000;
const MOST_CLIENTS = 8;
/** Nothing here waits, but others may have the machine. */
const BUSY_MACHINE_MS = 600_000;

describe('a seed', () => {
  it(
    'gives the same journal to the byte and the same trace, each time',
    async () => {
      let records = 0;
      for (let seed = 1; seed <= SEEDS; seed++) {
        const whole = planOf(seed, 'large');
        const plan = { ...whole, ms: MS, clients: whole.clients.slice(0, MOST_CLIENTS) };
        const first = await simulate(plan, { hashes: true });
        const second = await simulate(plan, { hashes: true });
        expect(second, `seed ${seed}`).toEqual(first);
        records += first.records;
      }
      expect(records).toBeGreaterThan(SEEDS * 10);
    },
    BUSY_MACHINE_MS,
  );

  it(
    'gives another story than the next one',
    async () => {
      const hashes = new Set<string>();
      for (const seed of [1, 2, 3]) {
        const plan = { ...planOf(seed, 'large'), ms: MS };
        hashes.add((await simulate(plan, { hashes: true })).traceHash);
      }
      expect(hashes.size).toBe(3);
    },
    BUSY_MACHINE_MS,
  );
});
