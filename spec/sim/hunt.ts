/** Runs seed after seed, in as many processes as there are cores. */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { censusOf } from './census.ts';
import { planOf } from './plan.ts';
import { simulate } from './simulate.ts';
import { count, type Failure, merge, noTotals, type Totals } from './totals.ts';

export interface Hunt {
  readonly from: number;
  /** Ends after so many seeds, or at that time, whichever comes first. */
  readonly seeds: number;
  readonly untilMs: number;
  /** Only worlds that have this feature (`census.ts`) are run; undefined: all. */
  readonly feature: string | undefined;
  /** Every how many seeds this process takes one. */
  readonly stride: number;
}

/** Seeds of one process; what they come to is sent to the process that asked. */
export async function huntHere(
  { from, seeds, untilMs, feature, stride }: Hunt,
  tell: (failure: Failure) => void,
): Promise<Totals> {
  const totals = noTotals();
  for (let i = 0; i < seeds && Date.now() < untilMs; i++) {
    const plan = planOf(from + i * stride);
    totals.seeds += 1;
    if (feature !== undefined && censusOf(plan).features[feature] === undefined) continue;
    const began = performance.now();
    const verdict = await simulate(plan);
    count(totals, verdict, performance.now() - began);
    if (verdict.violation !== undefined) tell(totals.failures.at(-1)!);
    // The world has a clock of its own; this is when the process hears of the real one.
    await new Promise(setImmediate);
  }
  return totals;
}

/** The same over all cores. `script` is the program that calls `huntHere` when it is told to. */
export async function hunt(
  script: string,
  { from, seeds, ...rest }: Omit<Hunt, 'stride'>,
): Promise<Totals> {
  const processes = Math.max(1, Math.min(availableParallelism(), seeds));
  const totals = noTotals();
  const parts = Array.from({ length: processes }, (_, i) => {
    const share = Math.ceil((seeds - i) / processes);
    return ask(script, { ...rest, from: from + i, seeds: share, stride: processes });
  });
  for (const part of await Promise.all(parts)) merge(totals, part);
  totals.failures.sort((a, b) => a.seed - b.seed);
  return totals;
}

function ask(script: string, part: Hunt): Promise<Totals> {
  return new Promise((resolve, reject) => {
    const child = fork(script, ['--hunt', JSON.stringify(part)]);
    child.on('message', (totals) => resolve(totals as Totals));
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code !== 0) reject(new Error(`seeds from ${part.from} on ended with ${code}`));
    });
  });
}
