import { describe, expect, it } from 'vitest';
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
});
