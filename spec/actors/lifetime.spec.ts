import { describe, expect, it } from 'vitest';
import type { LastMessageId } from '../../src/actors/ports.ts';
import { EARLIEST } from '../../src/base/position.ts';
import { decodeEntry } from './entries.ts';
import { Stage } from './harness.ts';

const T = 'topic:persistent://public/default/t';

const unusedTopicsGo = {
  inactiveTopics: { deleteWhileInactive: true, maxInactiveDurationSeconds: 60 },
};

const shared = { subType: 'Shared' } as const;

const lastId = async (stage: Stage, subscription?: string) =>
  (await stage.request(T, (reply) => ({
    type: 'get-last-message-id',
    reply,
    subscription,
  }))) as LastMessageId;

const terminate = (stage: Stage) => stage.request(T, (reply) => ({ type: 'terminate', reply }));

const remove = (stage: Stage, force: boolean) =>
  stage.request(T, (reply) => ({ type: 'delete', reply, force }));

describe('the last message id', () => {
  it('names the last entry, with its bytes and how far the subscription is', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const consumer = await stage.consumer('s');
    producer.send('0', { value: 'batch', messages: 5 });
    await stage.settle();
    consumer.ackUpTo(consumer.received[0]!);
    await stage.settle();
    const { ledgerId } = producer.receipts[0]!;
    const { last, entry, markDelete } = await lastId(stage, 's');
    expect([last, markDelete]).toEqual([
      { ledgerId, entryId: 1 },
      { ledgerId, entryId: 0 },
    ]);
    expect(decodeEntry(entry!).messages).toBe(5);
  });

  it('of an empty topic is -1:-1, its mark-delete before the first entry', async () => {
    const stage = await Stage.open();
    await stage.consumer('s');
    const { last, entry, markDelete } = await lastId(stage, 's');
    expect([last, entry]).toEqual([EARLIEST, undefined]);
    expect(markDelete.ledgerId).toBeGreaterThan(0);
    expect(markDelete.entryId).toBe(-1);
  });

  it('does not know what is not durable', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    producer.send('0');
    await stage.settle();
    stage.holdsSyncs = true;
    producer.send('1');
    await stage.settle();
    expect((await lastId(stage)).last.entryId).toBe(0);
  });

  it('is the newest one, where the last was trimmed while it was read', async () => {
    const stage = await Stage.open({ cacheBytes: 0, topic: { maxEntriesPerLedger: 1 } });
    const producer = await stage.producer();
    const consumer = await stage.consumer('s');
    producer.send('0');
    await stage.settle();
    stage.holdsReads = true;
    const answer = stage.broker.ask(T, (reply) => ({
      type: 'get-last-message-id',
      reply,
      subscription: undefined,
    }));
    await stage.settle();
    producer.send({ value: 'batch', messages: 5 });
    await stage.settle();
    consumer.ack(consumer.received[0]!);
    await stage.settle();
    stage.holdsReads = false;
    const { last, entry } = (await stage.until(answer)) as LastMessageId;
    expect(producer.receipts[1]).toMatchObject(last);
    expect(decodeEntry(entry!).messages).toBe(5);
  });

  it('of a topic that is not there is an error', async () => {
    const stage = await Stage.open();
    expect(await lastId(stage)).toMatchObject({ refusal: { code: 'topic-not-found' } });
  });
});

