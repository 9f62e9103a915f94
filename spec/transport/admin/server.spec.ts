/** The HTTP port itself: what it takes, what it refuses, and what it answers without a handler. */
import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { createLog, silentLog } from '../../../src/base/log.ts';
import { configWith } from '../../../src/base/options.ts';
import { type AdminOptions, startAdmin } from '../../../src/transport/admin/server.ts';
import { silentRates } from '../../../src/transport/metrics/rates.ts';
import { FakeBroker } from './fake-broker.ts';
import { ManualClock } from './manual-clock.ts';
import { counts, type Rest, startRest } from './rest.ts';

const TOPIC = '/admin/v2/persistent/public/default/a';

const PLAIN: AdminOptions = {
  broker: new FakeBroker(),
  options: configWith(),
  clock: systemClock,
  log: silentLog,
  rates: silentRates,
  ...counts,
  brokerPorts: { pulsar: 1 },
  host: '127.0.0.1',
  port: 0,
};

describe('health', () => {
  it('is ok while the broker is open, at each of its addresses', async () => {
    const rest = await startRest();
    for (const path of ['/admin/v2/brokers/health', '/admin/v2/brokers/ready/', '/status.html']) {
      const { status, text } = await rest.get(path);
      expect([status, text.toLowerCase()]).toEqual([200, 'ok']);
    }
  });

  it('is 503 with a reason while the broker recovers', async () => {
    const rest = await startRest();
    rest.broker.state = 'recovering';
    const { status, text } = await rest.get('/admin/v2/brokers/health?topicVersion=V2');
    expect([status, JSON.parse(text)]).toEqual([503, { reason: 'The broker is recovering' }]);
  });
});

describe('paths', () => {
  it('that Pulsar has and this broker has not yet answer 501 and are named', async () => {
    const rest = await startRest();
    const reasons = {
      '/admin/v2/namespaces/public/default/scanOffloadedLedgers':
        'Nothing is offloaded to other storage in this version',
      '/admin/v3/functions/public/default':
        'Functions, connectors and packages are not part of this version',
    };
    for (const [path, reason] of Object.entries(reasons)) {
      const { status, text } = await rest.get(path);
      expect([status, JSON.parse(text)]).toEqual([501, { reason }]);
    }
  });

  it('that nobody knows answer 404', async () => {
    const rest = await startRest();
    for (const path of ['/', '/admin/v2', '/admin/v2/nonsense', '/nonsense', `${TOPIC}/nonsense`]) {
      const { status, text } = await rest.get(path);
      expect([path, status, JSON.parse(text)]).toEqual([
        path,
        404,
        { reason: 'HTTP 404 Not Found' },
      ]);
    }
  });

  it('that are known, but not with this method, answer 405', async () => {
    const rest = await startRest();
    const { status } = await rest.send('POST', '/admin/v2/clusters', '{}');
    expect(status).toBe(405);
    expect((await rest.send('PATCH', '/admin/v2/tenants/public', '{}')).status).toBe(405);
  });

  it('may hold names of any length that a topic may have', async () => {
    const rest = await startRest();
    const name = 'é'.repeat(700);
    const path = `/admin/v2/persistent/public/default/${encodeURIComponent(name)}`;
    expect((await rest.send('PUT', path)).status).toBe(204);
    expect([...rest.broker.topics.keys()]).toEqual([`persistent://public/default/${name}`]);
  });

  it('that are encoded badly answer 400', async () => {
    const rest = await startRest();
    expect((await rest.get('/admin/v2/tenants/%E0%A4%A')).status).toBe(400);
  });
});

describe('bodies', () => {
  it('that are no JSON answer 400 and show how they begin', async () => {
    const rest = await startRest();
    const { status, text } = await rest.send('PUT', '/admin/v2/tenants/t', '{bad');
    expect([status, JSON.parse(text)]).toEqual([400, { reason: 'The body is not JSON: {bad' }]);
  });

  it('of the wrong kind answer 400 and say what is wanted', async () => {
    const rest = await startRest();
    rest.broker.add('persistent://public/default/a');
    const wrong: [string, string, string, string][] = [
      ['PUT', '/admin/v2/tenants/t', '[1]', 'object'],
      ['PUT', '/admin/v2/tenants/t', '{"allowedClusters":"standalone"}', 'list of texts'],
      ['PUT', `${TOPIC}2/partitions`, '{}', 'whole number'],
      ['POST', '/admin/v2/namespaces/public/default/deduplication', '[7]', 'true or false'],
      ['PUT', `${TOPIC}/subscription/s`, '{"ledgerId":"x"}', 'whole number'],
    ];
    for (const [method, path, body, what] of wrong) {
      const { status, text } = await rest.send(method, path, body);
      expect(status).toBe(400);
      expect(JSON.parse(text)).toEqual({ reason: expect.stringContaining(what) });
    }
  });

  it('beyond the limit answer 413', async () => {
    const rest = await startRest({ httpMaxRequestSize: 100 });
    const { status } = await rest.send('PUT', '/admin/v2/tenants/t', `"${'x'.repeat(200)}"`);
    expect(status).toBe(413);
  });
});

