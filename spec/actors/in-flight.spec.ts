import { describe, expect, it } from 'vitest';
import type { TestProducer } from './clients.ts';
import { Stage } from './harness.ts';

const KIB = 1024;
const MESSAGE = 'x'.repeat(64 * KIB);
const limits = { maxSharedBytesInFlight: 1024 * KIB, mailboxLimit: 200 };

/** Publishes more than the disk takes, which has what it takes with it all the time. */
async function flood(stage: Stage, producer: TestProducer, message = MESSAGE): Promise<void> {
  stage.holdsSyncs = true;
  for (let i = 0; i < 20; i++) {
    for (let sent = 0; sent < 40; sent++) producer.send(message);
    await stage.settle();
    await stage.sync(1);
  }
}

/** Publishes something, and how many messages of others the disk writes before it has it. */
async function aheadOf(stage: Stage, neighbour: TestProducer, producer: TestProducer) {
  const before = producer.receipts.length;
  const own = neighbour.receipts.length;
  neighbour.send('short');
  for (let i = 0; i < 40 && neighbour.receipts.length === own; i++) {
    await stage.settle();
    await stage.sync(1);
  }
  expect(neighbour.receipts.length).toBe(own + 1);
  return producer.receipts.length - before;
}

async function neighbourOf(stage: Stage): Promise<TestProducer> {
  const { broker } = stage;
  const tenant = { adminRoles: [], allowedClusters: ['standalone'] };
  await stage.until(broker.putTenant('other', tenant, 'create'));
  const policies = { replicationClusters: ['standalone'], bundles: 4 };
  await stage.until(broker.createNamespace('other/space', policies));
  return stage.producer('other/space/t');
}

describe('what lies between a step and the disk', () => {
  it('is as many batches as may be there, for a tenant that is alone', async () => {
    const stage = await Stage.open({ limits });
    const producer = await stage.producer();
    await flood(stage, producer);
    expect(stage.runtime.stats().pendingBytes).toBeGreaterThan(4 * 1024 * KIB);
  });

  it('is bounded by its bytes while tenants share it, and stays in order', async () => {
    const stage = await Stage.open({ limits });
    const producer = await stage.producer();
    const neighbour = await neighbourOf(stage);
    await flood(stage, producer);
    const { pendingBytes } = stage.runtime.stats();
    expect(pendingBytes).toBeLessThan(1_600 * KIB);
    // The disk never waits for the next one.
    expect(stage.disk.unsynced).toBeGreaterThan(1);
    const ahead = await aheadOf(stage, neighbour, producer);
    expect(ahead * 64).toBeLessThan(1_900);
    stage.holdsSyncs = false;
    await stage.settle();
    const order = producer.receipts.map(({ sequenceId }) => Number(sequenceId));
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  it('is in any case one batch, however large its message', async () => {
    const stage = await Stage.open({ limits: { ...limits, maxSharedBytesInFlight: 16 * KIB } });
    const producer = await stage.producer();
    const neighbour = await neighbourOf(stage);
    await flood(stage, producer);
    expect(stage.disk.unsynced).toBe(1);
    expect(producer.receipts.length).toBeGreaterThan(10);
    // What is there, what is gathered, and the crowd's turn in the batch of its own.
    expect(await aheadOf(stage, neighbour, producer)).toBeLessThanOrEqual(6);
  });

  it('is a lone tenant’s again once nobody else was served for a while', async () => {
    const stage = await Stage.open({ limits });
    const producer = await stage.producer();
    await neighbourOf(stage);
    await stage.advance(10_001);
    await flood(stage, producer);
    expect(stage.runtime.stats().pendingBytes).toBeGreaterThan(4 * 1024 * KIB);
  });
});
