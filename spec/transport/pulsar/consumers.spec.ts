import { describe, expect, it } from 'vitest';
import type { Subscribe } from '../../../src/actors/subscription/commands.ts';
import { EARLIEST, LATEST } from '../../../src/base/position.ts';
import { MINUS_ONE, LATEST as WIRE_LATEST } from '../../../src/wire/long.ts';
import { agreeable, subscribeDone } from './fake-broker.ts';
import { frame } from './raw-client.ts';
import { consuming, until, useStage } from './stage.ts';
import { SUBSCRIBE, sayToConsumer, subscribes, toldToSubscription } from './subscribing.ts';

describe('SUBSCRIBE', () => {
  const stage = useStage();

  it('tells the topic all that the client said', async () => {
    await stage().listen();
    const client = await stage().connect({ client_version: 'Pulsar-Java-v4.2.4' });
    client.say('SUBSCRIBE', {
      ...SUBSCRIBE,
      topic: 't-partition-3',
      subType: 3,
      consumer_name: 'c',
      priority_level: 2,
      metadata: [{ key: 'k', value: 'v' }],
      read_compacted: true,
      initialPosition: 1,
      replicate_subscription_state: true,
      force_topic_creation: false,
      keySharedMeta: {
        keySharedMode: 1,
        hashRanges: [{ start: 0, end: 65535 }],
        allowOutOfOrderDelivery: true,
      },
      subscription_properties: [{ key: 'p', value: 'q' }],
      consumer_epoch: 4,
    });
    await client.expect('SUCCESS');
    const [{ reply, address, ...subscribe }] = subscribes(stage()) as [Subscribe];
    expect(reply.requestId).toBe(1);
    expect(address).toBe(reply.recipient.label.slice(3));
    expect(subscribe).toEqual({
      type: 'subscribe',
      key: 1,
      consumerId: 1,
      subscription: 's',
      subType: 'Key_Shared',
      consumerName: 'c',
      priorityLevel: 2,
      takesAnySchema: false,
      durable: true,
      readCompacted: true,
      initialPosition: 'Earliest',
      startPosition: undefined,
      keyShared: { mode: 'STICKY', allowOutOfOrder: true, ranges: [[0, 65535]] },
      consumerEpoch: 4,
      metadata: { k: 'v' },
      subscriptionProperties: { p: 'q' },
      replicated: true,
      clientVersion: 'Pulsar-Java-v4.2.4',
      knowsEndOfTopic: true,
      knowsActiveChange: true,
    });
    expect(stage().broker.admitted[0]).toEqual({
      name: 'persistent://public/default/t-partition-3',
      create: false,
    });
  });

  it('by an old client that is not Java expects neither end of topic nor changes', async () => {
    await stage().listen();
    const client = await stage().connect({ client_version: 'Pulsar-CPP-v4', protocol_version: 11 });
    client.say('SUBSCRIBE', SUBSCRIBE);
    await client.expect('SUCCESS');
    expect(subscribes(stage())[0]).toMatchObject({
      knowsEndOfTopic: false,
      knowsActiveChange: false,
      keyShared: undefined,
    });
  });

  it.each([
    [{ ledgerId: MINUS_ONE, entryId: MINUS_ONE }, EARLIEST],
    [{ ledgerId: WIRE_LATEST, entryId: WIRE_LATEST }, LATEST],
    [
      { ledgerId: 5, entryId: 6 },
      { ledgerId: 5, entryId: 6 },
    ],
    [
      { ledgerId: 5, entryId: MINUS_ONE },
      { ledgerId: 5, entryId: -1 },
    ],
  ])('of a reader starts at %o', async (start_message_id, startPosition) => {
    await stage().listen();
    const client = await stage().connect();
    client.say('SUBSCRIBE', { ...SUBSCRIBE, durable: false, start_message_id });
    await client.expect('SUCCESS');
    expect(subscribes(stage())[0]).toMatchObject({ durable: false, startPosition });
  });

  it('of a reader may start within a batch, or some time ago', async () => {
    await stage().listen();
    const client = await stage().connect();
    client.say('SUBSCRIBE', {
      ...SUBSCRIBE,
      start_message_id: { ledgerId: 5, entryId: 6, ack_set: [-1, 3] },
      start_message_rollback_duration_sec: 60,
    });
    await client.expect('SUCCESS');
    expect(subscribes(stage())[0]).toMatchObject({
      startAckSet: [2n ** 64n - 1n, 3n],
      startTimeMs: stage().clock.nowMs() - 60_000,
    });
  });

  it('is refused when the consumer has too much to say of itself', async () => {
    await stage().listen({ maxConsumerMetadataBytes: 10 });
    const client = await stage().connect();
    client.say('SUBSCRIBE', { ...SUBSCRIBE, metadata: [{ key: 'kkkkk', value: 'vvvvvv' }] });
    expect(await client.expect('ERROR')).toMatchObject({ request_id: 1, error: 1 });
    client.say('SUBSCRIBE', { ...SUBSCRIBE, metadata: [{ key: 'kkkkk', value: 'vvvvv' }] });
    await client.expect('SUCCESS');
  });

  it('for an id that is open is confirmed; for one that is being opened, not ready', async () => {
    await stage().listen();
    const client = await consuming(stage());
    client.say('SUBSCRIBE', { ...SUBSCRIBE, request_id: 2 });
    expect(await client.expect('SUCCESS')).toEqual({ request_id: 2 });
    stage().broker.react = () => {};
    client.say('SUBSCRIBE', { ...SUBSCRIBE, consumer_id: 2, request_id: 3 });
    client.say('SUBSCRIBE', { ...SUBSCRIBE, consumer_id: 2, request_id: 4 });
    expect(await client.expect('ERROR')).toMatchObject({ request_id: 4, error: 6 });
  });

  it('that is refused frees its id', async () => {
    await stage().listen();
    stage().broker.react = () => {};
    const client = await stage().connect();
    client.say('SUBSCRIBE', SUBSCRIBE);
    await until(() => subscribes(stage()).length === 1);
    const refusal = { code: 'consumer-assign', message: 'no' } as const;
    sayToConsumer(stage(), { type: 'refused', requestId: 1, refusal });
    expect(await client.expect('ERROR')).toEqual({ request_id: 1, error: 19, message: 'no' });
    stage().broker.react = agreeable;
    client.say('SUBSCRIBE', { ...SUBSCRIBE, request_id: 2 });
    await client.expect('SUCCESS');
  });

  it('keeps the permits that come before its answer', async () => {
    await stage().listen();
    stage().broker.react = () => {};
    const client = await stage().connect();
    client.write(
      frame('SUBSCRIBE', SUBSCRIBE),
      frame('FLOW', { consumer_id: 1, messagePermits: 700 }),
      frame('FLOW', { consumer_id: 1, messagePermits: 300 }),
    );
    await client.settled();
    expect(toldToSubscription(stage())).toEqual([]);
    subscribeDone(subscribes(stage())[0]!);
    await client.expect('SUCCESS');
    expect(toldToSubscription(stage())).toEqual([{ type: 'flow', key: 1, permits: 1000 }]);
  });
});

