// The tests that the official Go client brings for itself and its admin library, against a broker with
// the settings, certificates and tokens that come with them.
//
//   npm run check:clients                       a fresh VelaMQ
//   npm run check:clients -- --only Reader      tests whose name contains the text
//   npm run check:clients -- --against oracle   real Pulsar
//
// spec/data/clients/go.json names those that are not run, each with its reason.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startBroker } from '../broker.mjs';
import { PORTS, prepared } from './go-client.mjs';
import { listTests, runTests } from './go-tests.mjs';

const root = resolve(import.meta.dirname, '../../..');
const logs = resolve(root, '.check/logs');
const data = JSON.parse(readFileSync(resolve(root, 'spec/data/clients/go.json'), 'utf8'));
/** What the tests with containers start (spec/interop/clients/container). */
const containerCommand = [
  ...[process.execPath, resolve(root, 'bin/velamq.js'), 'standalone', '--data', 'DATA'],
  ...['--port', 'PORT', '--http-port', 'HTTP_PORT'],
];

async function main() {
  const { values } = parseArgs({
    options: {
      against: { type: 'string', default: 'velamq' },
      only: { type: 'string', default: '' },
    },
  });
  const client = prepared();
  const broker = await brokerOf(values.against, client);
  try {
    return report(await runAll(client, values));
  } finally {
    await broker.close();
  }
}

/** The broker as the client's own scripts configure it, with their permissions. */
async function brokerOf(kind, client) {
  const headers = { authorization: `Bearer ${client.adminToken}` };
  const log = resolve(logs, `clients-${kind}.log`);
  const broker = await startBroker(kind, log, {
    own: client.settings,
    headers,
    ports: [PORTS.binary, PORTS.http],
  });
  process.once('exit', broker.killNow);
  const call = async (method, path, body) => {
    const answer = await fetch(`${broker.adminUrl}/admin/v2/${path}`, {
      method,
      headers: { ...headers, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  };
  const allowedClusters = ['standalone'];
  const actions = ['produce', 'consume'];
  await call('POST', 'tenants/public', { adminRoles: ['anonymous'], allowedClusters });
  await call('POST', 'namespaces/public/default/permissions/anonymous', actions);
  await call('PUT', 'tenants/private', { adminRoles: [], allowedClusters });
  await call('PUT', 'namespaces/private/auth');
  await call('POST', 'namespaces/private/auth/permissions/token-principal', actions);
  return broker;
}

/** The client's tests in several lanes, since most of their time is waiting; then its admin library's. */
async function runAll(client, { only, against }) {
  const wanted = (name) =>
    name.includes(only) &&
    !(name in data.notRun) &&
    !(against === 'oracle' && data.containers.includes(name));
  const scratch = mkdtempSync(resolve(tmpdir(), 'clients-'));
  process.once('exit', () => rmSync(scratch, { recursive: true, force: true, maxRetries: 3 }));
  const env = {
    ...process.env,
    TMPDIR: scratch,
    BROKER_COMMAND: JSON.stringify(containerCommand),
  };
  const options = (name) => ({ env, log: resolve(logs, `clients-${name}.log`) });
  const lanes = lanesOf((await listTests(client.tests)).filter(wanted), client.fileOf);
  const ran = lanes.map((tests, lane) => runTests(client.tests, tests, options(`go-${lane}`)));
  const results = (await Promise.all(ran)).flat();
  const admin = (await listTests(client.adminTests)).filter(wanted);
  results.push(...(await runTests(client.adminTests, admin, options('go-admin'))));
  for (const [at, { name, status }] of results.entries()) {
    if (status !== 'failed' || !(name in data.onceMoreAlone)) continue;
    console.log(`clients: once more alone, ${name}: ${data.onceMoreAlone[name]}`);
    results[at] = (await runTests(client.tests, [name], options(`go-${name}`)))[0];
  }
  return results;
}

/** Tests of one file share topics, so they run one after the other. */
function lanesOf(tests, fileOf) {
  const lanes = [...data.lanes.map(() => []), []];
  for (const test of tests) {
    const lane = data.lanes.findIndex((files) => files.includes(fileOf(test)));
    lanes.at(lane).push(test);
  }
  return lanes.filter((tests) => tests.length > 0);
}

function report(results) {
  const unexpected = results.filter(
    ({ name, status }) => status !== (name in data.skipsItself ? 'skipped' : 'passed'),
  );
  for (const { name, status, output } of unexpected) {
    console.log(`clients: ${name} ${status}\n${output}`);
  }
  const count = (wanted) => results.filter(({ status }) => status === wanted).length;
  const counts = ['passed', 'failed', 'skipped'].map((each) => `${count(each)} ${each}`);
  console.log(`clients: ${counts.join(', ')}; logs in .check/logs`);
  return results.length > 0 && unexpected.length === 0;
}

// Brokers and tests end with this process.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
process.exit((await main()) ? 0 : 1);
