import { beforeEach, describe, expect, it } from 'vitest';
import type { PulsarListenerOptions } from '../../../src/transport/pulsar/options.ts';
import type { CommandBodies } from '../../../src/wire/codec.ts';
import { MINUS_ONE } from '../../../src/wire/long.ts';
import { authenticationOf, byToken, credentials, token } from '../auth/tokens.ts';
import type { RawClient } from './raw-client.ts';
import { until, useStage } from './stage.ts';

const FAILED = { request_id: MINUS_ONE, error: 3, message: 'Failed to authenticate' };
const CONNECT = { client_version: 'Raw-v1', protocol_version: 21 };
const REFRESHABLE = { feature_flags: { supports_auth_refresh: true } };

async function byTokenOf(claims: Parameters<typeof token>[0]) {
  return { auth_method_name: 'token', auth_data: Buffer.from(await token(claims)) };
}

describe('authentication at CONNECT', () => {
  const stage = useStage();
  beforeEach(async () => {
    stage().authentication = await authenticationOf();
  });

  it('lets who proves a role in', async () => {
    await stage().listen();
    await stage().connect(await byTokenOf({ sub: 'alice' }));
  });

  it.each<[string, Partial<CommandBodies['CONNECT']>]>([
    ['says nothing', {}],
    ['says that it has none', { auth_method_name: 'none' }],
    ['names a method that is not configured', { auth_method_name: 'basic' }],
    ['sends a token without the token', { auth_method_name: 'token' }],
    ['sends nonsense', { auth_method_name: 'token', auth_data: Buffer.from('nonsense') }],
    ['names a method by its old number', { auth_method: 2 }],
  ])('turns a client away that %s, and does not say why', async (_, body) => {
    await stage().listen();
    const client = await stage().open();
    client.say('CONNECT', { ...CONNECT, ...body });
    expect(await client.expect('ERROR')).toEqual(FAILED);
    await client.closed;
    expect(stage().listener.counts().succeeded).toBe(0);
  });

  it('takes no command before the credentials were checked', async () => {
    await stage().listen();
    const client = await stage().open();
    client.say('CONNECT', { ...CONNECT, ...(await byTokenOf({ sub: 'alice' })) });
    client.say('LOOKUP', { topic: 't', request_id: 1 });
    await client.closed;
    expect(client.received).toEqual([]);
  });

  it('forgets a client that leaves before', async () => {
    const listener = await stage().listen();
    const client = await stage().open();
    client.say('CONNECT', { ...CONNECT, ...(await byTokenOf({ sub: 'alice' })) });
    client.close();
    await until(() => listener.counts().created === 1 && listener.connections() === 0);
  });

  it('takes everybody else as the anonymous role, where there is one', async () => {
    stage().authentication = await authenticationOf({ ...byToken, anonymousUserRole: 'guest' });
    await stage().listen();
    await stage().connect();
    await stage().connect({ auth_method_name: 'basic', auth_data: Buffer.from('a:b') });
    const client = await stage().open();
    client.say('CONNECT', { ...CONNECT, auth_method_name: 'token' });
    expect(await client.expect('ERROR')).toEqual(FAILED);
  });

  it('tells who has to come again later when too many wait', async () => {
    const values = { velamqMaxConcurrentAuthentications: 1, velamqMaxWaitingAuthentications: 1 };
    stage().authentication = await authenticationOf({ ...byToken, ...values });
    await stage().listen();
    const clients = await Promise.all(Array.from({ length: 20 }, () => stage().open()));
    const body = { ...CONNECT, ...(await byTokenOf({ sub: 'x', exp: 1 })) };
    for (const client of clients) client.say('CONNECT', body);
    const errors = await Promise.all(clients.map((client) => client.expect('ERROR')));
    expect(new Set(errors.map(({ error }) => error))).toContain(3);
    for (const client of clients) await client.closed;
  });
});

describe('a proxy', () => {
  const stage = useStage();
  const proxied = async (original: Partial<CommandBodies['CONNECT']>) => ({
    ...CONNECT,
    ...(await byTokenOf({ sub: 'proxy' })),
    original_principal: 'alice',
    ...original,
  });

  it.each<[string, string | undefined, boolean]>([
    ['good', 'alice', true],
    ['bad', 'nonsense', false],
    ['missing', undefined, false],
  ])('whose client has %s credentials', async (_, name, isAdmitted) => {
    stage().authentication = await authenticationOf();
    await stage().listen({ checksOriginalCredentials: true });
    const client = await stage().open();
    const data = name === 'alice' ? await token({ sub: 'alice' }) : name;
    const original = {
      original_auth_method: 'token',
      ...(data === undefined ? {} : { original_auth_data: data }),
    };
    client.say('CONNECT', await proxied(original));
    await client.expect(isAdmitted ? 'CONNECTED' : 'ERROR');
  });

  it('is believed where the credentials of its clients are not asked for', async () => {
    stage().authentication = await authenticationOf();
    await stage().listen();
    const client = await stage().open();
    client.say('CONNECT', await proxied({}));
    await client.expect('CONNECTED');
  });
});

