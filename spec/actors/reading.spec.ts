import { describe, expect, it } from 'vitest';
import type { TestConsumer } from './consumer.ts';
import { Stage } from './harness.ts';

describe('reading for dispatch', () => {
  it('misses no entries that become durable just as the cursor finds nothing', async () => {
    const stage = await Stage.open({ cacheBytes: 0 });
    const producer = await stage.producer();
    const consumer = await stage.consumer('s', { permits: 0 });
    producer.send('skipped');
    await stage.settle();
    stage.holdsSyncs = true;
    producer.send('wanted');
    await stage.settle();
    const { actor } = consumer.subscribed!;
    const reply = { recipient: consumer.connection, requestId: 0 };
    consumer.flow(10);
    stage.broker.ref(actor).tell({ type: 'skip', reply, count: 'all' });
    await stage.step();
    // The read comes back empty-handed and the next entry is durable, in this order in one step.
    await stage.syncOnly();
    stage.holdsSyncs = false;
    await stage.settle();
    expect(consumer.values).toEqual(['wanted']);
  });

  it('hands out two reads a step at most, so that a full socket is heard', async () => {
    const stage = await Stage.open({ subscription: { maxReadEntries: 10 } });
    const producer = await stage.producer();
    producer.send(...[...Array(100).keys()].map(String));
    await stage.settle();
    const consumer = await stage.consumer('s', { permits: 0 });
    consumer.flow(1_000);
    await stage.step();
    expect(consumer.values).toHaveLength(10);
    await stage.step();
    expect(consumer.values.length).toBeLessThanOrEqual(30);
    consumer.congest(true);
    await stage.settle();
    expect(consumer.values.length).toBeLessThanOrEqual(50);
    consumer.congest(false);
    await stage.settle();
    expect(consumer.values).toHaveLength(100);
  });

  it('takes turns by tenant: many drains do not hold up a neighbour', async () => {
    const stage = await Stage.open({ limits: { maxStepMs: 8 }, cacheBytes: 0 });
    const { broker } = stage;
    const tenant = { adminRoles: [], allowedClusters: ['standalone'] };
    await stage.until(broker.putTenant('other', tenant, 'create'));
    const policies = { replicationClusters: ['standalone'], bundles: 4 };
    await stage.until(broker.createNamespace('other/space', policies));
    const topics = [...Array(20).keys()].map((i) => `t${i}`);
    const drains: TestConsumer[] = [];
    for (const topic of [...topics, 'other/space/t']) {
      (await stage.producer(topic)).send('0');
      drains.push(await stage.consumer('s', { topic, permits: 0 }));
    }
    const neighbour = drains.pop()!;
    stage.holdsReads = true;
    for (const drain of drains) drain.flow(10);
    await stage.settle();
    neighbour.flow(10);
    await stage.settle();
    // Every look at the clock finds that half of a step is over.
    let nowMs = stage.clock.monotonicMs();
    stage.clock.monotonicMs = () => {
      nowMs += 4;
      return nowMs;
    };
    stage.letRead();
    for (let i = 0; i < 5 && neighbour.values.length === 0; i++) await stage.step();
    expect(neighbour.values).toEqual(['0']);
    expect(drains.filter(({ values }) => values.length > 0).length).toBeLessThan(10);
    stage.holdsReads = false;
    await stage.settle();
    expect(drains.every(({ values }) => values.length === 1)).toBe(true);
  });
});
