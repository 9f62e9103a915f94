/**
 * `npm run sim -- ...`: replays a seed or a plan and tells its story, runs seed after seed, makes
 * what fails smaller. See docs/simulation.md.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Asked, askedBy, HELP } from './asked.ts';
import { type Hunt, hunt, huntHere } from './hunt.ts';
import { type Plan, planOf } from './plan.ts';
import { shrink } from './shrink.ts';
import { simulate } from './simulate.ts';
import { type Failure, lineOfFailure, linesOf } from './totals.ts';

/** Lines before a failure that are shown without `--trace`. */
const LAST_LINES = 25;
const SHRUNK_DIR = '.check/sim';

const asked = askedBy(process.argv.slice(2));
if (typeof asked === 'string') process.stderr.write(`${asked}; --help says what there is\n`);
process.exitCode = typeof asked === 'string' ? 2 : await main(asked);

async function main(asked: Asked): Promise<number> {
  if (asked.hunt !== undefined) {
    // Who runs many hears of a failure at once, beside what all come to.
    const tell = (failure: Failure) => void process.stderr.write(`${lineOfFailure(failure)}\n`);
    // Who asked has gone: nobody wants to know.
    const giveUp = () => process.exit(1);
    process.once('disconnect', giveUp);
    const totals = await huntHere(JSON.parse(asked.hunt) as Hunt, tell);
    process.off('disconnect', giveUp);
    process.send?.(totals, () => process.disconnect());
    return 0;
  }
  if (asked.seed !== undefined) return replay(planOf(asked.seed), asked);
  if (asked.plan !== undefined) return replay(planIn(asked.plan), asked);
  if (asked.seeds !== undefined || asked.minutes !== undefined) return many(asked);
  write(HELP);
  return asked.help === true ? 0 : 2;
}

/** A plan by itself, or one of `spec/data/seeds`, which says why it is kept. */
function planIn(file: string): Plan {
  const found = JSON.parse(readFileSync(file, 'utf8')) as Plan | { readonly plan: Plan };
  return 'plan' in found ? found.plan : found;
}

async function replay(plan: Plan, { trace, shrink: shrinks }: Asked): Promise<number> {
  const last: string[] = [];
  const tell = (line: string): void => {
    if (trace) write(`${line}\n`);
    else if (last.push(line) > LAST_LINES) last.shift();
  };
  const began = performance.now();
  const { violation, ...verdict } = await simulate(plan, { tell });
  const realMs = performance.now() - began;
  if (violation !== undefined && !trace) write(`${last.join('\n')}\n`);
  const faults = Object.values(verdict.census.faults).reduce((sum, n) => sum + n, 0);
  const seconds = (verdict.simulatedMs / 1_000).toFixed(1);
  write(
    `seed ${plan.seed}: ${verdict.observations} observations, ${verdict.records} records, ` +
      `${faults} faults, ${seconds} s in ${realMs.toFixed(0)} ms\n`,
  );
  if (violation === undefined) {
    write('every promise was kept\n');
    return 0;
  }
  write(`BROKEN after ${violation.atMs.toFixed(0)} ms: ${violation.invariant}\n`);
  write(`  ${violation.what}\n`);
  if (shrinks) await makeSmaller(plan);
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

async function many({ from, seeds, minutes, with: feature }: Asked): Promise<number> {
  const untilMs = Date.now() + (minutes ?? Number.POSITIVE_INFINITY) * 60_000;
  const totals = await hunt(fileURLToPath(import.meta.url), {
    from: from ?? 1,
    seeds: seeds ?? Number.MAX_SAFE_INTEGER,
    untilMs: Math.min(untilMs, Number.MAX_SAFE_INTEGER),
    feature,
  });
  if (feature !== undefined) write(`of ${totals.seeds} seeds those with ${feature}:\n`);
  for (const line of linesOf(totals)) write(`${line}\n`);
  return totals.failures.length === 0 ? 0 : 1;
}

function write(text: string): void {
  process.stdout.write(text);
}
