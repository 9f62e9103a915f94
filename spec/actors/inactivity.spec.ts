import { describe, expect, it } from 'vitest';
import type { SetPolicies } from '../../src/actors/policies/values.ts';
import { parseTopicName } from '../../src/base/topic-name.ts';
import { Stage } from './harness.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

const unused = (seconds: number, caughtUp = false): SetPolicies => ({
  inactiveTopics: {
    deleteWhileInactive: true,
    maxInactiveDurationSeconds: seconds,
    inactiveTopicDeleteMode: caughtUp
      ? 'delete_when_subscriptions_caught_up'
      : 'delete_when_no_subscriptions',
  },
});

const topics = async (stage: Stage) =>
  (await stage.broker.topicsOf('public/default')).map((name) => name.split('/').at(-1));

describe('a topic that nobody uses', () => {
  it('is deleted after a while though it has left memory long before', async () => {
    const stage = await Stage.open({ policies: unused(600) });
    (await stage.producer()).drop();
    await stage.advance(5 * MINUTE_MS);
    expect([...stage.broker.loadedTopics()]).toEqual([]);
    expect(await topics(stage)).toEqual(['t']);
    await stage.advance(5 * MINUTE_MS + SECOND_MS);
    expect(await topics(stage)).toEqual([]);
  });

  it('is deleted in time after a crash, in which its clients were lost', async () => {
    const stage = await Stage.open({ policies: unused(600) });
    await stage.producer('used');
    (await stage.producer('unused')).drop();
    await stage.advance(5 * MINUTE_MS);
    await stage.crash();
    await stage.advance(5 * MINUTE_MS + SECOND_MS);
    expect(await topics(stage)).toEqual(['used']);
    await stage.advance(5 * MINUTE_MS);
    expect(await topics(stage)).toEqual([]);
  });

  it('is deleted in time though the clock was set back after others were', async () => {
    const stage = await Stage.open({ policies: unused(600) });
    (await stage.producer('before')).drop();
    await stage.advance(10 * MINUTE_MS + SECOND_MS);
    expect(await topics(stage)).toEqual([]);
    stage.clock.setBack(60 * MINUTE_MS);
    (await stage.producer('after')).drop();
    await stage.advance(5 * MINUTE_MS);
    expect([...stage.broker.loadedTopics()]).toEqual([]);
    await stage.advance(5 * MINUTE_MS + SECOND_MS);
    expect(await topics(stage)).toEqual([]);
  });

  it('counts the time anew after it was used again', async () => {
    const stage = await Stage.open({ policies: unused(60) });
    (await stage.producer()).drop();
    await stage.advance(50 * SECOND_MS);
    (await stage.producer()).drop();
    await stage.advance(50 * SECOND_MS);
    const reader = await stage.consumer('r', { durable: false });
    await stage.advance(2 * MINUTE_MS);
    expect(await topics(stage)).toEqual(['t']);
    reader.drop();
    await stage.advance(MINUTE_MS + SECOND_MS);
    expect(await topics(stage)).toEqual([]);
  });

  it('stays as long as retention keeps what it holds', async () => {
    const retention = { retentionTimeInMinutes: 10, retentionSizeInMB: -1 };
    const stage = await Stage.open({ policies: { ...unused(60), retention } });
    const producer = await stage.producer();
    producer.send('0');
    producer.drop();
    (await stage.producer('empty')).drop();
    await stage.advance(9 * MINUTE_MS);
    expect(await topics(stage)).toEqual(['t']);
    await stage.advance(MINUTE_MS + SECOND_MS);
    expect(await topics(stage)).toEqual([]);
  });

  it('stays for ever where retention does', async () => {
    const retention = { retentionTimeInMinutes: -1, retentionSizeInMB: -1 };
    const stage = await Stage.open({ policies: { ...unused(60), retention } });
    const producer = await stage.producer();
    producer.send('0');
    producer.drop();
    await stage.advance(120 * MINUTE_MS);
    expect(await topics(stage)).toEqual(['t']);
    expect([...stage.broker.loadedTopics()]).toEqual([]);
  });

  it.each([
    ['leaves the whole that it is a partition of', false, 2],
    ['takes the whole with it as its last partition, where configured', true, undefined],
  ])('%s', async (_, deletes, left) => {
    const stage = await Stage.open({
      policies: unused(60),
      topic: { deletesPartitionedMetadata: deletes },
    });
    const { broker } = stage;
    for (const name of ['p', 'q']) {
      await stage.until(broker.createPartitionedTopic(parseTopicName(name), 2));
    }
    await stage.consumer('s', { topic: 'q-partition-1' });
    await stage.advance(2 * MINUTE_MS);
    expect(await topics(stage)).toEqual(['q-partition-1']);
    expect(broker.partitionedTopic(parseTopicName('p'))?.partitions).toBe(left);
    expect(broker.partitionedTopic(parseTopicName('q'))?.partitions).toBe(2);
  });
});

