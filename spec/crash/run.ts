/**
 * The crash check: `npm run check:crash -- [--rounds 100] [--compactions 12] [--seed N]
 * [--folder DIR]`. Ends the broker at random moments under load, or while it compacts a topic, by
 * kill -9 and by cutting the power of its disk, and checks after each start that everything holds
 * which it had promised. A failure keeps the data. Which disk that is, the machine decides;
 * `--volume shim` and `plain` leave out what comes before them.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { killAll } from './broker.ts';
import { type CompactionReport, runCompactionRounds } from './compaction.ts';
import { Chance } from './random.ts';
import { type RoundReport, runRounds } from './rounds.ts';
import type { CrashReport, Ending } from './stage.ts';
import { createVolume } from './volume.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '100' },
    compactions: { type: 'string', default: '12' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    folder: { type: 'string' },
    volume: { type: 'string', default: 'own' },
  },
});
const rounds = Number(values.rounds);
const compactions = Number(values.compactions);
const seed = Number(values.seed);
if (![rounds, compactions, seed].every(Number.isInteger)) {
  throw new Error('--rounds, --compactions and --seed take whole numbers');
}

const work = values.folder ?? mkdtempSync(join(tmpdir(), 'velamq-crash-'));
const { volume, note } = createVolume(work, values.volume);
const reports: RoundReport[] = [];
const compacted: CompactionReport[] = [];
const began = performance.now();
console.log(`crash check: ${rounds} + ${compactions} rounds, --seed ${seed}, in ${work}`);
console.log(note);
process.on('SIGINT', () => process.exit(130));
process.on('exit', leave);
try {
  const chance = new Chance(seed);
  await runRounds({ rounds, chance: chance.fork(), volume, work, onRound });
  await runCompactionRounds({ rounds: compactions, chance, volume, work, onCompaction });
  summarise();
} catch (error) {
  const kept = join(work, 'failed');
  await killAll();
  volume.restore?.();
  cpSync(volume.path, kept, { recursive: true });
  console.error(
    `\nFAILED after ${reports.length} + ${compacted.length} rounds, --seed ${seed}; ` +
      `the data is in ${kept}`,
  );
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
  console.log(`${lineOf(report)}, ${report.storedMessages} messages`);
}

function onCompaction(report: CompactionReport): void {
  compacted.push(report);
  const { storedEntries, isInterrupted } = report;
  const what = isInterrupted ? 'in a compaction' : 'beside compactions';
  console.log(`${lineOf(report)}, ${what}, ${storedEntries} entries`);
}

function lineOf({
  round,
  ending,
  afterMs,
  killedStarts,
  startMs,
}: CrashReport & { round: number }) {
  const starts = killedStarts === 0 ? '' : `, killed ${killedStarts} x while starting`;
  const head = `${String(round).padStart(4)}  ${ending} after ${afterMs} ms${starts}`;
  return `${head}, ready in ${Math.round(startMs)} ms`;
}

function summarise(): void {
  const all: readonly CrashReport[] = [...reports, ...compacted];
  const times = all.map(({ startMs }) => startMs).sort((a, b) => a - b);
  const ms = (share: number) => Math.round(times[Math.floor((times.length - 1) * share)] ?? 0);
  const count = (ending: Ending) => all.filter((report) => report.ending === ending).length;
  const killedStarts = all.reduce((sum, report) => sum + report.killedStarts, 0);
  const interrupted = compacted.filter(({ isInterrupted }) => isInterrupted).length;
  console.log(
    `\ncrash check passed: ${all.length} rounds (${count('kill')} kills, ` +
      `${count('power cut')} power cuts, ${count('stop')} stops), ${interrupted} of them in a ` +
      `compaction, ${killedStarts} kills while starting, ready in ${ms(0.5)} ms (median) to ` +
      `${ms(1)} ms, ${Math.round((performance.now() - began) / 1000)} s, --seed ${seed}`,
  );
}

function tailOfLog(): string {
  try {
    return readFileSync(join(work, 'broker.log'), 'utf8').split('\n').slice(-40).join('\n');
  } catch {
    return '(there is none)';
  }
}
