// Runs the raw scenarios against a broker and prints one JSON line for each: clients that break the
// rules, and answers compared field by field.
//
//   node spec/interop/raw/run.mjs --service-url URL --admin-url URL [--control-url URL] [--run ID] [--only TEXT]

import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { differences, recordedFacts } from '../observations.mjs';
import { Rendezvous } from './rendezvous.mjs';
import { Stage, scenarios } from './stage.mjs';

const DEADLINE_MS = 60_000;
/** Pulsar reads its journal again after a kill, on a machine that may have other work. */
const RESTART_MS = 300_000;

/**
 * That nothing comes is believed after a while, and a busy machine may need longer than that. So
 * what is not as recorded is tried once more, waiting so many times as long for silence.
 */
const SLOWLY = 4;

const { values: options } = parseArgs({
  strict: false,
  options: {
    'service-url': { type: 'string' },
    'admin-url': { type: 'string' },
    'control-url': { type: 'string', default: '' },
    run: { type: 'string', default: '' },
    only: { type: 'string', default: '' },
    groups: { type: 'string', default: '' },
    lanes: { type: 'string', default: '4' },
  },
});

const folder = resolve(import.meta.dirname, 'scenarios');
for (const file of readdirSync(folder).sort()) await import(resolve(folder, file));
const groups = options.groups === '' ? [] : options.groups.split(',');
const wanted = scenarios
  .filter(({ name }) => `raw.${name}`.includes(options.only))
  .filter(({ name }) => groups.length === 0 || groups.includes(name.split('.')[0]));
const recorded = recordedFacts();
let failed = 0;
for (const settings of new Set(['', ...wanted.map((each) => each.settings)])) {
  const all = wanted.filter((each) => each.settings === settings);
  if (settings !== '' && options['control-url'] === '') continue;
  if (settings !== '') await control(`with/${settings}`);
  await runAll(all.filter(({ end }) => end === ''));
  for (const end of ['kill', 'restart']) await runTogether(all.filter((each) => each.end === end));
  if (settings !== '') await control('without');
}
process.exit(failed === 0 ? 0 : 1);

async function control(action) {
  const answer = await fetch(`${options['control-url']}/${action}`, { method: 'POST' });
  if (!answer.ok) throw new Error(`${action}: ${await answer.text()}`);
}

async function runAll(queue) {
  await Promise.all(Array.from({ length: Number(options.lanes) }, () => lane(queue)));
}

async function lane(queue) {
  for (let each = queue.shift(); each !== undefined; each = queue.shift()) await runOne(each);
}

/** All at once: they wait for each other where the broker is ended. Who has to try again is alone. */
async function runTogether(all) {
  if (all.length === 0) return;
  const rendezvous = (count) => new Rendezvous(count, () => endAndStart(all[0].end));
  const meeting = rendezvous(all.length);
  const results = await Promise.all(all.map((each) => attempt(each, 1, meeting)));
  for (const [i, result] of results.entries()) {
    show(isAsRecorded(result) ? result : await attempt(all[i], SLOWLY, rendezvous(1)));
  }
}

async function endAndStart(end) {
  await control(end);
  if (end === 'kill') await control('start');
}

async function runOne(scenario) {
  let result = await attempt(scenario, 1);
  if (!isAsRecorded(result)) result = await attempt(scenario, SLOWLY);
  show(result);
}

function show(result) {
  if (result.status === 'failed') failed++;
  console.log(JSON.stringify(result));
}

function isAsRecorded({ scenario, status, facts }) {
  if (status === 'failed') return false;
  return differences(scenario, plain(facts), recorded[scenario]).length === 0;
}

/** As they are once they were written down. */
function plain(facts) {
  return JSON.parse(JSON.stringify(facts));
}

async function attempt({ name, body, end }, patience, rendezvous) {
  const stage = new Stage(name, options, patience, rendezvous);
  const started = Date.now();
  const result = { scenario: `raw.${name}`, status: 'passed' };
  const deadlineMs = DEADLINE_MS * patience + (end === '' ? 0 : RESTART_MS);
  const late = setTimeout(() => {
    console.log(JSON.stringify({ ...result, status: 'failed', error: 'hangs', facts: {} }));
    process.exit(1);
  }, deadlineMs);
  try {
    await body(stage);
  } catch (error) {
    result.status = 'failed';
    result.error = error.stack;
  }
  clearTimeout(late);
  stage.close();
  return { ...result, ms: Date.now() - started, facts: stage.facts };
}
