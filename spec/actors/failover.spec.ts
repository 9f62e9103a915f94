import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { murmur3Positive } from '../../src/base/murmur3.ts';
import type { TestConsumer } from './consumer.ts';
import { Stage, type StageOptions } from './harness.ts';

const failover = { subType: 'Failover' } as const;

const P = (index: number) => `t-partition-${index}`;

/** A stage with a partitioned topic, and consumers `a`, `b`, ... of one of its partitions. */
async function onPartition(index: number, names: readonly string[], options: StageOptions = {}) {
  const stage = await Stage.open(options);
  const producer0 = await stage.producer('other');
  const { broker } = stage;
  const base = { ...producer0.topic, full: 'persistent://public/default/t', base: '', local: 't' };
  await stage.until(broker.createPartitionedTopic(base, 4));
  const consumers: TestConsumer[] = [];
  const join = async (consumerName: string, priorityLevel = 0) => {
    const topic = P(index);
    const consumer = await stage.consumer('s', { ...failover, topic, consumerName, priorityLevel });
    consumers.push(consumer);
    return consumer;
  };
  for (const name of names) await join(name);
  const producer = await stage.producer(P(index));
  const active = () => broker.subscriptionView(producer.topic, 's')?.activeConsumer;
  return { stage, producer, consumers, join, active };
}

/** The consumer that Pulsar's ring of names prefers for a topic, by its definition. */
function onRing(topic: string, names: readonly string[]): string {
  const points = names.flatMap((name) =>
    [...Array(100).keys()].map((i) => ({ name, at: murmur3Positive(Buffer.from(`${name}${i}`)) })),
  );
  points.sort((a, b) => a.at - b.at);
  const at = murmur3Positive(Buffer.from(topic));
  return (points.find((point) => point.at >= at) ?? points[0]!).name;
}

