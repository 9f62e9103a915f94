import { describe, expect, it } from 'vitest';
import { parseTopicName } from '../../src/base/topic-name.ts';
import { Stage, type StageOptions } from './harness.ts';

const on: StageOptions = { policies: { deduplication: true } };

const numbersOf = (producer: { receipts: readonly { sequenceId: unknown; entryId: number }[] }) =>
  producer.receipts.map(({ sequenceId, entryId }) => [sequenceId, entryId]);

describe('deduplication', () => {
  it('stores a message once and receipts the copy with -1:-1, in order', async () => {
    const stage = await Stage.open(on);
    const producer = await stage.producer('t', { name: 'p' });
    producer.send({ value: 'a', sequenceId: 0 }, { value: 'b', sequenceId: 1 });
    producer.send(
      { value: 'a', sequenceId: 0 },
      { value: 'b', sequenceId: 1 },
      { value: 'c', sequenceId: 2 },
      { value: 'b', sequenceId: 1 },
      { value: 'd', sequenceId: 3 },
    );
    await stage.settle();
    expect(numbersOf(producer)).toEqual([
      [0, 0],
      [1, 1],
      [0, -1],
      [1, -1],
      [2, 2],
      [1, -1],
      [3, 3],
    ]);
    expect((await stage.consumer('s')).values).toEqual(['a', 'b', 'c', 'd']);
  });

  it('receipts a copy only after the first one is durable', async () => {
    const stage = await Stage.open(on);
    const producer = await stage.producer('t', { name: 'p' });
    stage.holdsSyncs = true;
    producer.send({ value: 'a', sequenceId: 0 });
    await stage.settle();
    producer.send({ value: 'a', sequenceId: 0 });
    await stage.settle();
    expect(producer.receipts).toEqual([]);
    await stage.sync();
    expect(numbersOf(producer)).toEqual([
      [0, 0],
      [0, -1],
    ]);
  });

  it('compares the first id of a batch and remembers the highest', async () => {
    const stage = await Stage.open(on);
    const producer = await stage.producer('t', { name: 'p' });
    producer.send({ value: 'batch', messages: 5, sequenceId: 10, highestSequenceId: 14 });
    producer.send({ value: 'inside', sequenceId: 12 });
    producer.send({ value: 'behind', sequenceId: 15 });
    await stage.settle();
    expect(numbersOf(producer).map(([, entry]) => entry)).toEqual([0, -1, 1]);
  });

  it('looks at the last chunk of a message only', async () => {
    const stage = await Stage.open(on);
    const producer = await stage.producer('t', { name: 'p' });
    const chunk = (index: number) => ({
      value: `chunk ${index}`,
      sequenceId: 7,
      chunk: { uuid: 'u', index, count: 3 },
    });
    producer.send(chunk(0), chunk(1));
    producer.send(chunk(2), { value: 'next', sequenceId: 8 });
    producer.send(chunk(2));
    await stage.settle();
    expect(numbersOf(producer)).toEqual([
      [7, 0],
      [7, 1],
      [7, 2],
      [8, 3],
      [7, -1],
    ]);
  });

  it.each([
    ['a crash', async (stage: Stage) => stage.crash()],
    ['a restart', async (stage: Stage) => stage.restart()],
    ['passivation', async (stage: Stage) => stage.advance(120_000)],
  ])('remembers each producer by name across %s', async (_, happens) => {
    const stage = await Stage.open(on);
    await stage.consumer('keeps', { permits: 0 });
    const producer = await stage.producer('t', { name: 'p' });
    producer.send({ value: 'a', sequenceId: 2n ** 60n });
    await stage.settle();
    producer.drop();
    await stage.settle();
    await happens(stage);
    const again = await stage.producer('t', { name: 'p' });
    expect(again.opened[0]?.lastSequenceId).toBe(2n ** 60n);
    again.send({ value: 'a', sequenceId: 2n ** 60n }, { value: 'b', sequenceId: 2n ** 60n + 1n });
    const other = await stage.producer('t', { name: 'q' });
    expect(other.opened[0]?.lastSequenceId).toBe(-1);
    other.send({ value: 'c', sequenceId: 0 });
    await stage.settle();
    expect((await stage.consumer('s')).values).toEqual(['a', 'b', 'c']);
  });

  it('forgets with a crash what was not stored, so that it can be sent again', async () => {
    const stage = await Stage.open(on);
    const producer = await stage.producer('t', { name: 'p' });
    stage.holdsSyncs = true;
    producer.send({ value: 'a', sequenceId: 0 });
    await stage.settle();
    stage.holdsSyncs = false;
    await stage.crash();
    const again = await stage.producer('t', { name: 'p' });
    again.send({ value: 'a', sequenceId: 0 });
    await stage.settle();
    expect(numbersOf(again)).toEqual([[0, 0]]);
  });

  it('is off where the namespace says so, and on where it says so', async () => {
    const stage = await Stage.open(on);
    const { broker } = stage;
    const policy = (deduplication: boolean) =>
      stage.until(broker.setNamespacePolicies('public/default', { deduplication }));
    await policy(false);
    const producer = await stage.producer('t', { name: 'p' });
    producer.send({ value: 'a', sequenceId: 0 }, { value: 'a', sequenceId: 0 });
    await stage.settle();
    expect(producer.receipts.map(({ entryId }) => entryId)).toEqual([0, 1]);
    await policy(true);
    producer.send({ value: 'b', sequenceId: 5 }, { value: 'b', sequenceId: 5 });
    await stage.settle();
    expect(producer.receipts.map(({ entryId }) => entryId)).toEqual([0, 1, 2, -1]);
  });

  it('forgets what it knew when it is switched off, as nothing is recorded meanwhile', async () => {
    const stage = await Stage.open(on);
    const topic = parseTopicName('t');
    const policy = (deduplication: boolean) =>
      stage.until(stage.broker.policies.change(topic, 'local', { deduplication }));
    const producer = await stage.producer('t', { name: 'p' });
    const send = async (sequenceId: number) => {
      producer.send({ value: `${sequenceId}`, sequenceId });
      await stage.settle();
    };
    await send(8);
    await policy(false);
    await send(1);
    await stage.crash();
    const again = await stage.producer('t', { name: 'p' });
    expect(again.opened.at(-1)?.lastSequenceId).toBe(-1);
    await policy(true);
    again.send({ value: '2', sequenceId: 2 }, { value: '2', sequenceId: 2 });
    await stage.settle();
    expect(again.receipts.map(({ entryId }) => entryId >= 0)).toEqual([true, false]);
  });

  it('remembers a bounded number of producers and forgets those not heard of longest', async () => {
    const stage = await Stage.open({
      policies: { deduplication: true },
      topic: { maxDeduplicationProducers: 2 },
    });
    for (const name of ['p', 'q', 'r']) {
      const producer = await stage.producer('t', { name });
      producer.send({ value: name, sequenceId: 0 });
      await stage.settle();
      producer.drop();
      await stage.settle();
    }
    const last = async (name: string) => {
      const producer = await stage.producer('t', { name });
      const { lastSequenceId } = producer.opened[0]!;
      producer.drop();
      await stage.settle();
      return lastSequenceId;
    };
    expect(await last('r')).toBe(0);
    expect(await last('p')).toBe(-1);
  });

  it('forgets nobody for a name that it knows, the one of longest ago least of all', async () => {
    const stage = await Stage.open({ ...on, topic: { maxDeduplicationProducers: 2 } });
    const last = async (name: string, sequenceId: number) => {
      const producer = await stage.producer('t', { name });
      const { lastSequenceId } = producer.opened[0]!;
      producer.send({ value: name, sequenceId });
      await stage.settle();
      producer.drop();
      await stage.settle();
      return lastSequenceId;
    };
    expect([await last('p', 0), await last('q', 0)]).toEqual([-1, -1]);
    expect([await last('p', 1), await last('q', 1)]).toEqual([0, 0]);
  });

  it('forgets a name that is unused for long, counted from when its producer left', async () => {
    const stage = await Stage.open({ ...on, topic: { deduplicationIdleMs: 1_000 } });
    await stage.consumer('keeps', { permits: 0 });
    const open = async () => {
      const producer = await stage.producer('t', { name: 'p' });
      return { producer, last: producer.opened[0]!.lastSequenceId };
    };
    const first = (await open()).producer;
    first.send({ value: 'a', sequenceId: 7 });
    await stage.settle();
    await stage.advance(5_000);
    first.drop();
    await stage.advance(900);
    const second = await open();
    expect(second.last).toBe(7);
    await stage.advance(5_000);
    // Who dies with the broker has not left.
    await stage.crash();
    await stage.advance(5_000);
    const third = await open();
    expect(third.last).toBe(7);
    third.producer.drop();
    await stage.settle();
    await stage.restart();
    await stage.advance(1_100);
    const fourth = await open();
    expect(fourth.last).toBe(-1);
    fourth.producer.send({ value: 'a', sequenceId: 7 });
    await stage.settle();
    expect(numbersOf(fourth.producer)).toEqual([[7, 0]]);
  });

  it('begins a full ledger in the middle of a command only where an entry is stored', async () => {
    const stage = await Stage.open({ ...on, topic: { maxEntriesPerLedger: 2 } });
    await stage.consumer('s', { permits: 0 });
    const producer = await stage.producer('t', { name: 'p' });
    producer.send({ value: 'a', sequenceId: 0 }, { value: 'b', sequenceId: 1 });
    producer.send({ value: 'b', sequenceId: 1 });
    producer.send(
      { value: 'b', sequenceId: 1 },
      { value: 'c', sequenceId: 2 },
      { value: 'c', sequenceId: 2 },
      { value: 'd', sequenceId: 3 },
    );
    await stage.settle();
    const [first, , , , third, , fourth] = producer.receipts;
    expect(numbersOf(producer).map(([, entry]) => entry)).toEqual([0, 1, -1, -1, 0, -1, 1]);
    expect(third?.ledgerId).toBeGreaterThan(first!.ledgerId);
    expect(fourth?.ledgerId).toBe(third?.ledgerId);
    expect((await stage.consumer('late')).values).toEqual(['a', 'b', 'c', 'd']);
  });
});
