// Walks Pulsar's REST endpoints on VelaMQ and on the oracle (real Pulsar), with the same calls, and
// compares what they answer, but for spec/data/rest/differences.json.
//
//   npm run check:rest                     both brokers now
//   npm run check:rest -- --only schemas   endpoints whose path contains the text
//   npm run check:rest -- --recorded       the oracle's recorded answers, where it is not at hand
//   npm run check:rest -- --fuzz 50000     made-up calls, none of which may make VelaMQ fail
//   npm run check:rest -- --record         keeps the oracle's answers in spec/data/rest/recorded

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { startBroker } from './broker.mjs';

const root = resolve(import.meta.dirname, '../..');
const data = pathToFileURL(`${resolve(root, 'spec/data/rest')}/`);
const recordings = new URL('recorded/', data);

/** The modules of the walk, which `npm run check:rest` has compiled. */
const part = (name) => import(`${root}/.check/rest/spec/transport/admin/walk/${name}.js`);
const { contrasts } = await part('compare');
const { conversationsOf, textOf } = await part('conversation');
const { Differences } = await part('differences');
const { endpointsIn } = await part('endpoints');
const { played } = await part('player');
const { conversationOf } = await part('walk');

async function main() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: '' },
      record: { type: 'boolean', default: false },
      recorded: { type: 'boolean', default: false },
      fuzz: { type: 'string' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    },
  });
  if (values.fuzz !== undefined) return await fuzz(Number(values.fuzz), Number(values.seed));
  const endpoints = endpointsIn(data).filter(({ path }) => path.includes(values.only));
  const there = values.recorded ? recordedAnswers(endpoints) : await walk('oracle', endpoints);
  if (values.record) record(there);
  return report(there, await walk('velamq', endpoints), values.only === '');
}

/** What one fresh broker answers, by path. */
async function walk(kind, endpoints) {
  const broker = await startBroker(kind, resolve(root, `.check/logs/rest-${kind}.log`));
  process.once('exit', broker.killNow);
  const hostOf = (url) =>
    new URL(url.replace('pulsar:', 'http:')).host.replace(LOOPBACK, 'localhost');
  const where = { http: hostOf(broker.adminUrl), broker: hostOf(broker.serviceUrl) };
  const answers = new Map();
  for (const endpoint of endpoints) {
    answers.set(endpoint.path, await played(conversationOf(endpoint), where));
  }
  await broker.close();
  console.log(`rest: walked ${endpoints.length} paths of ${kind}`);
  return answers;
}

/** Makes up calls from the OpenAPI document; whether none is answered with 500 or not at all. */
async function fuzz(calls, seed) {
  const { fuzzCall, send } = await part('../fuzz/calls');
  const broker = await startBroker('velamq', resolve(root, '.check/logs/rest-fuzz.log'));
  process.once('exit', broker.killNow);
  await broker.configure({ maxNumPartitionsPerPartitionedTopic: 8 });
  const { port } = new URL(broker.adminUrl);
  const document = await (await fetch(`${broker.adminUrl}/admin/v2/openapi.json`)).json();
  const property = fc.asyncProperty(fuzzCall(document), async (call) => {
    const status = await send(Number(port), call);
    return status !== 500 && status !== 0;
  });
  const result = await fc.check(property, { numRuns: calls, seed, endOnFailure: true });
  console.log(`rest: ${result.numRuns} made-up calls with seed ${seed}`);
  if (result.failed) console.log('failed:', JSON.stringify(result.counterexample));
  const health = await fetch(`${broker.adminUrl}/admin/v2/brokers/health`);
  await broker.close();
  return !result.failed && health.ok;
}

const LOOPBACK = '127.0.0.1';

function recordedAnswers(endpoints) {
  const paths = new Set(endpoints.map(({ path }) => path));
  const conversations = readdirSync(recordings).flatMap((file) =>
    conversationsOf(readFileSync(new URL(file, recordings), 'utf8')),
  );
  return new Map(
    conversations.filter(({ title }) => paths.has(title)).map((one) => [one.title, one]),
  );
}

/** A file for each area. Endpoints that were not walked keep what is recorded of them. */
function record(answers) {
  mkdirSync(recordings, { recursive: true });
  const all = endpointsIn(data);
  const known = new Map([...recordedAnswers(all), ...answers]);
  for (const area of new Set(all.map((one) => one.area))) {
    const paths = all.filter((one) => one.area === area).map(({ path }) => path);
    const some = paths.filter((path) => known.has(path)).map((path) => known.get(path));
    writeFileSync(new URL(`${area}.txt`, recordings), textOf(some));
  }
}

function report(there, here, isWhole) {
  const differences = new Differences(data);
  const lines = [...there].flatMap(([path, one]) => contrasts(one, here.get(path), differences));
  const unused = isWhole ? differences.unused : [];
  for (const line of lines) console.log(line);
  for (const why of unused) console.log(`nothing differs any more for: ${why}`);
  const count = [...there.values()].reduce((sum, { turns }) => sum + turns.length, 0);
  console.log(`\n${count} calls, ${lines.length} differ and may not`);
  return lines.length + unused.length === 0;
}

process.exit((await main()) ? 0 : 1);