describe('the active consumer of a failover subscription', () => {
  it('is chosen by the index of the partition among names in order', async () => {
    for (const index of [0, 1, 2, 3]) {
      const { active } = await onPartition(index, ['c', 'a', 'b']);
      expect(active()).toBe(['a', 'b', 'c'][index % 3]);
    }
  });

  it('is chosen among those of the best priority only', async () => {
    const { join, active } = await onPartition(1, ['a', 'b']);
    expect(active()).toBe('b');
    await join('z', -1);
    expect(active()).toBe('z');
    await join('y', -1);
    expect(active()).toBe('z');
  });

  it('is the same whatever came and went before', async () => {
    const name = fc.constantFrom(...'abcdef');
    const joins = fc.record({ joins: name, priority: fc.constantFrom(0, 0, 0, 1, 2) });
    const leaves = fc.record({ leaves: fc.nat(20) });
    const step = fc.oneof({ weight: 3, arbitrary: joins }, { weight: 2, arbitrary: leaves });
    const steps = fc.array(step, { maxLength: 30, size: 'max' });
    await fc.assert(
      fc.asyncProperty(fc.nat(3), steps, async (index, given) => {
        const { stage, join, active } = await onPartition(index, []);
        const there: { name: string; priority: number; consumer: TestConsumer }[] = [];
        for (const step of given) {
          if ('joins' in step) {
            const { joins: name, priority } = step;
            there.push({ name, priority, consumer: await join(name, priority) });
          } else if (there.length > 0) {
            const [gone] = there.splice(step.leaves % there.length, 1);
            gone?.consumer.close(1_000);
          }
          await stage.settle();
          const best = Math.min(...there.map(({ priority }) => priority));
          const names = there.filter(({ priority }) => priority === best).map((one) => one.name);
          expect(active()).toBe(names.sort()[index % names.length]);
        }
        await stage.close();
      }),
      { numRuns: 30 },
    );
  });

  it('is chosen by a ring of names on a plain topic', async () => {
    const names = ['alpha', 'beta', 'gamma'];
    for (const topic of ['t', 'u', 'v', 'w', 'x']) {
      const stage = await Stage.open();
      for (const consumerName of names) {
        await stage.consumer('s', { ...failover, topic, consumerName });
      }
      const producer = await stage.producer(topic);
      const view = stage.broker.subscriptionView(producer.topic, 's');
      expect(view?.activeConsumer).toBe(onRing(producer.topic.full, names));
    }
  });

  it('is chosen by that ring on partitions too, where that is configured', async () => {
    const options: StageOptions = { subscription: { failoverByRing: true } };
    const { active, producer } = await onPartition(2, ['a', 'b', 'c'], options);
    expect(active()).toBe(onRing(producer.topic.full, ['a', 'b', 'c']));
  });

  it('alone receives, in order', async () => {
    const { stage, producer, consumers } = await onPartition(0, ['a', 'b']);
    await stage.advance(1_000);
    producer.send('0', '1', '2');
    await stage.settle();
    expect(consumers.map(({ values }) => values)).toEqual([['0', '1', '2'], []]);
  });

  it('gets nothing before the delay is over, the first one included', async () => {
    const { stage, producer, consumers } = await onPartition(0, ['a']);
    producer.send('0');
    await stage.advance(999);
    expect(consumers[0]?.values).toEqual([]);
    await stage.advance(1);
    expect(consumers[0]?.values).toEqual(['0']);
  });

  it('gets everything at once where there is no delay', async () => {
    const options: StageOptions = { subscription: { failoverDelayMs: 0 } };
    const { stage, producer, consumers } = await onPartition(0, ['a'], options);
    producer.send('0');
    await stage.settle();
    expect([consumers[0]?.values, consumers[0]?.notices]).toEqual([['0'], [true]]);
  });

  it('starts at the first unacknowledged message when it takes over', async () => {
    const { stage, producer, consumers } = await onPartition(0, ['a', 'b']);
    await stage.advance(1_000);
    producer.send('0', '1', '2');
    await stage.settle();
    consumers[0]!.ackUpTo(consumers[0]!.received[0]!);
    await stage.settle();
    consumers[0]!.drop();
    await stage.advance(500);
    producer.send('3');
    await stage.settle();
    expect(consumers[1]!.values).toEqual([]);
    await stage.advance(500);
    expect(consumers[1]!.values).toEqual(['1', '2', '3']);
  });

  it('takes over from one that is still there when a better one joins', async () => {
    const { stage, producer, consumers, join } = await onPartition(0, ['b']);
    await stage.advance(1_000);
    producer.send('0', '1');
    await stage.settle();
    const better = await join('a');
    producer.send('2');
    await stage.advance(1_000);
    expect([consumers[0]!.values, better.values]).toEqual([
      ['0', '1'],
      ['0', '1', '2'],
    ]);
  });

  it('may be acknowledged for by one that is not active', async () => {
    const { stage, producer, consumers } = await onPartition(0, ['a', 'b']);
    await stage.advance(1_000);
    producer.send('0', '1');
    await stage.settle();
    consumers[1]!.ackUpTo(consumers[0]!.received[0]!);
    await stage.settle();
    expect(stage.broker.cursorView(producer.topic, 's')?.backlogEntries).toBe(1);
  });

  it('waits for permits like any other', async () => {
    const { stage, producer, consumers } = await onPartition(0, []);
    const topic = P(0);
    const slow = await stage.consumer('s', { ...failover, topic, consumerName: 'a', permits: 1 });
    await stage.advance(1_000);
    producer.send('0', '1');
    await stage.settle();
    expect([slow.values, consumers.length]).toEqual([['0'], 0]);
  });
});

