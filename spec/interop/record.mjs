// Records what the official clients and real Pulsar say to each other, for the wire specs:
// spec/data/wire/<client>-<conversation>.c2s.bin and .s2c.bin are the raw bytes of one TCP
// connection in each direction. Clients open one connection for look-ups and one for the work;
// the look-ups are kept as <client>-<conversation>-lookup when they say something new.
//
//   node spec/interop/record.mjs --target localhost:6650 [--only python-read]
//
// python-produce-chunked is recorded with --only from a broker that has maxMessageSize=2048: that
// client takes the size of a chunk from the broker.

import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { startRelay } from './relay.mjs';
import { goSuite, pythonInterpreter } from './toolchain.mjs';

const folder = resolve(import.meta.dirname, '../data/wire');
const limitBytes = 60_000;
const withLookup = new Set(['python-partitions', 'python-errors', 'go-produce-single']);

async function main(args) {
  const target = args[args.indexOf('--target') + 1] ?? 'localhost:6650';
  const only = args.includes('--only') ? args[args.indexOf('--only') + 1] : '';
  await mkdir(folder, { recursive: true });
  for (const { name, command } of await conversations()) {
    if (only ? !name.includes(only) : name === 'python-produce-chunked') continue;
    const relay = await startRelay({ target });
    await run(command(`pulsar://127.0.0.1:${relay.port}`));
    await relay.close();
    await save(name, relay.conversations);
  }
}

async function conversations() {
  const python = await pythonInterpreter();
  const go = await goSuite();
  const script = resolve(import.meta.dirname, 'python/record.py');
  const list = (client, names, command) =>
    names.map((name) => ({ name: `${client}-${name}`, command: (url) => command(url, name) }));
  return [
    ...list('python', PYTHON, (url, name) => [python, script, url, name]),
    ...list('go', GO, (url, name) => [go, 'record', url, name]),
  ];
}

const PYTHON = [
  'produce-single',
  'produce-batched',
  'produce-compressed',
  'produce-key-batched',
  'produce-chunked',
  'produce-exclusive',
  'consume-individual',
  'consume-cumulative',
  'consume-nack',
  'consume-seek',
  'consume-key-shared',
  'read',
  'partitions',
  'errors',
];

const GO = [
  'produce-single',
  'produce-batched',
  'produce-compressed',
  'produce-chunked',
  'consume-individual',
  'consume-cumulative',
  'consume-nack',
  'consume-seek',
  'consume-receipts',
  'read',
];

async function save(name, conversations) {
  const bySize = conversations
    .map((each) => ({
      'c2s.bin': Buffer.concat(each.clientToServer),
      's2c.bin': Buffer.concat(each.serverToClient),
    }))
    .sort((a, b) => b['c2s.bin'].length - a['c2s.bin'].length);
  const kept = [[name, bySize[0]]];
  if (withLookup.has(name)) kept.push([`${name}-lookup`, bySize[1]]);
  for (const [title, directions] of kept) {
    for (const [ending, bytes] of Object.entries(directions)) {
      if (bytes.length > limitBytes) throw new Error(`${title} is ${bytes.length} bytes`);
      await writeFile(resolve(folder, `${title}.${ending}`), bytes);
      console.log(`${title}.${ending} ${bytes.length} bytes`);
    }
  }
}

function run([program, ...args]) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit' });
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${args.join(' ')} ended with ${code}`)),
    );
  });
}

await main(process.argv.slice(2));
