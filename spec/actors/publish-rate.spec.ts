import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTopicName } from '../../src/base/topic-name.ts';
import type { TestProducer } from './clients.ts';
import { Stage } from './harness.ts';

const NAME = parseTopicName('t');

const rate = (messages: number, bytes = 0) => ({
  publishRate: { publishThrottlingRateInMsg: messages, publishThrottlingRateInByte: bytes },
});

/** What the producer may have sent in all, as it was last told. */
const allowed = (producer: TestProducer) => producer.windows.at(-1)?.messages;

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `${i}`);

describe('a publish rate', () => {
  it('is nothing that producers hear of where there is none', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    producer.send('0');
    await stage.settle();
    expect(producer.windows).toEqual([]);
  });

  it('lets a second of messages pass at once, and then each as its time comes', async () => {
    const stage = await Stage.open({ policies: rate(20) });
    const producer = await stage.producer();
    expect(allowed(producer)).toBe(20);
    producer.send(...numbered(20));
    await stage.advance(49);
    expect(allowed(producer)).toBe(20);
    await stage.advance(1);
    expect(allowed(producer)).toBe(21);
    expect(producer.receipts).toHaveLength(20);
    expect(stage.broker.topicView(NAME)?.publishThrottledTimes).toBe(1);
  });

  it('counts the messages of batches, and bytes where these are limited', async () => {
    const stage = await Stage.open({ policies: rate(20, 1_000) });
    const producer = await stage.producer();
    producer.send({ value: 'batch', messages: 30 });
    await stage.settle();
    await stage.advance(500);
    expect(allowed(producer)).toBe(20);
    await stage.advance(50);
    expect(allowed(producer)).toBe(31);
    producer.send('x'.repeat(2_500));
    await stage.settle();
    const { length } = producer.windows;
    await stage.advance(1_400);
    expect(producer.windows).toHaveLength(length);
    await stage.advance(500);
    expect(producer.windows.length).toBeGreaterThan(length);
  });

  it('is divided among the producers of the topic, and holds none of another one', async () => {
    const stage = await Stage.open({ policies: rate(20) });
    const [a, b] = [await stage.producer(), await stage.producer()];
    const other = await stage.producer('other');
    expect([allowed(a), allowed(b), allowed(other)]).toEqual([20, 10, 20]);
    a.send(...numbered(20));
    b.send('late');
    await stage.settle();
    expect(stage.broker.topicView(NAME)?.publishThrottledTimes).toBe(2);
    await stage.advance(100);
    expect([allowed(a), allowed(b)]).toEqual([21, 2]);
    expect(other.windows).toHaveLength(1);
  });

  it('counts at once when it is set, changed and taken back', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    producer.send(...numbered(7));
    await stage.settle();
    const set = (policies: object) =>
      stage.until(stage.broker.setNamespacePolicies('public/default', policies));
    await set(rate(1));
    expect(allowed(producer)).toBe(8);
    producer.send('8');
    await stage.settle();
    await set(rate(100));
    expect(allowed(producer)).toBe(108);
    await set({ publishRate: undefined });
    expect(allowed(producer)).toBe(Number.POSITIVE_INFINITY);
    producer.send(...numbered(500));
    await stage.settle();
    expect(allowed(producer)).toBe(Number.POSITIVE_INFINITY);
  });

  it('goes on with what is left when something else is changed', async () => {
    const stage = await Stage.open();
    const set = (key: string, text: string) => stage.until(stage.broker.settings.change(key, text));
    await set('maxPublishRatePerTopicInMessages', '20');
    const producer = await stage.producer();
    producer.send(...numbered(20));
    await stage.settle();
    const { length } = producer.windows;
    await set('maxTenants', '3');
    await stage.producer('other');
    await stage.settle();
    expect(producer.windows).toHaveLength(length);
    expect(allowed(await stage.producer())).toBe(1);
  });

  it('counts duplicates, though they are not stored', async () => {
    const stage = await Stage.open({ policies: { ...rate(10), deduplication: true } });
    const producer = await stage.producer();
    producer.send({ value: '0', sequenceId: 0 });
    await stage.settle();
    producer.send({ value: '0', sequenceId: 0 }, { value: '0', sequenceId: 0 });
    await stage.settle();
    expect(allowed(producer)).toBe(3 + 7);
  });

  it('counts what passes through a non-persistent topic', async () => {
    const stage = await Stage.open({ policies: rate(10) });
    const producer = await stage.producer('non-persistent://public/default/t');
    producer.send(...numbered(10));
    await stage.advance(99);
    expect(allowed(producer)).toBe(10);
    await stage.advance(1);
    expect(allowed(producer)).toBe(11);
  });

  it('lets go what a producer waits for when it leaves', async () => {
    const stage = await Stage.open({ policies: rate(1) });
    const [gone, other] = [await stage.producer(), await stage.producer()];
    gone.send('0');
    other.send('1');
    await stage.settle();
    gone.drop();
    await stage.advance(2_000);
    expect([gone.windows.length, allowed(other)]).toEqual([1, 2]);
  });

  it('holds in the long run, however many producers send whatever they may', async () => {
    const cases = fc.record({
      perSecond: fc.integer({ min: 2, max: 500 }),
      producers: fc.integer({ min: 1, max: 4 }),
      atMost: fc.integer({ min: 1, max: 50 }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ perSecond, producers: count, atMost }) => {
        const stage = await Stage.open({ policies: rate(perSecond) });
        const producers: TestProducer[] = [];
        for (let i = 0; i < count; i++) producers.push(await stage.producer());
        const sent = producers.map(() => 0);
        const seconds = 20;
        for (let ms = 0; ms < seconds * 1_000; ms += 20) {
          for (const [i, producer] of producers.entries()) {
            const may = Math.min(atMost, allowed(producer)! - sent[i]!);
            if (may > 0) producer.send(...numbered(may));
            sent[i]! += Math.max(0, may);
          }
          await stage.advance(20);
        }
        const total = sent.reduce((sum, each) => sum + each, 0);
        expect(total).toBeLessThanOrEqual(perSecond * (seconds + 1) + count * 2);
        const offered = Math.min(perSecond, atMost * count * 50) * seconds;
        expect(total).toBeGreaterThanOrEqual(offered * 0.95);
      }),
      { numRuns: 8 },
    );
  });
});

