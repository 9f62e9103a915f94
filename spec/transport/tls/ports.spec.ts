import { request } from 'node:https';
import { afterEach, describe, expect, it } from 'vitest';
import type { BrokerConfig } from '../../../src/base/options.ts';
import { startVelaMQ, type VelaMQ } from '../../../src/embedded.ts';
import { RawClient } from '../pulsar/raw-client.ts';
import { connectTls, pem, pemFile, shownBy, TLS_CLASS, withTls } from './files.ts';

const topic = 'persistent://public/default/t';
const TLS_ONLY = { ...withTls, brokerServicePort: undefined, webServicePort: undefined };
const BY_CERTIFICATE = {
  ...TLS_ONLY,
  authenticationEnabled: true,
  authenticationProviders: [TLS_CLASS],
} as Partial<BrokerConfig>;
const CONNECT = { client_version: 'Raw-v1', protocol_version: 21 };

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function start(config: Partial<BrokerConfig>): Promise<VelaMQ> {
  const broker = await startVelaMQ({ config });
  open.push(broker);
  return broker;
}

const portOf = (url: string) => Number(new URL(url).port);

async function clientOf(broker: VelaMQ, shown = {}): Promise<RawClient> {
  const client = RawClient.over(await connectTls(portOf(broker.serviceUrl), shown));
  open.push(client);
  return client;
}

