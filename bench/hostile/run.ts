/**
 * `npm run bench:hostile -- [--seconds 4] [--rounds 5] [--attack NAME]... [--rate 2000]
 * [--python FILE] [--set KEY=VALUE]...`: what a hostile tenant costs its neighbour, who publishes
 * and consumes steadily. Windows take turns, so that what else the machine does falls on all: quiet
 * ones, ones in which the same attack goes on against another broker beside it (what that costs is
 * the processor's to share out), and hostile ones. Medians are compared. `--python` is an
 * interpreter with Pulsar's own client, which is the neighbour then; `--behind` starts the attacker
 * so that it takes no more of the processor than others leave, as one on another machine would.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startPeer } from '../peers/brokers.ts';
import { resident } from '../peers/process-usage.ts';
import { ATTACKS } from './attacks.ts';
import { TOKEN } from './credentials.ts';
import { type Cost, figuresOf, tableOf, type Window } from './figures.ts';
import { Talker } from './talker.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '5' },
    attack: { type: 'string', multiple: true },
    rate: { type: 'string', default: '2000' },
    python: { type: 'string' },
    behind: { type: 'string', default: 'nice -n 5' },
    set: { type: 'string', multiple: true, default: [] },
    'node-argument': { type: 'string', multiple: true, default: [] },
    port: { type: 'string', default: '21650' },
    'http-port': { type: 'string', default: '21080' },
  },
});

const windowMs = Number(values.seconds) * 1_000;
/** Before a window counts: what comes before it has died down, or is in full swing. */
const SETTLE_MS = 1_000;
const names = values.attack ?? ATTACKS.map(({ name }) => name);
const placeAt = (offset: number) => ({
  oracle: '',
  work: mkdtempSync(join(tmpdir(), 'velamq-hostile-')),
  port: Number(values.port) + offset,
  httpPort: Number(values['http-port']) + offset,
  settings: values.set,
  nodeArguments: values['node-argument'],
});
const [place, elsewhere] = [placeAt(0), placeAt(1)];
process.on('exit', () => {
  for (const { work } of [place, elsewhere]) rmSync(work, { recursive: true, force: true });
});
process.on('SIGINT', () => process.exit(130));

const costs: Cost[] = [];
for (const name of names) {
  const cost = await costOf(name);
  costs.push(cost);
  console.log(tableOf([cost]).split('\n').at(-1));
}
const [cpu] = cpus();
const commit = execFileSync('git', ['describe', '--always', '--dirty'], {
  encoding: 'utf8',
}).trim();
console.log(
  `\n${new Date().toISOString().slice(0, 10)}, commit ${commit}, load average ` +
    `${loadavg()[0]?.toFixed(1)}, ${cpus().length} cores (${cpu?.model.trim()}), medians of ` +
    `${values.rounds} windows of ${values.seconds} s.\n\n${tableOf(costs)}`,
);
process.exit(0);

async function costOf(name: string): Promise<Cost> {
  const attack = ATTACKS.find((one) => one.name === name);
  if (attack === undefined) throw new Error(`--attack ${ATTACKS.map((one) => one.name)}`);
  const { settings: needed = [] } = attack;
  const start = (at: typeof place) =>
    startPeer('velamq', { ...at, settings: [...needed, ...at.settings] });
  const brokers = [await start(place), await start(elsewhere)] as const;
  await furnish(place, 'neighbour', 'steady');
  for (const one of [place, elsewhere]) await furnish(one, 'hostile', 'flood');
  const neighbour = startNeighbour();
  await neighbour.says('ready');
  const [here, there] = [startAttacker(place, name), startAttacker(elsewhere, name)];
  for (const one of [here, there]) await one.says('ready');
  const [quiet, beside, hostile]: [Window[], Window[], Window[]] = [[], [], []];
  let did = 0;
  for (let round = 0; round < Number(values.rounds); round++) {
    quiet.push(await window(neighbour));
    beside.push((await under(there, neighbour)).window);
    const attacked = await under(here, neighbour);
    hostile.push(attacked.window);
    did += attacked.did;
  }
  console.log(`${name}: peak of the broker ${resident(brokers[0].pid).peakMb} MB`);
  for (const one of [here, there, neighbour]) one.stop();
  for (const one of brokers) await one.stop();
  const seconds = (hostile.length * windowMs) / 1_000;
  return {
    attack: name,
    did: `${Math.round(did / seconds)} ${attack.unit}`,
    quiet: figuresOf(quiet, windowMs),
    beside: figuresOf(beside, windowMs),
    hostile: figuresOf(hostile, windowMs),
  };
}

/** A window while the attack goes on, and how much of it was done. */
async function under(attacker: Talker, neighbour: Talker) {
  attacker.tell('begin');
  const measured = await window(neighbour, () => attacker.ask('count'));
  return { window: measured, did: Number(await attacker.ask('end')) };
}

function startAttacker({ port, httpPort }: typeof place, name: string): Talker {
  const [behind = '', ...how] = values.behind.split(' ');
  const program = join(import.meta.dirname, 'attacker.js');
  return new Talker(behind, [...how, process.execPath, program, `${port}`, `${httpPort}`, name]);
}

async function window(neighbour: Talker, settled?: () => Promise<unknown>): Promise<Window> {
  await pause(SETTLE_MS);
  await settled?.();
  await neighbour.ask('take');
  await pause(windowMs);
  return JSON.parse(await neighbour.ask('take')) as Window;
}

function startNeighbour(): Talker {
  const args = [String(place.port), values.rate, TOKEN];
  if (values.python === undefined) {
    return new Talker(process.execPath, [join(import.meta.dirname, 'neighbour.js'), ...args]);
  }
  return new Talker(values.python, [resolve('bench/hostile/neighbour.py'), ...args]);
}

async function furnish(
  { httpPort }: typeof place,
  tenant: string,
  namespace: string,
): Promise<void> {
  const admin = `http://127.0.0.1:${httpPort}/admin/v2`;
  const put = async (path: string, body: object): Promise<void> => {
    const answer = await fetch(`${admin}/${path}`, {
      method: 'PUT',
      body: JSON.stringify(body),
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  };
  await put(`tenants/${tenant}`, { allowedClusters: ['standalone'] });
  await put(`namespaces/${tenant}/${namespace}`, {});
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