describe('notices to consumers', () => {
  const stage = useStage();

  it('say who is active, before the answer to SUBSCRIBE as well', async () => {
    await stage().listen();
    stage().broker.react = () => {};
    const client = await stage().connect();
    client.say('SUBSCRIBE', SUBSCRIBE);
    await until(() => subscribes(stage()).length === 1);
    sayToConsumer(stage(), { type: 'active-consumer', consumerId: 1, active: false, change: 1 });
    subscribeDone(subscribes(stage())[0]!);
    expect(await client.expect('ACTIVE_CONSUMER_CHANGE')).toEqual({
      consumer_id: 1,
      is_active: false,
    });
    await client.expect('SUCCESS');
  });

  it('say nothing of a change that another one has overtaken', async () => {
    await stage().listen();
    const client = await consuming(stage());
    for (const [change, active] of [
      [2, false],
      [1, true],
      [3, true],
    ] as const) {
      sayToConsumer(stage(), { type: 'active-consumer', consumerId: 1, active, change });
    }
    const heard = [
      await client.expect('ACTIVE_CONSUMER_CHANGE'),
      await client.expect('ACTIVE_CONSUMER_CHANGE'),
    ];
    expect(heard.map(({ is_active }) => is_active)).toEqual([false, true]);
  });

  it('say that the topic has ended', async () => {
    await stage().listen();
    const client = await consuming(stage());
    sayToConsumer(stage(), { type: 'end-of-topic', consumerId: 1 });
    expect(await client.expect('REACHED_END_OF_TOPIC')).toEqual({ consumer_id: 1 });
  });

  it('hang up on clients too old to be told that their consumer is closed', async () => {
    await stage().listen();
    const client = await stage().connect({ protocol_version: 4 });
    client.say('SUBSCRIBE', SUBSCRIBE);
    await client.expect('SUCCESS');
    sayToConsumer(stage(), { type: 'consumer-closed', consumerId: 1 });
    await client.closed;
    expect(client.received).toEqual([]);
  });
});

describe('the end of a consumer', () => {
  const stage = useStage();

  it('by its client is told to the subscription and confirmed', async () => {
    await stage().listen();
    const client = await consuming(stage());
    client.say('CLOSE_CONSUMER', { consumer_id: 1, request_id: 2 });
    expect(await client.expect('SUCCESS')).toEqual({ request_id: 2 });
    expect(toldToSubscription(stage())).toMatchObject([{ type: 'remove-consumer', key: 1 }]);
  });

  it('that the broker does not know of is confirmed as well', async () => {
    await stage().listen();
    const client = await stage().connect();
    client.say('CLOSE_CONSUMER', { consumer_id: 8, request_id: 2 });
    expect(await client.expect('SUCCESS')).toEqual({ request_id: 2 });
  });

  it('before it was opened takes it off as soon as it is', async () => {
    await stage().listen();
    stage().broker.react = () => {};
    const client = await stage().connect();
    client.say('SUBSCRIBE', SUBSCRIBE);
    client.say('CLOSE_CONSUMER', { consumer_id: 1, request_id: 2 });
    expect(await client.expect('SUCCESS')).toEqual({ request_id: 2 });
    subscribeDone(subscribes(stage())[0]!);
    expect(await client.expect('ERROR')).toMatchObject({ request_id: 1, error: 6 });
    expect(toldToSubscription(stage())).toEqual([{ type: 'remove-consumer', key: 1 }]);
    stage().broker.react = agreeable;
    client.say('SUBSCRIBE', { ...SUBSCRIBE, request_id: 3 });
    expect(await client.expect('SUCCESS')).toEqual({ request_id: 3 });
  });

  it('comes with the end of its connection, opened or not', async () => {
    await stage().listen();
    const client = await consuming(stage());
    stage().broker.react = () => {};
    client.say('SUBSCRIBE', { ...SUBSCRIBE, consumer_id: 2, request_id: 2 });
    await until(() => subscribes(stage()).length === 2);
    client.close();
    await until(() => stage().listener.connections() === 0);
    expect(toldToSubscription(stage())).toEqual([{ type: 'remove-consumer', key: 1 }]);
    subscribeDone(subscribes(stage())[1]!);
    expect(toldToSubscription(stage())[1]).toEqual({ type: 'remove-consumer', key: 2 });
  });
});
