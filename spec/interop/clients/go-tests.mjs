// Runs tests of a built Go package and reads what became of each.

import { execFile, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

/** A lane that takes longer hangs: quiet, the longest takes two minutes. */
const TIMEOUT = '9m';
/** Of a failed test's output so many lines are shown. */
const SHOWN_LINES = 40;

/** The names of the tests in the `binary`. */
export async function listTests(binary) {
  const { stdout } = await promisify(execFile)(binary, ['-test.list', '.']);
  return stdout.split('\n').filter((name) => name.startsWith('Test'));
}

/**
 * Runs the tests of these names one after the other; `{name, status, output}` of each. One that was
 * not reached, because one before it broke the process, counts as failed.
 */
export async function runTests(binary, names, { env, log }) {
  if (names.length === 0) return [];
  const args = ['-test.v', '-test.timeout', TIMEOUT, '-test.run', `^(${names.join('|')})$`];
  const child = spawn(binary, args, {
    cwd: dirname(binary),
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  // Not every test ends the broker that it started, and one that broke the process ends none.
  const endGroup = () => endAll(child.pid);
  process.prependOnceListener('exit', endGroup);
  child.once('exit', endGroup);
  const file = createWriteStream(log);
  child.stderr.pipe(file, { end: false });
  const results = new Map();
  let lines = [];
  for await (const line of createInterface({ input: child.stdout })) {
    file.write(`${line}\n`);
    if (line.startsWith('=== RUN') && !line.includes('/')) lines = [];
    if (!isLogLine(line)) lines.push(line);
    const [, word, name] = /^--- (PASS|FAIL|SKIP): (\w+) /.exec(line) ?? [];
    if (name) results.set(name, { name, status: STATUS[word], output: shown(lines) });
  }
  process.off('exit', endGroup);
  child.stderr.unpipe(file);
  file.end();
  const output = `was not reached, see ${log}\n${shown(lines)}`;
  return names.map((name) => results.get(name) ?? { name, status: 'failed', output });
}

/** Ends what is left of the processes that a test process started, which are its group. */
function endAll(group) {
  try {
    process.kill(-group, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

const STATUS = { PASS: 'passed', FAIL: 'failed', SKIP: 'skipped' };

const isLogLine = (line) => /^(time=|\d{4}\/\d\d\/\d\d )/.test(line);

const shown = (lines) => lines.slice(-SHOWN_LINES).join('\n');
