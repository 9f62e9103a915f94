import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import type { Flag } from '../../src/base/options.ts';
import { type Host, type Running, standalone } from '../../src/cli/standalone.ts';
import type { Signal } from '../../src/cli/terminal.ts';

/** A process that a spec looks into: what was said, with which code it ended. */
function fakeProcess(start: Host['start'] = async () => fakeBroker()) {
  const said = { out: '', err: '', exits: [] as number[], files: {} as Record<string, string> };
  let signalled: (signal: Signal) => void = () => {};
  let timer: { delayMs: number; task: () => void } | undefined;
  let ended: () => void = () => {};
  const exited = new Promise<void>((resolve) => {
    ended = resolve;
  });
  const host: Host = {
    env: {},
    clock: {
      nowMs: () => 0,
      after: (delayMs, task) => {
        timer = { delayMs, task };
        return () => {};
      },
    },
    errIsTerminal: true,
    pid: 4711,
    readFile: (path) => {
      throw Object.assign(new Error(`ENOENT: open '${path}'`), { code: 'ENOENT' });
    },
    writeFile: async (path, content) => {
      said.files[path] = content;
    },
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    onSignal: (listener) => {
      signalled = listener;
    },
    exit: (code) => {
      said.exits.push(code);
      ended();
    },
    start,
  };
  const signal = (name: Signal) => signalled(name);
  return { host, said, exited, signal, timer: () => timer };
}

function fakeBroker(close: () => Promise<void> = async () => {}): Running {
  return {
    addresses: { pulsar: { host: '0.0.0.0', port: 16650 }, http: { host: '::1', port: 18080 } },
    close,
  };
}

const started = (flags: Flag[] = []) => ({ version: '1.2.3', flags });

describe('velamq standalone', () => {
  it('says in one screen what runs, where, and what to do next', async () => {
    const { host, said } = fakeProcess();
    await standalone(started(), host);
    expect(said.out).toContain('VelaMQ 1.2.3');
    expect(said.out).toContain('pulsar://localhost:16650   (listening on 0.0.0.0:16650)');
    expect(said.out).toContain('http://localhost:18080   (listening on [::1]:18080)');
    expect(said.out).toContain(`${process.cwd()}/data`);
    expect(said.out).toContain("pulsar.Client('pulsar://localhost:16650')");
    expect(said.out.split('\n').length).toBeLessThanOrEqual(24);
    expect(said.exits).toEqual([]);
  });

  it('writes the ready file for programs once the broker is ready', async () => {
    const { host, said } = fakeProcess();
    await standalone({ ...started(), readyFile: '/tmp/r' }, host);
    expect(JSON.parse(said.files['/tmp/r'] ?? '')).toEqual({
      brokerPort: 16650,
      httpPort: 18080,
      pid: 4711,
    });
  });

  it('starts with the file, the variables and the flags', async () => {
    const seen: unknown[] = [];
    const { host, said } = fakeProcess(async (config) => {
      seen.push(config.clusterName, config.maxTenants, config.velamqDataDir);
      return fakeBroker();
    });
    const flags: Flag[] = [{ name: '--data', key: 'velamqDataDir', value: '/d' }];
    await standalone(
      { version: '1', flags, configFile: 'my.conf' },
      {
        ...host,
        env: { PULSAR_PREFIX_maxTenants: '5' },
        readFile: (path) => (path === 'my.conf' ? 'clusterName=c\nmaxTenants=4\noops=1' : ''),
      },
    );
    expect(seen).toEqual(['c', 5, '/d']);
    expect(said.err).toContain('my.conf:3: unknown option oops, ignored');
  });

  it('closes the broker and ends with 0 when REST asks for it, however often', async () => {
    let stop = () => {};
    let closed = 0;
    const { host, said, exited } = fakeProcess(async (_config, _log, asked) => {
      stop = asked;
      return fakeBroker(async () => {
        closed += 1;
      });
    });
    await standalone(started(), host);
    stop();
    stop();
    await exited;
    expect([closed, said.exits]).toEqual([1, [0]]);
  });

  it.each([
    [
      'a bad option',
      [{ name: '--port', key: 'brokerServicePort', value: 'x' }] as Flag[],
      '--port',
    ],
    ['a data folder in use', [], undefined],
  ])('ends with 1 and one line for %s', async (_what, flags, inLine) => {
    const { host, said } = fakeProcess(async () => {
      throw new BrokerError('data-folder-in-use', 'the folder /d\nis used by process 12');
    });
    await standalone(started(flags), host);
    expect(said.exits).toEqual([1]);
    expect(said.out).toBe('');
    expect(said.err.trim().split('\n')).toHaveLength(1);
    expect(said.err).toContain(inLine ?? 'velamq: the folder /d is used by process 12');
  });

  it('explains what the system refused', async () => {
    const listening = Object.assign(new Error('listen EADDRINUSE: 0.0.0.0:6650'), {
      code: 'EADDRINUSE',
    });
    const { host, said } = fakeProcess(async () => {
      throw listening;
    });
    await standalone(started(), host);
    expect(said.err).toBe('velamq: address in use (listen EADDRINUSE: 0.0.0.0:6650)\n');
  });

  it('ends with 1 when the configuration file cannot be read', async () => {
    const { host, said } = fakeProcess();
    await standalone({ ...started(), configFile: 'no.conf' }, host);
    expect(said.err).toMatch(/^velamq: --config: cannot read no.conf: no such file or folder/);
    expect(said.exits).toEqual([1]);
  });

  it('logs for people on a terminal, as JSON elsewhere, or as it is told', async () => {
    const { host, said } = fakeProcess();
    const env = { PULSAR_PREFIX_oops: '1' };
    await standalone(started(), { ...host, env });
    expect(said.err).toMatch(/^00:00:00.000Z WARN {2}environment variable PULSAR_PREFIX_oops/);
    said.err = '';
    await standalone(started(), { ...host, env, errIsTerminal: false });
    expect(JSON.parse(said.err)).toMatchObject({ level: 'warn' });
    said.err = '';
    const level = { PULSAR_PREFIX_velamqLogLevel: 'error', ...env };
    await standalone(started(), { ...host, env: level });
    expect(said.err).toBe('');
  });
});

