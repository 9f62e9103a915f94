// Walks Pulsar's own pulsar-admin over every verb with everyday arguments, on VelaMQ and on the
// oracle (real Pulsar), and compares what it says and how it ends, but for what
// spec/data/admin/differences.json allows. The calls are spec/data/admin/calls.txt, one a line.
//
//   npm run check:admin                     VelaMQ now, and what is recorded of the oracle
//   npm run check:admin -- --live           both brokers now
//   npm run check:admin -- --record         keeps what the tool said of the oracle

import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { startBroker } from './broker.mjs';
import { adminTool } from './toolchain.mjs';

const data = resolve(import.meta.dirname, '../data/admin');
const logs = resolve(import.meta.dirname, '../../.check/logs');
const recording = resolve(data, 'recorded.json');

const calls = readFileSync(resolve(data, 'calls.txt'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

async function main() {
  const { values } = parseArgs({
    options: {
      record: { type: 'boolean', default: false },
      live: { type: 'boolean', default: false },
    },
  });
  const isLive = values.live || values.record;
  const there = isLive ? await walk('oracle') : JSON.parse(readFileSync(recording, 'utf8'));
  if (values.record) {
    const rows = there.map((row) => `  ${JSON.stringify(row)}`);
    writeFileSync(recording, `[\n${rows.join(',\n')}\n]\n`);
  }
  return report(there, await walk('velamq'));
}

/** What the tool says of one fresh broker: `[call, code, out, err]`, made comparable. */
async function walk(kind) {
  const broker = await startBroker(kind, resolve(logs, `admin-${kind}.log`));
  process.once('exit', broker.killNow);
  const [program, ...args] = adminTool(`${broker.adminUrl}/`);
  const tool = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  process.once('exit', () => tool.kill('SIGKILL'));
  const answers = createInterface({ input: tool.stdout })[Symbol.asyncIterator]();
  const places = placesOf(broker);
  const rows = [];
  for (const call of calls) {
    tool.stdin.write(`${call.replaceAll(' ', '\t')}\n`);
    const { value, done } = await answers.next();
    if (done) throw new Error(`pulsar-admin ended at: ${call}`);
    const [code, out = '', err = ''] = value.split('\t');
    rows.push([call, code, comparable(out, places), comparable(err, places)]);
  }
  tool.stdin.end();
  await broker.close();
  console.log(`admin: ${rows.length} calls of pulsar-admin on ${kind}`);
  return rows;
}

function placesOf({ adminUrl, serviceUrl }) {
  return [adminUrl, serviceUrl].map((url) => new URL(url.replace('pulsar:', 'http:')).port);
}

/** Without what differs from run to run: ports, times, ids; sets in one order. */
function comparable(escaped, ports) {
  const text = JSON.parse(`"${escaped.replaceAll('"', '\\"')}"`);
  if (text.includes('Usage: pulsar-admin')) return `${text.split('\n')[0]}\n{usage}`;
  const stable = text
    // Of a failure inside of the broker or of the tool its first line.
    .replaceAll(/\s*--- An unexpected error occurred[\s\S]*/g, '{stack trace}')
    .replaceAll(/\n\s+at [^\n]*/g, '')
    .replaceAll(/ServletContainer-[0-9a-f]+/g, 'ServletContainer')
    .replaceAll(/interop-\w+-\w+/g, 'FOLDER')
    .replaceAll(/(localhost|127\.0\.0\.1|\b[\w-]+):(\d{4,5})\b/g, (all, _, port) =>
      ports.includes(port) ? 'BROKER' : all,
    )
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)/g, 'TIME')
    .replaceAll(/\b1[6-9]\d{11}\b/g, 'TIME')
    // The tool shows the state of a future of its own instead of its value.
    .replaceAll(/"done"\s*:\s*true/g, '"done":false')
    .trim();
  return inOrder(stable);
}

function inOrder(text) {
  try {
    return JSON.stringify(sorted(JSON.parse(text)));
  } catch {
    const lines = text
      .split('\n')
      .map((line) => line.replace(/\{(.*, .*)\}|\[(.*, .*)\]/, ordered));
    return lines.every((line) => !/^[{}\s]/.test(line)) ? lines.sort().join('\n') : text;
  }
}

const ordered = (part) =>
  `${part[0]}${part.slice(1, -1).split(', ').sort().join(', ')}${part.at(-1)}`;

function sorted(value) {
  if (Array.isArray(value)) {
    const items = value.map(sorted);
    return items.every((item) => typeof item === 'string') ? items.sort() : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([key, each]) => [key, sorted(each)]);
  return Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function report(there, here) {
  const rows = JSON.parse(readFileSync(resolve(data, 'differences.json'), 'utf8'));
  const used = new Set();
  let count = 0;
  for (const [i, [call, ...pulsar]] of there.entries()) {
    const [own, ...ours] = here[i] ?? [];
    if (own !== call) throw new Error(`recorded are other calls: ${call}; record them again`);
    const [left, right] = [pulsar.join('\n'), ours.join('\n')];
    if (left === right) continue;
    const row = rows.find((each) =>
      [
        [each.call, call],
        [each.pulsar, left],
        [each.here, right],
      ].every(([form, text]) => form === undefined || new RegExp(form, 's').test(text)),
    );
    if (row !== undefined) used.add(row);
    else {
      count += 1;
      console.log(`\n${call}\n--- pulsar: ${left}\n--- here: ${right}`);
    }
  }
  const unused = rows.filter((row) => !used.has(row));
  for (const { why } of unused) console.log(`nothing differs any more for: ${why}`);
  console.log(`\n${there.length} calls, ${count} differ and may not`);
  return count + unused.length === 0;
}

process.exit((await main()) ? 0 : 1);
