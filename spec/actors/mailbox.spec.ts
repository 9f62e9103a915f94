import { describe, expect, it } from 'vitest';
import type { TestProducer } from './clients.ts';
import { Stage } from './harness.ts';

describe('a mailbox', () => {
  it('refuses what exceeds its limit, and takes more when it has been emptied', async () => {
    const stage = await Stage.open({ limits: { mailboxLimit: 3 } });
    const producer = await stage.producer();
    const sent = ['0', '1', '2', '3', '4'].map((value) => producer.send(value));
    expect(sent).toEqual([true, true, true, false, false]);
    await stage.settle();
    expect(producer.receipts).toHaveLength(3);
    expect(producer.send('5')).toBe(true);
  });

  it('refuses for itself alone', async () => {
    const stage = await Stage.open({ limits: { mailboxLimit: 1 } });
    const [a, b] = [await stage.producer('a'), await stage.producer('b')];
    expect([a.send('0'), a.send('1'), b.send('0')]).toEqual([true, false, true]);
  });

  it('stays full while the disk does not follow', async () => {
    const limits = { mailboxLimit: 10, maxInFlight: 1, maxBatchEvents: 1 };
    const stage = await Stage.open({ limits });
    const producer = await stage.producer();
    stage.holdsSyncs = true;
    let taken = 0;
    for (let i = 0; i < 100; i++) {
      if (producer.send(`${i}`)) taken++;
      await stage.settle();
    }
    // One batch with the disk, one being gathered, and a mailbox full.
    expect(taken).toBe(12);
    stage.holdsSyncs = false;
    await stage.settle();
    expect(producer.receipts).toHaveLength(12);
  });

  it('tells who asks through the door that there is no room', async () => {
    const stage = await Stage.open({ limits: { mailboxLimit: 1 } });
    const { topic } = await stage.producer();
    const first = stage.broker.deleteTopic(topic, true);
    const second = stage.broker.deleteTopic(topic, true);
    await expect(second).rejects.toMatchObject({ code: 'too-many-requests' });
    expect(await stage.until(first)).toBeUndefined();
  });

  it('leaves to the next step what takes long, and begins it with who had no turn', async () => {
    const stage = await Stage.open({ limits: { maxStepMs: 8 } });
    const [a, b] = [await stage.producer('a'), await stage.producer('b')];
    for (let i = 0; i < 200; i++) a.send(`${i}`);
    b.send('0');
    // Every look at the clock finds that half of a step is over: 16 commands, and 16 more.
    let nowMs = stage.clock.monotonicMs();
    stage.clock.monotonicMs = () => {
      nowMs += 4;
      return nowMs;
    };
    await stage.step();
    await stage.step();
    await stage.syncOnly();
    expect(b.receipts).toHaveLength(1);
    expect(a.receipts.length).toBeGreaterThan(0);
    expect(a.receipts.length).toBeLessThan(100);
    await stage.settle();
    expect(a.receipts).toHaveLength(200);
  });

  it('shares the steps fairly: a flood for one does not hold up another', async () => {
    const stage = await Stage.open({ limits: { maxCommandsPerStep: 5 } });
    const [a, b] = [await stage.producer('a'), await stage.producer('b')];
    for (let i = 0; i < 50; i++) a.send(`${i}`);
    b.send('0');
    await stage.step();
    await stage.step();
    await stage.step();
    await stage.syncOnly();
    expect(b.receipts).toHaveLength(1);
  });

  it('fills a batch for the journal by turns: tenants, and the topics of each', async () => {
    const stage = await Stage.open({ limits: { maxBatchBytes: 2 ** 20, maxInFlight: 1 } });
    const { broker } = stage;
    const tenant = { adminRoles: [], allowedClusters: ['standalone'] };
    await stage.until(broker.putTenant('other', tenant, 'create'));
    const policies = { replicationClusters: ['standalone'], bundles: 4 };
    await stage.until(broker.createNamespace('other/space', policies));
    const crowd: TestProducer[] = [];
    for (let i = 0; i < 20; i++) crowd.push(await stage.producer(`t${i}`));
    const neighbour = await stage.producer('other/space/t');
    const value = 'x'.repeat(64 * 1024);
    for (const producer of crowd) for (let i = 0; i < 10; i++) producer.send(value);
    for (let i = 0; i < 4; i++) neighbour.send(value);
    stage.holdsSyncs = true;
    await stage.step();
    await stage.syncOnly();
    expect(neighbour.receipts).toHaveLength(4);
    const shares = crowd.map(({ receipts }) => receipts.length);
    expect(shares.filter((share) => share > 0)).toEqual([2, 2, 2, 2, 2, 2]);
    stage.holdsSyncs = false;
    await stage.settle();
    expect(crowd.every(({ receipts }) => receipts.length === 10)).toBe(true);
  });
});