describe('credentials that expire', () => {
  const stage = useStage();
  const options: Partial<PulsarListenerOptions> = { credentialsCheckMs: 10_000 };

  async function connected(
    claims: Parameters<typeof token>[0],
    body: Partial<CommandBodies['CONNECT']> = REFRESHABLE,
    over: Partial<PulsarListenerOptions> = {},
  ): Promise<RawClient> {
    stage().authentication = await authenticationOf(byToken, stage().clock);
    await stage().listen({ keepAliveIntervalMs: 1e9, ...options, ...over });
    return stage().connect({ ...(await byTokenOf(claims)), ...body });
  }

  /** Credentials that are known already are checked before the next frame is taken. */
  async function answer(client: RawClient, claims: Parameters<typeof token>[0]): Promise<void> {
    const response = await byTokenOf(claims);
    const shown = credentials(String(response.auth_data));
    await stage()
      .authentication?.ofCommand('token', shown)
      .catch(() => undefined);
    client.say('AUTH_RESPONSE', { response });
  }

  const NOW = 1_700_000_000;

  it('are asked for again at the first look after their end', async () => {
    const client = await connected({ sub: 'alice', exp: NOW + 15 });
    stage().clock.advance(19_999);
    expect(await client.settled()).toEqual([]);
    stage().clock.advance(1);
    expect(await client.expect('AUTH_CHALLENGE')).toEqual({
      challenge: { auth_method_name: 'token', auth_data: Buffer.from('PulsarAuthRefresh') },
      protocol_version: 21,
    });
    await answer(client, { sub: 'alice', exp: NOW + 45 });
    expect(await client.settled()).toEqual([]);
    stage().clock.advance(29_999);
    expect(await client.settled()).toEqual([]);
    stage().clock.advance(1);
    await client.expect('AUTH_CHALLENGE');
    await answer(client, { sub: 'alice' });
    expect(await client.settled()).toEqual([]);
    stage().clock.advance(1_000_000);
    expect(await client.settled()).toEqual([]);
  });

  it('let a client work until the next look, by which it has to have answered', async () => {
    const client = await connected({ sub: 'alice', exp: NOW + 5 });
    stage().clock.advance(10_000);
    await client.expect('AUTH_CHALLENGE');
    client.say('LOOKUP', { topic: 't', request_id: 1 });
    await client.expect('LOOKUP_RESPONSE');
    stage().clock.advance(9_999);
    expect(client.hungUp).toBe(false);
    stage().clock.advance(1);
    await client.closed;
    expect(client.received).toEqual([]);
  });

  it('end the connection of a client that cannot renew them', async () => {
    const client = await connected({ sub: 'alice', exp: NOW + 5 }, {});
    stage().clock.advance(10_000);
    await client.closed;
    expect(client.received).toEqual([]);
  });

  it('end the connection of a proxy that does not pass on those of its client', async () => {
    const body = { ...REFRESHABLE, original_principal: 'bob' };
    const client = await connected({ sub: 'proxy', exp: NOW + 5 }, body);
    stage().clock.advance(10_000);
    await client.closed;
  });

  it('are those of its client where a proxy passes them on', async () => {
    const body = {
      ...REFRESHABLE,
      original_principal: 'bob',
      original_auth_method: 'token',
      original_auth_data: await token({ sub: 'bob', exp: NOW + 5 }),
    };
    const over = { checksOriginalCredentials: true };
    const client = await connected({ sub: 'proxy' }, body, over);
    stage().clock.advance(10_000);
    await client.expect('AUTH_CHALLENGE');
    await answer(client, { sub: 'bob' });
    expect(await client.settled()).toEqual([]);
  });

  it('may not be renewed by those of another role', async () => {
    const client = await connected({ sub: 'alice', exp: NOW + 5 });
    stage().clock.advance(10_000);
    await client.expect('AUTH_CHALLENGE');
    await answer(client, { sub: 'mallory' });
    await client.closed;
    expect(client.received).toEqual([]);
  });

  it('may not be renewed by those that have expired as well', async () => {
    const client = await connected({ sub: 'alice', exp: NOW + 5 });
    stage().clock.advance(10_000);
    await client.expect('AUTH_CHALLENGE');
    await answer(client, { sub: 'alice', exp: NOW + 6 });
    expect(await client.expect('ERROR')).toEqual(FAILED);
    await client.closed;
  });

  it('may be renewed before anybody asks', async () => {
    const client = await connected({ sub: 'alice', exp: NOW + 5 });
    await answer(client, { sub: 'alice' });
    client.say('PING', {});
    await client.expect('PONG');
    expect(await client.settled()).toEqual([]);
    stage().clock.advance(100_000);
    expect(await client.settled()).toEqual([]);
  });

  it.each([{}, { auth_method_name: 'token' }])(
    'are not renewed by an answer that holds none (%o)',
    async (response) => {
      const client = await connected({ sub: 'alice' });
      client.say('AUTH_RESPONSE', { response });
      await client.closed;
      expect(client.received).toEqual([]);
    },
  );
});
