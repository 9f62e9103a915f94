/**
 * `npm run sim -- ...`: replays a seed or a plan and tells its story, runs seed after seed, makes
 * what fails smaller. See docs/simulation.md.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Hunt, hunt, huntHere } from './hunt.ts';
import { type Plan, planOf } from './plan.ts';
import { shrink } from './shrink.ts';
import { simulate } from './simulate.ts';
import { linesOf } from './totals.ts';

const HELP = `npm run sim -- --seed N [--trace]     replay a seed, and tell its story
npm run sim -- --plan FILE [--trace]  replay a plan that was made smaller
npm run sim -- --seeds N [--from S]   run N seeds from S on
npm run sim -- --minutes M            run seeds for M minutes
               --shrink               with --seed or --plan: make what fails smaller
`;

/** Lines before a failure that are shown without `--trace`. */
const LAST_LINES = 25;
const SHRUNK_DIR = '.check/sim';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    plan: { type: 'string' },
    seeds: { type: 'string' },
    from: { type: 'string' },
    minutes: { type: 'string' },
    trace: { type: 'boolean' },
    shrink: { type: 'boolean' },
    hunt: { type: 'string' },
  },
});

process.exitCode = await main();

async function main(): Promise<number> {
  if (values.hunt !== undefined) {
    const totals = await huntHere(JSON.parse(values.hunt) as Hunt);
    process.send?.(totals, () => process.disconnect());
    return 0;
  }
  if (values.seed !== undefined) return replay(planOf(Number(values.seed)));
  if (values.plan !== undefined) return replay(planIn(values.plan));
  if (values.seeds !== undefined || values.minutes !== undefined) return many();
  write(HELP);
  return 2;
}

/** A plan by itself, or one of `spec/data/seeds`, which says why it is kept. */
function planIn(file: string): Plan {
  const found = JSON.parse(readFileSync(file, 'utf8')) as Plan | { readonly plan: Plan };
  return 'plan' in found ? found.plan : found;
}

async function replay(plan: Plan): Promise<number> {
  const last: string[] = [];
  const tell = (line: string): void => {
    if (values.trace) write(`${line}\n`);
    else if (last.push(line) > LAST_LINES) last.shift();
  };
  const began = performance.now();
  const { violation, ...verdict } = await simulate(plan, { tell });
  const realMs = performance.now() - began;
  if (violation !== undefined && !values.trace) write(`${last.join('\n')}\n`);
  const seconds = (verdict.simulatedMs / 1_000).toFixed(1);
  write(
    `seed ${plan.seed}: ${verdict.observations} observations, ${verdict.records} records, ` +
      `${verdict.faults} faults, ${seconds} s in ${realMs.toFixed(0)} ms\n`,
  );
  if (violation === undefined) {
    write('every promise was kept\n');
    return 0;
  }
  write(`BROKEN after ${violation.atMs.toFixed(0)} ms: ${violation.invariant}\n`);
  write(`  ${violation.what}\n`);
  if (values.shrink) await makeSmaller(plan);
  return 1;
}

async function makeSmaller(plan: Plan): Promise<void> {
  const shrunk = await shrink(plan);
  if (shrunk === undefined) return;
  mkdirSync(SHRUNK_DIR, { recursive: true });
  const file = join(SHRUNK_DIR, `seed-${plan.seed}.json`);
  writeFileSync(file, `${JSON.stringify(shrunk.plan, undefined, 2)}\n`);
  const { clients, faults, ms } = shrunk.plan;
  write(
    `${shrunk.runs} runs later: ${clients.length} of ${plan.clients.length} clients, ` +
      `${faults.length} of ${plan.faults.length} faults, ${ms} of ${plan.ms} ms\n` +
      `npm run sim -- --plan ${file} --trace\n`,
  );
}

async function many(): Promise<number> {
  const minutes = Number(values.minutes ?? Number.POSITIVE_INFINITY);
  const totals = await hunt(fileURLToPath(import.meta.url), {
    from: Number(values.from ?? 1),
    seeds: Number(values.seeds ?? Number.MAX_SAFE_INTEGER),
    untilMs: Math.min(Date.now() + minutes * 60_000, Number.MAX_SAFE_INTEGER),
  });
  for (const line of linesOf(totals)) write(`${line}\n`);
  return totals.failures.length === 0 ? 0 : 1;
}

function write(text: string): void {
  process.stdout.write(text);
}
