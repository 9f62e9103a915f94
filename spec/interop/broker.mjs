// A broker as a process that the suites may kill and start again: VelaMQ, or the oracle (real
// Pulsar) where it is at hand. Each has free ports and a data folder of its own.

import { spawn } from 'node:child_process';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const oracle = process.env['ORACLE'] ?? resolve(root, '../shared/oracle');
/** The oracle reads its journal again after a kill, on a machine that may have other work. */
const READY_TIMEOUT_MS = { velamq: 90_000, oracle: 300_000 };
const stopTimeoutMs = 30_000;

/** What both are told: scenarios cannot wait for what is looked at once a minute. */
const SETTINGS = {
  backlogQuotaCheckIntervalInSeconds: 1,
  messageExpiryCheckIntervalInMinutes: 1,
  brokerDeleteInactiveTopicsFrequencySeconds: 1,
  brokerDeleteInactiveTopicsMaxInactiveDurationSeconds: 60,
};

/**
 * Starts a fresh broker of `kind` (velamq or oracle); its output goes to `logFile`. One that asks for
 * credentials is told so by `own` settings, and asked whether it is ready with `headers`. Its `ports`
 * (binary, HTTP) are free ones unless given.
 */
export async function startBroker(kind, logFile, { own = {}, headers = {}, ports } = {}) {
  const data = await mkdtemp(resolve(tmpdir(), `interop-${kind}-`));
  const [port, httpPort] = ports ?? (await freePorts(2));
  await mkdir(dirname(logFile), { recursive: true });
  const log = createWriteStream(logFile);
  const adminUrl = `http://127.0.0.1:${httpPort}`;
  const always = { ...SETTINGS, ...own };
  let settings = always;
  let child;

  async function start() {
    const command = await COMMANDS[kind]({ data, port, httpPort, settings });
    const env = { ...process.env, ...variablesOf(settings) };
    child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'], env });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    child.gone = new Promise((gone) => child.once('exit', gone));
    await ready(child, { adminUrl, headers, logFile, timeoutMs: READY_TIMEOUT_MS[kind] });
  }

  async function end(signal) {
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
    await child.gone;
    clearTimeout(late);
  }

  async function restart() {
    await end('SIGTERM');
    await start();
  }

  await start();
  return {
    serviceUrl: `pulsar://127.0.0.1:${port}`,
    adminUrl,
    start,
    kill: () => end('SIGKILL'),
    restart,
    /** Starts again with other settings besides its own. */
    configure: async (more) => {
      settings = { ...always, ...more };
      await restart();
    },
    close: async () => {
      await end('SIGTERM');
      // What it said last may come behind its end.
      for (const output of [child.stdout, child.stderr]) output.unpipe(log);
      log.end();
      await rm(data, { recursive: true, force: true, maxRetries: 3 });
    },
    killNow: () => child.kill('SIGKILL'),
  };
}

/** As VelaMQ takes them; the oracle reads its file. */
const variablesOf = (settings) =>
  Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [`PULSAR_PREFIX_${key}`, String(value)]),
  );

const COMMANDS = {
  velamq: async ({ data, port, httpPort }) => {
    const program = resolve(root, 'bin/velamq.js');
    return [
      ...[process.execPath, program, 'standalone', '--data', data],
      ...['--port', String(port), '--http-port', String(httpPort)],
    ];
  },
  oracle: async ({ data, port, httpPort, settings }) => {
    const program = resolve(oracle, 'start');
    if (!existsSync(program)) throw new Error(`no oracle at ${oracle} (set ORACLE)`);
    const common = (await readFile(resolve(oracle, 'standalone.conf'), 'utf8'))
      .replace(/^brokerServicePort=.*$/m, `brokerServicePort=${port}`)
      .replace(/^webServicePort=.*$/m, `webServicePort=${httpPort}`);
    const file = resolve(data, 'interop.conf');
    const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`);
    await writeFile(file, `${common}\n${lines.join('')}`);
    return [program, data, file];
  },
};

/** Waits until the broker says that it is healthy and has the namespace that clients use. */
async function ready(child, { adminUrl, headers, logFile, timeoutMs }) {
  const deadline = Date.now() + timeoutMs;
  let gone = false;
  child.gone.then(() => {
    gone = true;
  });
  while (!(await healthy(adminUrl, headers))) {
    if (gone) throw new Error(`the broker ended before it was ready, see ${logFile}`);
    if (Date.now() > deadline) throw new Error(`the broker did not get ready, see ${logFile}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function healthy(adminUrl, headers) {
  try {
    const health = await fetch(`${adminUrl}/admin/v2/brokers/health`, { headers });
    if (!health.ok) return false;
    const namespaces = await fetch(`${adminUrl}/admin/v2/namespaces/public`, { headers });
    return namespaces.ok && (await namespaces.json()).includes('public/default');
  } catch {
    return false;
  }
}

export async function freePorts(count) {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise((resolve) => {
          const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
}
