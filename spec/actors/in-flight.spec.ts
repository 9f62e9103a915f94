import { describe, expect, it } from 'vitest';
import type { TestProducer } from './clients.ts';
import { Stage } from './harness.ts';

const MESSAGE = 'x'.repeat(64 * 1024);
const KIB = 1024;

/** Publishes more than the disk takes, which has what it takes with it all the time. */
async function flood(stage: Stage, producer: TestProducer): Promise<void> {
  stage.holdsSyncs = true;
  for (let i = 0; i < 20; i++) {
    for (let sent = 0; sent < 40; sent++) producer.send(MESSAGE);
    await stage.settle();
    await stage.sync(1);
  }
}

/** Publishes `value`, and how many bytes of others the disk writes before it has it. */
async function aheadOf(stage: Stage, neighbour: TestProducer, producer: TestProducer) {
  const before = producer.receipts.length;
  neighbour.send('short');
  for (let i = 0; i < 20 && neighbour.receipts.length === 0; i++) {
    await stage.settle();
    await stage.sync(1);
  }
  expect(neighbour.receipts).toHaveLength(1);
  return producer.receipts.length - before;
}

describe('what is with the disk at the same time', () => {
  it('is bounded by its bytes, in several batches', async () => {
    const limits = { maxBytesInFlight: 1024 * KIB, mailboxLimit: 100 };
    const stage = await Stage.open({ limits });
    const producer = await stage.producer();
    await flood(stage, producer);
    const { pendingBytes } = stage.runtime.stats();
    expect(pendingBytes).toBeLessThan(1_400 * KIB);
    expect(pendingBytes).toBeGreaterThan(600 * KIB);
    // The disk never waits for the next one.
    expect(stage.disk.unsynced).toBeGreaterThan(1);
    stage.holdsSyncs = false;
    await stage.settle();
    const order = producer.receipts.map(({ sequenceId }) => Number(sequenceId));
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  it('is in any case one batch, however large its message', async () => {
    const limits = { maxBytesInFlight: 4 * KIB, mailboxLimit: 100 };
    const stage = await Stage.open({ limits });
    const producer = await stage.producer();
    await flood(stage, producer);
    expect(producer.receipts.length).toBeGreaterThan(10);
  });

  it('lets others in behind it: what comes next is written next', async () => {
    const stage = await Stage.open({
      limits: { maxBytesInFlight: 1024 * KIB, mailboxLimit: 100 },
    });
    const producer = await stage.producer();
    const neighbour = await otherTenant(stage);
    await flood(stage, producer);
    expect((await aheadOf(stage, neighbour, producer)) * 64).toBeLessThan(1_400);
  });

  it('is gathered so that who has huge messages goes behind those who have not', async () => {
    const stage = await Stage.open({ limits: { maxBytesInFlight: 256 * KIB, mailboxLimit: 100 } });
    const producer = await stage.producer();
    const neighbour = await otherTenant(stage);
    stage.holdsSyncs = true;
    for (let i = 0; i < 10; i++) producer.send('x'.repeat(1024 * KIB));
    await stage.settle();
    expect(await aheadOf(stage, neighbour, producer)).toBe(1);
    // As many bytes as the huge ones before these are the neighbour's turn.
    for (let i = 0; i < 32; i++) neighbour.send(MESSAGE);
    const before = producer.receipts.length;
    for (let i = 0; i < 20 && neighbour.receipts.length < 17; i++) {
      await stage.settle();
      await stage.sync(1);
    }
    expect(neighbour.receipts.length).toBeGreaterThanOrEqual(17);
    expect(producer.receipts.length - before).toBeLessThanOrEqual(2);
    stage.holdsSyncs = false;
    await stage.settle();
    expect([producer.receipts.length, neighbour.receipts.length]).toEqual([10, 33]);
  });
});

async function otherTenant(stage: Stage): Promise<TestProducer> {
  const { broker } = stage;
  const tenant = { adminRoles: [], allowedClusters: ['standalone'] };
  await stage.until(broker.putTenant('other', tenant, 'create'));
  const policies = { replicationClusters: ['standalone'], bundles: 4 };
  await stage.until(broker.createNamespace('other/space', policies));
  return stage.producer('other/space/t');
}
