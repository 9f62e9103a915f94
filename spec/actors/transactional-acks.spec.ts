import { describe, expect, it } from 'vitest';
import { ackIn, begin, end, openStage } from './transacting.ts';

const shared = { subType: 'Shared' } as const;

async function delivered(subType: 'Shared' | 'Exclusive' | 'Key_Shared', count = 3) {
  const stage = await openStage();
  const producer = await stage.producer();
  const consumer = await stage.consumer('s', { subType });
  producer.send(...[...Array(count).keys()].map(String));
  await stage.settle();
  const backlog = () => stage.broker.cursorView(producer.topic, 's')?.backlogEntries;
  return { stage, producer, consumer, backlog };
}

describe('acknowledging in a transaction', () => {
  it('counts with the commit', async () => {
    const { stage, consumer, backlog } = await delivered('Shared');
    const txn = await begin(stage, [], ['t/s']);
    expect(await ackIn(stage, consumer, txn, consumer.received.slice(0, 2))).toBeUndefined();
    expect(backlog()).toBe(3);
    expect(stage.broker.subscriptionView(consumer.topic, 's')?.unacked).toBe(1);
    await end(stage, txn, true);
    expect(backlog()).toBe(1);
    await stage.crash();
    expect((await stage.consumer('s', shared)).values).toEqual(['2']);
  });

  it('of some of a batch counts together with what is acknowledged plainly at once', async () => {
    const stage = await openStage();
    const producer = await stage.producer();
    const consumer = await stage.consumer('s', shared);
    producer.send({ value: 'batch', messages: 3 });
    await stage.settle();
    const position = consumer.received[0]!;
    const txn = await begin(stage, [], ['t/s']);
    consumer.ackIn(txn, [{ position, ackSet: [0b110n], batchSize: 3 }]);
    consumer.ackIndexes(position, 3, 1, 2);
    await stage.settle();
    const unacked = () => stage.broker.subscriptionView(consumer.topic, 's')?.unacked;
    expect(unacked()).toBe(0);
    await end(stage, txn, true);
    expect(unacked()).toBe(0);
  });

  it('is nothing after an abort: the messages come again, with their count', async () => {
    for (const subType of ['Shared', 'Key_Shared'] as const) {
      const { stage, consumer } = await delivered(subType);
      const txn = await begin(stage, [], ['t/s']);
      await ackIn(stage, consumer, txn, consumer.received.slice(0, 2));
      await end(stage, txn, false);
      const again = consumer.received.slice(3);
      expect(again.map(({ value, redeliveryCount }) => [value, redeliveryCount])).toEqual([
        ['0', 1],
        ['1', 1],
      ]);
    }
  });

  it('aborted, makes an exclusive consumer start over, as in Pulsar', async () => {
    const { stage, consumer } = await delivered('Exclusive');
    const txn = await begin(stage, [], ['t/s']);
    await ackIn(stage, consumer, txn, consumer.received.slice(0, 2));
    await end(stage, txn, false);
    expect(consumer.values).toEqual(['0', '1', '2', '0', '1', '2']);
    expect(consumer.received.every(({ redeliveryCount }) => redeliveryCount === 0)).toBe(true);
  });

  it('up to a message, aborted, brings nothing back by itself, as in Pulsar', async () => {
    const { stage, consumer } = await delivered('Exclusive');
    const txn = await begin(stage, [], ['t/s']);
    await ackIn(stage, consumer, txn, consumer.received.slice(1, 2), true);
    await end(stage, txn, false);
    expect(consumer.values).toEqual(['0', '1', '2']);
    consumer.redeliver();
    await stage.settle();
    expect(consumer.values.slice(3)).toEqual(['0', '1', '2']);
  });

  it('comes again once the abort is on disk, and not before', async () => {
    for (const subType of ['Shared', 'Exclusive'] as const) {
      const { stage, consumer } = await delivered(subType, 1);
      const txns = [await begin(stage, [], ['t/s']), await begin(stage)];
      await ackIn(stage, consumer, txns[0]!, consumer.received);
      stage.holdsSyncs = true;
      const ended = txns.map((txn) => stage.broker.transactions.end(txn, false));
      await stage.settle();
      expect(consumer.values).toEqual(['0']);
      stage.holdsSyncs = false;
      for (const each of ended) await stage.until(each);
      expect(consumer.values).toEqual(['0', '0']);
    }
  });

  it('holds the messages back meanwhile, from other consumers and after a crash', async () => {
    for (const subType of ['Shared', 'Exclusive'] as const) {
      const { stage, consumer } = await delivered(subType);
      const txn = await begin(stage, [], ['t/s']);
      await ackIn(stage, consumer, txn, consumer.received.slice(0, 2));
      consumer.redeliver();
      await stage.settle();
      expect(consumer.values.slice(3)).toEqual(['2']);
      await stage.crash();
      const next = await stage.consumer('s', { subType });
      expect(next.values).toEqual(['2']);
      await end(stage, txn, false);
      expect(next.values.slice(1).sort()).toEqual(
        subType === 'Shared' ? ['0', '1'] : ['0', '1', '2'],
      );
    }
  });

  it('comes back to a consumer that came while it was held, and had nothing to read', async () => {
    const { stage, consumer } = await delivered('Shared', 1);
    const txn = await begin(stage, [], ['t/s']);
    await ackIn(stage, consumer, txn, consumer.received);
    consumer.drop();
    await stage.settle();
    const next = await stage.consumer('s', shared);
    expect(next.values).toEqual([]);
    await end(stage, txn, false);
    expect(next.values).toEqual(['0']);
  });

  it('comes back with its count, though everybody had left before the abort', async () => {
    const { stage, consumer } = await delivered('Shared', 2);
    const txn = await begin(stage, [], ['t/s']);
    await ackIn(stage, consumer, txn, consumer.received.slice(0, 1));
    consumer.drop();
    await stage.settle();
    await end(stage, txn, false);
    const next = await stage.consumer('s', shared);
    expect(next.received.map(({ value, redeliveryCount }) => [value, redeliveryCount])).toEqual([
      ['0', 1],
      ['1', 0],
    ]);
  });

  it('of the same message twice is a conflict, and so is what was acknowledged', async () => {
    const { stage, consumer } = await delivered('Shared');
    const [first, second] = consumer.received;
    const txns = [await begin(stage, [], ['t/s']), await begin(stage, [], ['t/s'])] as const;
    await ackIn(stage, consumer, txns[0], [first!]);
    for (const txn of txns) {
      const refusal = await ackIn(stage, consumer, txn, [second!, first!]);
      expect(refusal?.code).toBe('transaction-conflict');
      expect(refusal?.message).toMatch(/try to ack message:\d+:0 \(ackSet is null\) in pending/);
    }
    consumer.ack(second!);
    await stage.settle();
    const refusal = await ackIn(stage, consumer, txns[1], [second!]);
    expect(refusal?.message).toMatch(/:1 \(ackSet is null\) already acked before\.$/);
    consumer.ack(first!);
    await stage.settle();
    await end(stage, txns[0], false);
    expect(consumer.values).toHaveLength(3);
  });

  it('up to a message is for one transaction, which may go on', async () => {
    const { stage, consumer, backlog } = await delivered('Exclusive', 4);
    const [first, second, third] = consumer.received;
    const txns = [await begin(stage, [], ['t/s']), await begin(stage, [], ['t/s'])] as const;
    const upTo = async (txn: string, to: typeof first) =>
      (await ackIn(stage, consumer, txn, [to!], true))?.code;
    expect(await upTo(txns[0], second)).toBeUndefined();
    expect(await upTo(txns[0], first)).toBe('transaction-conflict');
    expect(await upTo(txns[0], second)).toBe('transaction-conflict');
    expect(await upTo(txns[1], third)).toBe('transaction-conflict');
    expect(await upTo(txns[0], third)).toBeUndefined();
    expect(backlog()).toBe(4);
    await stage.crash();
    await end(stage, txns[0], true);
    expect(backlog()).toBe(1);
    expect((await stage.consumer('s')).values).toEqual(['3']);
  });

  it('of indexes of a batch leaves the others, also to other transactions', async () => {
    const stage = await openStage();
    const consumer = await stage.consumer('s', shared);
    const producer = await stage.producer();
    producer.send({ value: 'batch', batch: ['a', 'b', 'c'].map((value) => ({ value })) });
    await stage.settle();
    const position = consumer.received[0]!;
    const part = (open: bigint) => [{ position, ackSet: [open], batchSize: 3 }];
    const txns = [await begin(stage, [], ['t/s']), await begin(stage, [], ['t/s'])] as const;
    expect(await ackIn(stage, consumer, txns[0], part(0b110n))).toBeUndefined();
    const conflict = await ackIn(stage, consumer, txns[1], part(0b100n));
    expect(conflict?.message).toMatch(/try to ack batch message:.*in pending ack status\.$/);
    expect(await ackIn(stage, consumer, txns[1], part(0b101n))).toBeUndefined();
    consumer.redeliver();
    await stage.settle();
    expect(consumer.received[1]?.ackSet).toEqual([0b100n]);
    await end(stage, txns[0], false);
    expect(consumer.received[2]?.ackSet).toEqual([0b101n]);
    await end(stage, txns[1], true);
    consumer.redeliver();
    await stage.settle();
    expect(consumer.received[3]?.ackSet).toEqual([0b101n]);
    const last = await begin(stage, [], ['t/s']);
    await ackIn(stage, consumer, last, part(0b010n));
    await end(stage, last, true);
    expect(stage.broker.cursorView(producer.topic, 's')?.backlogEntries).toBe(0);
  });

  it('gives back its part of a batch though the rest was acknowledged meanwhile', async () => {
    const stage = await openStage();
    const consumer = await stage.consumer('s', shared);
    const producer = await stage.producer();
    producer.send({ value: 'batch', batch: [{ value: 'a' }, { value: 'b' }] });
    await stage.settle();
    const position = consumer.received[0]!;
    const txn = await begin(stage, [], ['t/s']);
    await ackIn(stage, consumer, txn, [{ position, ackSet: [0b10n], batchSize: 2 }]);
    consumer.ackEntries([{ position, ackSet: [0b01n] }]);
    await stage.settle();
    expect(stage.broker.cursorView(producer.topic, 's')?.backlogEntries).toBe(1);
    await end(stage, txn, false);
    expect(consumer.received[1]?.ackSet).toEqual([0b01n]);
  });

  it('hides a batch of which the rest is acknowledged already', async () => {
    const stage = await openStage();
    const consumer = await stage.consumer('s');
    const producer = await stage.producer();
    producer.send({ value: 'batch', batch: ['a', 'b', 'c'].map((value) => ({ value })) });
    await stage.settle();
    const position = consumer.received[0]!;
    consumer.ackIndexes(position, 3, 1);
    const txn = await begin(stage, [], ['t/s']);
    const rest = [{ position, ackSet: [0b010n], batchSize: 3 }];
    expect(await ackIn(stage, consumer, txn, rest)).toBeUndefined();
    consumer.redeliver();
    await stage.settle();
    expect(consumer.received).toHaveLength(1);
    await end(stage, txn, false);
    expect(consumer.received[1]?.ackSet).toEqual([0b101n]);
  });

  it('acknowledges single indexes of the batch up to which it acknowledges, too', async () => {
    const stage = await openStage();
    const consumer = await stage.consumer('s');
    const producer = await stage.producer();
    producer.send({ value: 'batch', batch: ['a', 'b', 'c', 'd'].map((value) => ({ value })) });
    await stage.settle();
    const position = consumer.received[0]!;
    const txn = await begin(stage, [], ['t/s']);
    const part = (words: bigint) => [{ position, ackSet: [words], batchSize: 4 }];
    expect(await ackIn(stage, consumer, txn, part(0b1011n))).toBeUndefined();
    expect(await ackIn(stage, consumer, txn, part(0b1110n), true)).toBeUndefined();
    await end(stage, txn, true);
    await stage.crash();
    expect((await stage.consumer('s')).received[0]?.ackSet).toEqual([0b1010n]);
  });

  it('is refused for what has ended, or was not joined', async () => {
    const { stage, consumer } = await delivered('Shared');
    const [one, other] = [await begin(stage, [], ['t/s']), await begin(stage)];
    await end(stage, one, true);
    const codes = [];
    for (const txn of [one, other]) {
      codes.push((await ackIn(stage, consumer, txn, [consumer.received[0]!]))?.code);
    }
    expect(codes).toEqual(['transaction-not-found', 'not-allowed']);
  });
});
