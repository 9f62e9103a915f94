/** Permissions that are taken back, on connections that are open. */
import { expect, it } from 'vitest';
import type { NamespacePolicies } from '../../../src/actors/broker.ts';
import { until, useStage } from '../pulsar/stage.ts';
import { authorizationWith, connectAs, namespace, trustingAuthentication } from './roles.ts';

const T = 'persistent://acme/app/t';
const stage = useStage();

/** A client of `kind`, and policies that may change under it. */
async function connected(kind: string) {
  let policies = namespace;
  stage().authentication = trustingAuthentication(stage().clock);
  stage().authorization = authorizationWith(() => policies);
  await stage().listen();
  const client = await stage().connect(connectAs(kind));
  const change = (fields: Partial<NamespacePolicies>, within = 'acme/app') => {
    policies = { ...policies, ...fields };
    stage().broker.access.changed(within);
  };
  return { client, change };
}

it('closes a producer, which is refused when it comes back', async () => {
  const { client, change } = await connected('producer');
  const producer = { topic: T, producer_id: 1 };
  client.say('PRODUCER', { ...producer, request_id: 1 });
  await client.expect('PRODUCER_SUCCESS');
  change({ grants: { consumer: ['consume'] } });
  await client.expect('CLOSE_PRODUCER');
  await until(() => stage().broker.commands('remove-producer').length === 1);
  client.say('PRODUCER', { ...producer, request_id: 2 });
  const body = await client.expect('ERROR');
  expect(body).toMatchObject({ request_id: 2, message: 'Client is not authorized to Produce' });
});

it('closes the consumers of a subscription that is kept for others', async () => {
  const { client, change } = await connected('consumer');
  for (const [id, subscription] of ['s', 'other'].entries()) {
    const consumer = {
      topic: T,
      subscription,
      subType: 1,
      consumer_id: id,
      request_id: id,
    } as const;
    client.say('SUBSCRIBE', consumer);
    await client.expect('SUCCESS');
  }
  change({ subscriptionRoles: { s: { somebody: true } } });
  const body = await client.expect('CLOSE_CONSUMER');
  expect(body.consumer_id).toBe(0);
  await until(() => stage().broker.commands('remove-consumer').length === 1);
  client.say('PING', {});
  await client.expect('PONG');
  expect(client.received).toEqual([]);
});

it('leaves alone what is still allowed, and what is elsewhere', async () => {
  const { client, change } = await connected('producer');
  client.say('PRODUCER', { topic: T, producer_id: 1, request_id: 1 });
  await client.expect('PRODUCER_SUCCESS');
  change({ grants: { ...namespace.grants, other: ['consume'] } });
  change({ grants: {} }, 'acme/elsewhere');
  client.say('PING', {});
  await client.expect('PONG');
  expect(client.received).toEqual([]);
  expect(stage().broker.commands('remove-producer')).toEqual([]);
});

it('ends what an administrator had, once he is none', async () => {
  const { client, change } = await connected('topic-producer');
  client.say('PRODUCER', { topic: T, producer_id: 1, request_id: 1 });
  await client.expect('PRODUCER_SUCCESS');
  change({ topicGrants: {} }, 'acme/');
  await client.expect('CLOSE_PRODUCER');
});

it('ends what a super user had, once he is none', async () => {
  let superUsers = ['root'];
  stage().authentication = trustingAuthentication(stage().clock);
  stage().authorization = authorizationWith(() => namespace, { superUserRoles: () => superUsers });
  await stage().listen();
  const client = await stage().connect(connectAs('root'));
  client.say('PRODUCER', { topic: T, producer_id: 1, request_id: 1 });
  await client.expect('PRODUCER_SUCCESS');
  superUsers = ['boss'];
  stage().broker.access.changed('/');
  await client.expect('CLOSE_PRODUCER');
});
