import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../../src/base/errors.ts';
import { EARLIEST } from '../../../src/base/position.ts';
import { silentRates } from '../../../src/transport/metrics/rates.ts';
import { MINUS_ONE } from '../../../src/wire/long.ts';
import { agreeable } from './fake-broker.ts';
import { entryOf } from './raw-client.ts';
import { consuming, until, useStage } from './stage.ts';
import { SUBSCRIBE, sayToConsumer, subscribes, toldToSubscription } from './subscribing.ts';

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

  it('UNSUBSCRIBE that is refused, as the consumer is gone already, says so', async () => {
    await stage().listen();
    const client = await consuming(stage());
    stage().broker.react = () => {};
    client.say('UNSUBSCRIBE', { consumer_id: 1, request_id: 2 });
    await until(() => toldToSubscription(stage()).length === 1);
    const refusal = { code: 'consumer-not-found', message: 'Consumer not found' } as const;
    sayToConsumer(
      stage(),
      { type: 'consumer-closed', consumerId: 1 },
      { type: 'refused', requestId: 2, refusal },
    );
    expect(await client.expect('ERROR')).toMatchObject({ request_id: 2 });
    expect(await client.expect('CLOSE_CONSUMER')).toMatchObject({ consumer_id: 1 });
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

  it('GET_LAST_MESSAGE_ID of an empty topic is -1:-1, without mark-delete', async () => {
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
    const own = { out: { messages: 2.5, bytes: 250 }, acked: 1.5, redelivered: 0.5 };
    const rates = { ...own, dropped: 0, expired: 4, entries: 0, consumer: () => own };
    stage().rates.of = (topic) => ({ ...silentRates.of(topic), subscription: () => rates });
    client.say('CONSUMER_STATS', { request_id: 3, consumer_id: 1 });
    expect(await client.expect('CONSUMER_STATS_RESPONSE')).toEqual({
      request_id: 3,
      msgRateOut: 2.5,
      msgThroughputOut: 250,
      msgRateRedeliver: 0.5,
      msgRateExpired: 4,
      messageAckRate: 1.5,
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

  it('CONSUMER_STATS of a broker that recovers is answered, and the connection stays', async () => {
    await stage().listen();
    const client = await consuming(stage());
    stage().broker.subscriptionView = () => {
      throw new BrokerError('service-not-ready', 'The broker is failed; please retry');
    };
    client.say('CONSUMER_STATS', { request_id: 2, consumer_id: 1 });
    expect(await client.expect('CONSUMER_STATS_RESPONSE')).toEqual({
      request_id: 2,
      error_code: 6,
      error_message: 'The broker is failed; please retry',
    });
    expect(await client.settled()).toEqual([]);
  });
});
