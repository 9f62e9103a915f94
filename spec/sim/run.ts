/** `npm run sim`: replays a seed and tells its story, or runs seed after seed. */
import { planOf } from './plan.ts';
import { simulate } from './simulate.ts';

const args = process.argv.slice(2);
const option = (flag: string) => {
  const at = args.indexOf(flag);
  return at < 0 ? undefined : args[at + 1];
};
const write = (line: string) => process.stdout.write(`${line}\n`);

const seed = Number(option('--seed') ?? 1);
const count = Number(option('--count') ?? 1);
let failed = 0;
for (let next = seed; next < seed + count; next++) {
  const tell = args.includes('--trace') ? { tell: write } : {};
  const beganMs = performance.now();
  const verdict = await simulate(planOf(next), tell);
  const ms = (performance.now() - beganMs).toFixed(0);
  const { violation, observations, records, simulatedMs, faults } = verdict;
  if (violation !== undefined) failed += 1;
  if (violation !== undefined || count === 1) {
    const outcome = violation && `${violation.invariant}: ${violation.what}`;
    write(`seed ${next}: ${outcome ?? 'ok'}`);
    write(`  ${(simulatedMs / 1000).toFixed(1)} s in ${ms} ms, ${observations} observations`);
    write(`  ${records} records, ${faults} faults, trace ${verdict.traceHash.slice(0, 12)}`);
  }
}
write(`${count} seeds, ${failed} failed`);