describe('a body that goes deep', () => {
  const putDeep = (rest: Rest, levels: number, inside = '') => {
    const body = `${'['.repeat(levels)}${inside}${']'.repeat(levels)}`;
    return rest.send('PUT', '/admin/v2/tenants/t', `{"other":${body}}`);
  };

  it('is read as far as Pulsar reads it', async () => {
    const rest = await startRest();
    expect((await putDeep(rest, 999)).text).not.toContain('too deep');
    const { status, text } = await putDeep(rest, 1_000);
    expect([status, text]).toEqual([400, '{"reason":"The body is nested too deep"}']);
  });

  it('is not one for what stands in texts', async () => {
    const rest = await startRest();
    const texts = JSON.stringify('["\\'.repeat(2_000));
    expect((await putDeep(rest, 1, texts)).text).not.toContain('too deep');
  });
});

describe('the memory for bodies', () => {
  const body = JSON.stringify({ adminRoles: [], allowedClusters: ['standalone'] });
  const put = (rest: Rest) => rest.send('PUT', '/admin/v2/tenants/t', body);

  it('is given back when a request is answered', async () => {
    const rest = await startRest();
    await put(rest);
    await vi.waitUntil(() => rest.budget.usedBytes === 0);
  });

  it('is set aside by what a request says of its body, and given back when it goes', async () => {
    const rest = await startRest();
    const [, port] = rest.http.split(':');
    const socket = connect(Number(port), '127.0.0.1');
    const head = 'PUT /admin/v2/tenants/t HTTP/1.1\r\nHost: x\r\n';
    socket.write(`${head}Content-Length: 777\r\n\r\n{`);
    await vi.waitUntil(() => rest.budget.usedBytes === 777);
    socket.destroy();
    await vi.waitUntil(() => rest.budget.usedBytes === 0);
  });

  it('is not given to who holds as much as is free; calls without one are answered', async () => {
    const rest = await startRest({ maxMessagePublishBufferSizeInMB: 1 });
    const half = 512 * 1024;
    rest.budget.take('host 127.0.0.1', half);
    const { status, headers } = await put(rest);
    expect(status).toBe(503);
    expect(headers.get('connection')).toBe('close');
    expect((await rest.get('/admin/v2/tenants')).status).toBe(200);
    rest.budget.give('host 127.0.0.1', half);
    expect((await put(rest)).status).toBe(204);
  });
});

describe('a request', () => {
  it('has an id, its own or the one that its client chose', async () => {
    const rest = await startRest();
    const ids = new Set<string | null>();
    for (const path of [TOPIC, '/metrics', '/status.html']) {
      ids.add((await rest.get(path)).headers.get('x-request-id'));
    }
    expect(ids.size).toBe(3);
    expect(ids).not.toContain(null);
    const idOf = async (chosen: string) => {
      const headers = { 'x-request-id': chosen };
      return (await fetch(`http://${rest.http}/status.html`, { headers })).headers;
    };
    expect((await idOf('proxy-7:1')).get('x-request-id')).toBe('proxy-7:1');
    expect((await idOf('two words')).get('x-request-id')).not.toBe('two words');
  });

  it('is logged with its id and without its query', async () => {
    const lines: string[] = [];
    const log = createLog({
      ...{ level: 'debug', format: 'json', clock: systemClock },
      write: (line) => void lines.push(line),
    });
    const admin = await startAdmin({ ...PLAIN, log });
    onTestFinished(() => admin.close());
    const headers = { 'x-request-id': 'mine' };
    await fetch(`http://127.0.0.1:${admin.addresses.http?.port ?? 0}/nowhere?hidden=1`, {
      headers,
    });
    await vi.waitUntil(() => lines.length > 0);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      ...{ message: 'answered', level: 'debug', request: 'mine' },
      ...{ method: 'GET', path: '/nowhere', status: 404 },
    });
    expect(lines[0]).not.toContain('hidden');
  });
});

