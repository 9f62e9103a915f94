import { describe, expect, it } from 'vitest';
import { parseTopicName, partitionName } from '../../src/base/topic-name.ts';
import type { Connection } from './clients.ts';
import type { ConsumerOptions, TestConsumer } from './consumer.ts';
import { encodeEntry } from './entries.ts';
import { Stage, type StageOptions } from './harness.ts';

const T = 'non-persistent://public/default/t';
const NAME = parseTopicName(T);

async function open(options: StageOptions = {}) {
  const stage = await Stage.open(options);
  const consumer = (subscription: string, more: ConsumerOptions & { permits?: number } = {}) =>
    stage.consumer(subscription, { topic: T, ...more });
  return { stage, producer: await stage.producer(T), consumer };
}

const dropped = (stage: Stage, subscription: string) =>
  stage.broker.subscriptionView(NAME, subscription)?.dropped;

const values = (consumers: readonly TestConsumer[]) => consumers.map((one) => one.values);

const UNUSED_GO = {
  inactiveTopics: { deleteWhileInactive: true, maxInactiveDurationSeconds: 60 },
};

describe('a non-persistent topic', () => {
  it('gives every subscription every message, all under one id', async () => {
    const { stage, producer, consumer } = await open();
    const all = [await consumer('a'), await consumer('b', { subType: 'Shared' })];
    producer.send('0', '1');
    await stage.settle();
    expect(values(all)).toEqual([
      ['0', '1'],
      ['0', '1'],
    ]);
    const zero = { ledgerId: 0, entryId: 0 };
    expect(producer.receipts).toEqual([
      { sequenceId: 0, ...zero },
      { sequenceId: 1, ...zero },
    ]);
    expect(all[1]!.received[1]).toMatchObject({ ...zero, redeliveryCount: 0 });
  });

  it('writes nothing to the journal, and does not wait for it', async () => {
    const { stage, producer, consumer } = await open();
    const other = await stage.producer('persistent');
    await consumer('s');
    const before = stage.broker.runtimeStats().batches;
    producer.send('0');
    await stage.settle();
    expect(stage.broker.runtimeStats().batches).toBe(before);
    stage.holdsSyncs = true;
    other.send('waits');
    await stage.settle();
    producer.send('1');
    await stage.settle();
    expect([producer.receipts.length, other.receipts.length]).toEqual([2, 0]);
  });

  it('drops what its consumer has no permits for, and does not bring it back', async () => {
    const { stage, producer, consumer } = await open();
    const one = await consumer('s', { permits: 2 });
    producer.send('0', '1', '2');
    await stage.settle();
    one.flow(10);
    await stage.settle();
    producer.send('3');
    await stage.settle();
    expect(one.values).toEqual(['0', '1', '3']);
    expect(dropped(stage, 's')).toBe(1);
  });

  it('drops while the socket of the consumer is full', async () => {
    const { stage, producer, consumer } = await open();
    const one = await consumer('s');
    one.congest(true);
    producer.send({ value: '0', messages: 5 });
    await stage.settle();
    one.congest(false);
    producer.send('1');
    await stage.settle();
    expect([one.values, dropped(stage, 's')]).toEqual([['1'], 5]);
  });

  it('lets shared consumers take turns, and passes over those that are full', async () => {
    const { stage, producer, consumer } = await open();
    const shared = { subType: 'Shared' } as const;
    const all = [await consumer('s', shared), await consumer('s', { ...shared, permits: 1 })];
    producer.send('0', '1', '2', '3');
    await stage.settle();
    expect(values(all)).toEqual([['0', '2', '3'], ['1']]);
    expect(stage.broker.subscriptionView(NAME, 's')!.unacked).toBe(0);
  });

  it('keeps the keys of key_shared consumers apart: a full one loses its own alone', async () => {
    const { stage, producer, consumer } = await open();
    const keyShared = { subType: 'Key_Shared' } as const;
    const full = await consumer('s', { ...keyShared, consumerName: 'full', permits: 2 });
    const free = await consumer('s', { ...keyShared, consumerName: 'free' });
    const keys = Array.from({ length: 40 }, (_, i) => `k${i}`);
    producer.send(...keys.map((key) => ({ value: key, key })));
    await stage.settle();
    const owners = new Set(free.values);
    producer.send(...keys.map((key) => ({ value: key, key })));
    await stage.settle();
    expect(full.values).toHaveLength(2);
    expect(new Set(free.values)).toEqual(owners);
    expect(dropped(stage, 's')).toBe(80 - 2 - free.values.length);
  });

  it('serves the active consumer of a failover subscription, the next one at once', async () => {
    const { stage, producer, consumer } = await open();
    const failover = { subType: 'Failover' } as const;
    const all = [
      await consumer('s', failover),
      await consumer('s', { ...failover, priorityLevel: 1 }),
    ];
    producer.send('0');
    await stage.settle();
    all[0]!.drop();
    producer.send('1');
    await stage.settle();
    expect(values(all)).toEqual([['0'], ['1']]);
    // As with Pulsar, only who joins behind the active one is told anything.
    expect(all.map(({ notices }) => notices)).toEqual([[], [false]]);
  });

  it('takes acknowledgements, redelivery and seeks for done', async () => {
    const { stage, producer, consumer } = await open();
    const one = await consumer('s', { subType: 'Shared' });
    producer.send('0');
    await stage.settle();
    const ids = [stage.nextId(), stage.nextId()] as const;
    one.ackEntries([{ position: one.received[0]!, ackSet: undefined }], ids[0]);
    one.redeliver([one.received[0]!]);
    one.seek({ kind: 'time', publishTimeMs: 1 }, ids[1]);
    await stage.settle();
    const [acked, sought] = ids.map((id) => one.connection.answers.get(id));
    expect([acked, sought]).toMatchObject([{ type: 'ack-answered' }, { type: 'done' }]);
    expect([one.values, one.isClosed]).toEqual([['0'], false]);
  });

  it('answers that there is no last message', async () => {
    const { stage } = await open();
    const reply = (requestId: number, recipient: Connection) => ({ recipient, requestId });
    const answer = await stage.request(`topic:${T}`, ({ recipient, requestId }) => ({
      type: 'get-last-message-id',
      reply: reply(Number(requestId), recipient as Connection),
      subscription: undefined,
    }));
    expect(answer).toMatchObject({ type: 'refused', refusal: { code: 'unknown' } });
  });

  it('refuses compacted reading', async () => {
    const { consumer } = await open();
    expect((await consumer('s', { readCompacted: true })).refusal).toEqual({
      code: 'not-allowed',
      message: 'readCompacted only valid on persistent topics',
    });
  });

  it('has a subscription as long as that has consumers, durable or not', async () => {
    const { stage, producer, consumer } = await open();
    const [durable, reader] = [await consumer('d'), await consumer('r', { durable: false })];
    const subscriptions = () => stage.broker.topicView(NAME)?.subscriptions;
    expect(subscriptions()).toEqual(['d', 'r']);
    expect(stage.broker.subscriptionView(NAME, 'd')!.durable).toBe(false);
    durable.drop();
    reader.close(stage.nextId());
    await stage.settle();
    expect(subscriptions()).toEqual([]);
    producer.send('0');
    await stage.settle();
    expect(producer.receipts).toHaveLength(1);
  });

  it('knows the access modes of producers, and their epochs as long as it is there', async () => {
    const { stage, producer } = await open();
    expect((await stage.producer(T, { accessMode: 'Exclusive' })).refusal?.code).toBe(
      'producer-fenced',
    );
    const waiting = await stage.producer(T, { accessMode: 'WaitForExclusive' });
    producer.drop();
    await stage.settle();
    expect(waiting.opened.at(-1)).toMatchObject({ ready: true, topicEpoch: 0 });
    const fencing = await stage.producer(T, { accessMode: 'ExclusiveWithFencing' });
    expect(fencing.opened.at(-1)).toMatchObject({ topicEpoch: 1 });
    waiting.send('0');
    await stage.settle();
    expect(waiting.failures).toHaveLength(1);
  });

  it('refuses messages that are too large or not encrypted, in their order', async () => {
    const policies = { encryptionRequired: true, maxMessageBytes: 300 };
    const stage = await Stage.open({ policies });
    const producer = await stage.producer(T, { encrypts: true });
    const consumer = await stage.consumer('s', { topic: T });
    const hidden = (value: string) => ({ value, encrypted: true });
    producer.send(hidden('a'), 'b', hidden('c'.repeat(400)), hidden('d'), hidden('e'));
    await stage.settle();
    expect(consumer.values).toEqual(['a', 'd', 'e']);
    expect(producer.receipts.map(({ sequenceId }) => sequenceId)).toEqual([0, 3, 4]);
    expect(producer.failures.map(({ sequenceIds, refusal }) => [sequenceIds, refusal])).toEqual([
      [[1], { code: 'metadata', message: 'Messages must be encrypted' }],
      [[2], { code: 'not-allowed', message: 'Exceed maximum message size' }],
    ]);
  });

  it('counts what a connection sends beyond its measure, and gives it no id', async () => {
    const { stage, producer } = await open();
    stage.broker.topic(NAME).tell({
      type: 'publish',
      key: producer.key,
      sequenceIds: [7, 8],
      highestSequenceIds: [undefined, undefined],
      messageCounts: [1, 4],
      entries: [],
      bytes: 0,
      chunked: false,
      isDropped: true,
    });
    await stage.settle();
    expect(producer.receipts.map(({ entryId }) => entryId)).toEqual([-1, -1]);
    const { producers, in: flow } = stage.broker.topicView(NAME)!;
    expect([producers[0]!.dropped, flow.messages]).toEqual([5, 0]);
  });

  it('hands entries on before the receipt, with which their memory is used again', async () => {
    const { stage, producer, consumer } = await open();
    const one = await consumer('s');
    const entries = [encodeEntry({ value: 'mine', messages: 1, publishTimeMs: 0 })];
    const { connection } = producer;
    const receive = connection.receive.bind(connection);
    connection.receive = (effect) => {
      if (effect.type === 'published') entries[0]!.fill(0);
      receive(effect);
    };
    stage.broker.topic(NAME).tell({
      type: 'publish',
      key: producer.key,
      sequenceIds: [0],
      highestSequenceIds: [undefined],
      messageCounts: [1],
      entries,
      bytes: entries[0]!.length,
      chunked: false,
    });
    await stage.settle();
    expect([one.values, entries[0]![0]]).toEqual([['mine'], 0]);
  });

  it('drops what comes while a subscription starts over, instead of keeping it', async () => {
    const { stage, producer, consumer } = await open({ fragile: true, expectsErrors: true });
    const one = await consumer('s');
    const { topicId } = stage.broker.topicView(NAME)!;
    const actor = `subscription:${topicId}/s`;
    stage.broker.ref(actor).tell({ type: 'poison' });
    producer.send('lost');
    await stage.settle();
    expect([one.values, one.isClosed, producer.receipts.length]).toEqual([[], true, 1]);
    const again = await consumer('s');
    producer.send('heard');
    await stage.settle();
    expect(again.values).toEqual(['heard']);
  });
});

