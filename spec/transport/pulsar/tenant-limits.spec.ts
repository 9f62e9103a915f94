import { describe, expect, it } from 'vitest';
import { pulsarListenerDefaults } from '../../../src/transport/pulsar/options.ts';
import { ServerError, SubType } from '../../../src/wire/messages.ts';
import type { RawClient } from './raw-client.ts';
import { until, useStage } from './stage.ts';

const { tenancy: none } = pulsarListenerDefaults;

function producer(client: RawClient, topic: string, id: number): void {
  client.say('PRODUCER', { topic, producer_id: id, request_id: id });
}

function consumer(client: RawClient, topic: string, id: number): void {
  const subscription = { topic, subscription: 's', subType: SubType.Shared };
  client.say('SUBSCRIBE', { ...subscription, consumer_id: id, request_id: 100 + id });
}

describe('limits of tenants', () => {
  const stage = useStage();

  it('refuse a producer too many until one has left, and nobody of another tenant', async () => {
    await stage().listen({ tenancy: { ...none, producersPerTenant: 2 } });
    const client = await stage().connect();
    for (const id of [1, 2]) {
      producer(client, `a/ns${id}/t`, id);
      await client.expect('PRODUCER_SUCCESS');
    }
    producer(client, 'a/ns/t', 3);
    expect(await client.expect('ERROR')).toMatchObject({
      error: ServerError.ProducerBusy,
      message: "Tenant 'a' reached max producers limit",
    });
    producer(client, 'b/ns/t', 4);
    await client.expect('PRODUCER_SUCCESS');
    client.say('CLOSE_PRODUCER', { producer_id: 1, request_id: 5 });
    await client.expect('SUCCESS');
    producer(client, 'a/ns/t', 6);
    await client.expect('PRODUCER_SUCCESS');
  });

  it('refuse a consumer too many of a namespace until the connection of one is gone', async () => {
    const listener = await stage().listen({ tenancy: { ...none, consumersPerNamespace: 1 } });
    const first = await stage().connect();
    consumer(first, 'a/ns/t', 1);
    await first.expect('SUCCESS');
    const client = await stage().connect();
    consumer(client, 'a/ns/u', 1);
    expect(await client.expect('ERROR')).toMatchObject({
      error: ServerError.ConsumerBusy,
      message: "Namespace 'a/ns' reached max consumers limit",
    });
    consumer(client, 'a/other/t', 2);
    await client.expect('SUCCESS');
    first.close();
    await until(() => listener.connections() === 1);
    consumer(client, 'a/ns/u', 3);
    await client.expect('SUCCESS');
  });

  it('refuse whatever a connection too many asks for', async () => {
    await stage().listen({ tenancy: { ...none, connectionsPerTenant: 1 } });
    const first = await stage().connect();
    producer(first, 'a/ns/t', 1);
    await first.expect('PRODUCER_SUCCESS');
    consumer(first, 'a/ns/t', 1);
    await first.expect('SUCCESS');
    const client = await stage().connect();
    producer(client, 'a/ns/t', 1);
    expect(await client.expect('ERROR')).toMatchObject({ error: ServerError.NotAllowedError });
    producer(client, 'b/ns/t', 2);
    await client.expect('PRODUCER_SUCCESS');
  });
});
