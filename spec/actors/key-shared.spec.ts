import { describe, expect, it } from 'vitest';
import type { KeySharedMode } from '../../src/actors/subscription/commands.ts';
import { murmur3Positive } from '../../src/base/murmur3.ts';
import type { TopicName } from '../../src/base/topic-name.ts';
import type { TestConsumer } from './consumer.ts';
import { hashOf } from './entries.ts';
import { Stage } from './harness.ts';

const keyShared = { subType: 'Key_Shared' } as const;

const sticky = (...ranges: readonly (readonly [number, number])[]): KeySharedMode => ({
  mode: 'STICKY',
  allowOutOfOrder: false,
  ranges,
});

const disorderly: KeySharedMode = { mode: 'AUTO_SPLIT', allowOutOfOrder: true, ranges: [] };

const keys = [...Array(40).keys()].map((i) => `key${i}`);

/** The owner of a key on Pulsar's ring, by its definition. */
function ownerOn(names: readonly string[], key: string): string {
  const points = names.flatMap((name) =>
    [...Array(100).keys()].map((i) => {
      const point = (murmur3Positive(Buffer.from(`${name}\0${0}\0${i}`)) % 65_535) + 1;
      return { point: point === 0 ? 1 : point, name };
    }),
  );
  points.sort((a, b) => a.point - b.point);
  return (points.find(({ point }) => point >= (hashOf(key) % 65_535) + 1) ?? points[0]!).name;
}

/** A key whose messages change from `a` to `b` when `b` joins. */
const moving = (a: string, b: string) => keys.find((key) => ownerOn([a, b], key) === b)!;

describe('a key_shared subscription', () => {
  it('routes each key by the ring of consumer names', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const names = ['alpha', 'beta', 'gamma'];
    const consumers: TestConsumer[] = [];
    for (const consumerName of names) {
      consumers.push(await stage.consumer('s', { ...keyShared, consumerName }));
    }
    producer.send(...keys.map((key) => ({ value: key, key })));
    await stage.settle();
    for (const [i, consumer] of consumers.entries()) {
      const expected = keys.filter((key) => ownerOn(names, key) === names[i]);
      expect(consumer.values).toEqual(expected);
    }
  });

  it('shows ranges that cover every hash once', async () => {
    const stage = await Stage.open();
    for (const consumerName of ['a', 'b', 'b']) {
      await stage.consumer('s', { ...keyShared, consumerName });
    }
    const view = stage.broker.subscriptionView((await stage.producer()).topic, 's');
    const ranges = view!.consumers.flatMap(({ hashRanges }) => hashRanges);
    ranges.sort(([a], [b]) => a - b);
    expect(ranges[0]?.[0]).toBe(1);
    expect(ranges.at(-1)?.[1]).toBe(65_535);
    for (let i = 1; i < ranges.length; i++) expect(ranges[i]![0]).toBe(ranges[i - 1]![1] + 1);
  });

  it('lets those of one name keep their keys when others of the name come and go', async () => {
    const stage = await Stage.open();
    const { topic } = await stage.producer();
    const join = () => stage.consumer('s', { ...keyShared, consumerName: 'b' });
    const shown = () => {
      const { consumers } = stage.broker.subscriptionView(topic, 's')!;
      return consumers.map(({ hashRanges }) => hashRanges[0]);
    };
    const [first] = [await join(), await join(), await join()];
    const [one, two, three] = shown();
    first!.drop();
    await stage.settle();
    // The next one gets the place that is free.
    await join();
    expect(shown()).toEqual([two, three, one]);
  });

  it('halves the widest range for a newcomer where there is no ring', async () => {
    const stage = await Stage.open({ subscription: { ringPoints: 0 } });
    const consumers: TestConsumer[] = [];
    for (let i = 0; i < 3; i++) consumers.push(await stage.consumer('s', keyShared));
    const { topic } = await stage.producer();
    const shown = () =>
      stage.broker.subscriptionView(topic, 's')!.consumers.map(({ hashRanges }) => hashRanges);
    expect(shown()).toEqual([[[32_769, 65_536]], [[16_385, 32_768]], [[0, 16_384]]]);
    consumers[1]!.drop();
    await stage.settle();
    expect(shown()).toEqual([[[16_385, 65_536]], [[0, 16_384]]]);
  });

  it('takes sticky ranges, and keeps what nobody covers', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const low = await stage.consumer('s', { ...keyShared, keyShared: sticky([0, 20_000]) });
    producer.send(...keys.map((key) => ({ value: key, key })));
    await stage.settle();
    expect(low.values).toEqual(keys.filter((key) => hashOf(key) % 65_536 <= 20_000));
    const high = await stage.consumer('s', { ...keyShared, keyShared: sticky([20_001, 65_535]) });
    expect(high.values).toEqual(keys.filter((key) => hashOf(key) % 65_536 > 20_000));
  });

  it.each([
    ['no range', sticky()],
    ['a range that ends before it begins', sticky([5, 4])],
    ['a hash too high', sticky([0, 65_536])],
    ['ranges that overlap each other', sticky([0, 10], [10, 20])],
    ['a range that another has', sticky([100, 200])],
  ])('refuses sticky consumers with %s', async (_, mode) => {
    const stage = await Stage.open();
    await stage.consumer('s', { ...keyShared, keyShared: sticky([150, 300]) });
    const refused = await stage.consumer('s', { ...keyShared, keyShared: mode });
    expect(refused.refusal?.code).toBe('consumer-assign');
  });

  it('wants all consumers to agree on the mode and on order', async () => {
    const stage = await Stage.open();
    await stage.consumer('s', keyShared);
    const other = await stage.consumer('s', { ...keyShared, keyShared: sticky([0, 1]) });
    const loose = await stage.consumer('s', { ...keyShared, keyShared: disorderly });
    expect([other.refusal?.code, loose.refusal?.code]).toEqual(['consumer-busy', 'consumer-busy']);
  });

  it('lets other keys pass one whose consumer has no permits', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const a = await stage.consumer('s', { ...keyShared, consumerName: 'a', permits: 0 });
    const b = await stage.consumer('s', { ...keyShared, consumerName: 'b' });
    producer.send(...keys.map((key) => ({ value: key, key })));
    await stage.settle();
    expect(b.values).toEqual(keys.filter((key) => ownerOn(['a', 'b'], key) === 'b'));
    a.flow(1_000);
    await stage.settle();
    expect(a.values).toEqual(keys.filter((key) => ownerOn(['a', 'b'], key) === 'a'));
  });

  it('stops reading ahead when too much waits for its consumer', async () => {
    const stage = await Stage.open({ subscription: { maxReplay: 5, maxReadEntries: 1 } });
    const producer = await stage.producer();
    await stage.consumer('s', { ...keyShared, consumerName: 'a', permits: 0 });
    const b = await stage.consumer('s', { ...keyShared, consumerName: 'b' });
    const theirs = keys.filter((key) => ownerOn(['a', 'b'], key) === 'a').slice(0, 8);
    const ours = moving('a', 'b');
    producer.send(...theirs.map((key) => ({ value: key, key })), { value: 'x', key: ours });
    await stage.settle();
    expect(stage.broker.subscriptionView(producer.topic, 's')?.inReplay).toBe(5);
    expect(b.values).toEqual([]);
  });
});

