// Asks real Pulsar which schema may follow which, under each strategy, and writes what it says to
// spec/data/schemas/pairs.json:
//
//   node spec/interop/schemas/record.mjs --admin-url http://127.0.0.1:8080
//
// An outcome is `same` (the version of an equal schema), `yes` (a version of its own), `no`
// (incompatible) or `bad` (no definition at all).

import { mkdir, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { pairs } from './pairs.mjs';

const STRATEGIES = [
  ...['ALWAYS_COMPATIBLE', 'ALWAYS_INCOMPATIBLE', 'BACKWARD', 'FORWARD', 'FULL'],
  ...['BACKWARD_TRANSITIVE', 'FORWARD_TRANSITIVE', 'FULL_TRANSITIVE'],
];
const folder = resolve(import.meta.dirname, '../../data/schemas');

const { values } = parseArgs({
  options: { 'admin-url': { type: 'string', default: 'http://127.0.0.1:8080' } },
});
const admin = `${values['admin-url']}/admin/v2`;
const run = Date.now().toString(36);

async function main() {
  const table = pairs().map((pair) => ({ ...pair, outcomes: {} }));
  for (const strategy of STRATEGIES) await recordUnder(strategy, table);
  await mkdir(folder, { recursive: true });
  const lines = table.map((row) => JSON.stringify(row)).join(',\n');
  await writeFile(resolve(folder, 'pairs.json'), `[\n${lines}\n]\n`);
  console.log(`${table.length} pairs`);
}

/** Each strategy has a namespace, each pair a topic; what comes before is stored unjudged. */
async function recordUnder(strategy, table) {
  const namespace = `public/schemas-${run}-${strategy}`;
  await ask('PUT', `namespaces/${namespace}`);
  await follow(namespace, 'ALWAYS_COMPATIBLE');
  const path = (i) => `schemas/${namespace}/pair-${i}/schema`;
  const versions = [];
  for (const [i, { type, before, properties = {} }] of table.entries()) {
    for (const schema of before) {
      const { status, body } = await ask('POST', path(i), { type, schema, properties });
      if (status !== 200) throw new Error(`${table[i].title}: ${body}`);
      versions[i] = JSON.parse(body).version.version;
    }
  }
  await follow(namespace, strategy);
  for (const [i, row] of table.entries()) {
    const { type, afterType = type, after, properties = {}, afterProperties = properties } = row;
    const schema = { type: afterType, schema: after, properties: afterProperties };
    row.outcomes[strategy] = outcomeOf(await ask('POST', path(i), schema), versions[i], row);
  }
}

async function follow(namespace, strategy) {
  const { status, body } = await ask(
    'PUT',
    `namespaces/${namespace}/schemaCompatibilityStrategy`,
    strategy,
  );
  if (status !== 204) throw new Error(body);
}

function outcomeOf({ status, body }, newest, { title }) {
  if (status === 200) return JSON.parse(body).version.version > newest ? 'yes' : 'same';
  if (status === 409) return 'no';
  // What the registry's check lets pass and its parser does not ends as an exception.
  if (status === 422 || (status === 500 && body.includes('org.apache.avro'))) return 'bad';
  throw new Error(`${title}: ${status} ${body}`);
}

async function ask(method, path, body) {
  const response = await fetch(`${admin}/${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.text() };
}

await main();
