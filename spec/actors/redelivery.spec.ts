import { describe, expect, it } from 'vitest';
import type { TestConsumer } from './consumer.ts';
import { Stage } from './harness.ts';

const shared = { subType: 'Shared' } as const;

const counted = ({ received }: TestConsumer) =>
  received.map(({ value, redeliveryCount }) => [value, redeliveryCount]);

async function delivered(count: number, stageOptions = {}) {
  const stage = await Stage.open(stageOptions);
  const producer = await stage.producer();
  const consumer = await stage.consumer('s', shared);
  producer.send(...[...Array(count).keys()].map(String));
  await stage.settle();
  return { stage, producer, consumer };
}

describe('redelivery on shared subscriptions', () => {
  it('sends again what a client asks for, with its count raised', async () => {
    const { stage, consumer } = await delivered(3);
    consumer.redeliver([consumer.received[1]!]);
    await stage.settle();
    consumer.redeliver([consumer.received[3]!]);
    await stage.settle();
    expect(counted(consumer).slice(3)).toEqual([
      ['1', 1],
      ['1', 2],
    ]);
  });

  it('sends everything that a consumer has where no ids are named', async () => {
    const { stage, consumer } = await delivered(4);
    consumer.ack(consumer.received[2]!);
    consumer.redeliver();
    await stage.settle();
    expect(counted(consumer).slice(4)).toEqual([
      ['0', 1],
      ['1', 1],
      ['3', 1],
    ]);
  });

  it('goes before new messages, in order of position', async () => {
    const { stage, producer, consumer } = await delivered(3);
    const other = await stage.consumer('s', { ...shared, permits: 0 });
    consumer.drop();
    producer.send('3');
    await stage.settle();
    other.flow(10);
    await stage.settle();
    expect(other.values).toEqual(['0', '1', '2', '3']);
  });

  it('gives no permits back', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const consumer = await stage.consumer('s', { ...shared, permits: 2 });
    producer.send('0', '1');
    await stage.settle();
    consumer.redeliver();
    await stage.settle();
    expect(consumer.values).toHaveLength(2);
    consumer.flow(1);
    await stage.settle();
    expect(counted(consumer).at(-1)).toEqual(['0', 1]);
  });

  it('counts only what clients ask for: not that a consumer left', async () => {
    const { stage, consumer } = await delivered(1);
    const other = await stage.consumer('s', shared);
    consumer.drop();
    await stage.settle();
    expect(counted(other)).toEqual([['0', 0]]);
  });

  it('is for those who have the message: others may ask in vain', async () => {
    const { stage, consumer } = await delivered(1);
    const other = await stage.consumer('s', shared);
    other.redeliver([consumer.received[0]!]);
    other.redeliver([{ ledgerId: 99, entryId: 3 }]);
    await stage.settle();
    expect([consumer.values, other.values]).toEqual([['0'], []]);
  });

  it('keeps its counts across a crash and a change of consumers', async () => {
    const { stage, consumer } = await delivered(2);
    const other = await stage.consumer('s', { ...shared, permits: 0 });
    consumer.redeliver([consumer.received[0]!]);
    await stage.settle();
    consumer.drop();
    await stage.settle();
    other.flow(10);
    await stage.settle();
    expect(counted(other)).toEqual([
      ['0', 1],
      ['1', 0],
    ]);
    await stage.crash();
    const late = await stage.consumer('s', shared);
    expect(counted(late)).toEqual([
      ['0', 1],
      ['1', 0],
    ]);
  });

  it('counts anew once the last consumer has left', async () => {
    const { stage, consumer } = await delivered(1);
    consumer.redeliver();
    await stage.settle();
    consumer.drop();
    await stage.settle();
    expect(counted(await stage.consumer('s', shared))).toEqual([['0', 0]]);
  });

  it('tells no count that a crash could take back', async () => {
    const { stage, consumer } = await delivered(1);
    stage.holdsSyncs = true;
    consumer.redeliver();
    await stage.settle();
    expect(counted(consumer)).toEqual([['0', 0]]);
    await stage.sync();
    expect(counted(consumer)).toEqual([
      ['0', 0],
      ['0', 1],
    ]);
  });

  it('says nothing of counts where they are switched off', async () => {
    const off = { subscription: { redeliveryCounts: false } };
    const { stage, consumer } = await delivered(1, off);
    consumer.redeliver();
    await stage.settle();
    expect(counted(consumer)).toEqual([
      ['0', 0],
      ['0', 0],
    ]);
  });

  it('forgets what is acknowledged meanwhile', async () => {
    const { stage, producer, consumer } = await delivered(2);
    consumer.congest(true);
    consumer.redeliver();
    await stage.settle();
    expect(stage.broker.subscriptionView(producer.topic, 's')?.inReplay).toBe(2);
    consumer.ack(consumer.received[0]!);
    consumer.congest(false);
    await stage.settle();
    expect(counted(consumer).slice(2)).toEqual([['1', 1]]);
    expect(stage.broker.subscriptionView(producer.topic, 's')?.inReplay).toBe(0);
  });

  it('forgets what has been trimmed meanwhile', async () => {
    const stage = await Stage.open({ topic: { maxEntriesPerLedger: 1 } });
    const producer = await stage.producer();
    const a = await stage.consumer('s', shared);
    const b = await stage.consumer('s', { ...shared, permits: 0 });
    producer.send('0');
    producer.send('1');
    await stage.settle();
    a.congest(true);
    a.redeliver();
    await stage.settle();
    const reply = { recipient: a.connection, requestId: 1_001 };
    stage.broker.ref(a.subscribed!.actor).tell({ type: 'skip', reply, count: 'all' });
    producer.send('2');
    await stage.settle();
    b.flow(10);
    await stage.settle();
    expect(b.values).toEqual(['2']);
    expect(stage.broker.subscriptionView(producer.topic, 's')?.inReplay).toBe(0);
  });

  it('reads far apart messages as well as neighbours', async () => {
    const { stage, consumer } = await delivered(300, { subscription: { maxReadEntries: 50 } });
    const wanted = [0, 1, 2, 50, 120, 121, 299].map((i) => consumer.received[i]!);
    consumer.redeliver(wanted);
    await stage.settle();
    expect(counted(consumer).slice(300)).toEqual(wanted.map(({ value }) => [value, 1]));
  });
});

