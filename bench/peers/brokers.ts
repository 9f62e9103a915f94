/** Starts a broker on an empty folder, VelaMQ or real Pulsar, and measures how long that takes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export type Peer = 'velamq' | 'oracle';

export interface Place {
  /** Where the oracle and its tools are. */
  readonly oracle: string;
  /** An empty folder on the disk to be measured. */
  readonly work: string;
  readonly port: number;
  readonly httpPort: number;
  /** Lines of configuration beside each broker's own. */
  readonly settings: readonly string[];
  /** More arguments for Node, such as `--cpu-prof`; VelaMQ only. */
  readonly nodeArguments: readonly string[];
}

export interface RunningPeer {
  readonly pid: number;
  /** From the start of the process until its health is good, in milliseconds. */
  readonly readyMs: number;
  /** Ends it in order, and starts it on what it stored. */
  restart(): Promise<RunningPeer>;
  /** Ends it and deletes what it stored. */
  stop(): Promise<void>;
}

const START_LIMIT_MS = 120_000;

export async function startPeer(peer: Peer, place: Place): Promise<RunningPeer> {
  const data = join(place.work, `${peer}-data`);
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { recursive: true });
  return startOn(data, peer, place);
}

async function startOn(data: string, peer: Peer, place: Place): Promise<RunningPeer> {
  const began = performance.now();
  const child = peer === 'velamq' ? startVelamq(place, data) : startOracle(place, data);
  const log = createWriteStream(join(place.work, `${peer}.log`), { flags: 'a' });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  child.on('close', () => log.end());
  const dieWithUs = () => child.kill('SIGKILL');
  process.on('exit', dieWithUs);
  const ended = new Promise<void>((done) => child.on('exit', () => done()));
  await untilHealthy(place, child, began);
  const readyMs = performance.now() - began;
  const end = async () => {
    child.kill('SIGTERM');
    await ended;
    process.off('exit', dieWithUs);
  };
  return {
    pid: child.pid ?? 0,
    readyMs,
    async restart() {
      await end();
      return startOn(data, peer, place);
    },
    async stop() {
      await end();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

function startVelamq(place: Place, data: string): ChildProcess {
  const { port, httpPort, work, settings, nodeArguments } = place;
  const file = join(work, 'velamq.conf');
  writeFileSync(file, settings.join('\n'));
  const program = [...nodeArguments, resolve('bin/velamq.js'), 'standalone'];
  const command = [...program, '--config', file, '--data', data];
  const ports = ['--port', String(port), '--http-port', String(httpPort)];
  return spawn(process.execPath, [...command, ...ports], { cwd: work, stdio: PIPED });
}

/** With its own configuration, on other ports. Its start script becomes the JVM. */
function startOracle(place: Place, data: string): ChildProcess {
  const { oracle, port, httpPort, work, settings } = place;
  const file = join(work, 'oracle.conf');
  const original = readFileSync(join(oracle, 'standalone.conf'), 'utf8');
  const own = original
    .replace(/^brokerServicePort=.*$/m, `brokerServicePort=${port}`)
    .replace(/^webServicePort=.*$/m, `webServicePort=${httpPort}`);
  writeFileSync(file, [own, ...settings].join('\n'));
  return spawn(join(oracle, 'start'), [data, file], { stdio: PIPED });
}

const PIPED: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];

async function untilHealthy(place: Place, child: ChildProcess, began: number): Promise<void> {
  const url = `http://127.0.0.1:${place.httpPort}/admin/v2/brokers/health`;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}; see ${place.work}`);
    if (performance.now() - began > START_LIMIT_MS) throw new Error(`no health at ${url}`);
    const isHealthy = await fetch(url).then(
      // Who asks for credentials is up.
      async (answer) =>
        answer.status === 401 || (answer.ok && (await answer.text()).includes('ok')),
      () => false,
    );
    if (isHealthy) return;
    await new Promise((done) => setTimeout(done, 10));
  }
}
