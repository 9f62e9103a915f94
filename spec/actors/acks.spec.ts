import { describe, expect, it } from 'vitest';
import { Stage } from './harness.ts';

const shared = { subType: 'Shared' } as const;

async function delivered(count: number, subType: 'Exclusive' | 'Shared' = 'Shared') {
  const stage = await Stage.open();
  const producer = await stage.producer();
  const consumer = await stage.consumer('s', { subType });
  producer.send(...[...Array(count).keys()].map(String));
  await stage.settle();
  const cursor = () => stage.broker.cursorView(producer.topic, 's')!;
  const left = async () => {
    await stage.crash();
    const values = (await stage.consumer('s', { subType })).values;
    return values;
  };
  return { stage, producer, consumer, cursor, left };
}

describe('acknowledging', () => {
  it('one by one survives a crash, in any order', async () => {
    const { stage, consumer, cursor, left } = await delivered(6);
    const { received } = consumer;
    consumer.ack(received[4]!);
    consumer.ack(received[0]!);
    consumer.ack(received[2]!);
    await stage.settle();
    expect(cursor().markDelete.entryId).toBe(0);
    expect(cursor().ackedRanges).toBe(2);
    expect(cursor().backlogEntries).toBe(3);
    expect(await left()).toEqual(['1', '3', '5']);
  });

  it('many at once is as good as one by one, and duplicates are harmless', async () => {
    const { stage, consumer, cursor, left } = await delivered(6);
    const [a, b, c, , e] = consumer.received;
    consumer.ack(e!, a!, c!, b!, a!, e!);
    consumer.ack(a!);
    await stage.settle();
    expect([cursor().markDelete.entryId, cursor().backlogEntries]).toEqual([2, 2]);
    expect(await left()).toEqual(['3', '5']);
  });

  it('shows ranges as Pulsar writes them', async () => {
    const { stage, consumer, cursor } = await delivered(6);
    const { received } = consumer;
    const { ledgerId } = received[0]!;
    consumer.ack(received[1]!, received[2]!, received[4]!);
    await stage.settle();
    const range = (low: number, high: number) => `(${ledgerId}:${low}..${ledgerId}:${high}]`;
    expect(cursor().ackedRangesText).toBe(`[${range(0, 2)},${range(3, 4)}]`);
    expect(cursor().markDelete).toEqual({ ledgerId, entryId: -1 });
  });

  it('up to a message acknowledges all before it, for one consumer in order', async () => {
    const { stage, consumer, cursor, left } = await delivered(6, 'Exclusive');
    consumer.ackUpTo(consumer.received[3]!);
    await stage.settle();
    expect([cursor().markDelete.entryId, cursor().backlogEntries]).toEqual([3, 2]);
    consumer.ackUpTo(consumer.received[1]!);
    await stage.settle();
    expect(cursor().markDelete.entryId).toBe(3);
    expect(await left()).toEqual(['4', '5']);
  });

  it('up to a message closes the holes before it', async () => {
    const { stage, consumer, cursor } = await delivered(6, 'Exclusive');
    consumer.ack(consumer.received[1]!, consumer.received[4]!);
    consumer.ackUpTo(consumer.received[3]!);
    await stage.settle();
    expect([cursor().markDelete.entryId, cursor().ackedRanges]).toEqual([4, 0]);
  });

  it('up to a message is ignored on shared subscriptions, though it is answered', async () => {
    const { stage, consumer, cursor } = await delivered(3);
    consumer.ackUpTo(consumer.received[2]!, 1_001);
    await stage.settle();
    expect(cursor().backlogEntries).toBe(3);
    expect(consumer.connection.answers.get(1_001)).toMatchObject({
      type: 'ack-answered',
      consumerId: consumer.consumerId,
      refusal: undefined,
    });
  });

  it('is answered, where that is asked for, once it is on disk', async () => {
    const { stage, consumer } = await delivered(3);
    stage.holdsSyncs = true;
    consumer.ackEntries([{ position: consumer.received[0]!, ackSet: undefined }], 1_001);
    await stage.settle();
    expect(consumer.connection.answers.has(1_001)).toBe(false);
    await stage.sync();
    expect(consumer.connection.answers.has(1_001)).toBe(true);
  });

  it('is answered also where there was nothing left to do', async () => {
    const { stage, consumer } = await delivered(3);
    const entries = [{ position: consumer.received[0]!, ackSet: undefined }];
    consumer.ackEntries(entries, 1_001);
    consumer.ackEntries(entries, 1_002);
    consumer.ackEntries([], 1_003);
    consumer.ackEntries([{ position: { ledgerId: 999, entryId: 0 }, ackSet: undefined }], 1_004);
    await stage.settle();
    const { answers } = consumer.connection;
    expect([1_001, 1_002, 1_003, 1_004].map((id) => answers.get(id)?.type)).toEqual(
      Array(4).fill('ack-answered'),
    );
  });

  it('may be done for a sibling, whose room it frees', async () => {
    const stage = await Stage.open({ policies: { maxUnackedPerConsumer: 2 } });
    const producer = await stage.producer();
    const a = await stage.consumer('s', { ...shared, permits: 2 });
    producer.send('0', '1', '2', '3');
    await stage.settle();
    const b = await stage.consumer('s', { ...shared, permits: 0 });
    a.flow(10);
    await stage.settle();
    expect(a.values).toHaveLength(2);
    b.ack(...a.received);
    await stage.settle();
    expect(a.values).toHaveLength(4);
  });

  it('by a consumer that is gone is neither done nor answered', async () => {
    const { stage, consumer, cursor } = await delivered(3);
    const entries = [{ position: consumer.received[0]!, ackSet: undefined }];
    consumer.drop();
    consumer.ackEntries(entries, 1_001);
    await stage.settle();
    expect(cursor().backlogEntries).toBe(3);
    expect(consumer.connection.answers.has(1_001)).toBe(false);
  });

  it('of a whole ledger by an id before or past its entries is understood', async () => {
    const stage = await Stage.open({ topic: { maxEntriesPerLedger: 2 } });
    const producer = await stage.producer();
    await stage.consumer('keeps', { permits: 0 });
    const consumer = await stage.consumer('s');
    for (const value of ['0', '1', '2', '3', '4']) producer.send(value);
    await stage.settle();
    const backlog = () => stage.broker.cursorView(producer.topic, 's')?.backlogEntries;
    consumer.ackUpTo({ ledgerId: consumer.received[2]!.ledgerId, entryId: -1 });
    await stage.settle();
    expect(backlog()).toBe(3);
    consumer.ackUpTo({ ledgerId: consumer.received[2]!.ledgerId, entryId: 99 });
    await stage.settle();
    expect(backlog()).toBe(1);
  });

  it('up to an id that was never given out acknowledges nothing', async () => {
    const { stage, consumer, cursor } = await delivered(6, 'Exclusive');
    const [first] = consumer.received;
    consumer.ackUpTo({ ...first!, entryId: 999 });
    consumer.ackUpTo({ ledgerId: first!.ledgerId + 1_000, entryId: 0 });
    await stage.settle();
    expect([cursor().markDelete.entryId, cursor().backlogEntries]).toEqual([-1, 6]);
  });

  it('keeps the properties that came with it', async () => {
    const { stage, producer, consumer } = await delivered(3, 'Exclusive');
    stage.broker.ref(consumer.subscribed!.actor).tell({
      type: 'ack',
      key: consumer.key,
      cumulative: true,
      entries: [{ position: consumer.received[0]!, ackSet: undefined }],
      properties: { checkpoint: 2n ** 60n },
    });
    await stage.settle();
    await stage.crash();
    expect(stage.broker.cursorView(producer.topic, 's')?.properties).toEqual({
      checkpoint: 2n ** 60n,
    });
  });

  it('counts for nothing on another topic of the same name', async () => {
    const { stage, producer, consumer } = await delivered(3);
    const [position] = consumer.received;
    await stage.request('topic:persistent://public/default/t', (reply) => ({
      type: 'delete',
      reply,
      force: true,
    }));
    const again = await stage.consumer('s', shared);
    const late = await stage.producer();
    late.send('new');
    await stage.settle();
    again.ack(position!);
    await stage.settle();
    expect(stage.broker.cursorView(producer.topic, 's')?.backlogEntries).toBe(1);
  });
});