describe('notices of the active consumer', () => {
  it('come to the first one with the end of its delay', async () => {
    const { stage, consumers } = await onPartition(0, ['a']);
    expect(consumers[0]!.notices).toEqual([]);
    await stage.advance(1_000);
    expect(consumers[0]!.notices).toEqual([true]);
  });

  it('come to one that joins behind before it is told of its success', async () => {
    const { stage, join } = await onPartition(0, ['a']);
    await stage.advance(1_000);
    const second = await join('b');
    expect(second.connection.types()).toEqual(['active-consumer', 'subscribed']);
    expect(second.notices).toEqual([false]);
  });

  it('come to the old and the new one once, when the change takes effect', async () => {
    const { stage, consumers, join } = await onPartition(0, ['b']);
    await stage.advance(1_000);
    const better = await join('a');
    expect(better.connection.types()).toEqual(['subscribed']);
    await stage.advance(1_000);
    expect([consumers[0]!.notices, better.notices]).toEqual([[true, false], [true]]);
  });

  it('come to the one that is left when the active one leaves', async () => {
    const { stage, consumers, join } = await onPartition(0, ['a']);
    await stage.advance(1_000);
    const other = await join('b');
    consumers[0]!.drop();
    await stage.advance(1_000);
    expect(other.notices).toEqual([false, true]);
  });

  it('come before the messages that follow the change', async () => {
    const { stage, producer, consumers } = await onPartition(0, ['a']);
    producer.send('m');
    await stage.advance(1_000);
    expect(consumers[0]!.values).toEqual(['m']);
    const types = consumers[0]!.connection.types();
    expect(types.indexOf('active-consumer')).toBeLessThan(types.indexOf('deliver'));
  });

  it('come before the messages that follow a change without delay', async () => {
    const options = { subscription: { failoverDelayMs: 0 } };
    const { stage, producer, consumers, join } = await onPartition(0, ['a'], options);
    const other = await join('b');
    producer.send('m');
    await stage.settle();
    consumers[0]!.drop();
    await stage.settle();
    expect(other.values).toEqual(['m']);
    expect(other.notices).toEqual([false, true]);
    const types = other.connection.types();
    expect(types.lastIndexOf('active-consumer')).toBeLessThan(types.indexOf('deliver'));
  });

  it('come once for several changes within one delay', async () => {
    const { stage, consumers, join } = await onPartition(0, ['d']);
    await stage.advance(1_000);
    for (const name of ['c', 'b', 'a']) {
      await join(name);
      await stage.advance(300);
    }
    await stage.advance(100);
    const [d, c, b, a] = consumers.map(({ notices }) => notices);
    expect([d, c, b, a]).toEqual([[true, false], [false], [false], [true]]);
    consumers[3]!.drop();
    await stage.advance(500);
    consumers[2]!.drop();
    await stage.advance(500);
    expect([c, d]).toEqual([
      [false, true],
      [true, false, false],
    ]);
  });

  it('do not come to clients that do not know them, nor on exclusive subscriptions', async () => {
    const stage = await Stage.open();
    const old = await stage.consumer('s', { ...failover, knowsActiveChange: false });
    const exclusive = await stage.consumer('e');
    await stage.advance(1_000);
    expect([old.notices, exclusive.notices]).toEqual([[], []]);
  });
});

describe('an exclusive subscription', () => {
  it('keeps order and permits, message by message', async () => {
    const stage = await Stage.open({ subscription: { maxReadEntries: 3 } });
    const producer = await stage.producer();
    const consumer = await stage.consumer('s', { permits: 0 });
    const values = [...Array(20).keys()].map(String);
    producer.send(...values);
    await stage.settle();
    for (let i = 1; i <= 20; i++) {
      consumer.flow(1);
      await stage.settle();
      expect(consumer.values).toEqual(values.slice(0, i));
    }
  });

  it('gives the next consumer what the last one did not acknowledge, holes left out', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const first = await stage.consumer('s');
    producer.send('0', '1', '2', '3', '4');
    await stage.settle();
    first.ack(first.received[1]!, first.received[3]!);
    first.drop();
    await stage.settle();
    const second = await stage.consumer('s');
    expect(second.received.map(({ value, redeliveryCount }) => [value, redeliveryCount])).toEqual([
      ['0', 0],
      ['2', 0],
      ['4', 0],
    ]);
  });
});
