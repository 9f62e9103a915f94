// Interop specs: the official Python, Go and Java clients against a broker, and a client of our own
// that breaks the rules; and the examples of README.md.
//
//   npm run check:interop                       a fresh VelaMQ, facts compared with recorded ones
//   npm run check:interop -- --only seek        scenarios whose name contains the text
//   npm run check:interop -- --suite go         some of the suites: python, go, java, raw, readme
//   npm run check:interop -- --groups schema    groups of scenarios, also those not run by default
//   npm run check:interop -- --against oracle [--record]      real Pulsar; keep its facts
//   npm run check:interop -- --compare          both brokers now, facts of one beside the other's
//   npm run check:interop -- --service-url pulsar://h:6650 --admin-url http://h:8080
//                                               a broker that runs already (nothing is killed)

import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { startBroker } from './broker.mjs';
import { startControl } from './control.mjs';
import { GuardedBroker } from './guarded.mjs';
import { differences, recordedFacts, recordFacts } from './observations.mjs';
import { goSuite, javaSuite, pythonInterpreter } from './toolchain.mjs';

const logs = resolve(import.meta.dirname, '../../.check/logs');

async function main() {
  const options = arguments_();
  const suites = suiteCommands(options);
  if (options.compare) {
    const oracle = await runAgainst('oracle', suites, options);
    const facts = Object.fromEntries(oracle.map((each) => [each.scenario, each.facts]));
    return report(await runAgainst('velamq', suites, options), facts);
  }
  const results = await runAgainst(options.against, suites, options);
  if (options.record) recordFacts(results.filter((each) => each.status === 'passed'));
  return report(results, recordedFacts());
}

function arguments_() {
  const { values } = parseArgs({
    options: {
      against: { type: 'string', default: 'velamq' },
      compare: { type: 'boolean', default: false },
      record: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      suite: { type: 'string', default: 'python,go,java,raw,readme' },
      groups: { type: 'string', default: '' },
      lanes: { type: 'string', default: '4' },
      run: { type: 'string', default: '' },
      'service-url': { type: 'string', default: '' },
      'admin-url': { type: 'string', default: 'http://localhost:8080' },
    },
  });
  return values;
}

function suiteCommands({ suite }) {
  const all = {
    python: () => [pythonInterpreter(), resolve(import.meta.dirname, 'python/run.py')],
    go: () => [goSuite(), 'run'],
    java: () => javaSuite(),
    raw: () => [process.execPath, resolve(import.meta.dirname, 'raw/run.mjs')],
    readme: () => {
      // Prepared here, since what that prints would get between the suite's lines.
      pythonInterpreter();
      javaSuite();
      return [process.execPath, resolve(import.meta.dirname, 'readme.mjs')];
    },
  };
  return suite.split(',').map((name) => ({ name, command: all[name]() }));
}

/** Runs the suites against one broker; the results of all their scenarios. */
async function runAgainst(kind, suites, options) {
  if (options['service-url']) {
    const urls = ['--service-url', options['service-url'], '--admin-url', options['admin-url']];
    const run = options.run || Date.now().toString(36);
    return await runSuites(suites, [...urls, '--run', run], options, 'given');
  }
  console.log(`interop: starting ${kind}`);
  const broker = await startBroker(kind, resolve(logs, `${kind}.log`));
  process.once('exit', broker.killNow);
  const guarded = new GuardedBroker(kind, resolve(logs, `${kind}-guarded.log`));
  process.once('exit', () => guarded.killNow());
  const control = await startControl(broker, guarded);
  try {
    const urls = ['--service-url', broker.serviceUrl, '--admin-url', broker.adminUrl];
    const all = [...urls, '--control-url', control.url, '--run', options.run];
    return await runSuites(suites, all, options, kind);
  } finally {
    await control.close();
    await guarded.close();
    await broker.close();
  }
}

async function runSuites(suites, urls, options, kind) {
  const results = [];
  for (const { name, command } of suites) {
    const choice = ['--only', options.only, '--lanes', options.lanes];
    if (options.groups) choice.push('--groups', options.groups);
    const log = ['--log', resolve(logs, `${name}-on-${kind}.log`)];
    results.push(...(await runSuite(name, [...command, ...urls, ...choice, ...log])));
  }
  return results;
}

/** Runs one suite; it prints one line of JSON for each scenario. */
async function runSuite(name, [program, ...args]) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
  const results = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith('{')) {
      console.log(line);
      continue;
    }
    const result = JSON.parse(line);
    results.push(result);
    show(result);
  }
  const code = await ended;
  if (code !== 0 && results.every((each) => each.status === 'passed')) {
    const error = `the suite ended with ${code}`;
    results.push({ scenario: `${name}.suite`, status: 'failed', ms: 0, facts: {}, error });
  }
  return results;
}

function show({ scenario, status, ms, error }) {
  const mark = status === 'passed' ? 'ok    ' : 'FAILED';
  console.log(
    `${mark} ${String(ms).padStart(6)} ms  ${scenario}${error ? `\n       ${error}` : ''}`,
  );
}

function report(results, expected) {
  let failed = 0;
  const problems = [];
  for (const { scenario, status, error, facts } of results) {
    const lines = status === 'failed' ? [error] : differences(scenario, facts, expected[scenario]);
    if (lines.length === 0) continue;
    failed += 1;
    problems.push(`${scenario} ${status === 'failed' ? 'failed' : 'differs from Pulsar'}`);
    problems.push(...lines.map((line) => `    ${line}`));
  }
  if (problems.length > 0) console.log(`\n${problems.join('\n')}`);
  console.log(`\n${results.length - failed} passed, ${failed} failed`);
  return failed === 0 && results.length > 0;
}

process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
process.exit((await main()) ? 0 : 1);
