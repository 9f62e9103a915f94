/** The broker in a program of somebody else's. */
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startVelaMQ, type VelaMQ, type VelaMQOptions } from '../src/embedded.ts';
import { SubType } from '../src/wire/messages.ts';
import { temporaryFolder } from './storage/folders.ts';
import { RawClient, sendFrame } from './transport/pulsar/raw-client.ts';

const topic = 'persistent://public/default/t';

describe('an embedded broker', () => {
  const open: { close(): Promise<void> | void }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
  });

  async function start(options?: VelaMQOptions): Promise<VelaMQ> {
    const broker = await startVelaMQ(options);
    open.push(broker);
    return broker;
  }

  async function clientOf({ serviceUrl }: VelaMQ): Promise<RawClient> {
    const client = await RawClient.connected(Number(new URL(serviceUrl).port));
    open.push(client);
    return client;
  }

  async function publish(broker: VelaMQ): Promise<void> {
    const client = await clientOf(broker);
    client.say('PRODUCER', { topic, producer_id: 1, request_id: 1 });
    await client.expect('PRODUCER_SUCCESS');
    client.write(sendFrame({ producer_id: 1, sequence_id: 0 }));
    await client.expect('SEND_RECEIPT');
  }

  async function backlog({ webServiceUrl }: VelaMQ): Promise<number> {
    const path = '/admin/v2/persistent/public/default/t/stats';
    const answer = await fetch(`${webServiceUrl}${path}`);
    const stats = (await answer.json()) as { subscriptions: { s: { msgBacklog: number } } };
    return stats.subscriptions.s.msgBacklog;
  }

  async function subscribe(broker: VelaMQ): Promise<RawClient> {
    const client = await clientOf(broker);
    client.say('SUBSCRIBE', {
      topic,
      subscription: 's',
      subType: SubType.Exclusive,
      consumer_id: 1,
      request_id: 2,
    });
    await client.expect('SUCCESS');
    return client;
  }

  it('serves clients and REST, and takes its folder with it', async () => {
    const broker = await start();
    const consumer = await subscribe(broker);
    await publish(broker);
    consumer.say('FLOW', { consumer_id: 1, messagePermits: 1 });
    await consumer.expect('MESSAGE');
    expect(await backlog(broker)).toBe(1);
    expect(existsSync(join(broker.dataDir, 'journal'))).toBe(true);
    await Promise.all([broker.close(), broker.close()]);
    expect(existsSync(broker.dataDir)).toBe(false);
    await consumer.closed;
  });

  it('finds in a folder of yours what was stored there', async () => {
    const { dir, dispose } = await temporaryFolder();
    open.push({ close: dispose });
    const first = await start({ dataDir: dir });
    await subscribe(first);
    await publish(first);
    await first.close();
    expect(await backlog(await start({ dataDir: dir }))).toBe(1);
  });

  it('knows nothing of another one beside it', async () => {
    const [one, other] = await Promise.all([start(), start()]);
    await subscribe(one);
    await publish(one);
    const { status } = await fetch(
      `${other.webServiceUrl}/admin/v2/persistent/public/default/t/stats`,
    );
    expect(status).toBe(404);
  });

  it('tells of a value that cannot be, and leaves nothing behind', async () => {
    const folders = () =>
      readdirSync(tmpdir()).filter((name) => name.startsWith('velamq-embedded-'));
    const before = folders();
    const starting = startVelaMQ({ config: { webServicePort: -1 } });
    await expect(starting).rejects.toMatchObject({ code: 'bad-option' });
    await expect(starting).rejects.toThrow('webServicePort=-1');
    const { dataDir, brokerPort } = await start().then((broker) => ({
      dataDir: broker.dataDir,
      brokerPort: Number(new URL(broker.serviceUrl).port),
    }));
    const inUse = startVelaMQ({ config: { brokerServicePort: brokerPort } });
    await expect(inUse).rejects.toMatchObject({ code: 'address-in-use' });
    const taken = startVelaMQ({ dataDir });
    await expect(taken).rejects.toMatchObject({ code: 'data-folder-in-use' });
    expect(folders().filter((name) => !dataDir.endsWith(name))).toEqual(before);
  });
});