describe('a terminated topic', () => {
  it('takes no more messages, and says which was the last', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    producer.send('0', '1');
    await stage.settle();
    const { ledgerId } = producer.receipts[0]!;
    const answer = await terminate(stage);
    expect(answer).toMatchObject({ type: 'done', value: { ledgerId, entryId: 1 } });
    expect(await terminate(stage)).toEqual({ ...answer, requestId: expect.anything() });
    expect(producer.isClosed).toBe(true);
    expect((await stage.producer()).refusal?.code).toBe('topic-terminated');
    await stage.crash();
    expect((await stage.producer()).refusal?.code).toBe('topic-terminated');
    expect((await stage.consumer('s')).values).toEqual(['0', '1']);
  });

  it('without messages ended before its first', async () => {
    const stage = await Stage.open();
    await stage.producer();
    expect(await terminate(stage)).toMatchObject({ value: { entryId: -1 } });
  });

  it('counts what was being stored as there', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const consumer = await stage.consumer('s');
    stage.holdsSyncs = true;
    producer.send('0');
    await stage.settle();
    stage.broker.ref(T).tell({
      type: 'terminate',
      reply: { recipient: consumer.connection, requestId: 1_001 },
    });
    stage.holdsSyncs = false;
    await stage.settle();
    expect(consumer.connection.answers.get(1_001)).toMatchObject({ value: { entryId: 0 } });
    expect([consumer.values, producer.receipts.length]).toEqual([['0'], 1]);
  });

  it.each(['Exclusive', 'Shared', 'Failover', 'Key_Shared'] as const)(
    'tells %s consumers of its end once they have acknowledged everything, once',
    async (subType) => {
      const stage = await Stage.open({ subscription: { failoverDelayMs: 0 } });
      const producer = await stage.producer();
      const consumer = await stage.consumer('s', { subType });
      producer.send('0', '1');
      await stage.settle();
      await terminate(stage);
      expect(consumer.endsOfTopic).toBe(0);
      consumer.ack(consumer.received[0]!);
      await stage.settle();
      expect(consumer.endsOfTopic).toBe(0);
      consumer.ack(consumer.received[1]!);
      consumer.flow(10);
      await stage.settle();
      expect(consumer.endsOfTopic).toBe(1);
    },
  );

  it('tells those at once who have nothing left to do, and those who come later', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const consumer = await stage.consumer('s', shared);
    producer.send('0');
    await stage.settle();
    consumer.ack(consumer.received[0]!);
    await stage.settle();
    await terminate(stage);
    expect(consumer.endsOfTopic).toBe(1);
    const late = await stage.consumer('s', shared);
    expect([late.endsOfTopic, consumer.endsOfTopic]).toEqual([1, 1]);
    await stage.crash();
    expect((await stage.consumer('s', shared)).endsOfTopic).toBe(1);
  });

  it('tells nobody who would not understand', async () => {
    const stage = await Stage.open();
    await stage.producer();
    const consumer = await stage.consumer('s', { knowsEndOfTopic: false });
    await terminate(stage);
    expect(consumer.endsOfTopic).toBe(0);
  });

  it('tells its end also when messages were skipped instead of acknowledged', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const consumer = await stage.consumer('s', { permits: 1 });
    producer.send('0', '1', '2');
    await stage.settle();
    await terminate(stage);
    const { actor } = consumer.subscribed!;
    await stage.request(actor, (reply) => ({ type: 'skip', reply, count: 'all' }));
    expect(consumer.endsOfTopic).toBe(1);
  });

  it('refuses those who wait for exclusive access', async () => {
    const stage = await Stage.open();
    await stage.producer('t', { accessMode: 'Exclusive' });
    const waiting = await stage.producer('t', { accessMode: 'WaitForExclusive' });
    await terminate(stage);
    expect([waiting.isClosed, waiting.refusal?.code]).toEqual([false, 'topic-terminated']);
  });
});

