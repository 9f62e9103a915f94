import { describe, expect, it } from 'vitest';
import { Stage } from './harness.ts';

const shared = { subType: 'Shared' } as const;

const numbered = (count: number, from = 0) =>
  [...Array(count).keys()].map((i) => `m${String(from + i).padStart(3, '0')}`);

describe('a shared subscription', () => {
  it('hands messages out in turns of as many as configured', async () => {
    const stage = await Stage.open({ subscription: { roundRobinEntries: 2 } });
    const producer = await stage.producer();
    const [a, b] = [await stage.consumer('s', shared), await stage.consumer('s', shared)];
    producer.send(...numbered(8));
    await stage.settle();
    expect([a.values, b.values]).toEqual([
      ['m000', 'm001', 'm004', 'm005'],
      ['m002', 'm003', 'm006', 'm007'],
    ]);
  });

  it('counts turns in entries, however many messages these hold', async () => {
    const stage = await Stage.open({ subscription: { roundRobinEntries: 2 } });
    const producer = await stage.producer();
    const [a, b] = [await stage.consumer('s', shared), await stage.consumer('s', shared)];
    producer.send(...numbered(8).map((value) => ({ value, messages: 10 })));
    await stage.settle();
    expect([a.values, b.values]).toEqual([
      ['m000', 'm001', 'm004', 'm005'],
      ['m002', 'm003', 'm006', 'm007'],
    ]);
  });

  it('passes over consumers without permits', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const a = await stage.consumer('s', { ...shared, permits: 1 });
    const b = await stage.consumer('s', { ...shared, permits: 10 });
    const c = await stage.consumer('s', { ...shared, permits: 0 });
    producer.send(...numbered(6));
    await stage.settle();
    expect([a.values.length, b.values.length, c.values.length]).toEqual([1, 5, 0]);
    expect([a.permits, b.permits, c.permits]).toEqual([0, 5, 0]);
  });

  it('serves lower priorities only when all higher ones are out of permits', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const low = await stage.consumer('s', { ...shared, priorityLevel: 1, permits: 10 });
    const high = await stage.consumer('s', { ...shared, priorityLevel: 0, permits: 3 });
    producer.send(...numbered(5));
    await stage.settle();
    expect([high.values, low.values]).toEqual([
      ['m000', 'm001', 'm002'],
      ['m003', 'm004'],
    ]);
  });

  it('counts permits in messages, below zero too: entries are never split', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const consumer = await stage.consumer('s', { ...shared, permits: 5 });
    producer.send({ value: 'a', messages: 4 }, { value: 'b', messages: 4 }, 'c');
    await stage.settle();
    expect([consumer.values, consumer.permits]).toEqual([['a', 'b'], -3]);
    consumer.flow(3);
    await stage.settle();
    expect(consumer.values).toHaveLength(2);
    consumer.flow(1);
    await stage.settle();
    expect([consumer.values, consumer.permits]).toEqual([['a', 'b', 'c'], 0]);
  });

  it('sends nothing to a consumer whose socket is full until it has drained', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const consumer = await stage.consumer('s', shared);
    consumer.congest(true);
    producer.send('a');
    await stage.settle();
    expect(consumer.values).toEqual([]);
    consumer.congest(false);
    await stage.settle();
    expect(consumer.values).toEqual(['a']);
  });

  it('blocks a consumer with too many unacknowledged messages, down to half', async () => {
    const stage = await Stage.open({ policies: { maxUnackedPerConsumer: 4 } });
    const producer = await stage.producer();
    const consumer = await stage.consumer('s', { ...shared, permits: 0 });
    producer.send(...numbered(10));
    await stage.settle();
    for (let i = 0; i < 10; i++) {
      consumer.flow(1);
      await stage.settle();
    }
    expect(consumer.values).toHaveLength(4);
    expect(stage.broker.subscriptionView(producer.topic, 's')?.consumers[0]?.blocked).toBe(true);
    consumer.ack(consumer.received[0]!);
    await stage.settle();
    expect(consumer.values).toHaveLength(4);
    consumer.ack(consumer.received[1]!);
    await stage.settle();
    expect(consumer.values.length).toBeGreaterThan(4);
  });

  it('blocks as a whole with too many unacknowledged messages, down to half', async () => {
    const stage = await Stage.open({ policies: { maxUnackedPerSubscription: 4 } });
    const producer = await stage.producer();
    const [a, b] = [
      await stage.consumer('s', { ...shared, permits: 2 }),
      await stage.consumer('s', { ...shared, permits: 2 }),
    ];
    producer.send(...numbered(10));
    await stage.settle();
    a.flow(10);
    b.flow(10);
    await stage.settle();
    expect(a.values.length + b.values.length).toBe(4);
    a.ack(...a.received);
    await stage.settle();
    expect(a.values.length + b.values.length).toBe(4);
    b.ack(b.received[0]!);
    await stage.settle();
    expect(a.values.length + b.values.length).toBe(10);
  });

  it('gives what a consumer had to the others when it leaves, before anything new', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const a = await stage.consumer('s', { ...shared, permits: 3 });
    producer.send(...numbered(5));
    await stage.settle();
    a.ack(a.received[1]!);
    const b = await stage.consumer('s', { ...shared, permits: 0 });
    a.drop();
    await stage.settle();
    b.flow(10);
    await stage.settle();
    expect(b.values).toEqual(['m000', 'm002', 'm003', 'm004']);
  });

  it('goes on when what waited for redelivery is acknowledged meanwhile', async () => {
    const stage = await Stage.open({ cacheBytes: 0 });
    const producer = await stage.producer();
    const a = await stage.consumer('s', { ...shared, permits: 2 });
    const b = await stage.consumer('s', { ...shared, permits: 0 });
    producer.send(...numbered(4));
    await stage.settle();
    a.redeliver(a.received);
    await stage.settle();
    // The replay is being read; both are acknowledged before it comes back.
    b.flow(10);
    a.ack(...a.received);
    await stage.settle();
    expect(b.values).toEqual(['m002', 'm003']);
  });

  it('skips messages over REST without taking back what consumers have', async () => {
    const stage = await Stage.open({ cacheBytes: 0 });
    const producer = await stage.producer();
    const a = await stage.consumer('s', { ...shared, permits: 3 });
    const b = await stage.consumer('s', { ...shared, permits: 0 });
    producer.send(...numbered(6));
    await stage.settle();
    a.redeliver([a.received[2]!]);
    b.flow(10);
    const { actor } = a.subscribed!;
    await stage.request(actor, (reply) => ({ type: 'skip', reply, count: 1 }));
    expect(b.values).toEqual(['m002', 'm003', 'm004', 'm005']);
    expect(stage.broker.cursorView(producer.topic, 's')?.markDelete.entryId).toBe(0);
    const view = stage.broker.subscriptionView(producer.topic, 's');
    expect(view?.consumers.map(({ unacked }) => unacked)).toEqual([1, 4]);
  });

  it('has nothing unacknowledged of what was skipped and trimmed', async () => {
    const stage = await Stage.open({ topic: { maxEntriesPerLedger: 1 } });
    const producer = await stage.producer();
    const a = await stage.consumer('s', { ...shared, permits: 2 });
    for (const value of numbered(3)) producer.send(value);
    await stage.settle();
    const { actor } = a.subscribed!;
    await stage.request(actor, (reply) => ({ type: 'skip', reply, count: 'all' }));
    expect(stage.disk.topics.usage(1).liveEntries).toBe(1);
    a.ack(...a.received);
    await stage.settle();
    const view = stage.broker.subscriptionView(producer.topic, 's');
    expect([view?.unacked, view?.consumers[0]?.unacked]).toEqual([0, 0]);
  });

  it('clears its backlog over REST, and new messages still come', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const a = await stage.consumer('s', { ...shared, permits: 2 });
    producer.send(...numbered(6));
    await stage.settle();
    const { actor } = a.subscribed!;
    await stage.request(actor, (reply) => ({ type: 'skip', reply, count: 'all' }));
    expect(stage.broker.cursorView(producer.topic, 's')?.backlogEntries).toBe(0);
    a.flow(10);
    producer.send('new');
    await stage.settle();
    expect(a.values).toEqual(['m000', 'm001', 'new']);
  });
});