describe('a signal', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    '%s closes the broker, then ends with 0',
    async (name) => {
      const order: string[] = [];
      const { host, said, signal, exited } = fakeProcess(async () =>
        fakeBroker(async () => void order.push('closed')),
      );
      await standalone(started(), {
        ...host,
        exit: (code) => {
          order.push(`exit ${code}`);
          host.exit(code);
        },
      });
      signal(name);
      await exited;
      expect(order).toEqual(['closed', 'exit 0']);
      expect(said.exits).toEqual([0]);
    },
  );

  it('that comes while the broker starts is kept until it has started', async () => {
    let finish: (running: Running) => void = () => {};
    const { host, said, signal, exited } = fakeProcess(
      () => new Promise((resolve) => (finish = resolve)),
    );
    const starting = standalone(started(), host);
    signal('SIGTERM');
    expect(said.exits).toEqual([]);
    finish(fakeBroker());
    await starting;
    await exited;
    expect(said.exits).toEqual([0]);
  });

  it('that comes a second time ends at once', async () => {
    const { host, said, signal, exited } = fakeProcess(async () =>
      fakeBroker(() => new Promise(() => {})),
    );
    await standalone(started(), host);
    signal('SIGTERM');
    expect(said.exits).toEqual([]);
    signal('SIGINT');
    await exited;
    expect(said.exits).toEqual([130]);
  });

  it('ends with 1 when closing takes longer than brokerShutdownTimeoutMs', async () => {
    const { host, said, signal, timer } = fakeProcess(async () =>
      fakeBroker(() => new Promise(() => {})),
    );
    await standalone(started(), { ...host, env: { PULSAR_PREFIX_brokerShutdownTimeoutMs: '250' } });
    signal('SIGTERM');
    expect(timer()?.delayMs).toBe(250);
    timer()?.task();
    expect(said.exits).toEqual([1]);
    expect(said.err).toContain('shutdown took too long');
  });

  it('ends with 1 when closing fails', async () => {
    const { host, said, signal, exited } = fakeProcess(async () =>
      fakeBroker(async () => {
        throw new Error('disk gone');
      }),
    );
    await standalone(started(), host);
    signal('SIGTERM');
    await exited;
    expect(said.exits).toEqual([1]);
    expect(said.err).toContain('disk gone');
  });
});