describe('a deleted topic', () => {
  it('is kept while clients are connected, unless they are thrown out', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const consumer = await stage.consumer('s');
    expect(await remove(stage, false)).toMatchObject({
      refusal: {
        code: 'precondition-failed',
        message:
          'Topic has 2 clients connected Including 1 consumers, 1 producers, and 0 replicators.',
      },
    });
    expect((await remove(stage, true)).type).toBe('done');
    expect([producer.isClosed, consumer.isClosed]).toEqual([true, true]);
    expect(await remove(stage, true)).toMatchObject({ refusal: { code: 'topic-not-found' } });
  });

  it('leaves nothing behind', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const consumer = await stage.consumer('s');
    await stage.consumer('r', { durable: false });
    producer.send('0', '1');
    await stage.settle();
    consumer.ack(consumer.received[1]!);
    await stage.settle();
    await remove(stage, true);
    expect(stage.disk.topics.usage(1)).toEqual({ liveBytes: 0, liveEntries: 0 });
    expect(await stage.broker.topicsOf('public/default')).toEqual([]);
    await stage.restart();
    const kinds = [...stage.disk.snapshots.keys()].map((actor) => actor.split(':')[0]);
    expect(new Set(kinds)).toEqual(new Set(['shard', 'cluster', 'tenant', 'namespace']));
    expect(stage.broker.topicView(producer.topic)).toBeUndefined();
  });

  it('may come again under its name, as another with other ids', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const consumer = await stage.consumer('s');
    producer.send('old');
    await stage.settle();
    await remove(stage, true);
    const again = await stage.producer();
    again.send('new');
    await stage.settle();
    expect(again.receipts[0]?.ledgerId).toBeGreaterThan(producer.receipts[0]!.ledgerId);
    expect((await stage.consumer('s')).values).toEqual(['new']);
    expect(consumer.values).toEqual(['old']);
    await stage.crash();
    expect((await stage.consumer('s')).values).toEqual(['new']);
  });

  it('and made anew in one breath is the new one for everybody', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const reader = await stage.consumer('r', { durable: false });
    producer.send('old');
    await stage.settle();
    const reply = { recipient: producer.connection, requestId: 1_001 };
    stage.broker.ref(T).tell({ type: 'delete', reply, force: true });
    stage.broker.ref(T).tell({ type: 'create', reply: { ...reply, requestId: 1_002 } });
    const anew = await stage.consumer('r', { durable: false });
    const late = await stage.producer();
    late.send('new');
    await stage.settle();
    expect([reader.isClosed, anew.refusal, anew.values]).toEqual([true, undefined, ['new']]);
  });

  it('without clients goes by itself after a while where that is configured', async () => {
    const stage = await Stage.open({ policies: unusedTopicsGo });
    const producer = await stage.producer('unused');
    const used = await stage.producer('used');
    const kept = await stage.consumer('s', { topic: 'kept' });
    kept.drop();
    producer.drop();
    await stage.advance(50_000);
    expect(await stage.broker.topicsOf('public/default')).toHaveLength(3);
    await stage.advance(20_000);
    const names = (await stage.broker.topicsOf('public/default')).map((name) =>
      name.split('/').at(-1),
    );
    expect(names).toEqual(['kept', 'used']);
    used.drop();
    await stage.advance(30_000);
    const back = await stage.producer('used');
    await stage.advance(60_000);
    expect(stage.broker.topicView(back.topic)).toBeDefined();
  });
});

describe('unloading', () => {
  it('closes all clients, keeps everything, and goes on in a new ledger', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const consumer = await stage.consumer('s');
    producer.send('0');
    await stage.settle();
    const answer = await stage.request(T, (reply) => ({ type: 'unload', reply }));
    expect([answer.type, producer.isClosed, consumer.isClosed]).toEqual(['done', true, true]);
    const again = await stage.producer();
    again.send('1');
    await stage.settle();
    expect(again.receipts[0]!.ledgerId).toBeGreaterThan(producer.receipts[0]!.ledgerId);
    expect((await stage.consumer('s')).values).toEqual(['0', '1']);
  });

  it('answers after what was sent before is stored', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    stage.holdsSyncs = true;
    producer.send('0');
    stage.broker.ref(T).tell({
      type: 'unload',
      reply: { recipient: producer.connection, requestId: 1_001 },
    });
    await stage.settle();
    await stage.sync();
    const types = producer.connection.types();
    expect(types).toEqual(['producer-opened', 'published', 'producer-closed', 'done']);
  });
});
