/** What is changed over REST while clients are connected counts for them at once. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startVelaMQ, type VelaMQ } from '../src/embedded.ts';
import { SubType } from '../src/wire/messages.ts';
import { temporaryFolder } from './storage/folders.ts';
import { RawClient, sendFrame } from './transport/pulsar/raw-client.ts';

const topic = 'persistent://public/default/t';

describe('a dynamic setting', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let broker: VelaMQ;
  let client: RawClient;

  beforeEach(async () => {
    folder = await temporaryFolder();
    await start();
  });

  afterEach(async () => {
    await stop();
    await folder.dispose();
  });

  async function start(): Promise<void> {
    broker = await startVelaMQ({ dataDir: folder.dir });
    client = await connected();
  }

  async function stop(): Promise<void> {
    client.close();
    await broker.close();
  }

  async function restart(): Promise<void> {
    await stop();
    await start();
  }

  const connected = () => RawClient.connected(Number(new URL(broker.serviceUrl).port));

  async function othersAreServed(): Promise<void> {
    const other = await connected();
    for (let round = 0; round < 20; round++) await other.settled();
    other.close();
  }

  /** Undefined takes it back. */
  async function set(key: string, value?: string): Promise<boolean> {
    const path = `/admin/v2/brokers/configuration/${key}`;
    const answer = await (value === undefined
      ? fetch(`${broker.webServiceUrl}${path}`, { method: 'DELETE' })
      : fetch(`${broker.webServiceUrl}${path}/${value}`, { method: 'POST' }));
    return answer.ok;
  }

  async function produce(): Promise<void> {
    client.say('PRODUCER', { topic, producer_id: 1, request_id: 1 });
    await client.expect('PRODUCER_SUCCESS');
  }

  async function subscribe(subscription: string): Promise<string> {
    const subType = SubType.Shared;
    client.say('SUBSCRIBE', { topic, subscription, subType, consumer_id: 1, request_id: 2 });
    return (await client.next()).name;
  }

  const send = (sequence: number) =>
    client.write(sendFrame({ producer_id: 1, sequence_id: sequence }));

  it('holds producers to a publish rate of the broker, and lets them go', async () => {
    await produce();
    // One message owes more than a minute of it.
    expect(await set('brokerPublisherThrottlingMaxByteRate', '1')).toBe(true);
    send(0);
    await client.expect('SEND_RECEIPT');
    send(1);
    await othersAreServed();
    expect(client.received).toEqual([]);
    expect(await set('brokerPublisherThrottlingMaxByteRate')).toBe(true);
    await client.expect('SEND_RECEIPT');
  });

  it('holds subscriptions to a dispatch rate of the broker, and lets them go', async () => {
    await produce();
    expect(await subscribe('s')).toBe('SUCCESS');
    expect(await set('dispatchThrottlingRateInByte', '1')).toBe(true);
    client.say('FLOW', { consumer_id: 1, messagePermits: 10 });
    const told = new Set<string>();
    send(0);
    for (let i = 0; i < 2; i++) told.add((await client.next()).name);
    expect(told).toEqual(new Set(['SEND_RECEIPT', 'MESSAGE']));
    send(1);
    await client.expect('SEND_RECEIPT');
    expect(await client.settled()).toEqual([]);
    expect(await set('dispatchThrottlingRateInByte')).toBe(true);
    await client.expect('MESSAGE');
  });

  it('refuses names of subscriptions that were taken before', async () => {
    expect(await set('strictlyVerifySubscriptionName', 'true')).toBe(true);
    expect(await subscribe('a/b')).toBe('ERROR');
    expect(await set('strictlyVerifySubscriptionName', 'false')).toBe(true);
    expect(await subscribe('a/b')).toBe('SUCCESS');
  });

  it('counts after a restart, too', async () => {
    expect(await set('brokerPublisherThrottlingMaxByteRate', '1')).toBe(true);
    await restart();
    await produce();
    send(0);
    await client.expect('SEND_RECEIPT');
    send(1);
    await othersAreServed();
    expect(client.received).toEqual([]);
  });

  it('is refused where the option does not take it', async () => {
    expect(await set('brokerPublisherThrottlingMaxMessageRate', 'many')).toBe(false);
    expect(await set('dispatcherMaxRoundRobinBatchSize', '0')).toBe(false);
  });
});
