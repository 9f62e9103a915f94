import { describe, expect, it } from 'vitest';
import { entryOf, frame } from './raw-client.ts';
import { consuming, useStage } from './stage.ts';
import { SUBSCRIBE, sayToConsumer, toldToSubscription } from './subscribing.ts';

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
    client.write(flow(1), flow(2, 2), flow(3), ack(1), ack(2, { consumer_id: 2 }));
    await client.settled();
    expect(toldToSubscription(stage())).toEqual([
      { type: 'flow', key: 1, permits: 1 },
      { type: 'flow', key: 2, permits: 2 },
      { type: 'flow', key: 1, permits: 3 },
      { type: 'ack', key: 1, cumulative: false, entries: [entry(1)] },
      { type: 'ack', key: 2, cumulative: false, entries: [entry(2)] },
    ]);
  });

  it('that are cumulative shrink to the farthest and keep their place among others', async () => {
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
      message: expect.stringContaining("Server don't support transaction ack!"),
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
