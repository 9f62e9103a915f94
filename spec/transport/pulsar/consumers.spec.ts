import { describe, expect, it } from 'vitest';
import type { Effect } from '../../../src/actors/ports.ts';
import type { Subscribe } from '../../../src/actors/subscription/commands.ts';
import { EARLIEST, LATEST } from '../../../src/base/position.ts';
import { MINUS_ONE, LATEST as WIRE_LATEST } from '../../../src/wire/long.ts';
import { agreeable, SUBSCRIPTION, say, subscribeDone } from './fake-broker.ts';
import { entryOf, frame } from './raw-client.ts';
import { consuming, type Stage, until, useStage } from './stage.ts';

const SUBSCRIBE = {
  topic: 't',
  subscription: 's',
  subType: 0,
  consumer_id: 1,
  request_id: 1,
} as const;

const subscribes = (stage: Stage) => stage.broker.commands<Subscribe>('subscribe');

/** What the subscription's actor was told. */
const toldToSubscription = (stage: Stage) =>
  stage.broker.told.filter(({ actor }) => actor === SUBSCRIPTION).map(({ command }) => command);

function sayToConsumer(stage: Stage, ...effects: Effect[]): void {
  say(subscribes(stage)[0]!.reply.recipient, ...effects);
}

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

  it('by an old client, and not Java, expects neither end of topic nor active changes', async () => {
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

describe('FLOW and ACK', () => {
  const stage = useStage();
  const flow = (messagePermits: number, consumer_id = 1) =>
    frame('FLOW', { consumer_id, messagePermits });
  const ack = (entryId: number, more = {}) =>
    frame('ACK', { consumer_id: 1, ack_type: 0, message_id: [{ ledgerId: 3, entryId }], ...more });
  const entry = (entryId: number) => ({ position: { ledgerId: 3, entryId }, ackSet: undefined });

  it('that arrive together and mean the same become one command', async () => {
    await stage().listen();
    const client = await consuming(stage());
    client.write(flow(1), flow(2), ack(4), ack(5), ack(6), flow(10));
    await client.settled();
    expect(toldToSubscription(stage())).toEqual([
      { type: 'flow', key: 1, permits: 3 },
      { type: 'ack', key: 1, cumulative: false, entries: [entry(4), entry(5), entry(6)] },
      { type: 'flow', key: 1, permits: 10 },
    ]);
  });

  it('of several consumers stay apart', async () => {
    await stage().listen();
    const client = await consuming(stage());
    client.say('SUBSCRIBE', { ...SUBSCRIBE, consumer_id: 2, request_id: 2 });
    await client.expect('SUCCESS');
    client.write(flow(1), flow(2, 2), flow(3));
    await client.settled();
    expect(toldToSubscription(stage())).toEqual([
      { type: 'flow', key: 1, permits: 1 },
      { type: 'flow', key: 2, permits: 2 },
      { type: 'flow', key: 1, permits: 3 },
    ]);
  });

  it('that are cumulative shrink to the farthest, and never change places with others', async () => {
    await stage().listen();
    const client = await consuming(stage());
    const cumulative = { ack_type: 1 };
    client.write(ack(9), ack(5, cumulative), ack(7, cumulative), ack(6, cumulative), ack(1));
    await client.settled();
    expect(toldToSubscription(stage())).toEqual([
      { type: 'ack', key: 1, cumulative: false, entries: [entry(9)] },
      { type: 'ack', key: 1, cumulative: true, entries: [entry(7)] },
      { type: 'ack', key: 1, cumulative: false, entries: [entry(1)] },
    ]);
  });

  it('of indexes within a batch keep their words', async () => {
    await stage().listen();
    const client = await consuming(stage());
    const message_id = [{ ledgerId: 3, entryId: 4, ack_set: [-9, 1], batch_size: 70 }];
    client.write(ack(5, { ack_type: 1 }), ack(4, { ack_type: 1, message_id }));
    await client.settled();
    const ackSet = [2n ** 64n - 9n, 1n];
    expect(toldToSubscription(stage())).toMatchObject([
      { cumulative: true, entries: [entry(5)] },
      { cumulative: true, entries: [{ position: { ledgerId: 3, entryId: 4 }, ackSet }] },
    ]);
  });

  it('with a request id travel alone and are answered when the subscription answers', async () => {
    await stage().listen();
    const client = await consuming(stage());
    stage().broker.react = () => {};
    client.write(ack(1), ack(2, { request_id: 77, properties: [{ key: 'k', value: 5 }] }), ack(3));
    expect(await client.settled()).toEqual([]);
    const [, asked] = toldToSubscription(stage());
    expect(toldToSubscription(stage())).toHaveLength(3);
    expect(asked).toMatchObject({ entries: [entry(2)], properties: { k: 5 } });
    sayToConsumer(
      stage(),
      { type: 'ack-answered', consumerId: 1, requestId: 77, refusal: undefined },
      {
        type: 'ack-answered',
        consumerId: 1,
        requestId: 78,
        refusal: { code: 'not-allowed', message: 'no' },
      },
    );
    expect(await client.expect('ACK_RESPONSE')).toEqual({ consumer_id: 1, request_id: 77 });
    expect(await client.expect('ACK_RESPONSE')).toEqual({
      consumer_id: 1,
      request_id: 78,
      error: 22,
      message: 'no',
    });
  });

  it('that are cumulative for several ids are ignored, and confirmed to who asked', async () => {
    await stage().listen();
    const client = await consuming(stage());
    const message_id = [
      { ledgerId: 3, entryId: 4 },
      { ledgerId: 3, entryId: 5 },
    ];
    client.write(ack(0, { ack_type: 1, message_id, request_id: 5 }));
    expect(await client.expect('ACK_RESPONSE')).toEqual({ consumer_id: 1, request_id: 5 });
    expect(toldToSubscription(stage())).toEqual([]);
  });

  it('of a transaction are refused inside their response', async () => {
    await stage().listen();
    const client = await consuming(stage());
    client.write(ack(1, { txnid_least_bits: 1, txnid_most_bits: 0, request_id: 5 }));
    expect(await client.expect('ACK_RESPONSE')).toMatchObject({
      request_id: 5,
      error: 22,
      message: 'Transactions are not enabled on this broker',
    });
    expect(toldToSubscription(stage())).toEqual([]);
  });

  it('for a consumer that is not there are dropped', async () => {
    await stage().listen();
    const client = await stage().connect();
    client.write(flow(1), ack(1, { request_id: 5 }));
    expect(await client.settled()).toEqual([]);
    expect(stage().broker.told).toEqual([]);
  });

  it.each([0, 2 ** 31])('of %d permits ends the connection', async (permits) => {
    await stage().listen();
    const client = await consuming(stage());
    client.write(flow(permits));
    await client.closed;
    expect(stage().broker.commands('remove-consumer')).toEqual([
      { type: 'remove-consumer', key: 1 },
    ]);
  });
});

describe('deliveries', () => {
  const stage = useStage();

  it('become MESSAGE frames that hold the stored bytes untouched', async () => {
    await stage().listen();
    const client = await consuming(stage(), { topic: 't-partition-3' });
    const large = entryOf(Buffer.alloc(100_000, 'x'));
    const entries = [entryOf('a'), large, entryOf('b'), entryOf(Buffer.alloc(15_000, 'y'))];
    sayToConsumer(stage(), {
      type: 'deliver',
      consumerId: 1,
      consumerEpoch: 4,
      runs: [
        { ledgerId: 7, firstEntryId: 5, entries, redeliveryCount: 0, ackSet: undefined },
        {
          ledgerId: 8,
          firstEntryId: 0,
          entries: [entryOf('c', 70)],
          redeliveryCount: 2,
          ackSet: [2n ** 64n - 9n, 1n],
        },
      ],
    });
    for (const [index, entry] of entries.entries()) {
      const { name, body, payload } = await client.next();
      expect(name).toBe('MESSAGE');
      expect(body).toEqual({
        consumer_id: 1,
        message_id: { ledgerId: 7, entryId: 5 + index, partition: 3 },
        consumer_epoch: 4,
      });
      expect(payload.equals(entry)).toBe(true);
    }
    const { body } = await client.next();
    expect(body).toEqual({
      consumer_id: 1,
      message_id: { ledgerId: 8, entryId: 0, partition: 3 },
      redelivery_count: 2,
      ack_set: [-9, 1],
      consumer_epoch: 4,
    });
  });

  it('of many messages at once arrive complete and in order', async () => {
    await stage().listen();
    const client = await consuming(stage());
    const entries = Array.from({ length: 2_000 }, (_, index) =>
      entryOf(Buffer.alloc(1 + ((index * 37) % 3_000), index)),
    );
    const run = { ledgerId: 7, firstEntryId: 0, entries, redeliveryCount: 0, ackSet: undefined };
    sayToConsumer(stage(), {
      type: 'deliver',
      consumerId: 1,
      consumerEpoch: undefined,
      runs: [run],
    });
    for (const [index, entry] of entries.entries()) {
      const { body, payload } = await client.next();
      expect(body['message_id']).toMatchObject({ entryId: index, partition: -1 });
      expect(payload.equals(entry)).toBe(true);
    }
  });

  it('do not follow a consumer that has left', async () => {
    await stage().listen();
    const client = await consuming(stage());
    client.say('CLOSE_CONSUMER', { consumer_id: 1, request_id: 2 });
    await client.expect('SUCCESS');
    const run = { ledgerId: 7, firstEntryId: 0, redeliveryCount: 0, ackSet: undefined };
    sayToConsumer(stage(), {
      type: 'deliver',
      consumerId: 1,
      consumerEpoch: undefined,
      runs: [{ ...run, entries: [entryOf('a')] }],
    });
    expect(await client.settled()).toEqual([]);
  });
});

describe('what a consumer may ask', () => {
  const stage = useStage();

  it('SEEK closes the consumer first and answers then', async () => {
    await stage().listen();
    const client = await consuming(stage());
    stage().broker.react = () => {};
    const message_id = { ledgerId: 3, entryId: 4, ack_set: [6] };
    client.say('SEEK', { consumer_id: 1, request_id: 2, message_id });
    await until(() => toldToSubscription(stage()).length === 1);
    expect(toldToSubscription(stage())[0]).toMatchObject({
      type: 'seek',
      key: 1,
      target: { kind: 'position', position: { ledgerId: 3, entryId: 4 }, ackSet: [6n] },
    });
    sayToConsumer(
      stage(),
      { type: 'consumer-closed', consumerId: 1 },
      { type: 'done', requestId: 2 },
    );
    expect(await client.expect('CLOSE_CONSUMER')).toEqual({
      consumer_id: 1,
      request_id: MINUS_ONE,
    });
    expect(await client.expect('SUCCESS')).toEqual({ request_id: 2 });
    stage().broker.react = agreeable;
    client.say('SUBSCRIBE', { ...SUBSCRIBE, request_id: 3 });
    expect(await client.expect('SUCCESS')).toEqual({ request_id: 3 });
    expect(subscribes(stage()).map(({ key }) => key)).toEqual([1, 2]);
  });

  it('SEEK by time passes the time on, and without a target is refused', async () => {
    await stage().listen();
    const client = await consuming(stage());
    client.say('SEEK', { consumer_id: 1, request_id: 2, message_publish_time: 12_345 });
    await client.expect('SUCCESS');
    expect(toldToSubscription(stage())[0]).toMatchObject({
      target: { kind: 'time', publishTimeMs: 12_345 },
    });
    client.say('SEEK', { consumer_id: 1, request_id: 3 });
    expect(await client.expect('ERROR')).toMatchObject({ request_id: 3, error: 1 });
  });

  it.each(['SEEK', 'UNSUBSCRIBE', 'GET_LAST_MESSAGE_ID'] as const)(
    '%s for a consumer that is not there is a MetadataError',
    async (name) => {
      await stage().listen();
      const client = await stage().connect();
      client.say(name, { consumer_id: 1, request_id: 2 });
      expect(await client.expect('ERROR')).toEqual({
        request_id: 2,
        error: 1,
        message: 'Consumer not found',
      });
    },
  );

  it('UNSUBSCRIBE ends the consumer without a CLOSE_CONSUMER', async () => {
    await stage().listen();
    const client = await consuming(stage());
    stage().broker.react = () => {};
    client.say('UNSUBSCRIBE', { consumer_id: 1, request_id: 2, force: true });
    await until(() => toldToSubscription(stage()).length === 1);
    expect(toldToSubscription(stage())[0]).toMatchObject({ type: 'unsubscribe', force: true });
    sayToConsumer(
      stage(),
      { type: 'consumer-closed', consumerId: 1 },
      { type: 'done', requestId: 2 },
    );
    expect(await client.expect('SUCCESS')).toEqual({ request_id: 2 });
    expect(await client.settled()).toEqual([]);
  });

  it('UNSUBSCRIBE that is refused leaves the consumer as it was', async () => {
    await stage().listen();
    const client = await consuming(stage());
    stage().broker.react = () => {};
    client.say('UNSUBSCRIBE', { consumer_id: 1, request_id: 2 });
    await until(() => toldToSubscription(stage()).length === 1);
    const refusal = { code: 'metadata', message: 'others are there' } as const;
    sayToConsumer(stage(), { type: 'refused', requestId: 2, refusal });
    expect(await client.expect('ERROR')).toMatchObject({ request_id: 2, error: 1 });
    client.say('FLOW', { consumer_id: 1, messagePermits: 1 });
    await client.settled();
    expect(toldToSubscription(stage())).toHaveLength(2);
  });

  it.each([
    [entryOf('m'), -1],
    [entryOf('m', 1), 0],
    [entryOf('m', 10), 9],
  ])('GET_LAST_MESSAGE_ID names the last message of the last entry (%#)', async (entry, index) => {
    await stage().listen();
    const client = await consuming(stage(), { topic: 't-partition-2' });
    stage().broker.react = () => {};
    client.say('GET_LAST_MESSAGE_ID', { consumer_id: 1, request_id: 2 });
    await until(() => stage().broker.commands('get-last-message-id').length === 1);
    expect(stage().broker.commands('get-last-message-id')[0]).toMatchObject({ subscription: 's' });
    sayToConsumer(stage(), {
      type: 'last-message-id',
      requestId: 2,
      last: { ledgerId: 7, entryId: 5 },
      entry,
      markDelete: { ledgerId: 7, entryId: -1 },
    });
    expect(await client.expect('GET_LAST_MESSAGE_ID_RESPONSE')).toEqual({
      request_id: 2,
      last_message_id: { ledgerId: 7, entryId: 5, partition: 2, batch_index: index },
      consumer_mark_delete_position: { ledgerId: 7, entryId: MINUS_ONE },
    });
  });

  it('GET_LAST_MESSAGE_ID of an empty topic is -1:-1, with no mark-delete below ledger 0', async () => {
    await stage().listen();
    const client = await consuming(stage());
    stage().broker.react = () => {};
    client.say('GET_LAST_MESSAGE_ID', { consumer_id: 1, request_id: 2 });
    await until(() => stage().broker.commands('get-last-message-id').length === 1);
    sayToConsumer(stage(), {
      type: 'last-message-id',
      requestId: 2,
      last: { ledgerId: 7, entryId: -1 },
      entry: undefined,
      markDelete: EARLIEST,
    });
    expect(await client.expect('GET_LAST_MESSAGE_ID_RESPONSE')).toEqual({
      request_id: 2,
      last_message_id: { ledgerId: MINUS_ONE, entryId: MINUS_ONE, partition: -1, batch_index: -1 },
    });
  });

  it('REDELIVER names entries, or none for all', async () => {
    await stage().listen();
    const client = await consuming(stage());
    const message_ids = [{ ledgerId: 3, entryId: 4, batch_index: 2 }];
    client.say('REDELIVER_UNACKNOWLEDGED_MESSAGES', { consumer_id: 1, message_ids });
    client.say('REDELIVER_UNACKNOWLEDGED_MESSAGES', { consumer_id: 1, consumer_epoch: 6 });
    expect(await client.settled()).toEqual([]);
    expect(toldToSubscription(stage())).toEqual([
      {
        type: 'redeliver',
        key: 1,
        positions: [{ ledgerId: 3, entryId: 4 }],
        consumerEpoch: undefined,
      },
      { type: 'redeliver', key: 1, positions: [], consumerEpoch: 6 },
    ]);
  });

  it('CONSUMER_STATS answers what is known, or ConsumerNotFound inside the response', async () => {
    await stage().listen();
    const client = await consuming(stage());
    client.say('CONSUMER_STATS', { request_id: 2, consumer_id: 9 });
    expect(await client.expect('CONSUMER_STATS_RESPONSE')).toEqual({
      request_id: 2,
      error_code: 13,
      error_message: 'Consumer not found',
    });
    const { address } = subscribes(stage())[0]!;
    const view = { consumerId: 1, name: 'c', address, connectedAtMs: 0, permits: -3, unacked: 5 };
    stage().broker.view = { type: 'Shared', consumers: [{ ...view, blocked: true }] } as never;
    client.say('CONSUMER_STATS', { request_id: 3, consumer_id: 1 });
    expect(await client.expect('CONSUMER_STATS_RESPONSE')).toEqual({
      request_id: 3,
      consumerName: 'c',
      availablePermits: 2n ** 64n - 3n,
      unackedMessages: 5,
      blockedConsumerOnUnackedMsgs: true,
      address,
      connectedSince: '1970-01-01T00:00:00.000Z',
      type: 'Shared',
      msgBacklog: 0,
    });
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
    sayToConsumer(stage(), { type: 'active-consumer', consumerId: 1, active: false });
    subscribeDone(subscribes(stage())[0]!);
    expect(await client.expect('ACTIVE_CONSUMER_CHANGE')).toEqual({
      consumer_id: 1,
      is_active: false,
    });
    await client.expect('SUCCESS');
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
