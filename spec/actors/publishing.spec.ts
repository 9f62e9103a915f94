import { describe, expect, it } from 'vitest';
import { Stage } from './harness.ts';

describe('publishing', () => {
  it('is receipted in the order of sending, with entry ids from 0 on', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    producer.send('a', 'b');
    producer.send('c');
    await stage.settle();
    expect(producer.receipts.map(({ sequenceId, entryId }) => [sequenceId, entryId])).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ]);
  });

  it('echoes sequence ids as they came, beyond 53 bits as well', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const sequenceId = 2n ** 60n + 1n;
    producer.send({ value: 'a', sequenceId, highestSequenceId: sequenceId + 3n });
    await stage.settle();
    expect(producer.connection.heard.at(-1)).toMatchObject({
      type: 'published',
      sequenceIds: [sequenceId],
      highestSequenceIds: [sequenceId + 3n],
    });
  });

  it('is receipted only once the disk has it', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    stage.holdsSyncs = true;
    producer.send('a');
    await stage.settle();
    expect(producer.receipts).toEqual([]);
    await stage.sync();
    expect(producer.receipts).toHaveLength(1);
  });

  it('keeps receipts of later batches behind those of earlier ones', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    stage.holdsSyncs = true;
    producer.send('a');
    await stage.settle();
    producer.send('b');
    await stage.settle();
    await stage.sync(1);
    expect(producer.receipts.map(({ sequenceId }) => sequenceId)).toEqual([0]);
    await stage.sync(1);
    expect(producer.receipts.map(({ sequenceId }) => sequenceId)).toEqual([0, 1]);
  });

  it('goes on gathering while the disk is busy, and loses the order of nobody', async () => {
    const limits = { maxInFlight: 1, maxBatchEvents: 2 };
    const stage = await Stage.open({ limits });
    const producer = await stage.producer();
    stage.holdsSyncs = true;
    for (let i = 0; i < 20; i++) {
      producer.send(`m${i}`);
      await stage.settle();
    }
    expect(stage.disk.unsynced).toBe(1);
    stage.holdsSyncs = false;
    await stage.settle();
    expect(producer.receipts.map(({ entryId }) => entryId)).toEqual([...Array(20).keys()]);
  });

  it('is not delivered to anybody before it is durable', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const consumer = await stage.consumer('s');
    stage.holdsSyncs = true;
    producer.send('a');
    await stage.settle();
    expect(consumer.values).toEqual([]);
    await stage.sync();
    expect(consumer.values).toEqual(['a']);
  });

  it('that no receipt confirmed may be gone after a crash, what one confirmed is not', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    producer.send('kept');
    await stage.settle();
    stage.holdsSyncs = true;
    producer.send('lost');
    await stage.settle();
    await stage.crash();
    stage.holdsSyncs = false;
    const consumer = await stage.consumer('s');
    expect(consumer.values).toEqual(['kept']);
  });

  it('starts a new ledger after a restart, so that ids grow and never come twice', async () => {
    const stage = await Stage.open();
    await stage.consumer('s', { permits: 0 });
    const before = await stage.producer();
    before.send('a', 'b');
    await stage.settle();
    stage.holdsSyncs = true;
    before.send('lost');
    await stage.settle();
    stage.holdsSyncs = false;
    await stage.crash();
    const after = await stage.producer();
    after.send('c');
    await stage.settle();
    expect(after.receipts[0]?.ledgerId).toBeGreaterThan(before.receipts[1]!.ledgerId);
    expect(after.receipts[0]?.entryId).toBe(0);
    const consumer = await stage.consumer('s');
    expect(consumer.values).toEqual(['a', 'b', 'c']);
  });

  it('never gives an id of one topic to another, also across crashes', async () => {
    const stage = await Stage.open();
    const seen = new Set<string>();
    for (let round = 0; round < 5; round++) {
      for (const topic of ['x', 'y', `z${round}`]) {
        const producer = await stage.producer(topic);
        producer.send('m');
        await stage.settle();
        const id = `${producer.receipts[0]?.ledgerId}:${producer.receipts[0]?.entryId}`;
        expect(seen.has(id)).toBe(false);
        seen.add(id);
      }
      await stage.crash();
    }
  });

  it('starts a new ledger when the open one is full', async () => {
    const stage = await Stage.open({ topic: { maxEntriesPerLedger: 2 } });
    const producer = await stage.producer();
    await stage.consumer('s', { permits: 0 });
    for (const value of ['a', 'b', 'c']) producer.send(value);
    await stage.settle();
    expect(producer.receipts.map(({ entryId }) => entryId)).toEqual([0, 1, 0]);
    const view = stage.broker.topicView(producer.topic);
    expect(view?.ledgers.map(({ entries }) => entries)).toEqual([2, 1]);
  });

  it('starts new ledgers in the middle of what comes together', async () => {
    const stage = await Stage.open({ topic: { maxEntriesPerLedger: 2 } });
    const producer = await stage.producer();
    const consumer = await stage.consumer('s');
    producer.send('a');
    producer.send('b', 'c', 'd', 'e', 'f');
    await stage.settle();
    expect(producer.receipts.map(({ entryId }) => entryId)).toEqual([0, 1, 0, 1, 0, 1]);
    expect(consumer.values).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    const view = stage.broker.topicView(producer.topic);
    expect(view?.ledgers.map(({ entries }) => entries)).toEqual([2, 2, 2]);
    await stage.crash();
    expect((await stage.consumer('s')).values).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });

  it('does not start one before the least age of a ledger', async () => {
    const stage = await Stage.open({ topic: { maxEntriesPerLedger: 2, minRolloverMs: 60_000 } });
    const producer = await stage.producer();
    await stage.consumer('s', { permits: 0 });
    for (const value of ['a', 'b', 'c']) producer.send(value);
    await stage.settle();
    expect(producer.receipts.at(-1)?.entryId).toBe(2);
    await stage.advance(60_000);
    producer.send('d');
    await stage.settle();
    expect(producer.receipts.at(-1)?.entryId).toBe(0);
  });

  it('after a broker-side close is neither stored nor answered', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    await stage.request('topic:persistent://public/default/t', (reply) => ({
      type: 'unload',
      reply,
    }));
    expect(producer.isClosed).toBe(true);
    producer.send('late');
    await stage.settle();
    expect([producer.receipts, producer.failures]).toEqual([[], []]);
  });

  it('counts messages and bytes of a topic and its producers', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    producer.send({ value: 'batch', messages: 5 }, 'single');
    await stage.settle();
    const view = stage.broker.topicView(producer.topic);
    expect(view?.in.messages).toBe(6);
    expect(view?.entriesAdded).toBe(2);
    expect(view?.producers[0]?.in).toEqual(view?.in);
    expect(view?.last).toEqual({ ledgerId: producer.receipts[1]?.ledgerId, entryId: 1 });
  });

  it('is measured: how long until it is durable, and how large entries are', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    stage.holdsSyncs = true;
    producer.send('a', 'b');
    await stage.settle();
    await stage.advance(30);
    await stage.sync();
    producer.send('c');
    await stage.settle();
    await stage.sync();
    const [loaded] = stage.broker.loaded();
    const minuteLaterMs = stage.clock.nowMs() + 60_000;
    const { writes } = loaded!.topic;
    for (const latency of [writes?.latency(minuteLaterMs), writes?.journalLatency(minuteLaterMs)]) {
      expect(latency).toEqual([1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 60_000]);
    }
    expect(writes?.sizes(minuteLaterMs)[0]).toBe(3);
    const { publish } = stage.broker.runtimeStats().latencies;
    expect(publish).toMatchObject({ count: 3, sumMs: 60 });
  });
});
