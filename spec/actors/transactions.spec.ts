import { describe, expect, it } from 'vitest';
import type { LastMessageId } from '../../src/actors/ports.ts';
import { ackIn, begin, end, openStage } from './transacting.ts';

async function lastId(stage: Awaited<ReturnType<typeof openStage>>, topic = 't') {
  const name = `topic:persistent://public/default/${topic}`;
  const answer = await stage.request(name, (reply) => ({
    type: 'get-last-message-id',
    reply,
    subscription: undefined,
  }));
  return (answer as LastMessageId).last.entryId;
}

describe('publishing in a transaction', () => {
  it('shows nothing before the commit, nor what came behind it; then all in order', async () => {
    const stage = await openStage();
    const consumer = await stage.consumer('s');
    const producer = await stage.producer();
    producer.send('before');
    const txn = await begin(stage, ['t']);
    producer.sendIn(txn, 'a', 'b');
    producer.send('behind');
    await stage.settle();
    expect(producer.receipts).toHaveLength(4);
    expect(consumer.values).toEqual(['before']);
    expect(await lastId(stage)).toBe(0);
    await end(stage, txn, true);
    expect(consumer.values).toEqual(['before', 'a', 'b', 'behind']);
    expect(await lastId(stage)).toBe(3);
  });

  it('shows nothing of what was aborted, to nobody, and keeps no backlog of it', async () => {
    const stage = await openStage();
    const consumer = await stage.consumer('s');
    const producer = await stage.producer();
    const txn = await begin(stage, ['t']);
    producer.send('x');
    producer.sendIn(txn, 'a');
    producer.send('y');
    producer.sendIn(txn, 'b', 'c');
    await stage.settle();
    await end(stage, txn, false);
    expect(consumer.values).toEqual(['x', 'y']);
    consumer.ack(...consumer.received);
    await stage.settle();
    expect(stage.broker.cursorView(producer.topic, 's')?.backlogEntries).toBe(0);
    expect(await lastId(stage)).toBe(2);
    expect((await stage.consumer('later')).values).toEqual(['x', 'y']);
    await stage.crash();
    expect((await stage.consumer('later-still')).values).toEqual(['x', 'y']);
    expect((await stage.consumer('reader', { durable: false })).values).toEqual(['x', 'y']);
  });

  it('shows nothing of what was aborted in the place of what was trimmed meanwhile', async () => {
    const stage = await openStage({ cacheBytes: 0, topic: { maxEntriesPerLedger: 1 } });
    const producer = await stage.producer();
    producer.send('a', 'b');
    await stage.settle();
    stage.holdsReads = true;
    const consumer = await stage.consumer('s');
    const txn = await begin(stage, ['t']);
    producer.sendIn(txn, 'x', 'y');
    await stage.settle();
    await stage.request(consumer.subscribed!.actor, (reply) => ({
      type: 'skip',
      reply,
      count: 2,
    }));
    await end(stage, txn, false);
    stage.holdsReads = false;
    stage.letRead();
    await stage.settle();
    expect(consumer.values).toEqual([]);
    producer.send('c');
    await stage.settle();
    expect(consumer.values).toEqual(['c']);
  });

  it('waits for the oldest of several transactions', async () => {
    const stage = await openStage();
    const consumer = await stage.consumer('s');
    const producer = await stage.producer();
    const [one, two] = [await begin(stage, ['t']), await begin(stage, ['t'])];
    producer.sendIn(one, '1');
    producer.sendIn(two, '2');
    producer.sendIn(one, '3');
    await stage.settle();
    await end(stage, two, true);
    expect(consumer.values).toEqual([]);
    await end(stage, one, false);
    expect(consumer.values).toEqual(['2']);
  });

  it('is all or nothing over topics, whenever the broker dies', async () => {
    for (const isEnded of [false, true]) {
      const stage = await openStage();
      const producers = [await stage.producer('p'), await stage.producer('q')];
      const txn = await begin(stage, ['p', 'q']);
      for (const producer of producers) producer.sendIn(txn, 'in');
      await stage.settle();
      if (isEnded) await end(stage, txn, true);
      await stage.crash();
      for (const topic of ['p', 'q']) {
        const { values } = await stage.consumer('s', { topic });
        expect(values).toEqual(isEnded ? ['in'] : []);
      }
      if (isEnded) continue;
      await end(stage, txn, true);
      for (const topic of ['p', 'q']) {
        expect((await stage.consumer('s2', { topic })).values).toEqual(['in']);
      }
    }
  });

  it('shows nothing of a commit that is not on disk', async () => {
    const stage = await openStage();
    const consumer = await stage.consumer('s');
    const producer = await stage.producer();
    const txn = await begin(stage, ['t']);
    producer.sendIn(txn, 'a');
    await stage.settle();
    stage.holdsSyncs = true;
    const ended = stage.broker.transactions.end(txn, true);
    producer.send('b');
    await stage.settle();
    expect(consumer.values).toEqual([]);
    stage.holdsSyncs = false;
    await stage.until(ended);
    expect(consumer.values).toEqual(['a', 'b']);
  });

  it('takes nothing in for what has ended, or was not joined', async () => {
    const stage = await openStage();
    const producer = await stage.producer();
    const [one, other] = [await begin(stage, ['t']), await begin(stage)];
    await end(stage, one, true);
    producer.sendIn(one, 'late');
    producer.sendIn(other, 'unjoined');
    producer.sendIn('(0,99)', 'unknown');
    await stage.settle();
    expect(producer.receipts).toEqual([]);
    expect(producer.failures.map(({ refusal }) => refusal.code)).toEqual(
      Array(3).fill('not-allowed'),
    );
    expect(producer.failures[0]?.refusal.message).toBe(
      'Transaction [(0,0)] has been ended. Please use a new transaction to send message.',
    );
  });

  it('knows duplicates, whether they were aborted or not', async () => {
    const stage = await openStage({ policies: { deduplication: true } });
    const consumer = await stage.consumer('s');
    const producer = await stage.producer('t', { name: 'p' });
    const txn = await begin(stage, ['t']);
    producer.sendIn(txn, { value: 'a', sequenceId: 1 });
    producer.sendIn(txn, { value: 'a', sequenceId: 1 });
    producer.send({ value: 'b', sequenceId: 2 });
    await stage.settle();
    await end(stage, txn, true);
    expect(producer.receipts.map(({ entryId }) => entryId)).toEqual([0, -1, 1]);
    expect(consumer.values).toEqual(['a', 'b']);
  });

  it('is left out of what is compacted, while it is open and when it was aborted', async () => {
    const stage = await openStage();
    const producer = await stage.producer();
    const [gone, open] = [await begin(stage, ['t']), await begin(stage, ['t'])];
    producer.send({ key: 'k', value: 'old' });
    producer.sendIn(gone, { key: 'k', value: 'gone' });
    await stage.settle();
    await end(stage, gone, false);
    producer.sendIn(open, { key: 'k', value: 'new' });
    await stage.settle();
    const compact = async () => {
      const actor = 'topic:persistent://public/default/t';
      await stage.request(actor, (reply) => ({ type: 'compact', reply }));
    };
    const read = async (name: string) =>
      (await stage.consumer(name, { readCompacted: true })).values;
    await compact();
    expect(await read('one')).toEqual(['old']);
    await end(stage, open, true);
    await compact();
    expect(await read('two')).toEqual(['new']);
  });
});

