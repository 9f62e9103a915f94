/**
 * `npm run bench:peers -- [--seconds 30] [--repeat 1] [--only velamq|oracle] [--scenario NAME]…`:
 * VelaMQ and real Pulsar in turn, on the same disk, under the same commands of Pulsar's `perf`. A
 * whole run replaces its section of bench/RESULTS.md; a part of it is only printed. `--oracle` or
 * the variable VELAMQ_ORACLE says where real Pulsar and its tools are, `--folder` which disk is
 * used; `--node-argument=--cpu-prof` profiles VelaMQ.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Peer } from './brokers.ts';
import { type Measurement, measure } from './measure.ts';
import { sectionOf, tableOf, withSection } from './report.ts';
import { SCENARIOS } from './scenarios.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    repeat: { type: 'string', default: '1' },
    only: { type: 'string' },
    scenario: { type: 'string', multiple: true },
    oracle: { type: 'string', default: process.env['VELAMQ_ORACLE'] ?? '../shared/oracle' },
    folder: { type: 'string', default: tmpdir() },
    port: { type: 'string', default: '36650' },
    'http-port': { type: 'string', default: '38080' },
    'node-argument': { type: 'string', multiple: true, default: [] },
  },
});

const RESULTS = 'bench/RESULTS.md';
const intervals = Math.max(1, Math.round(Number(values.seconds) / 10));
const peers = (['velamq', 'oracle'] as const).filter((peer) => peer === (values.only ?? peer));
const names = values.scenario ?? SCENARIOS.map(({ name }) => name);
const scenarios = SCENARIOS.filter(({ name }) => names.includes(name));
if (peers.length === 0 || scenarios.length < names.length) {
  throw new Error(`--only velamq|oracle, --scenario ${SCENARIOS.map(({ name }) => name)}`);
}
const oracle = resolve(values.oracle);
if (!existsSync(join(oracle, 'java-tool'))) {
  throw new Error(`no tools of real Pulsar in ${oracle}; say where with --oracle`);
}
const work = mkdtempSync(join(values.folder, 'velamq-peers-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
process.on('SIGINT', () => process.exit(130));

const measurements: Measurement[] = [];
for (let turn = 0; turn < Number(values.repeat); turn++) {
  for (const scenario of scenarios) {
    for (const peer of peers) measurements.push(await measureOne(peer, scenario));
  }
}
console.log(`\n${tableOf(measurements)}`);
if (peers.length === 2 && scenarios.length === SCENARIOS.length) writeResults();
else console.log(`\nOnly a part was measured: ${RESULTS} stays as it is.`);

async function measureOne(peer: Peer, scenario: (typeof SCENARIOS)[number]) {
  const measurement = await measure(
    peer,
    scenario,
    {
      oracle,
      work,
      port: Number(values.port),
      httpPort: Number(values['http-port']),
      settings: [],
      nodeArguments: values['node-argument'],
    },
    intervals,
  );
  const { rate, cpuMicros, latency, peakMb } = measurement;
  console.log(
    `${scenario.title}, ${peer}: ${Math.round(rate)} a second, ${cpuMicros.toFixed(2)} µs each, ` +
      `median ${latency.median} ms, 99 % ${latency.p99} ms, peak ${Math.round(peakMb)} MB`,
  );
  return measurement;
}

function writeResults(): void {
  const document = existsSync(RESULTS) ? readFileSync(RESULTS, 'utf8') : '# Results\n';
  const [cpu] = cpus();
  const section = sectionOf(measurements, {
    date: new Date().toISOString().slice(0, 10),
    commit: execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim(),
    machine:
      `${cpus().length} cores (${cpu?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GB, ` +
      `Node ${process.version}; broker and load generator share the cores.`,
    configuration:
      `Pulsar 4.2.4 standalone, its journal synced; VelaMQ with its defaults; both on the same ` +
      `disk, started afresh for each row group, in turn. Load by Pulsar's own \`perf\`: 10 s to ` +
      `warm up, then ${intervals * 10} s, ${values.repeat} time(s), median. CPU is the broker's ` +
      `user and system time over these seconds. \`npm run bench:peers\` repeats it.`,
  });
  writeFileSync(RESULTS, withSection(document, section));
  console.log(`\nWritten to ${RESULTS}.`);
}
