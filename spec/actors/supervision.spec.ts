import { describe, expect, it } from 'vitest';
import { Stage, type StageOptions } from './harness.ts';

const fragile: StageOptions = { fragile: true, expectsErrors: true };

const T = 'topic:persistent://public/default/t';
const SUBSCRIPTION = 'subscription:1/s';
const CURSOR = 'cursor:1/s';

const poison = { type: 'poison' };

describe('an actor that contradicts itself', () => {
  it('is recovered from the journal as it was, with all that was promised', async () => {
    const stage = await Stage.open(fragile);
    const producer = await stage.producer();
    const consumer = await stage.consumer('s', { subType: 'Shared' });
    producer.send('0', '1', '2');
    await stage.settle();
    consumer.ack(consumer.received[1]!);
    await stage.settle();
    for (const actor of [T, SUBSCRIPTION, CURSOR]) {
      stage.broker.ref(actor).tell(poison);
      await stage.settle();
    }
    expect(stage.errors).toHaveLength(3);
    const late = await stage.producer();
    late.send('3');
    await stage.settle();
    expect(late.receipts[0]?.entryId).toBe(3);
    const again = await stage.consumer('s', { subType: 'Shared' });
    expect(again.values).toEqual(['0', '2', '3']);
  });

  it('leaves others alone', async () => {
    const stage = await Stage.open(fragile);
    const other = await stage.producer('other');
    const theirs = await stage.consumer('s', { topic: 'other' });
    await stage.producer();
    stage.broker.ref(T).tell(poison);
    other.send('0');
    await stage.settle();
    expect([other.isClosed, theirs.values]).toEqual([false, ['0']]);
  });

  it('answers what it was asked with the poison and behind it', async () => {
    const stage = await Stage.open(fragile);
    await stage.producer();
    const unload = { type: 'unload' } as const;
    const ask = () => stage.broker.ask(T, (reply) => ({ ...unload, reply }));
    const before = ask();
    stage.broker.ref(T).tell(poison);
    const after = ask();
    const caught = after.catch((error: { code: string }) => error.code);
    expect(await stage.until(before)).toBeUndefined();
    expect(await stage.until(caught)).toBe('service-not-ready');
  });

  it('refuses requests until it has been recovered, and takes them then', async () => {
    const stage = await Stage.open(fragile);
    const producer = await stage.producer();
    stage.holdsSyncs = true;
    producer.send('0');
    await stage.settle();
    stage.broker.ref(T).tell(poison);
    await stage.settle();
    const early = await stage.producer();
    expect(early.refusal?.code).toBe('service-not-ready');
    stage.holdsSyncs = false;
    await stage.settle();
    const late = await stage.producer();
    expect(late.isReady).toBe(true);
    expect(producer.receipts).toHaveLength(1);
    expect((await stage.consumer('s')).values).toEqual(['0']);
  });

  it('closes the clients of a topic, consumers included, so that they come back', async () => {
    const stage = await Stage.open(fragile);
    const producer = await stage.producer();
    const waiting = await stage.producer('t', { accessMode: 'WaitForExclusive' });
    const durable = await stage.consumer('s');
    const reader = await stage.consumer('r', { durable: false });
    stage.broker.ref(T).tell(poison);
    await stage.settle();
    const all = [producer, waiting, durable, reader];
    expect(all.map(({ isClosed }) => isClosed)).toEqual([true, true, true, true]);
    const again = [await stage.consumer('s'), await stage.consumer('r', { durable: false })];
    const late = await stage.producer();
    late.send('0');
    await stage.settle();
    expect(again.map(({ values }) => values)).toEqual([['0'], ['0']]);
  });

  it('leaves no trace in the others of a topic, which may leave memory', async () => {
    const stage = await Stage.open(fragile);
    await stage.producer();
    await stage.consumer('s');
    stage.broker.ref(T).tell(poison);
    await stage.advance(200_000);
    expect(stage.runtime.stats().actors).toBe(1);
    const again = await stage.consumer('s');
    const late = await stage.producer();
    late.send('0');
    await stage.settle();
    expect(again.values).toEqual(['0']);
  });

  it('lets the consumers of a cursor start over', async () => {
    const stage = await Stage.open(fragile);
    const producer = await stage.producer();
    const consumer = await stage.consumer('s');
    stage.broker.ref(CURSOR).tell(poison);
    await stage.settle();
    expect(consumer.isClosed).toBe(true);
    const again = await stage.consumer('s');
    producer.send('0');
    await stage.settle();
    expect(again.values).toEqual(['0']);
  });

  it('loses no mail between actors while it is recovered', async () => {
    const stage = await Stage.open(fragile);
    const producer = await stage.producer();
    stage.holdsSyncs = true;
    // The cursor is fenced while the journal still has its beginning in flight.
    const joining = await stage.consumer('s');
    stage.broker.ref(CURSOR).tell(poison);
    await stage.settle();
    stage.holdsSyncs = false;
    await stage.settle();
    expect(joining.isClosed).toBe(true);
    const again = await stage.consumer('s');
    producer.send('0');
    await stage.settle();
    expect(again.values).toEqual(['0']);
  });

  it('lets a reader come back whose subscription contradicted itself', async () => {
    const stage = await Stage.open(fragile);
    const producer = await stage.producer();
    const reader = await stage.consumer('s', { durable: false });
    stage.broker.ref(SUBSCRIPTION).tell(poison);
    await stage.settle();
    expect(reader.isClosed).toBe(true);
    const again = await stage.consumer('s', { durable: false });
    producer.send('0');
    await stage.settle();
    expect([again.refusal, again.values]).toEqual([undefined, ['0']]);
  });

  it('is recovered though the journal no longer goes back to its beginning', async () => {
    const stage = await Stage.open({ ...fragile, segmentRecords: 1 });
    const producer = await stage.producer();
    const busy = await stage.producer('busy');
    producer.send('0');
    await stage.settle();
    await stage.advance(15_000);
    busy.send('x');
    await stage.advance(15_000);
    expect(stage.disk.firstSequence).toBeGreaterThan(5);
    stage.broker.ref(T).tell(poison);
    await stage.settle();
    expect(stage.runtime.state).toBe('open');
    expect(busy.isClosed).toBe(false);
    expect((await stage.consumer('s')).values).toEqual(['0']);
  });

  it('is not passed by by a checkpoint that runs while it is recovered', async () => {
    const stage = await Stage.open({ ...fragile, segmentRecords: 1 });
    const keeps = await stage.consumer('s', { permits: 0 });
    const producer = await stage.producer();
    producer.send('0');
    await stage.settle();
    stage.holdsSyncs = true;
    producer.send('1');
    await stage.settle();
    stage.broker.ref(T).tell(poison);
    await stage.advance(15_000);
    stage.holdsSyncs = false;
    await stage.settle();
    await stage.crash();
    expect(keeps.refusal).toBeUndefined();
    expect((await stage.consumer('s')).values).toEqual(['0', '1']);
  });
});
