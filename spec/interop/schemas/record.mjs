// Asks real Pulsar which schema may follow which, under each strategy, and writes what it says to
// spec/data/schemas/pairs.json:
//
//   node spec/interop/schemas/record.mjs --admin-url http://127.0.0.1:8080

import { mkdir, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { askAbout } from './asking.mjs';
import { pairs } from './pairs.mjs';

const folder = resolve(import.meta.dirname, '../../data/schemas');

const { values } = parseArgs({
  options: { 'admin-url': { type: 'string', default: 'http://127.0.0.1:8080' } },
});

const table = await askAbout(pairs(), values['admin-url']);
for (const { title, unusable } of table) {
  if (unusable !== undefined) throw new Error(`${title}: ${unusable}`);
}
await mkdir(folder, { recursive: true });
const lines = table.map((row) => JSON.stringify(row)).join(',\n');
await writeFile(resolve(folder, 'pairs.json'), `[\n${lines}\n]\n`);
console.log(`${table.length} pairs`);