describe('the port', () => {
  it('closes though a client does not read its answer', async () => {
    const broker = new FakeBroker();
    for (let index = 0; index < 2000; index += 1) {
      broker.add(`persistent://public/default/${'x'.repeat(1000)}${index}`);
    }
    const clock = new ManualClock();
    const admin = await startAdmin({ ...PLAIN, broker, clock });
    const socket = connect(admin.addresses.http?.port ?? 0, '127.0.0.1');
    socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
    await new Promise((begun) => socket.once('readable', begun));
    const closed = admin.close();
    clock.advance(2_000);
    await closed;
    socket.destroy();
  });

  it('that is taken is refused by name', async () => {
    const rest = await startRest();
    const port = Number(rest.http.split(':')[1]);
    const again = startAdmin({ ...PLAIN, port });
    await expect(again).rejects.toMatchObject({ code: 'address-in-use' });
  });

  it('takes only so many requests at the same time', async () => {
    const rest = await startRest({ maxConcurrentHttpRequests: 2 });
    rest.broker.add('persistent://public/default/a');
    const held: (() => void)[] = [];
    rest.broker.ask = <T>() => new Promise<T>((done) => held.push(() => done(undefined as T)));
    const waiting = [1, 2].map(() => rest.send('PUT', `${TOPIC}/unload`));
    while (held.length < 2) await new Promise((resolve) => setImmediate(resolve));
    expect((await rest.get('/admin/v2/tenants')).status).toBe(503);
    for (const release of held) release();
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([204, 204]);
    expect((await rest.get('/admin/v2/tenants')).status).toBe(200);
  });

  it.each(['', 'PUT /admin/v2/tenants/t HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{'])(
    'closes connections that are silent for too long after %j',
    async (said) => {
      const rest = await startRest({ httpServerIdleTimeout: 50 });
      expect(await closedAfter(rest, said)).toBe(0);
    },
  );

  it('takes as long for an answer as it has to', async () => {
    const rest = await startRest({ httpServerIdleTimeout: 50 });
    rest.broker.add('persistent://public/default/a');
    const held: (() => void)[] = [];
    rest.broker.ask = <T>() => new Promise<T>((done) => held.push(() => done(undefined as T)));
    const waiting = rest.send('PUT', `${TOPIC}/unload`);
    while (held.length < 1) await new Promise((resolve) => setImmediate(resolve));
    // Connections that begin to be silent later end meanwhile.
    await closedAfter(rest, '');
    await closedAfter(rest, '');
    for (const release of held) release();
    expect((await waiting).status).toBe(204);
  });

  it('writes only so many scrapes at the same time', async () => {
    const rest = await startRest();
    for (let index = 0; index < 2000; index += 1) {
      rest.broker.add(`persistent://public/default/${'x'.repeat(1000)}${index}`);
    }
    const open = [1, 2, 3, 4].map(() => {
      const socket = connect(Number(rest.http.split(':')[1]), '127.0.0.1');
      socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
      return socket;
    });
    const begun = (socket: Socket) => new Promise((done) => socket.once('readable', done));
    await Promise.all(open.map(begun));
    expect((await rest.get('/metrics')).status).toBe(503);
    for (const socket of open) socket.destroy();
    while ((await rest.get('/metrics')).status !== 200);
  });

  it('serves many requests on one connection, one after the other', async () => {
    const rest = await startRest();
    const socket = connect(Number(rest.http.split(':')[1]), '127.0.0.1');
    const request = 'GET /admin/v2/tenants HTTP/1.1\r\nHost: x\r\n\r\n';
    socket.write(request.repeat(3));
    let text = '';
    for await (const chunk of socket) {
      text += chunk;
      if (text.split('["public"]').length === 4) break;
    }
    expect(text.match(/HTTP\/1.1 200 OK/g)).toHaveLength(3);
  });
});

/** Bytes that came until the server closed the connection on which this was said. */
async function closedAfter(rest: Rest, said: string): Promise<number> {
  const socket = connect(Number(rest.http.split(':')[1]), '127.0.0.1');
  socket.write(said);
  await new Promise((closed) => socket.resume().once('close', closed));
  return socket.bytesRead;
}