describe('redelivery where one consumer receives in order', () => {
  it('rewinds to the first unacknowledged message and leaves out holes', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const consumer = await stage.consumer('s');
    producer.send('0', '1', '2', '3');
    await stage.settle();
    consumer.ackUpTo(consumer.received[0]!);
    consumer.ack(consumer.received[2]!);
    // Go names ids here; they mean everything all the same.
    consumer.redeliver([consumer.received[3]!]);
    await stage.settle();
    expect(counted(consumer).slice(4)).toEqual([
      ['1', 0],
      ['3', 0],
    ]);
  });

  it('throws away what was read for the time before', async () => {
    const stage = await Stage.open({ cacheBytes: 0 });
    const producer = await stage.producer();
    const consumer = await stage.consumer('s', { permits: 2 });
    producer.send('0', '1', '2', '3');
    await stage.settle();
    stage.holdsReads = true;
    consumer.flow(10);
    await stage.settle();
    consumer.redeliver();
    await stage.settle();
    stage.holdsReads = false;
    await stage.settle();
    expect(consumer.values).toEqual(['0', '1', '0', '1', '2', '3']);
  });

  it('stamps what it sends with the epoch of the consumer', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const consumer = await stage.consumer('s', { consumerEpoch: 3 });
    producer.send('0');
    await stage.settle();
    consumer.redeliver([], 4);
    await stage.settle();
    consumer.redeliver([], 2);
    await stage.settle();
    // An older one is heard all the same, as Pulsar does.
    expect(consumer.received.map(({ consumerEpoch }) => consumerEpoch)).toEqual([3, 4, 4]);
    const other = await stage.consumer('o');
    expect(other.received[0]?.consumerEpoch).toBeUndefined();
    const shared = await stage.consumer('shared', { subType: 'Shared', consumerEpoch: 3 });
    expect(shared.received[0]?.consumerEpoch).toBeUndefined();
  });

  it('keeps the epoch of a consumer that is not active, for when it is', async () => {
    const stage = await Stage.open({ subscription: { failoverDelayMs: 0 } });
    const options = { subType: 'Failover', consumerEpoch: 0 } as const;
    const consumers = [await stage.consumer('s', options), await stage.consumer('s', options)];
    const producer = await stage.producer();
    producer.send('0');
    await stage.settle();
    const active = consumers.find(({ values }) => values.length === 1)!;
    const inactive = consumers.find((consumer) => consumer !== active)!;
    inactive.redeliver([], 2);
    await stage.settle();
    expect(inactive.received).toEqual([]);
    active.drop();
    await stage.settle();
    expect(inactive.received.map(({ consumerEpoch }) => consumerEpoch)).toEqual([2]);
  });

  it('is heard from the active consumer only', async () => {
    const stage = await Stage.open({ subscription: { failoverDelayMs: 0 } });
    const options = { subType: 'Failover' } as const;
    const consumers = [await stage.consumer('s', options), await stage.consumer('s', options)];
    const producer = await stage.producer();
    producer.send('0');
    await stage.settle();
    const active = consumers.find(({ values }) => values.length === 1)!;
    const inactive = consumers.find((consumer) => consumer !== active)!;
    inactive.redeliver();
    await stage.settle();
    expect(active.values).toEqual(['0']);
    active.redeliver();
    await stage.settle();
    expect([active.values, inactive.values]).toEqual([['0', '0'], []]);
  });
});