describe('a transaction', () => {
  it('that nobody ends is aborted in time, also by a broker that was away', async () => {
    for (const crashes of [false, true]) {
      const stage = await openStage();
      const consumer = await stage.consumer('s');
      const producer = await stage.producer();
      const txn = await begin(stage, ['t'], [], 5_000);
      producer.sendIn(txn, 'never');
      producer.send('after');
      await stage.settle();
      await stage.advance(4_000);
      expect(consumer.values).toEqual([]);
      if (crashes) await stage.crash();
      const reader = crashes ? await stage.consumer('s') : consumer;
      await stage.advance(2_000);
      expect(reader.values).toEqual(['after']);
      await expect(end(stage, txn, true)).rejects.toMatchObject({ code: 'transaction-not-found' });
    }
  });

  it('aborted on disk as the broker stopped is over soon after it has started', async () => {
    const stage = await openStage();
    const producer = await stage.producer();
    const txn = await begin(stage, ['t'], [], 5_000);
    producer.sendIn(txn, 'never');
    producer.send('after');
    await stage.settle();
    stage.holdsSyncs = true;
    await stage.advance(5_600);
    const stopped = stage.close();
    await stage.step();
    stage.holdsSyncs = false;
    await stopped;
    await stage.restart();
    const consumer = await stage.consumer('s');
    await stage.advance(1_000);
    expect(consumer.values).toEqual(['after']);
  });

  it('that was out of time is counted, until the process ends', async () => {
    const stage = await openStage();
    const { transactions } = stage.broker;
    await begin(stage, ['t'], [], 5_000);
    await stage.advance(6_000);
    expect(transactions.view(0).counts).toMatchObject({ created: 1, aborted: 1, timedOut: 1 });
    await stage.crash();
    expect(stage.broker.transactions.view(0).counts).toMatchObject({ created: 0, aborted: 0 });
  });

  it('ends once, and is not known afterwards', async () => {
    const stage = await openStage();
    const txn = await begin(stage);
    await end(stage, txn, true);
    for (const commit of [true, false]) {
      await expect(end(stage, txn, commit)).rejects.toMatchObject({
        code: 'transaction-not-found',
        message: 'The transaction with this txdID `(0,0)`not found ',
      });
    }
    const { transactions } = stage.broker;
    await expect(stage.until(transactions.join(txn, []))).rejects.toMatchObject({
      code: 'transaction-not-found',
    });
  });

  it('ends though a topic or a subscription of it is gone, or was made anew', async () => {
    const stage = await openStage();
    const producer = await stage.producer('gone');
    const consumer = await stage.consumer('s', { topic: 'here' });
    (await stage.producer('here')).send('m');
    await stage.settle();
    const txn = await begin(stage, ['gone', 'never'], ['here/s', 'here/none']);
    producer.sendIn(txn, 'x');
    await ackIn(stage, consumer, txn, [consumer.received[0]!]);
    await stage.until(stage.broker.deleteTopic(producer.topic, true));
    await stage.producer('gone');
    consumer.unsubscribe(stage.nextId());
    await stage.settle();
    await end(stage, txn, true);
    expect(stage.broker.transactions.view(0).transactions.size).toBe(0);
  });

  it('is refused without a word beyond the limit', async () => {
    const stage = await openStage({ coordinator: { maxTransactions: 1 } });
    const txn = await begin(stage);
    await expect(begin(stage)).rejects.toMatchObject({ code: 'transaction-limit' });
    await end(stage, txn, false);
    await begin(stage);
  });
});
