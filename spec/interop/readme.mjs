// The examples of README.md, run as they stand there against a broker: what the documents promise
// works, or this suite fails. Prints one line of JSON for each, as the suites do.
//
//   node spec/interop/readme.mjs --service-url URL [--only TEXT]

import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { javaSuite, pythonInterpreter } from './toolchain.mjs';

const root = resolve(import.meta.dirname, '../..');
const folder = resolve(root, '.check/readme');
/** What the examples say, and what stands in its place here. */
const ADDRESS = 'pulsar://localhost:6650';
/** Every example sends this and prints what it receives. */
const GREETING = 'hello';
const deadlineMs = 120_000;

async function main() {
  const { values: options } = parseArgs({
    strict: false,
    options: {
      'service-url': { type: 'string' },
      only: { type: 'string', default: '' },
      groups: { type: 'string', default: '' },
    },
  });
  // Groups are of scenarios; whoever asks for some does not mean these.
  if (options.groups !== '') return 0;
  let failed = 0;
  for (const [language, start] of Object.entries(LANGUAGES)) {
    const scenario = `readme.${language}`;
    if (!scenario.includes(options.only)) continue;
    const began = Date.now();
    const error = await problemOf(() => start(exampleIn(language, options['service-url'])));
    const status = error === undefined ? 'passed' : 'failed';
    if (error !== undefined) failed += 1;
    console.log(JSON.stringify({ scenario, status, error, ms: Date.now() - began, facts: {} }));
  }
  return failed;
}

/** How the code of each language is run: a command, and where. */
const LANGUAGES = {
  python: (code) => {
    write('first.py', code);
    return { command: [pythonInterpreter(), resolve(folder, 'first.py')], cwd: folder };
  },
  go: (code) => {
    const home = resolve(folder, 'go');
    // The suite's list of modules has the client in it.
    for (const name of ['go.mod', 'go.sum']) {
      mkdirSync(home, { recursive: true });
      copyFileSync(resolve(import.meta.dirname, 'go', name), resolve(home, name));
    }
    write('go/main.go', code);
    return { command: ['go', 'run', '.'], cwd: home };
  },
  java: (code) => {
    write('First.java', code);
    const suite = javaSuite();
    const before = suite.slice(0, suite.indexOf('-cp') + 2);
    return { command: [...before, resolve(folder, 'First.java')], cwd: folder };
  },
};

/** The one example in a language, for another address. */
function exampleIn(language, serviceUrl) {
  const text = readFileSync(resolve(root, 'README.md'), 'utf8');
  const found = [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))];
  if (found.length !== 1) throw new Error(`README.md has ${found.length} examples in ${language}`);
  const [[, code]] = found;
  if (!code.includes(ADDRESS)) throw new Error(`the example does not connect to ${ADDRESS}`);
  return code.replaceAll(ADDRESS, serviceUrl);
}

function write(name, code) {
  mkdirSync(resolve(folder, name, '..'), { recursive: true });
  writeFileSync(resolve(folder, name), code);
}

/** Undefined when the example greeted and ended by itself. */
async function problemOf(start) {
  try {
    const { command, cwd } = start();
    const { code, output } = await run(command, cwd);
    if (code !== 0) return `ended with ${code}: ${output.slice(-600)}`;
    return output.includes(GREETING) ? undefined : `did not greet: ${output.slice(-600)}`;
  } catch (error) {
    return String(error);
  }
}

function run([program, ...args], cwd) {
  return new Promise((done, fail) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    const late = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
    let output = '';
    const add = (chunk) => {
      output += chunk;
    };
    child.stdout.on('data', add);
    child.stderr.on('data', add);
    child.once('error', fail);
    child.once('close', (code, signal) => {
      clearTimeout(late);
      done({ code: code ?? signal, output });
    });
  });
}

rmSync(folder, { recursive: true, force: true });
process.exit((await main()) === 0 ? 0 : 1);
