import { describe, expect, it } from 'vitest';
import type { AddProducer } from '../../../src/actors/topic/commands.ts';
import { BrokerError } from '../../../src/base/errors.ts';
import { openProducer, say } from './fake-broker.ts';
import { frame } from './raw-client.ts';
import { othersAreServed, producing, until, useStage } from './stage.ts';

const TOPIC = 'persistent://public/default/t';
const PRODUCER = { topic: 't', producer_id: 1, request_id: 1 };

describe('PRODUCER', () => {
  const stage = useStage();
  const adds = () => stage().broker.commands<AddProducer>('add-producer');

  it.each(['t', 'public/default/t', TOPIC])(
    'finds the topic that clients call %s',
    async (topic) => {
      await stage().listen();
      const client = await stage().connect();
      client.say('PRODUCER', { ...PRODUCER, topic });
      await client.expect('PRODUCER_SUCCESS');
      expect(stage().broker.admitted).toEqual([{ name: TOPIC, create: true }]);
      expect(stage().broker.told[0]!.actor).toBe(`topic:${TOPIC}`);
    },
  );

  it('tells the topic all that the client said', async () => {
    await stage().listen();
    const client = await stage().connect({ client_version: 'Pulsar-Java-v4.2.4' });
    client.say('PRODUCER', {
      ...PRODUCER,
      producer_name: 'name',
      epoch: 3,
      producer_access_mode: 2,
      topic_epoch: 9,
      metadata: [{ key: 'k', value: 'v' }],
      initial_subscription_name: 'dlq',
    });
    await client.expect('PRODUCER_SUCCESS');
    const [{ reply, address, ...add }] = adds() as [AddProducer];
    expect(reply.requestId).toBe(1);
    expect(address).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(reply.recipient.label).toBe(`c1 ${address}`);
    expect(add).toEqual({
      type: 'add-producer',
      key: 1,
      producerId: 1,
      name: 'name',
      epoch: 3,
      accessMode: 'WaitForExclusive',
      topicEpoch: 9,
      encrypts: false,
      metadata: { k: 'v' },
      clientVersion: 'Pulsar-Java-v4.2.4',
      initialSubscription: 'dlq',
    });
  });

  it('without a name, or with an empty one, leaves the name to the broker', async () => {
    await stage().listen();
    const client = await stage().connect();
    client.say('PRODUCER', { ...PRODUCER, producer_name: '', initial_subscription_name: '' });
    expect(await client.expect('PRODUCER_SUCCESS')).toEqual({
      request_id: 1,
      producer_name: 'given-by-the-broker',
      last_sequence_id: -1,
      schema_version: Buffer.alloc(0),
      producer_ready: true,
    });
    expect(adds()[0]).toMatchObject({ name: undefined, initialSubscription: undefined });
  });

  it('waits, as does what comes behind it, while topics are counted', async () => {
    await stage().listen();
    const { broker } = stage();
    let count = () => {};
    broker.readiness = new Promise((counted) => {
      count = () => {
        broker.readiness = undefined;
        counted();
      };
    });
    const client = await stage().connect();
    client.say('PRODUCER', PRODUCER);
    client.say('PRODUCER', { ...PRODUCER, producer_id: 2, request_id: 2 });
    await othersAreServed(stage());
    expect(broker.admitted.length).toBe(0);
    count();
    for (const id of [1, 2]) {
      expect(await client.expect('PRODUCER_SUCCESS')).toMatchObject({ request_id: id });
    }
  });

  it('is refused when they cannot be counted', async () => {
    await stage().listen();
    const { broker } = stage();
    const client = await stage().connect();
    let fail: (error: Error) => void = () => {};
    broker.readiness = new Promise((_, reject) => {
      fail = reject;
    });
    client.say('PRODUCER', PRODUCER);
    await othersAreServed(stage());
    fail(new BrokerError('service-not-ready', 'The disk is gone'));
    expect(await client.expect('ERROR')).toMatchObject({
      request_id: 1,
      message: 'The disk is gone',
    });
    broker.readiness = undefined;
    client.say('PRODUCER', PRODUCER);
    await client.expect('PRODUCER_SUCCESS');
  });

  it('that has to wait is told so, and again when it is ready', async () => {
    await stage().listen();
    stage().broker.react = () => {};
    const client = await stage().connect();
    client.say('PRODUCER', { ...PRODUCER, producer_access_mode: 2 });
    await until(() => adds().length === 1);
    openProducer(adds()[0]!, false);
    expect((await client.expect('PRODUCER_SUCCESS')).producer_ready).toBe(false);
    openProducer(adds()[0]!, true);
    expect(await client.expect('PRODUCER_SUCCESS')).toMatchObject({
      request_id: 1,
      producer_ready: true,
    });
  });

  it('that waited and is fenced out hears of it, and its id is free again', async () => {
    await stage().listen();
    stage().broker.react = () => {};
    const client = await stage().connect();
    client.say('PRODUCER', { ...PRODUCER, producer_access_mode: 2 });
    await until(() => adds().length === 1);
    openProducer(adds()[0]!, false);
    await client.expect('PRODUCER_SUCCESS');
    const refusal = { code: 'producer-fenced', message: 'Fenced out' } as const;
    say(adds()[0]!.reply.recipient, { type: 'refused', requestId: 1, refusal });
    expect(await client.expect('ERROR')).toEqual({
      request_id: 1,
      error: 25,
      message: 'Fenced out',
    });
    client.say('PRODUCER', { ...PRODUCER, request_id: 2 });
    await until(() => adds().length === 2);
  });

  it('that its topic lets go of before it is open is refused, once', async () => {
    await stage().listen();
    stage().broker.react = () => {};
    const client = await stage().connect();
    client.say('PRODUCER', PRODUCER);
    await until(() => adds().length === 1);
    say(adds()[0]!.reply.recipient, { type: 'producer-closed', producerId: 1 });
    expect(await client.expect('ERROR')).toMatchObject({ request_id: 1, error: 6 });
    // The topic had answered before, and its answer comes late.
    openProducer(adds()[0]!);
    client.say('PRODUCER', { ...PRODUCER, request_id: 2 });
    await until(() => adds().length === 2);
    openProducer(adds()[1]!);
    expect(await client.expect('PRODUCER_SUCCESS')).toMatchObject({ request_id: 2 });
  });

  it('for an id that is open is answered again, for one being opened not ready', async () => {
    await stage().listen();
    const client = await producing(stage());
    client.say('PRODUCER', { ...PRODUCER, request_id: 2 });
    expect(await client.expect('PRODUCER_SUCCESS')).toMatchObject({
      request_id: 2,
      producer_name: 'given-by-the-broker',
    });
    stage().broker.react = () => {};
    client.say('PRODUCER', { ...PRODUCER, producer_id: 2, request_id: 3 });
    client.say('PRODUCER', { ...PRODUCER, producer_id: 2, request_id: 4 });
    expect(await client.expect('ERROR')).toMatchObject({ request_id: 4, error: 6 });
    expect(adds()).toHaveLength(2);
  });

  it('with a name that is none is refused in the words of Pulsar', async () => {
    await stage().listen();
    const client = await stage().connect();
    client.say('PRODUCER', { ...PRODUCER, topic: 'a/b' });
    expect(await client.expect('ERROR')).toEqual({
      request_id: 1,
      error: 17,
      message:
        "Invalid topic name: Invalid short topic name 'a/b', it should be in the format of " +
        '<tenant>/<namespace>/<topic> or <topic>',
    });
  });

  it('is refused as the broker says, without harm to the connection', async () => {
    await stage().listen();
    stage().broker.failure = new BrokerError('topic-not-found', 'Topic not found x');
    const client = await stage().connect();
    client.say('PRODUCER', PRODUCER);
    expect(await client.expect('ERROR')).toEqual({
      request_id: 1,
      error: 11,
      message: 'Topic not found x',
    });
    expect(await client.settled()).toEqual([]);
  });

  it('is refused when the connection has all the handles it may have', async () => {
    await stage().listen({ maxHandlesPerConnection: 1 });
    const client = await producing(stage());
    client.say('PRODUCER', { ...PRODUCER, producer_id: 2, request_id: 2 });
    expect(await client.expect('ERROR')).toMatchObject({ request_id: 2, error: 22 });
    client.say('CLOSE_PRODUCER', { producer_id: 1, request_id: 3 });
    await client.expect('SUCCESS');
    client.say('PRODUCER', { ...PRODUCER, producer_id: 2, request_id: 4 });
    await client.expect('PRODUCER_SUCCESS');
  });

  it('under a request id that is still open ends the connection', async () => {
    await stage().listen();
    stage().broker.react = () => {};
    const client = await stage().connect();
    client.say('PRODUCER', PRODUCER);
    client.say('PRODUCER', { ...PRODUCER, producer_id: 2 });
    await client.closed;
    expect(stage().broker.commands('remove-producer')).toHaveLength(1);
  });
});

