import { describe, expect, it } from 'vitest';
import { Stage } from './harness.ts';

const MINUTE_MS = 60_000;
const t = 'persistent://public/default/t';

const inMemory = (stage: Stage) => [...stage.broker.loadedTopics()];

describe('passivation', () => {
  it('lets a topic that nobody uses leave memory, and brings it back as it was', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const consumer = await stage.consumer('s', { subType: 'Shared' });
    producer.send('0', { value: '1', messages: 3 }, '2');
    await stage.settle();
    consumer.redeliver([consumer.received[0]!]);
    await stage.settle();
    consumer.ack(consumer.received[2]!);
    consumer.ackIndexes(consumer.received[1]!, 3, 0);
    producer.drop();
    consumer.drop();
    await stage.settle();
    const { broker } = stage;
    const seen = () => [
      broker.topicView(producer.topic)?.ledgers,
      broker.topicView(producer.topic)?.subscriptions,
      broker.cursorView(producer.topic, 's')?.markDelete,
      broker.cursorView(producer.topic, 's')?.ackedRangesText,
      broker.cursorView(producer.topic, 's')?.backlogEntries,
    ];
    const before = seen();
    await stage.advance(2 * MINUTE_MS);
    expect(inMemory(stage)).toEqual([]);
    expect(stage.runtime.stats().actors).toBe(1);
    expect(seen()).toEqual(before);
    const again = await stage.consumer('s', { subType: 'Shared' });
    expect(again.received.map(({ value, ackSet }) => [value, ackSet])).toEqual([
      ['0', undefined],
      ['1', [0b110n]],
    ]);
  });

  it('still lists what is not in memory', async () => {
    const stage = await Stage.open();
    await stage.until(stage.broker.createTopic((await stage.producer('a')).topic).catch(() => 0));
    await stage.advance(2 * MINUTE_MS);
    expect(await stage.broker.topicsOf('public/default')).toEqual([
      'persistent://public/default/a',
    ]);
  });

  it('keeps a topic whose producer was fenced and has not noticed', async () => {
    const stage = await Stage.open();
    const old = await stage.producer();
    const fencing = await stage.producer('t', { accessMode: 'ExclusiveWithFencing' });
    fencing.drop();
    await stage.advance(2 * MINUTE_MS);
    old.send('late');
    await stage.settle();
    expect(old.failures[0]?.refusal.code).toBe('persistence');
    old.drop();
    await stage.advance(2 * MINUTE_MS);
    expect(inMemory(stage)).toEqual([]);
  });

  it('lets a topic go whose consumers left while they waited for messages', async () => {
    const stage = await Stage.open();
    const consumer = await stage.consumer('s');
    const shared = await stage.consumer('s2', { subType: 'Shared' });
    consumer.drop();
    shared.drop();
    await stage.advance(2 * MINUTE_MS);
    expect(stage.runtime.stats().actors).toBe(1);
  });

  it('keeps what somebody waits for', async () => {
    const stage = await Stage.open();
    const consumer = await stage.consumer('s');
    await stage.advance(10 * MINUTE_MS);
    expect(inMemory(stage)).toEqual([t]);
    const producer = await stage.producer();
    producer.send('late');
    await stage.settle();
    expect(consumer.values).toEqual(['late']);
  });

  it('disturbs no consumer that has no permits just now', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const consumer = await stage.consumer('s', { permits: 0 });
    producer.send('0');
    await stage.settle();
    producer.drop();
    await stage.advance(10 * MINUTE_MS);
    expect(inMemory(stage)).toEqual([t]);
    consumer.flow(10);
    await stage.settle();
    expect(consumer.values).toEqual(['0']);
    const late = await stage.producer();
    late.send('1');
    await stage.settle();
    expect(consumer.values).toEqual(['0', '1']);
  });

  it('forgets no reader that has no permits just now', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const reader = await stage.consumer('r', { durable: false, permits: 0 });
    producer.send('0');
    await stage.settle();
    producer.drop();
    await stage.advance(10 * MINUTE_MS);
    reader.flow(10);
    await stage.settle();
    const late = await stage.producer();
    late.send('1');
    await stage.settle();
    expect(reader.values).toEqual(['0', '1']);
    expect(stage.broker.topicView(producer.topic)?.subscriptions).toEqual(['r']);
  });

  it('comes at once where there are too many actors', async () => {
    const stage = await Stage.open({ limits: { maxIdleActors: 10 } });
    for (let i = 0; i < 30; i++) {
      const producer = await stage.producer(`t${i}`);
      producer.drop();
    }
    await stage.advance(5_000);
    expect(inMemory(stage).length).toBeLessThan(10);
    expect(await stage.broker.topicsOf('public/default')).toHaveLength(30);
  });

  it('shows of one that leaves what it was to others that are looked at next', async () => {
    // Nothing is saved before it leaves: not by a checkpoint, nor by an end in good order.
    const limits = { checkpointIntervalMs: 60 * MINUTE_MS, actorIdleMs: 100 };
    const stage = await Stage.open({ limits });
    await stage.producer();
    await stage.crash();
    for (let i = 0; i < 8; i++) {
      await stage.advance(250);
      expect(stage.broker.namespace('public/default')).toMatchObject({ bundles: 4 });
    }
  });

  it('forgets nothing of an actor that a checkpoint is just saving', async () => {
    const limits = { maxIdleActors: 1, checkpointIntervalMs: 500, maxInFlight: 1 };
    const stage = await Stage.open({ limits });
    const producer = await stage.producer('t');
    await stage.consumer('keeps', { topic: 't', permits: 0 }).then((consumer) => consumer.drop());
    producer.send('0', '1');
    await stage.settle();
    producer.drop();
    const busy = await stage.producer('busy');
    stage.holdsSyncs = true;
    busy.send('a');
    await stage.settle();
    busy.send('b');
    await stage.settle();
    // The checkpoint holds the snapshot of `t` and waits for the disk to have the one of `busy`.
    await stage.advance(500);
    const again = await stage.producer('t');
    stage.holdsSyncs = false;
    await stage.settle();
    again.send('2');
    await stage.settle();
    expect((await stage.consumer('keeps', { topic: 't' })).values).toEqual(['0', '1', '2']);
  });
});
