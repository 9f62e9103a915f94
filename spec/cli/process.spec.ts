/** The command as a process of its own, as a user starts it: needs `npm run build` before. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
}

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  out: string;
  err: string;
}

let folder: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'velamq-cli-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function velamq(args: readonly string[], env: Record<string, string> = {}): Started {
  const child = spawn(process.execPath, ['bin/velamq.js', ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  const started: Started = { child, ended, out: '', err: '' };
  child.stdout?.on('data', (chunk) => {
    started.out += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    started.err += chunk;
  });
  return started;
}

const ready = () => join(folder, 'ready.json');

function standalone(args: readonly string[] = [], env: Record<string, string> = {}): Started {
  const ports = ['--port', '0', '--http-port', '0', '--ready-file', ready()];
  return velamq(['standalone', '--data', join(folder, 'data'), ...ports, ...args], env);
}

async function untilReady(started: Started): Promise<{ brokerPort: number; httpPort: number }> {
  await expect
    .poll(() => existsSync(ready()) || started.err !== '', { timeout: 20_000 })
    .toBe(true);
  if (!existsSync(ready())) throw new Error(started.err);
  return JSON.parse(readFileSync(ready(), 'utf8'));
}

describe('velamq', () => {
  it('says its version', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    const started = velamq(['--version']);
    expect(await started.ended).toMatchObject({ code: 0 });
    expect(started.out).toBe(`${version}\n`);
  });

  it('lists what standalone takes', async () => {
    const started = velamq(['standalone', '--help']);
    expect(await started.ended).toMatchObject({ code: 0 });
    for (const flag of ['--config', '--data', '--port', '--http-port', '--ready-file']) {
      expect(started.out).toContain(flag);
    }
    expect(started.out).toContain('PULSAR_PREFIX_<key>');
  });

  it('takes help for a command before and behind its name', async () => {
    const before = velamq(['help', 'standalone']);
    const behind = velamq(['standalone', '--help']);
    await Promise.all([before.ended, behind.ended]);
    expect(before.out).toContain('--ready-file');
    expect(before.out).toBe(behind.out);
  });

  it.each([[['standalone', '--prot', '1']], [['start']], [['help', 'start']], [[]]])(
    'refuses %j',
    async (args) => {
      const started = velamq(args);
      expect(await started.ended).toMatchObject({ code: 1 });
      expect(started.err).toContain('velamq');
    },
  );

  it('refuses a bad value with the line of the file that holds it', async () => {
    const config = join(folder, 'broker.conf');
    writeFileSync(config, '# mine\nmaxMessageSize=big\n');
    const started = standalone(['--config', config]);
    expect(await started.ended).toMatchObject({ code: 1 });
    expect(started.err).toMatch(/broker\.conf:2: maxMessageSize=big: must be a whole number/);
    expect(started.err.trim().split('\n')).toHaveLength(1);
  });
});

describe('a started broker', () => {
  it('ends with 0 when REST asks for it, after it has said so', async () => {
    const started = standalone();
    const { httpPort } = await untilReady(started);
    const url = `http://127.0.0.1:${httpPort}/admin/v2/brokers/shutdown`;
    const answer = await fetch(`${url}?maxConcurrentUnloadPerSec=1`, { method: 'POST' });
    expect(answer.status).toBe(204);
    expect(await started.ended).toMatchObject({ code: 0 });
  });

  it('listens on the ports that it names, and ends with 0 on SIGTERM', async () => {
    const started = standalone();
    const { brokerPort, httpPort } = await untilReady(started);
    expect(started.out).toContain(`pulsar://localhost:${brokerPort}`);
    const health = await fetch(`http://127.0.0.1:${httpPort}/admin/v2/brokers/health`);
    expect(await health.text()).toBe('ok');
    const socket = connect({ port: brokerPort, host: '127.0.0.1' });
    await new Promise((resolve) => socket.once('connect', resolve));
    const gone = new Promise((resolve) => socket.once('close', resolve));
    started.child.kill('SIGTERM');
    expect(await started.ended).toEqual({ code: 0, signal: null });
    await gone;
  });

  it('takes its options from variables, and advertises what they say', async () => {
    const started = standalone([], { PULSAR_PREFIX_advertisedAddress: 'broker.example' });
    const { brokerPort } = await untilReady(started);
    expect(started.out).toContain(`pulsar://broker.example:${brokerPort}`);
  });

  it('keeps a second one out of its data folder', async () => {
    const first = standalone();
    await untilReady(first);
    const second = standalone();
    expect(await second.ended).toMatchObject({ code: 1 });
    expect(second.err.trim().split('\n')).toHaveLength(1);
    expect(second.err).toMatch(/^velamq: .*in use/);
  });

  it('can start again at once where one was killed', async () => {
    const first = standalone();
    await untilReady(first);
    first.child.kill('SIGKILL');
    expect(await first.ended).toMatchObject({ signal: 'SIGKILL' });
    rmSync(ready());
    await untilReady(standalone());
  });

  it('refuses a port that somebody else has', async () => {
    const first = standalone();
    const { brokerPort } = await untilReady(first);
    const other = join(folder, 'other');
    const second = velamq([
      'standalone',
      '--data',
      other,
      '--http-port',
      '0',
      '--port',
      String(brokerPort),
    ]);
    expect(await second.ended).toMatchObject({ code: 1 });
    expect(second.err).toMatch(new RegExp(`^velamq: .*${brokerPort}.* in use`));
    expect(second.err.trim().split('\n')).toHaveLength(1);
  });
});