/** A GET over HTTPS: its status and body. */
function get(url: string, shown = {}): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { ca: pem('ca.pem'), agent: false, ...shown }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => {
        text += chunk;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

const clustersOf = ({ webServiceUrl }: VelaMQ) =>
  `${webServiceUrl.replace('127.0.0.1', 'localhost')}/admin/v2/clusters`;

describe('TLS ports', () => {
  it('serve both protocols, alone where the plain ones are closed', async () => {
    const broker = await start(TLS_ONLY);
    expect(broker.serviceUrl).toMatch(/^pulsar\+ssl:/);
    expect(broker.webServiceUrl).toMatch(/^https:/);
    const client = await clientOf(broker);
    client.say('CONNECT', CONNECT);
    await client.expect('CONNECTED');
    client.say('LOOKUP', { topic, request_id: 1 });
    const answer = await client.expect('LOOKUP_RESPONSE');
    expect(answer).not.toHaveProperty('brokerServiceUrl');
    const port = portOf(broker.serviceUrl);
    expect(answer.brokerServiceUrlTls).toBe(`pulsar+ssl://localhost:${port}`);
    expect(await get(clustersOf(broker))).toEqual({ status: 200, text: '["standalone"]' });
  });

  it('are named by HTTP lookups beside the plain ones', async () => {
    const broker = await start(withTls);
    const path = '/lookup/v2/topic/persistent/public/default/t';
    const answer = await (await fetch(`${broker.webServiceUrl}${path}`)).json();
    expect(answer).toMatchObject({
      brokerUrl: `pulsar://localhost:${portOf(broker.serviceUrl)}`,
      brokerUrlTls: expect.stringMatching(/^pulsar\+ssl:\/\/localhost:\d+$/),
      httpUrl: `http://localhost:${portOf(broker.webServiceUrl)}`,
      httpUrlTls: expect.stringMatching(/^https:\/\/localhost:\d+$/),
    });
  });

  it('deliver frames of any size, in both directions', async () => {
    const broker = await start(TLS_ONLY);
    const client = await clientOf(broker);
    client.say('CONNECT', { ...CONNECT, client_version: 'x'.repeat(1_000_000) });
    await client.expect('CONNECTED');
    for (let count = 0; count < 1_000; count++) client.say('PING', {});
    for (let count = 0; count < 1_000; count++) await client.expect('PONG');
  });

  it('tell a client why it is turned away before they hang up', async () => {
    const broker = await start(BY_CERTIFICATE);
    const client = await clientOf(broker);
    client.say('CONNECT', { ...CONNECT, auth_method_name: 'tls' });
    expect(await client.expect('ERROR')).toMatchObject({ error: 3 });
    await client.closed;
  });

  it.each<[string, Partial<BrokerConfig>, string]>([
    ['a file that is not there', { tlsKeyFilePath: '/nowhere' }, 'cannot read /nowhere (ENOENT)'],
    ['no key', { tlsKeyFilePath: '' }, 'tlsKeyFilePath: TLS ports need this file'],
    [
      'a key of another certificate',
      { tlsKeyFilePath: pemFile('alice.key') },
      'no certificate and key that belong together',
    ],
    ['ciphers that nobody knows', { tlsCiphers: 'ROT13' }, 'tlsCiphers=ROT13: no cipher suite'],
  ])('do not open with %s', async (_, values, reason) => {
    const started = startVelaMQ({ config: { ...TLS_ONLY, ...values } as Partial<BrokerConfig> });
    await expect(started).rejects.toMatchObject({
      code: 'bad-option',
      message: expect.stringContaining(reason),
    });
  });
});

describe('certificates of clients', () => {
  const roleOf = async (broker: VelaMQ, name: string) => {
    const client = await clientOf(broker, shownBy(name));
    client.say('CONNECT', { ...CONNECT, auth_method_name: 'tls' });
    return client.next();
  };

  it.each(['alice', 'bob'])('prove the role of %s, over both protocols', async (name) => {
    const broker = await start(BY_CERTIFICATE);
    expect((await roleOf(broker, name)).name).toBe('CONNECTED');
    expect(await get(clustersOf(broker), shownBy(name))).toMatchObject({ status: 200 });
  });

  it('without a name prove nothing', async () => {
    const broker = await start(BY_CERTIFICATE);
    expect((await roleOf(broker, 'nameless')).name).toBe('ERROR');
    const answer = await get(clustersOf(broker), shownBy('nameless'));
    expect(answer).toEqual({ status: 401, text: '{"reason":"Authentication required"}' });
  });

  it('that nobody trusts are turned away at once', async () => {
    const broker = await start(BY_CERTIFICATE);
    const client = await clientOf(broker, shownBy('mallory'));
    client.say('CONNECT', { ...CONNECT, auth_method_name: 'tls' });
    await client.closed;
    expect(client.received).toEqual([]);
    await expect(get(clustersOf(broker), shownBy('mallory'))).rejects.toThrow();
  });

  it('that nobody trusts prove nothing even where they may be shown', async () => {
    const broker = await start({ ...BY_CERTIFICATE, tlsAllowInsecureConnection: true });
    expect((await roleOf(broker, 'mallory')).name).toBe('ERROR');
    expect(await get(clustersOf(broker), shownBy('mallory'))).toMatchObject({ status: 401 });
  });

  it('may be required of everybody', async () => {
    const required = { ...TLS_ONLY, tlsRequireTrustedClientCertOnConnect: true };
    const broker = await start(required);
    const alice = await clientOf(broker, shownBy('alice'));
    alice.say('CONNECT', CONNECT);
    await alice.expect('CONNECTED');
    const nobody = await clientOf(broker);
    await nobody.closed;
    expect(nobody.received).toEqual([]);
    await expect(get(clustersOf(broker))).rejects.toThrow();
  });

  it('prove the same when a TLS session goes on in another connection', async () => {
    const broker = await start(BY_CERTIFICATE);
    const port = portOf(broker.serviceUrl);
    const first = await connectTls(port, shownBy('alice'));
    const session = new Promise<Buffer>((resolve) => first.once('session', resolve));
    const one = RawClient.over(first);
    open.push(one);
    one.say('CONNECT', { ...CONNECT, auth_method_name: 'tls' });
    await one.expect('CONNECTED');
    const second = await connectTls(port, { session: await session, ...shownBy('alice') });
    expect(second.isSessionReused()).toBe(true);
    const other = RawClient.over(second);
    open.push(other);
    other.say('CONNECT', { ...CONNECT, auth_method_name: 'tls' });
    await other.expect('CONNECTED');
  });
});

describe('versions and ciphers', () => {
  it('are those that the configuration names', async () => {
    const broker = await start({ ...TLS_ONLY, tlsProtocols: ['TLSv1.3'] } as never);
    const port = portOf(broker.serviceUrl);
    await expect(connectTls(port, { maxVersion: 'TLSv1.2' })).rejects.toThrow();
    const socket = await connectTls(port);
    expect(socket.getProtocol()).toBe('TLSv1.3');
    socket.destroy();
  });

  it('go by the names of Java or OpenSSL', async () => {
    const java = 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384';
    const values = { tlsProtocols: ['TLSv1.2'], tlsCiphers: `${java}, TLS_AES_128_GCM_SHA256` };
    const broker = await start({ ...TLS_ONLY, ...values } as never);
    const socket = await connectTls(portOf(broker.serviceUrl));
    expect(socket.getCipher()).toMatchObject({ standardName: java });
    socket.destroy();
  });
});
