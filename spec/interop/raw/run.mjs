// Runs the raw scenarios against a broker and prints one JSON line for each: clients that break the
// rules, and answers compared field by field.
//
//   node spec/interop/raw/run.mjs --service-url URL --admin-url URL [--run ID] [--only TEXT]

import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Stage, scenarios } from './stage.mjs';

const DEADLINE_MS = 60_000;

const { values: options } = parseArgs({
  strict: false,
  options: {
    'service-url': { type: 'string' },
    'admin-url': { type: 'string' },
    run: { type: 'string', default: '' },
    only: { type: 'string', default: '' },
    groups: { type: 'string', default: '' },
    lanes: { type: 'string', default: '4' },
  },
});

const folder = resolve(import.meta.dirname, 'scenarios');
for (const file of readdirSync(folder).sort()) await import(resolve(folder, file));
const groups = options.groups === '' ? [] : options.groups.split(',');
const queue = scenarios
  .filter(({ name }) => `raw.${name}`.includes(options.only))
  .filter(({ name }) => groups.length === 0 || groups.includes(name.split('.')[0]));
let failed = 0;
await Promise.all(Array.from({ length: Number(options.lanes) }, lane));
process.exit(failed === 0 ? 0 : 1);

async function lane() {
  for (let each = queue.shift(); each !== undefined; each = queue.shift()) await runOne(each);
}

async function runOne({ name, body }) {
  const stage = new Stage(name, options);
  const started = Date.now();
  const result = { scenario: `raw.${name}`, status: 'passed' };
  const late = setTimeout(() => {
    console.log(JSON.stringify({ ...result, status: 'failed', error: 'hangs', facts: {} }));
    process.exit(1);
  }, DEADLINE_MS);
  try {
    await body(stage);
  } catch (error) {
    result.status = 'failed';
    result.error = error.stack;
    failed++;
  }
  clearTimeout(late);
  stage.close();
  console.log(JSON.stringify({ ...result, ms: Date.now() - started, facts: stage.facts }));
}
