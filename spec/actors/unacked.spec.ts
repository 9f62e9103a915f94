import { describe, expect, it } from 'vitest';
import type { TestConsumer } from './consumer.ts';
import { Stage } from './harness.ts';

const shared = { subType: 'Shared' } as const;
const numbered = (count: number) => Array.from({ length: count }, (_, i) => `${i}`);

/** A topic with so many messages, and consumers that could take all of them. */
async function start(
  policies: { maxUnackedPerConsumer?: number; maxUnackedPerSubscription?: number },
  subType: 'Shared' | 'Key_Shared' = 'Shared',
) {
  const stage = await Stage.open({ policies });
  const producer = await stage.producer();
  const consumer = await stage.consumer('s', { subType });
  for (const value of numbered(20)) producer.send(value);
  await stage.settle();
  const view = () => stage.broker.subscriptionView(producer.topic, 's')!;
  return { stage, producer, consumer, view };
}

const ackSome = async (stage: Stage, consumer: TestConsumer, from: number, to: number) => {
  consumer.ack(...consumer.received.slice(from, to));
  await stage.settle();
};

describe('the limit of unacknowledged messages', () => {
  it.each(['Shared', 'Key_Shared'] as const)('of a %s consumer is met exactly', async (type) => {
    const { stage, consumer, view } = await start({ maxUnackedPerConsumer: 8 }, type);
    expect(consumer.values).toHaveLength(8);
    expect(view().consumers[0]).toMatchObject({ unacked: 8, blocked: true });
    await ackSome(stage, consumer, 0, 3);
    expect(consumer.values).toHaveLength(8);
    expect(view().consumers[0]).toMatchObject({ unacked: 5, blocked: true });
    await ackSome(stage, consumer, 3, 4);
    expect(consumer.values).toHaveLength(12);
    expect(view().consumers[0]).toMatchObject({ unacked: 8, blocked: true });
  });

  it('means nothing to those who receive in order, nor does 0', async () => {
    const { consumer } = await start({ maxUnackedPerConsumer: 0 });
    expect(consumer.values).toHaveLength(20);
    const stage = await Stage.open({ policies: { maxUnackedPerConsumer: 3 } });
    const producer = await stage.producer();
    const exclusive = await stage.consumer('s');
    producer.send(...numbered(20));
    await stage.settle();
    expect(exclusive.values).toHaveLength(20);
  });

  it('of one consumer leaves the rest to the others', async () => {
    const { stage, consumer } = await start({ maxUnackedPerConsumer: 8 });
    const other = await stage.consumer('s', shared);
    expect([consumer.values.length, other.values.length]).toEqual([8, 8]);
    other.drop();
    await stage.settle();
    expect(consumer.values).toHaveLength(8);
    await ackSome(stage, consumer, 0, 8);
    expect(consumer.values).toHaveLength(16);
  });

  it('counts what is given back as gone', async () => {
    const { stage, consumer, view } = await start({ maxUnackedPerConsumer: 8 });
    consumer.redeliver();
    await stage.settle();
    expect(view().consumers[0]).toMatchObject({ unacked: 8, blocked: true });
    expect(consumer.received.slice(8).map(({ redeliveryCount }) => redeliveryCount)).toEqual(
      Array.from({ length: 8 }, () => 1),
    );
  });

  it('of the whole subscription stops reading until less than half is left', async () => {
    const { stage, producer, consumer, view } = await start({ maxUnackedPerSubscription: 6 });
    const before = consumer.values.length;
    expect(view().blocked).toBe(true);
    producer.send('more');
    await stage.settle();
    expect(consumer.values).toHaveLength(before);
    await ackSome(stage, consumer, 0, before - 3);
    expect([view().blocked, consumer.values.length]).toEqual([true, before]);
    await ackSome(stage, consumer, before - 3, before - 2);
    expect(consumer.values.length).toBeGreaterThan(before);
  });

  it('is what the policies say now, for consumers that are there, too', async () => {
    const { stage, producer, consumer, view } = await start({ maxUnackedPerConsumer: 8 });
    const { policies } = stage.broker;
    await stage.until(policies.change(producer.topic, 'local', { maxUnackedPerConsumer: 30 }));
    await stage.settle();
    expect(consumer.values).toHaveLength(20);
    expect(view().consumers[0]?.blocked).toBe(false);
    await stage.until(policies.change(producer.topic, 'local', { maxUnackedPerConsumer: 10 }));
    await stage.settle();
    producer.send('more');
    await stage.settle();
    expect(view().consumers[0]).toMatchObject({ unacked: 20, blocked: true });
    await stage.until(policies.change(producer.topic, 'local', { maxUnackedPerConsumer: 0 }));
    await stage.settle();
    expect(consumer.values).toHaveLength(21);
  });
});