describe('the life of a non-persistent topic', () => {
  it('ends with the process, but for its partitions', async () => {
    const stage = await Stage.open();
    const whole = parseTopicName('non-persistent://public/default/pt');
    await stage.until(stage.broker.createTopic(NAME));
    await stage.until(stage.broker.createPartitionedTopic(whole, 3));
    await stage.restart();
    expect(stage.broker.topicView(NAME)).toBeUndefined();
    expect(stage.broker.partitionedTopic(whole)?.partitions).toBe(3);
    const producer = await stage.producer(parseTopicName(partitionName(whole.full, 2)));
    expect(producer.isReady).toBe(true);
    await expect(stage.producer(parseTopicName(partitionName(whole.full, 3)))).rejects.toThrow(
      'Illegal topic partition name non-persistent://public/default/pt-partition-3 with max ' +
        'allowed 3 partitions',
    );
  });

  it('is listed by itself, and watched by nobody', async () => {
    const stage = await Stage.open();
    const heard: string[] = [];
    stage.broker.lists.watch('public/default', (added) => heard.push(...added));
    await stage.producer(T);
    await stage.producer('persistent://public/default/t');
    const { broker } = stage;
    expect(await stage.until(broker.topicsOf('public/default', 'non-persistent'))).toEqual([T]);
    expect(await stage.until(broker.topicsOf('public/default'))).toEqual([
      'persistent://public/default/t',
    ]);
    expect(heard).toEqual(['persistent://public/default/t']);
  });

  it('ends when nobody uses it any more, and stays in memory until then', async () => {
    const { stage, producer } = await open({ policies: UNUSED_GO });
    await stage.advance(600_000);
    expect(stage.broker.topicView(NAME)?.producers).toHaveLength(1);
    producer.drop();
    await stage.advance(59_000);
    expect(stage.broker.topicView(NAME)).toBeDefined();
    await stage.advance(2_000);
    expect(stage.broker.topicView(NAME)).toBeUndefined();
  });

  it('ends when it is unloaded or deleted, which its clients are told', async () => {
    for (const end of ['unload', 'delete'] as const) {
      const { stage, producer, consumer } = await open();
      const one = await consumer('s');
      const used = stage.broker.deleteTopic(NAME, false);
      await expect(stage.until(used)).rejects.toThrow('Topic has 2 connected producers/consumers');
      await stage.request(`topic:${T}`, (reply) => ({ type: end, reply, force: true }));
      expect([producer.isClosed, one.isClosed]).toEqual([true, true]);
      expect(stage.broker.topicView(NAME)).toBeUndefined();
      expect(await stage.until(stage.broker.topicsOf('public/default', 'non-persistent'))).toEqual(
        [],
      );
    }
  });

  it('can be forbidden', async () => {
    const stage = await Stage.open({ nonPersistentTopics: false });
    await expect(stage.producer(T)).rejects.toThrow('not unable to load non-persistent topic');
    await stage.producer('t');
  });

  it('stands in the way of the end of its namespace', async () => {
    const { stage } = await open();
    const kept = stage.broker.deleteNamespace('public/default', false);
    await expect(stage.until(kept)).rejects.toThrow('Cannot delete non empty namespace');
    await stage.until(stage.broker.deleteNamespace('public/default', true));
    expect(stage.broker.topicView(NAME)).toBeUndefined();
  });
});
