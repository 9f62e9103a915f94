/**
 * The crash check: `npm run check:crash -- [--rounds 100] [--seed N] [--folder DIR]`. Ends the
 * broker at random moments under load, by kill -9 and by cutting the power of its disk, and checks
 * after each start that everything holds which it had promised. A failure keeps the data. Which
 * disk that is, the machine decides; `--volume shim` and `plain` leave out what comes before them.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { killAll } from './broker.ts';
import { Chance } from './random.ts';
import { type Ending, type RoundReport, runRounds } from './rounds.ts';
import { createVolume } from './volume.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    folder: { type: 'string' },
    volume: { type: 'string', default: 'own' },
  },
});
const rounds = Number(values.rounds);
const seed = Number(values.seed);
if (!(rounds > 0) || !Number.isInteger(seed)) throw new Error('--rounds and --seed take numbers');

const work = values.folder ?? mkdtempSync(join(tmpdir(), 'velamq-crash-'));
const { volume, note } = createVolume(work, values.volume);
const reports: RoundReport[] = [];
const began = performance.now();
console.log(`crash check: ${rounds} rounds, --seed ${seed}, in ${work}`);
console.log(note);
process.on('SIGINT', () => process.exit(130));
process.on('exit', leave);
try {
  await runRounds({ rounds, chance: new Chance(seed), volume, work, onRound });
  summarise();
} catch (error) {
  const kept = join(work, 'failed');
  await killAll();
  volume.restore?.();
  cpSync(volume.path, kept, { recursive: true });
  console.error(`\nFAILED in round ${reports.length + 1}, --seed ${seed}; the data is in ${kept}`);
  console.error(error);
  console.error(`\nThe end of the broker's log:\n${tailOfLog()}`);
  process.exitCode = 1;
}
process.exit();

/** Also after Ctrl-C: no broker stays behind (it dies with this process) and no mounted volume. */
function leave(): void {
  volume.remove();
  if (process.exitCode !== 1) rmSync(work, { recursive: true, force: true });
}

function onRound(report: RoundReport): void {
  reports.push(report);
  const { round, ending, afterMs, killedStarts, startMs, storedMessages } = report;
  const starts = killedStarts === 0 ? '' : `, killed ${killedStarts} x while starting`;
  console.log(
    `${String(round).padStart(4)}  ${ending} after ${afterMs} ms${starts}, ` +
      `ready in ${Math.round(startMs)} ms, ${storedMessages} messages`,
  );
}

function summarise(): void {
  const times = reports.map(({ startMs }) => startMs).sort((a, b) => a - b);
  const ms = (share: number) => Math.round(times[Math.floor((times.length - 1) * share)] ?? 0);
  const count = (ending: Ending) => reports.filter((report) => report.ending === ending).length;
  const killedStarts = reports.reduce((sum, report) => sum + report.killedStarts, 0);
  console.log(
    `\ncrash check passed: ${reports.length} rounds (${count('kill')} kills, ` +
      `${count('power cut')} power cuts, ${count('stop')} stops), ${killedStarts} kills while ` +
      `starting, ready in ${ms(0.5)} ms (median) to ${ms(1)} ms, ` +
      `${Math.round((performance.now() - began) / 1000)} s, --seed ${seed}`,
  );
}

function tailOfLog(): string {
  try {
    return readFileSync(join(work, 'broker.log'), 'utf8').split('\n').slice(-40).join('\n');
  } catch {
    return '(there is none)';
  }
}
