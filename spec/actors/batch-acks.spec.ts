import { describe, expect, it } from 'vitest';
import { Stage } from './harness.ts';

const shared = { subType: 'Shared' } as const;

async function withBatch(size: number, stageOptions = {}) {
  const stage = await Stage.open(stageOptions);
  const producer = await stage.producer();
  const consumer = await stage.consumer('s', shared);
  producer.send({ value: 'batch', messages: size });
  await stage.settle();
  const entry = consumer.received[0]!;
  const unacked = () => stage.broker.subscriptionView(producer.topic, 's')?.unacked;
  const backlog = () => stage.broker.cursorView(producer.topic, 's')?.backlogEntries;
  return { stage, producer, consumer, entry, unacked, backlog };
}

describe('acknowledging parts of a batch', () => {
  it('leaves the entry in the backlog until the last index is acknowledged', async () => {
    const { stage, consumer, entry, unacked, backlog } = await withBatch(3);
    consumer.ackIndexes(entry, 3, 1);
    await stage.settle();
    expect([unacked(), backlog()]).toEqual([2, 1]);
    consumer.ackIndexes(entry, 3, 0, 1);
    await stage.settle();
    expect([unacked(), backlog()]).toEqual([1, 1]);
    consumer.ackIndexes(entry, 3, 2);
    await stage.settle();
    expect([unacked(), backlog()]).toEqual([0, 0]);
  });

  it('adds up words that name one index each, and several in one command', async () => {
    const { stage, consumer, entry, unacked, backlog } = await withBatch(4);
    const only = (index: number) => ({
      position: entry,
      ackSet: [0b1111n & ~(1n << BigInt(index))],
    });
    consumer.ackEntries([only(0), only(1)]);
    await stage.settle();
    expect([unacked(), backlog()]).toEqual([2, 1]);
    consumer.ackEntries([only(3), only(2)]);
    await stage.settle();
    expect([unacked(), backlog()]).toEqual([0, 0]);
  });

  it('takes an empty set, or one of zero words, for the whole entry', async () => {
    for (const ackSet of [[], [0n], [0n, 0n]]) {
      const { stage, consumer, entry, backlog } = await withBatch(3);
      consumer.ackEntries([{ position: entry, ackSet }]);
      await stage.settle();
      expect(backlog()).toBe(0);
    }
  });

  it('understands batches of more than 64 messages', async () => {
    const { stage, consumer, entry, unacked } = await withBatch(100);
    const all = 2n ** 64n - 1n;
    consumer.ackEntries([{ position: entry, ackSet: [all & ~1n, 2n ** 36n - 2n] }]);
    await stage.settle();
    expect(unacked()).toBe(98);
    consumer.redeliver([entry]);
    await stage.settle();
    const again = consumer.received[1]!;
    expect(again.ackSet).toEqual([all & ~1n, 2n ** 36n - 2n]);
    expect(consumer.permits).toBe(1_000 - 100 - 98);
  });

  it('redelivers the indexes that are left, and costs permits for those only', async () => {
    const { stage, consumer, entry, unacked } = await withBatch(10);
    consumer.ackIndexes(entry, 10, 0, 1, 2);
    consumer.redeliver([entry]);
    await stage.settle();
    expect(consumer.received[1]).toMatchObject({ ackSet: [0b1111111000n], redeliveryCount: 1 });
    expect(consumer.permits).toBe(1_000 - 10 - 7);
    expect(unacked()).toBe(7);
  });

  it('counts the whole batch as sent again, also once the subscription is gone', async () => {
    const { stage, producer, consumer, entry } = await withBatch(10);
    consumer.ackIndexes(entry, 10, 0, 1, 2);
    consumer.redeliver([entry]);
    await stage.settle();
    expect(stage.broker.subscriptionView(producer.topic, 's')?.out.messages).toBe(20);
    const { bytes } = stage.broker.subscriptionView(producer.topic, 's')!.out;
    consumer.unsubscribe(7);
    await stage.settle();
    expect(stage.broker.topicView(producer.topic)?.sentByGone).toEqual({ messages: 20, bytes });
  });

  it('is complete with what an earlier consumer acknowledged', async () => {
    const { stage, producer, consumer, entry, backlog } = await withBatch(3);
    consumer.ackIndexes(entry, 3, 0);
    await stage.settle();
    consumer.drop();
    await stage.settle();
    const next = await stage.consumer('s', shared);
    expect(next.received[0]?.ackSet).toEqual([0b110n]);
    // This client never saw index 0 acknowledged and still names it as open.
    next.ackIndexes(entry, 3, 1);
    next.ackIndexes(entry, 3, 1, 2);
    await stage.settle();
    expect(backlog()).toBe(0);
    const view = stage.broker.subscriptionView(producer.topic, 's');
    expect([view?.unacked, view?.consumers[0]?.unacked]).toEqual([0, 0]);
  });

  it('survives a crash', async () => {
    const { stage, consumer, entry } = await withBatch(3);
    consumer.ackIndexes(entry, 3, 2);
    await stage.settle();
    await stage.crash();
    const next = await stage.consumer('s', shared);
    expect(next.received.map(({ ackSet }) => ackSet)).toEqual([[0b11n]]);
  });

  it('works for one consumer in order as well, cumulatively too', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const consumer = await stage.consumer('s');
    producer.send('a', { value: 'batch', messages: 4 }, 'c');
    await stage.settle();
    consumer.ackUpTo(consumer.received[1]!, undefined, [0b1100n]);
    consumer.redeliver();
    await stage.settle();
    expect(consumer.received.slice(3).map(({ value, ackSet }) => [value, ackSet])).toEqual([
      ['batch', [0b1100n]],
      ['c', undefined],
    ]);
  });

  it('counts for nothing where it is switched off', async () => {
    const off = { subscription: { batchIndexAck: false } };
    const { stage, consumer, entry, unacked, backlog } = await withBatch(3, off);
    consumer.ackIndexes(entry, 3, 0, 1);
    consumer.redeliver([entry]);
    await stage.settle();
    expect(consumer.received[1]?.ackSet).toBeUndefined();
    expect([unacked(), backlog()]).toEqual([3, 1]);
  });

  it('of an entry that is acknowledged already changes nothing', async () => {
    const { stage, producer, consumer, entry, backlog } = await withBatch(3);
    producer.send('next');
    await stage.settle();
    consumer.ack(consumer.received[1]!);
    consumer.ack(entry);
    consumer.ackIndexes(entry, 3, 1);
    await stage.settle();
    expect(backlog()).toBe(0);
    await stage.restart();
    expect((await stage.consumer('s', shared)).values).toEqual([]);
  });

  it('and of the whole in one command acknowledges the whole, in either order', async () => {
    for (const wholeFirst of [true, false]) {
      const { stage, consumer, entry, unacked, backlog } = await withBatch(3);
      const whole = { position: entry, ackSet: undefined };
      const part = { position: entry, ackSet: [0b101n] };
      consumer.ackEntries(wholeFirst ? [whole, part] : [part, whole]);
      await stage.settle();
      expect([unacked(), backlog()]).toEqual([0, 0]);
      await stage.close();
      const cursor = [...stage.disk.snapshots].find(([actor]) => actor.startsWith('cursor:'));
      expect(cursor?.[1].state).toMatchObject({ acked: 1, partial: new Uint8Array() });
    }
  });
});

describe('acknowledging parts of a batch on key_shared', () => {
  it('frees the key once all of it is acknowledged in parts', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const first = await stage.consumer('s', { subType: 'Key_Shared', permits: 1 });
    producer.send({ value: 'one', key: 'k', messages: 2 });
    await stage.settle();
    first.ackIndexes(first.received[0]!, 2, 0);
    first.redeliver();
    first.flow(5);
    await stage.settle();
    expect(first.received.map(({ ackSet }) => ackSet)).toEqual([undefined, [0b10n]]);
    first.ackIndexes(first.received[0]!, 2, 1);
    await stage.settle();
    const view = stage.broker.subscriptionView(producer.topic, 's');
    expect(view?.consumers[0]?.unacked).toBe(0);
  });
});