describe('order by key on key_shared', () => {
  it('holds a key back from a newcomer until the old owner has acknowledged it', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const key = moving('a', 'b');
    const a = await stage.consumer('s', { ...keyShared, consumerName: 'a' });
    producer.send({ value: '1', key }, { value: '2', key });
    await stage.settle();
    const b = await stage.consumer('s', { ...keyShared, consumerName: 'b' });
    producer.send({ value: '3', key }, { value: '4', key });
    await stage.settle();
    expect([a.values, b.values]).toEqual([['1', '2'], []]);
    a.ack(a.received[0]!);
    await stage.settle();
    expect(b.values).toEqual([]);
    a.ack(a.received[1]!);
    await stage.settle();
    expect(b.values).toEqual(['3', '4']);
  });

  it('gives the key back to the old owner when the newcomer leaves again', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const key = moving('a', 'b');
    const a = await stage.consumer('s', { ...keyShared, consumerName: 'a' });
    producer.send({ value: '1', key });
    await stage.settle();
    const b = await stage.consumer('s', { ...keyShared, consumerName: 'b' });
    producer.send({ value: '2', key });
    await stage.settle();
    b.drop();
    await stage.settle();
    expect(a.values).toEqual(['1', '2']);
  });

  it('sends a newcomer what the old owner gives back, in order', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const key = moving('a', 'b');
    const a = await stage.consumer('s', { ...keyShared, consumerName: 'a' });
    producer.send({ value: '1', key }, { value: '2', key });
    await stage.settle();
    const b = await stage.consumer('s', { ...keyShared, consumerName: 'b' });
    producer.send({ value: '3', key });
    a.redeliver();
    await stage.settle();
    expect(b.received.map(({ value, redeliveryCount }) => [value, redeliveryCount])).toEqual([
      ['1', 1],
      ['2', 1],
      ['3', 0],
    ]);
  });

  it('keeps what an owner had in front when it leaves during a replay', async () => {
    const stage = await Stage.open({ cacheBytes: 0 });
    const producer = await stage.producer();
    const key = keys.find((each) => ownerOn(['a', 'b'], each) === 'a')!;
    const a = await stage.consumer('s', { ...keyShared, consumerName: 'a' });
    const b = await stage.consumer('s', { ...keyShared, consumerName: 'b' });
    producer.send({ value: '1', key }, { value: '2', key });
    await stage.settle();
    a.redeliver([a.received[1]!]);
    a.drop();
    await stage.settle();
    expect(b.values).toEqual(['1', '2']);
  });

  it('does not matter where consumers allow disorder', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const key = moving('a', 'b');
    const mode = { ...keyShared, keyShared: disorderly };
    const a = await stage.consumer('s', { ...mode, consumerName: 'a' });
    producer.send({ value: '1', key });
    await stage.settle();
    const b = await stage.consumer('s', { ...mode, consumerName: 'b' });
    producer.send({ value: '2', key });
    await stage.settle();
    expect([a.values, b.values]).toEqual([['1'], ['2']]);
  });
});