describe('the end of a producer', () => {
  const stage = useStage();

  it('by its client is told to the topic and confirmed', async () => {
    await stage().listen();
    const client = await producing(stage());
    client.say('CLOSE_PRODUCER', { producer_id: 1, request_id: 2 });
    expect(await client.expect('SUCCESS')).toEqual({ request_id: 2 });
    expect(stage().broker.commands('remove-producer')).toMatchObject([{ key: 1 }]);
    client.close();
    await until(() => stage().listener.connections() === 0);
    expect(stage().broker.commands('remove-producer')).toHaveLength(1);
  });

  it('that the broker does not know of is confirmed as well', async () => {
    await stage().listen();
    const client = await stage().connect();
    client.say('CLOSE_PRODUCER', { producer_id: 8, request_id: 2 });
    expect(await client.expect('SUCCESS')).toEqual({ request_id: 2 });
    expect(stage().broker.told).toEqual([]);
  });

  it('comes with the end of its connection, opened or not', async () => {
    await stage().listen();
    const client = await producing(stage());
    stage().broker.react = () => {};
    client.write(frame('PRODUCER', { ...PRODUCER, producer_id: 2, request_id: 2 }));
    await until(() => stage().broker.commands('add-producer').length === 2);
    client.close();
    await until(() => stage().broker.commands('remove-producer').length === 2);
    const removed = stage().broker.commands('remove-producer');
    expect(removed).toEqual([
      { type: 'remove-producer', key: 1 },
      { type: 'remove-producer', key: 2 },
    ]);
  });
});