describe('a topic whose subscriptions have read everything', () => {
  it('is deleted with them when it has no clients', async () => {
    const stage = await Stage.open({ policies: unused(60, true) });
    const producer = await stage.producer();
    const consumer = await stage.consumer('s');
    const behind = await stage.consumer('behind');
    producer.send('0');
    await stage.settle();
    consumer.ack(consumer.received[0]!);
    producer.drop();
    consumer.drop();
    behind.drop();
    await stage.advance(10 * MINUTE_MS);
    expect(await topics(stage)).toEqual(['t']);
    expect([...stage.broker.loadedTopics()]).toEqual([]);
    const back = await stage.consumer('behind');
    back.ack(back.received[0]!);
    await stage.advance(10 * MINUTE_MS);
    expect(await topics(stage)).toEqual(['t']);
    back.drop();
    await stage.advance(4 * MINUTE_MS);
    expect(await topics(stage)).toEqual([]);
    const anew = await stage.consumer('s', { initialPosition: 'Earliest' });
    expect(anew.values).toEqual([]);
  });
});

describe('a subscription without consumers', () => {
  const subscriptions = (stage: Stage) =>
    stage.broker.topicView(parseTopicName('t'))?.subscriptions;

  it('is deleted after a while, whatever it has not read', async () => {
    const stage = await Stage.open({ policies: { subscriptionExpirationMinutes: 30 } });
    const producer = await stage.producer();
    const gone = await stage.consumer('gone');
    const used = await stage.consumer('used');
    const replicated = await stage.consumer('replicated', { replicated: true });
    producer.send('0');
    for (const one of [gone, replicated]) one.drop();
    await stage.advance(29 * MINUTE_MS);
    expect(subscriptions(stage)).toEqual(['gone', 'used', 'replicated']);
    await stage.advance(3 * MINUTE_MS);
    expect(subscriptions(stage)).toEqual(['used', 'replicated']);
    expect(used.isClosed).toBe(false);
  });

  it('begins to wait anew with every consumer', async () => {
    const stage = await Stage.open({ policies: { subscriptionExpirationMinutes: 30 } });
    (await stage.consumer('s')).drop();
    await stage.advance(20 * MINUTE_MS);
    (await stage.consumer('s')).drop();
    await stage.advance(20 * MINUTE_MS);
    expect(subscriptions(stage)).toEqual(['s']);
    await stage.advance(12 * MINUTE_MS);
    expect(subscriptions(stage)).toEqual([]);
  });

  it('is deleted in time though its topic has left memory and the broker has crashed', async () => {
    const stage = await Stage.open({ policies: { subscriptionExpirationMinutes: 30 } });
    (await stage.consumer('s')).drop();
    await stage.advance(10 * MINUTE_MS);
    expect([...stage.broker.loadedTopics()]).toEqual([]);
    await stage.crash();
    await stage.advance(15 * MINUTE_MS);
    expect([...stage.broker.loadedTopics()]).toEqual([]);
    await stage.advance(7 * MINUTE_MS);
    expect(subscriptions(stage)).toEqual([]);
  });
});