describe('an exclusive consumer that names ranges', () => {
  it('is sent those keys alone, permits and all, and acknowledges no others', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const isLow = (key: string) => (hashOf(key) % 65_536 || 1) <= 32_767;
    for (const key of keys) producer.send({ value: key, key });
    await stage.settle();
    const low = keys.filter(isLow);
    const reader = await stage.consumer('r', {
      durable: false,
      startPosition: { ledgerId: -1, entryId: -1 },
      keyShared: sticky([0, 32_767]),
      permits: 5,
    });
    expect(reader.values).toEqual(low.slice(0, 5));
    reader.flow(100);
    await stage.settle();
    expect(reader.values).toEqual(low);
    expect(stage.broker.cursorView(producer.topic, 'r')?.backlogEntries).toBe(keys.length);
  });
});

describe('hashes that drain', () => {
  /** What drains of a consumer, by its name: entries of each hash and hashes that are done. */
  const drainingOf = (stage: Stage, topic: TopicName) =>
    Object.fromEntries(
      stage.broker
        .subscriptionView(topic, 's')!
        .consumers.map((each) => [
          each.name,
          [each.drainingHashes.map(({ unackedEntries }) => unackedEntries), each.drainedHashes],
        ]),
    );

  async function withNewcomer(mode = keyShared) {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const key = moving('a', 'b');
    const stays = keys.find((each) => ownerOn(['a', 'b'], each) === 'a')!;
    const a = await stage.consumer('s', { ...mode, consumerName: 'a' });
    producer.send({ value: '1', key }, { value: '2', key }, { value: '3', key: stays });
    await stage.settle();
    const b = await stage.consumer('s', { ...mode, consumerName: 'b' });
    return { stage, producer, key, a, b, shown: () => drainingOf(stage, producer.topic) };
  }

  it('are those that have moved while their old owner still has entries of them', async () => {
    const { stage, key, producer, a, shown } = await withNewcomer();
    expect(shown()).toEqual({ a: [[2], 0], b: [[], 0] });
    producer.send({ value: '4', key }, { value: '5', key });
    await stage.settle();
    const [first] = stage.broker.subscriptionView(producer.topic, 's')!.consumers;
    expect(first!.drainingHashes).toEqual([
      { hash: (hashOf(key) % 65_535) + 1, unackedEntries: 2, blockedAttempts: 2 },
    ]);
    a.ack(a.received[0]!);
    await stage.settle();
    expect(shown()).toEqual({ a: [[1], 0], b: [[], 0] });
    a.ack(a.received[1]!);
    await stage.settle();
    expect(shown()).toEqual({ a: [[], 1], b: [[], 0] });
  });

  it('are done when the old owner gives back what it has', async () => {
    const { stage, a, b, shown } = await withNewcomer();
    a.redeliver(a.received.slice(0, 2));
    await stage.settle();
    expect(b.values).toEqual(['1', '2']);
    expect(shown()).toEqual({ a: [[], 1], b: [[], 0] });
  });

  it('are done when the newcomer leaves, since they come back', async () => {
    const { stage, b, shown } = await withNewcomer();
    b.drop();
    await stage.settle();
    expect(shown()).toEqual({ a: [[], 1] });
  });

  it('go on draining when they move once more', async () => {
    const { stage, key, a, shown } = await withNewcomer();
    const next = ['c', 'd', 'e', 'f', 'g'].find((name) => ownerOn(['a', 'b', name], key) === name)!;
    const third = await stage.consumer('s', { ...keyShared, consumerName: next });
    expect(shown()).toMatchObject({ a: [[2], 0], b: [[], 0] });
    a.ack(...a.received.slice(0, 2));
    await stage.settle();
    expect(shown()).toMatchObject({ a: [[], 1] });
    expect(third.values).toEqual([]);
  });

  it('are none where consumers allow disorder', async () => {
    const { shown } = await withNewcomer({
      ...keyShared,
      keyShared: disorderly,
    } as typeof keyShared);
    expect(shown()).toEqual({ a: [[], 0], b: [[], 0] });
  });
});