describe('chunks on a shared subscription', () => {
  const chunk = (uuid: string, index: number, count: number) => ({
    value: `${uuid}${index}`,
    chunk: { uuid, index, count },
  });

  it('all go to the consumer that got the first one', async () => {
    const stage = await Stage.open({ subscription: { roundRobinEntries: 1 } });
    const producer = await stage.producer();
    const [a, b] = [await stage.consumer('s', shared), await stage.consumer('s', shared)];
    producer.send(chunk('u', 0, 3), chunk('v', 0, 2), chunk('u', 1, 3));
    producer.send(chunk('v', 1, 2), chunk('u', 2, 3), 'plain');
    await stage.settle();
    const all = [a.values, b.values];
    expect(all.find((values) => values.includes('u0'))?.filter((v) => v[0] === 'u')).toEqual([
      'u0',
      'u1',
      'u2',
    ]);
    expect(all.find((values) => values.includes('v0'))?.filter((v) => v[0] === 'v')).toEqual([
      'v0',
      'v1',
    ]);
    expect(all.flat()).toHaveLength(6);
  });

  it('wait for their consumer while others are served, and keep their order', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const a = await stage.consumer('s', { ...shared, permits: 1 });
    producer.send(chunk('u', 0, 3));
    await stage.settle();
    const b = await stage.consumer('s', { ...shared, permits: 10 });
    producer.send(chunk('u', 1, 3), 'plain', chunk('u', 2, 3));
    await stage.settle();
    expect([a.values, b.values]).toEqual([['u0'], ['plain']]);
    const steps = stage.runtime.stats().steps;
    await stage.settle();
    expect(stage.runtime.stats().steps).toBe(steps);
    a.flow(1);
    await stage.settle();
    expect(a.values).toEqual(['u0', 'u1']);
    a.flow(10);
    await stage.settle();
    expect([a.values, b.values]).toEqual([['u0', 'u1', 'u2'], ['plain']]);
  });

  it('do not overtake an earlier one that waits, when their consumer is ready again', async () => {
    const stage = await Stage.open({ cacheBytes: 0 });
    const producer = await stage.producer();
    const a = await stage.consumer('s', { ...shared, permits: 1 });
    const b = await stage.consumer('s', { ...shared, permits: 10 });
    producer.send(chunk('u', 0, 3));
    await stage.settle();
    const [owner, other] = a.values.length > 0 ? [a, b] : [b, a];
    owner.congest(true);
    producer.send(chunk('u', 1, 3));
    await stage.settle();
    other.flow(10);
    producer.send(chunk('u', 2, 3));
    await stage.step();
    await stage.syncOnly();
    // In one step the new chunk is looked up, and the older one once more.
    owner.congest(false);
    owner.flow(10);
    await stage.settle();
    expect([owner.values, other.values]).toEqual([['u0', 'u1', 'u2'], []]);
  });

  it('that are just being read do not overtake those of a consumer that leaves', async () => {
    const stage = await Stage.open({ cacheBytes: 0 });
    const producer = await stage.producer();
    const a = await stage.consumer('s', { ...shared, permits: 1 });
    producer.send(chunk('u', 0, 2));
    await stage.settle();
    const b = await stage.consumer('s', { ...shared, permits: 10 });
    stage.holdsReads = true;
    producer.send(chunk('u', 1, 2));
    await stage.settle();
    a.drop();
    await stage.settle();
    stage.holdsReads = false;
    await stage.settle();
    expect(b.values).toEqual(['u0', 'u1']);
  });

  it('go to another consumer together when theirs has left', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const a = await stage.consumer('s', { ...shared, permits: 1 });
    producer.send(chunk('u', 0, 2));
    await stage.settle();
    const b = await stage.consumer('s', { ...shared, permits: 10 });
    producer.send(chunk('u', 1, 2));
    await stage.settle();
    expect(b.values).toEqual([]);
    a.drop();
    await stage.settle();
    expect(b.values).toEqual(['u0', 'u1']);
  });
});
