import { describe, expect, it } from 'vitest';
import { MINUS_ONE } from '../../../src/wire/long.ts';
import { frame, RawClient } from './raw-client.ts';
import { until, useStage } from './stage.ts';

const CONNECT = { client_version: 'Raw-v1', protocol_version: 21 };

describe('the handshake', () => {
  const stage = useStage();

  it('answers CONNECT with version, size limit and the features that work', async () => {
    await stage().listen({ serverVersion: 'VelaMQ-x', maxMessageBytes: 1234 });
    const client = await stage().open();
    client.say('CONNECT', CONNECT);
    expect(await client.expect('CONNECTED')).toEqual({
      server_version: 'VelaMQ-x',
      protocol_version: 21,
      max_message_size: 1234,
      feature_flags: {
        supports_topic_watchers: true,
        supports_topic_watcher_reconcile: true,
        supports_get_partitioned_metadata_without_auto_creation: true,
      },
    });
  });

  it.each([
    [20, 20],
    [99, 21],
    [0, 0],
    [undefined, 0],
  ])('with a client of protocol %s speaks protocol %s', async (theirs, ours) => {
    await stage().listen();
    const client = await stage().open();
    client.say('CONNECT', { client_version: 'Raw-v1', protocol_version: theirs });
    expect((await client.expect('CONNECTED')).protocol_version).toBe(ours);
  });

  it('takes any credentials while authentication is off', async () => {
    await stage().listen();
    const client = await stage().open();
    const auth_data = Buffer.from('x');
    client.say('CONNECT', { ...CONNECT, auth_method_name: 'nobody-knows', auth_data });
    await client.expect('CONNECTED');
  });

  it('hangs up without a word on a client that begins with anything else', async () => {
    await stage().listen();
    const client = await stage().open();
    client.say('FLOW', { consumer_id: 1, messagePermits: 1 });
    await client.closed;
    expect(client.received).toEqual([]);
  });

  it('answers a PING before it as at any time', async () => {
    await stage().listen();
    const client = await stage().open();
    client.say('PONG', {});
    client.say('PING', {});
    await client.expect('PONG');
    client.say('CONNECT', CONNECT);
    await client.expect('CONNECTED');
  });

  it('hangs up on an answer to a challenge that was never made, and says why', async () => {
    await stage().listen();
    const client = await stage().connect();
    client.say('AUTH_RESPONSE', {});
    const error = await client.expect('ERROR');
    expect(error).toMatchObject({ request_id: 2n ** 64n - 1n, error: 3 });
    await client.closed;
  });

  it('hangs up on a second CONNECT', async () => {
    await stage().listen();
    const client = await stage().connect();
    client.say('CONNECT', CONNECT);
    await client.closed;
    expect(client.received).toEqual([]);
  });

  it('hangs up on a client that says nothing in time', async () => {
    await stage().listen({ handshakeTimeoutMs: 700 });
    const silent = await stage().open();
    const spoken = await stage().connect();
    stage().clock.advance(699);
    await spoken.settled();
    expect(silent.hungUp).toBe(false);
    stage().clock.advance(1);
    await silent.closed;
    expect(await spoken.settled()).toEqual([]);
  });

  it('understands frames that arrive a byte at a time, and several at once', async () => {
    await stage().listen();
    const client = await stage().open();
    client.socket.setNoDelay(true);
    for (const byte of frame('CONNECT', CONNECT)) {
      client.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await client.expect('CONNECTED');
    client.write(frame('PING', {}), frame('PING', {}), frame('PING', {}));
    for (let count = 0; count < 3; count++) await client.expect('PONG');
  });
});

describe('connection limits', () => {
  const stage = useStage();

  it('turns away who comes after the last allowed one, saying why', async () => {
    await stage().listen({ maxConnections: 1 });
    const first = await stage().connect();
    const second = await stage().open();
    expect(await second.expect('ERROR')).toEqual({
      request_id: MINUS_ONE,
      error: 22,
      message: 'Reached the maximum number of connections',
    });
    await second.closed;
    expect(await first.settled()).toEqual([]);
  });

  it('counts by address, and counts down when a client leaves', async () => {
    const listener = await stage().listen({ maxConnectionsPerAddress: 1 });
    const first = await stage().connect();
    const second = await stage().open();
    expect((await second.expect('ERROR')).message).toBe(
      'Reached the maximum number of connections on address 127.0.0.1',
    );
    first.close();
    await until(() => listener.connections() === 0);
    await stage().connect();
  });

  it('counts who came, who said CONNECT, who left, and who got nowhere', async () => {
    const listener = await stage().listen({ maxConnections: 2 });
    const first = await stage().connect();
    const silent = await stage().open();
    await until(() => listener.connections() === 2);
    expect(listener.counts()).toEqual({
      active: 2,
      created: 2,
      succeeded: 1,
      closed: 0,
      failed: 0,
    });
    await (await stage().open()).closed;
    expect(listener.counts()).toMatchObject({ active: 2, created: 2, failed: 1 });
    silent.close();
    await until(() => listener.connections() === 1);
    expect(listener.counts()).toMatchObject({ active: 1, closed: 1, failed: 2 });
    first.close();
    await until(() => listener.connections() === 0);
    await stage().connect();
    expect(listener.counts()).toEqual({
      active: 1,
      created: 3,
      succeeded: 2,
      closed: 2,
      failed: 2,
    });
  });

  it('refuses to listen on a port in use, and names it', async () => {
    await stage().listen();
    const { port } = stage();
    const other = stage().listen({ port });
    await expect(other).rejects.toMatchObject({
      code: 'address-in-use',
      message: expect.stringContaining(`Port ${port} of 127.0.0.1 is in use`),
    });
    const client = await RawClient.open(port);
    client.close();
  });
});
