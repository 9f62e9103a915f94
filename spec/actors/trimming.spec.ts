import { describe, expect, it } from 'vitest';
import { Stage, type StageOptions } from './harness.ts';

/** Two entries a ledger. */
const small: StageOptions = { topic: { maxEntriesPerLedger: 2 } };

const T = 'topic:persistent://public/default/t';

async function six(options: StageOptions = small) {
  const stage = await Stage.open(options);
  const producer = await stage.producer();
  const publish = async (...values: string[]) => {
    for (const value of values) producer.send(value);
    await stage.settle();
  };
  const entries = () =>
    stage.broker.topicView(producer.topic)?.ledgers.map((ledger) => ledger.entries);
  const stored = () => stage.disk.topics.usage(1).liveEntries;
  return { stage, producer, publish, entries, stored };
}

describe('trimming', () => {
  it('gives up whole ledgers once every subscription is done with them', async () => {
    const { stage, publish, entries, stored } = await six();
    const a = await stage.consumer('a');
    const b = await stage.consumer('b');
    await publish('0', '1', '2', '3', '4');
    expect([entries(), stored()]).toEqual([[2, 2, 1], 5]);
    a.ackUpTo(a.received[4]!);
    b.ackUpTo(b.received[0]!);
    await stage.settle();
    expect([entries(), stored()]).toEqual([[2, 2, 1], 5]);
    b.ackUpTo(b.received[2]!);
    await stage.settle();
    expect([entries(), stored()]).toEqual([[2, 1], 3]);
  });

  it('waits for holes: one unacknowledged message keeps its ledger', async () => {
    const { stage, publish, stored } = await six();
    const consumer = await stage.consumer('s', { subType: 'Shared' });
    await publish('0', '1', '2', '3', '4');
    consumer.ack(...consumer.received.filter(({ value }) => value !== '1'));
    await stage.settle();
    expect(stored()).toBe(5);
    consumer.ack(consumer.received[1]!);
    await stage.settle();
    expect(stored()).toBe(1);
  });

  it('without subscriptions waits for the next look, then keeps the open ledger only', async () => {
    const { stage, publish, entries, stored } = await six();
    await publish('0', '1', '2', '3', '4');
    expect([entries(), stored()]).toEqual([[2, 2, 1], 5]);
    await stage.advance(120_000);
    expect([entries(), stored()]).toEqual([[1], 1]);
  });

  it('without subscriptions does not wait when a few full ledgers have come together', async () => {
    const { publish, stored } = await six({ topic: { rolloverBytes: 1 } });
    await publish('0', '1', '2', '3', '4');
    expect(stored()).toBe(1);
  });

  it('on request takes the newest ledger too, once the topic was unloaded', async () => {
    const { stage, producer, publish, entries, stored } = await six({});
    await publish('0', '1');
    const truncate = () =>
      stage.request(T, (reply) => ({ type: 'trim-ledgers', reply, retained: true }));
    const last = () => stage.broker.topicView(producer.topic)!.last;
    await truncate();
    expect([entries(), stored(), last().entryId]).toEqual([[2], 2, 1]);
    const { ledgerId } = last();
    await stage.request(T, (reply) => ({ type: 'unload', reply }));
    await truncate();
    expect([entries(), stored(), last().entryId]).toEqual([[0], 0, -1]);
    expect(last().ledgerId).toBeGreaterThan(ledgerId);
    await truncate();
    expect([entries(), last().ledgerId > ledgerId]).toEqual([[0], true]);
  });

  it('on request leaves the newest ledger that a subscription needs', async () => {
    const { stage, publish, entries } = await six({});
    await stage.consumer('s');
    await publish('0', '1');
    await stage.request(T, (reply) => ({ type: 'unload', reply }));
    await stage.request(T, (reply) => ({ type: 'trim-ledgers', reply, retained: true }));
    expect(entries()).toEqual([2, 0]);
  });

  it('happens when the subscription that pinned a ledger is gone', async () => {
    const { stage, publish, stored } = await six();
    const a = await stage.consumer('a');
    await stage.consumer('slow', { permits: 0 });
    await publish('0', '1', '2');
    a.ackUpTo(a.received[2]!);
    await stage.settle();
    expect(stored()).toBe(3);
    await stage.request(T, (reply) => ({
      type: 'delete-subscription',
      reply,
      name: 'slow',
      force: true,
    }));
    expect(stored()).toBe(1);
  });

  it('spares what a subscription has gone back to', async () => {
    const { stage, publish, stored } = await six();
    const slow = await stage.consumer('slow');
    const a = await stage.consumer('a');
    await publish('0', '1', '2');
    a.ackUpTo(a.received[2]!);
    await stage.settle();
    a.seek({ kind: 'position', position: a.received[0]! }, stage.nextId());
    await stage.settle();
    slow.ackUpTo(slow.received[2]!);
    await stage.settle();
    expect(stored()).toBe(3);
    expect((await stage.consumer('a')).values).toEqual(['0', '1', '2']);
  });

  it.each([
    ['a crash', (stage: Stage) => stage.crash()],
    ['a restart', (stage: Stage) => stage.restart()],
  ])('spares what a subscription has gone back to before %s', async (_, happens) => {
    const { stage, publish } = await six();
    await stage.consumer('slow', { permits: 0 });
    const a = await stage.consumer('a');
    await publish('0', '1', '2');
    a.ackUpTo(a.received[2]!);
    await stage.settle();
    // The topic's snapshot is taken while everything is acknowledged.
    await stage.advance(20_000);
    a.seek({ kind: 'position', position: a.received[0]! }, stage.nextId());
    await stage.settle();
    await happens(stage);
    const slow = await stage.consumer('slow');
    slow.ackUpTo(slow.received[2]!);
    await stage.settle();
    const producer = await stage.producer();
    producer.send('3');
    await stage.settle();
    expect((await stage.consumer('a')).values).toEqual(['0', '1', '2', '3']);
  });

  it('goes on after a restart with what was acknowledged before', async () => {
    const { stage, publish } = await six();
    const consumer = await stage.consumer('s');
    await publish('0', '1', '2');
    consumer.ackUpTo(consumer.received[0]!);
    await stage.settle();
    await stage.restart();
    const again = await stage.consumer('s');
    again.ackUpTo(again.received[1]!);
    const producer = await stage.producer();
    producer.send('3');
    await stage.settle();
    expect(stage.disk.topics.usage(1).liveEntries).toBe(1);
  });

  it('happens after a crash though nobody acknowledges any more', async () => {
    const { stage, publish } = await six({});
    const consumer = await stage.consumer('s');
    await publish('0', '1', '2');
    consumer.ackUpTo(consumer.received[2]!);
    await stage.settle();
    await stage.crash();
    const producer = await stage.producer();
    producer.send('3');
    await stage.settle();
    expect(stage.disk.topics.usage(1).liveEntries).toBe(1);
  });

  it('keeps consumed ledgers as long as retention says', async () => {
    const topic = { maxEntriesPerLedger: 2 };
    const retention = { retentionTimeInMinutes: 1, retentionSizeInMB: -1 };
    const { stage, publish, stored } = await six({
      policies: { retention },
      topic: { ...topic, retentionCheckMs: 10_000 },
    });
    await publish('0', '1', '2');
    expect(stored()).toBe(3);
    await stage.advance(50_000);
    expect(stored()).toBe(3);
    await stage.advance(30_000);
    expect(stored()).toBe(1);
  });

  it('keeps as many bytes of consumed ledgers as retention says', async () => {
    const topic = { maxEntriesPerLedger: 2 };
    const retention = { retentionTimeInMinutes: -1, retentionSizeInMB: 500 / 2 ** 20 };
    const { publish, stored } = await six({ policies: { retention }, topic });
    for (let i = 0; i < 10; i++) await publish(`${i}`, `${i}`);
    expect(stored()).toBeGreaterThan(2);
    expect(stored()).toBeLessThan(12);
  });

  it('lets a namespace say how long', async () => {
    const { stage, publish, stored } = await six();
    const retention = { retentionTimeInMinutes: -1, retentionSizeInMB: -1 };
    await stage.until(stage.broker.setNamespacePolicies('public/default', { retention }));
    await publish('0', '1', '2');
    expect(stored()).toBe(3);
    await stage.until(
      stage.broker.setNamespacePolicies('public/default', { retention: undefined }),
    );
    await publish('3');
    await stage.advance(120_000);
    expect(stored()).toBe(2);
  });

  it.each([
    ['what is cached', undefined],
    ['what is read from the disk', 0],
  ])('waits for no reader: it goes on with what is left of %s', async (_, cacheBytes) => {
    const { stage, publish, entries } = await six({
      ...small,
      ...(cacheBytes === undefined ? {} : { cacheBytes }),
    });
    const reader = await stage.consumer('reader', { durable: false, permits: 1 });
    const a = await stage.consumer('a');
    await publish('0', '1', '2', '3', '4');
    a.ackUpTo(a.received[4]!);
    await stage.settle();
    expect(entries()).toEqual([1]);
    reader.flow(10);
    await stage.settle();
    await publish('5');
    expect(reader.values).toEqual(['0', '4', '5']);
    expect(stage.broker.cursorView(a.topic, 'reader')?.backlogEntries).toBe(2);
  });

  it('waits for no one who shares a subscription that is not durable', async () => {
    const { stage, publish } = await six();
    const options = { durable: false, subType: 'Shared', permits: 2 } as const;
    const one = await stage.consumer('many', options);
    const other = await stage.consumer('many', options);
    const a = await stage.consumer('a');
    await publish('0', '1', '2', '3', '4');
    a.ackUpTo(a.received[4]!);
    await stage.settle();
    // What they were given is gone: it does not come again, and nobody waits for it.
    one.redeliver(one.received);
    one.flow(10);
    other.flow(10);
    await publish('5', '6');
    const late = [...one.values.slice(2), ...other.values.slice(2)];
    expect(late.sort()).toEqual(['4', '5', '6']);
    const view = stage.broker.subscriptionView(a.topic, 'many');
    expect(view?.unacked).toBe(3);
  });

  it('with readers alone happens at the next look', async () => {
    const { stage, publish, stored } = await six();
    const reader = await stage.consumer('reader', { durable: false, permits: 1 });
    await publish('0', '1', '2', '3', '4');
    expect(stored()).toBe(5);
    await stage.advance(120_000);
    expect(stored()).toBe(1);
    reader.flow(10);
    await publish('5');
    expect(reader.values).toEqual(['0', '4', '5']);
  });

  it('lets a reader that seeks to what is gone begin with what is left', async () => {
    const { stage, publish } = await six();
    const reader = await stage.consumer('reader', { durable: false });
    const a = await stage.consumer('a');
    await publish('0', '1', '2', '3', '4');
    reader.seek({ kind: 'position', position: reader.received[1]! }, stage.nextId());
    a.ackUpTo(a.received[4]!);
    await stage.settle();
    const again = await stage.consumer('reader', { durable: false });
    expect(again.values).toEqual(['4']);
  });
});
