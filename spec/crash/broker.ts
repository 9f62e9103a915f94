/** The broker as a process of its own, as a user starts it: started, killed, stopped. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export interface BrokerFiles {
  /** Data folder of the broker. */
  readonly data: string;
  /** Beside the environment of the check. */
  readonly env: Readonly<Record<string, string>>;
  /** Where the log, the configuration and the ready file go. */
  readonly work: string;
}

/** How long a start may take before it counts as broken, in milliseconds. */
const START_LIMIT_MS = 60_000;

export class Broker {
  readonly port: number;
  readonly httpPort: number;
  readonly startMs: number;
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  readonly #process: ChildProcess;

  private constructor(running: Running, ports: Ports, startMs: number) {
    this.#process = running.process;
    this.ended = running.ended;
    this.port = ports.brokerPort;
    this.httpPort = ports.httpPort;
    this.startMs = startMs;
  }

  /** Starts one and waits until it is ready. */
  static async start(files: BrokerFiles, options: Record<string, unknown>): Promise<Broker> {
    const began = performance.now();
    const running = launch(files, options);
    for (;;) {
      const ports = readPorts(files);
      const waitedMs = performance.now() - began;
      if (ports !== undefined) return new Broker(running, ports, waitedMs);
      if (waitedMs > START_LIMIT_MS) running.process.kill('SIGKILL');
      const end = await Promise.race([running.ended, after(5)]);
      if (end !== undefined) throw new Error(`the broker did not start: it ended with ${end}`);
    }
  }

  /** Starts one and kills it in the middle of starting. */
  static async startAndKill(
    files: BrokerFiles,
    options: Record<string, unknown>,
    afterMs: number,
  ): Promise<void> {
    const { process, ended } = launch(files, options);
    await after(afterMs);
    process.kill('SIGKILL');
    const end = await ended;
    if (end !== 'SIGKILL') throw new Error(`the broker ended with ${end} while it started`);
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.ended;
  }

  /** Asks it to end, and gives its exit code. */
  stop(): Promise<number | string> {
    this.#process.kill('SIGTERM');
    return this.ended;
  }
}

interface Ports {
  readonly brokerPort: number;
  readonly httpPort: number;
}

interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<number | string>;
}

/** Brokers that run: none stays behind, however this process ends. */
const alive = new Set<Running>();
process.on('exit', () => {
  for (const { process: child } of alive) child.kill('SIGKILL');
});

/** Kills every broker that runs. */
export async function killAll(): Promise<void> {
  for (const { process: child, ended } of [...alive]) {
    child.kill('SIGKILL');
    await ended;
  }
}

function launch(files: BrokerFiles, options: Record<string, unknown>): Running {
  const config = join(files.work, 'broker.conf');
  const lines = Object.entries(options).map(([key, value]) => `${key}=${value}\n`);
  writeFileSync(config, lines.join(''));
  rmSync(readyFile(files), { force: true });
  const child = spawn(
    process.execPath,
    [
      resolve('bin/velamq.js'),
      'standalone',
      ...['--config', config],
      ...['--data', files.data],
      ...['--port', '0'],
      ...['--http-port', '0'],
      ...['--ready-file', readyFile(files)],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...files.env } },
  );
  const ended = new Promise<number | string>((done) => {
    child.on('exit', (code, signal) => done(code ?? signal ?? 'nothing'));
  });
  const running = { process: child, ended };
  alive.add(running);
  const log = createWriteStream(join(files.work, 'broker.log'), { flags: 'a' });
  log.write(`--- ${new Date().toISOString()} started as ${child.pid}\n`);
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  ended.then(() => alive.delete(running));
  // What it said last may come behind its end.
  child.on('close', (code, signal) => log.end(`--- ended with ${code ?? signal}\n`));
  return running;
}

const readyFile = ({ work }: BrokerFiles) => join(work, 'ready.json');

function readPorts(files: BrokerFiles): Ports | undefined {
  try {
    return JSON.parse(readFileSync(readyFile(files), 'utf8')) as Ports;
  } catch {
    return undefined;
  }
}

/** Waits, for moments that are chosen at random. */
export function after(ms: number): Promise<undefined> {
  return new Promise((done) => setTimeout(() => done(undefined), ms));
}
