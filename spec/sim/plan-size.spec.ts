/** What a run of many worlds rests on: most are small, and in small ones there is everything. */
import { describe, expect, it } from 'vitest';
import { censusOf } from './census.ts';
import { planOf } from './plan.ts';
import type { SizeName } from './plan-size.ts';

const SEEDS = 3_000;

/** Names of all that is drawn for worlds of a size: features, faults, and what operators do. */
function drawnFor(size: SizeName): Set<string> {
  const names = new Set<string>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const plan = planOf(seed, size);
    for (const feature of Object.keys(censusOf(plan).features)) names.add(feature);
    for (const { kind } of plan.faults) names.add(kind);
    for (const { what } of plan.operations ?? []) names.add(what);
  }
  return names;
}

describe('small worlds', () => {
  it('have everything that large ones have, less of it together', () => {
    expect([...drawnFor('small')].sort()).toEqual([...drawnFor('large')].sort());
  });

  it('are most of all worlds, and some are large', () => {
    const worlds = { small: 0, middling: 0, large: 0 };
    for (let seed = 1; seed <= SEEDS; seed++) worlds[planOf(seed).size!] += 1;
    expect(worlds.small).toBeGreaterThan(SEEDS * 0.85);
    expect(worlds.large).toBeGreaterThan(SEEDS * 0.03);
  });
});