describe('a subscribe rate', () => {
  it('counts how often one consumer subscribes, and begins anew with each period', async () => {
    const stage = await Stage.open({
      policies: { subscribeRate: { subscribeThrottlingRatePerConsumer: 2, ratePeriodInSecond: 5 } },
    });
    const { connection } = await stage.producer();
    const elsewhere = (await stage.producer()).connection;
    const subscribe = async (consumerName: string, over = connection) => {
      const consumer = await stage.consumer('s', {
        subType: 'Shared',
        consumerId: 1,
        consumerName,
        connection: over,
      });
      consumer.drop();
      await stage.settle();
      return consumer.refusal;
    };
    const refusal = {
      code: 'not-allowed',
      message: 'Subscribe limited by subscribe rate limit per consumer.',
    };
    expect(await subscribe('a')).toBeUndefined();
    expect(await subscribe('a')).toBeUndefined();
    expect(await subscribe('a')).toEqual(refusal);
    expect(await subscribe('a', elsewhere)).toEqual(refusal);
    expect(await subscribe('b')).toBeUndefined();
    await stage.advance(5_000);
    expect(await subscribe('a')).toBeUndefined();
  });
});

describe('a producer under a publish rate', () => {
  it('is not kept waiting by what was refused or dropped', async () => {
    const stage = await Stage.open({ policies: rate(10) });
    const passing = await stage.producer('non-persistent://public/default/t');
    stage.broker.topic(passing.topic).tell({
      type: 'publish',
      key: passing.key,
      sequenceIds: [0, 1],
      highestSequenceIds: [undefined, undefined],
      messageCounts: [1, 4],
      entries: [],
      bytes: 0,
      chunked: false,
      isDropped: true,
    });
    await stage.settle();
    expect(allowed(passing)).toBe(5 + 5);
  });

  it('waits for nothing once it is fenced out', async () => {
    const stage = await Stage.open({ policies: rate(1) });
    const fenced = await stage.producer();
    fenced.send('0');
    await stage.settle();
    await stage.producer('t', { accessMode: 'ExclusiveWithFencing' });
    expect(allowed(fenced)).toBe(Number.POSITIVE_INFINITY);
  });
});
