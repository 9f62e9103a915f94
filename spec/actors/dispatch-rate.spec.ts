import { describe, expect, it } from 'vitest';
import type { SubscriptionType } from '../../src/actors/subscription/commands.ts';
import { parseTopicName } from '../../src/base/topic-name.ts';
import { Stage, type StageOptions } from './harness.ts';

const NAME = parseTopicName('t');
const TYPES: readonly SubscriptionType[] = ['Exclusive', 'Failover', 'Shared', 'Key_Shared'];

const MINUTE_MS = 60_000;

const rate = (messages: number, bytes = 0, seconds = 1) => ({
  dispatchThrottlingRateInMsg: messages,
  dispatchThrottlingRateInByte: bytes,
  relativeToPublishRate: false,
  ratePeriodInSecond: seconds,
});

/** A topic with so many messages in it. */
async function filled(count: number, options: StageOptions = {}) {
  const stage = await Stage.open({ ...options, subscription: { failoverDelayMs: 0 } });
  const producer = await stage.producer();
  producer.send(...Array.from({ length: count }, (_, i) => ({ value: `${i}`, key: `k${i % 7}` })));
  await stage.settle();
  return { stage, producer };
}

const throttled = (stage: Stage, subscription = 's') =>
  stage.broker.subscriptionView(NAME, subscription)!.throttled;

describe('a dispatch rate', () => {
  it.each(TYPES)(
    'of a subscription gives a %s consumer so much in each period',
    async (subType) => {
      const { stage } = await filled(35, { policies: { subscriptionDispatchRate: rate(10) } });
      const consumer = await stage.consumer('s', { subType });
      const sentAfter = async (ms: number) => {
        await stage.advance(ms);
        return consumer.values.length;
      };
      expect(await sentAfter(0)).toBe(10);
      expect(await sentAfter(999)).toBe(10);
      expect(await sentAfter(1)).toBe(20);
      expect(await sentAfter(1_000)).toBe(30);
      expect(await sentAfter(1_000)).toBe(35);
      expect(throttled(stage)!.subscription.messages).toBeGreaterThan(3);
      expect(throttled(stage)!.topic.messages).toBe(0);
    },
  );

  it.each(['subscriptionDispatchRate', 'dispatchRate'] as const)(
    'that is relative (%s) lets what is published come beside',
    async (policy) => {
      const policies = { [policy]: { ...rate(10), relativeToPublishRate: true } };
      const { stage, producer } = await filled(600, { policies });
      const consumer = await stage.consumer('s', { subType: 'Shared', permits: 10_000 });
      const sentIn = async (ms: number) => {
        const before = consumer.values.length;
        await stage.advance(ms);
        return consumer.values.length - before;
      };
      // Nothing is known of the publish rate yet.
      expect(await sentIn(10_000)).toBeLessThanOrEqual(100);
      await stage.advance(50_000);
      expect(consumer.values).toHaveLength(600);
      producer.send(...Array.from({ length: 2_400 }, (_, i) => `more-${i}`));
      await stage.settle();
      // 600 in a minute: 10 a second.
      await stage.advance(1_000);
      expect(await sentIn(10_000)).toBeGreaterThanOrEqual(190);
      expect(await sentIn(10_000)).toBeLessThanOrEqual(210);
      // 2,400 in the next minute: 40 a second.
      await stage.advance(40_000);
      expect(await sentIn(10_000)).toBeGreaterThanOrEqual(480);
      expect(await sentIn(10_000)).toBeLessThanOrEqual(520);
    },
  );

  it('of bytes lets an entry be larger than what is left, and waits the longer', async () => {
    const { stage } = await filled(10, { policies: { subscriptionDispatchRate: rate(0, 200) } });
    const consumer = await stage.consumer('s');
    const bytes = () => stage.broker.subscriptionView(NAME, 's')!.out.bytes;
    await stage.advance(0);
    const first = bytes();
    expect(first).toBeGreaterThanOrEqual(200);
    await stage.advance(10_000);
    expect(consumer.values).toHaveLength(10);
    expect(throttled(stage)!.subscription.bytes).toBeGreaterThan(0);
  });

  it('counts for a period of several seconds', async () => {
    const { stage } = await filled(25, { policies: { subscriptionDispatchRate: rate(10, 0, 2) } });
    const consumer = await stage.consumer('s');
    await stage.advance(1_900);
    expect(consumer.values).toHaveLength(10);
    await stage.advance(100);
    expect(consumer.values).toHaveLength(20);
  });

  it('of a topic is shared by its subscriptions', async () => {
    const { stage } = await filled(100, { policies: { dispatchRate: rate(20) } });
    const consumers = [await stage.consumer('a'), await stage.consumer('b', { subType: 'Shared' })];
    const total = () => consumers.reduce((sum, { values }) => sum + values.length, 0);
    await stage.advance(4_000);
    expect(total()).toBeGreaterThanOrEqual(70);
    expect(total()).toBeLessThanOrEqual(120);
    expect(throttled(stage, 'a')!.topic.messages).toBeGreaterThan(0);
    await stage.advance(8_000);
    expect(consumers.map(({ values }) => values.length)).toEqual([100, 100]);
  });

  it('of a topic counts though the topic was out of memory meanwhile', async () => {
    const { stage, producer } = await filled(40, { policies: { dispatchRate: rate(10) } });
    const consumer = await stage.consumer('a', { permits: 10 });
    producer.drop();
    await stage.advance(10 * MINUTE_MS);
    const sentAfter = async (ms: number) => {
      await stage.advance(ms);
      return consumer.values.length;
    };
    expect(await sentAfter(0)).toBe(10);
    consumer.flow(10);
    expect(await sentAfter(0)).toBe(20);
    consumer.flow(100);
    expect(await sentAfter(999)).toBe(20);
    expect(await sentAfter(1)).toBe(30);
  });

  it('of the broker is shared by all topics', async () => {
    const dispatchRate = { messages: 10, bytes: 0, periodMs: 1_000 };
    const { stage } = await filled(30, { dispatchRate });
    const other = await stage.producer('other');
    other.send(...Array.from({ length: 30 }, (_, i) => `${i}`));
    await stage.settle();
    const consumers = [await stage.consumer('s'), await stage.consumer('s', { topic: 'other' })];
    const total = () => consumers.reduce((sum, { values }) => sum + values.length, 0);
    await stage.advance(3_000);
    expect(total()).toBeLessThanOrEqual(50);
    expect(total()).toBeGreaterThanOrEqual(30);
    expect(throttled(stage)!.broker.messages).toBeGreaterThan(0);
    await stage.advance(5_000);
    expect(total()).toBe(60);
  });

  it('of one subscription comes before that of all', async () => {
    const { stage } = await filled(30, { policies: { subscriptionDispatchRate: rate(10) } });
    await stage.until(
      stage.broker.policies.change(NAME, 'local', { dispatchRateOf: { fast: rate(25) } }),
    );
    const fast = await stage.consumer('fast');
    const slow = await stage.consumer('slow');
    expect([fast.values.length, slow.values.length]).toEqual([25, 10]);
  });

  it('counts at once when it is changed, and no more when it is taken back', async () => {
    const { stage } = await filled(100);
    const set = (policies: object) =>
      stage.until(stage.broker.setNamespacePolicies('public/default', policies));
    await set({ subscriptionDispatchRate: rate(5) });
    const consumer = await stage.consumer('s');
    expect(consumer.values).toHaveLength(5);
    await set({ subscriptionDispatchRate: rate(20) });
    await stage.settle();
    expect(consumer.values).toHaveLength(25);
    await set({ subscriptionDispatchRate: undefined });
    await stage.settle();
    expect(consumer.values).toHaveLength(100);
  });

  it.each(['Subscription', 'Topic'])(
    'of a %s goes on when something else is changed',
    async (of) => {
      const { stage } = await filled(35);
      const set = (key: string, text: string) =>
        stage.until(stage.broker.settings.change(key, text));
      await set(`dispatchThrottlingRatePer${of}InMsg`, '10');
      const consumer = await stage.consumer('s', { subType: 'Shared' });
      await set('maxTenants', '3');
      await stage.advance(999);
      expect(consumer.values).toHaveLength(10);
    },
  );

  it('is not put off by acknowledgements and permits that come meanwhile', async () => {
    const { stage } = await filled(30, { policies: { subscriptionDispatchRate: rate(10) } });
    const consumer = await stage.consumer('s', { subType: 'Shared' });
    for (let i = 0; i < 20; i++) {
      consumer.ack(consumer.received[i % 10]!);
      consumer.flow(1);
      await stage.advance(100);
      // Nor brought forward: a period's worth comes at once.
      expect(consumer.values).toHaveLength(Math.min(30, 10 + 10 * Math.floor((i + 1) / 10)));
    }
    expect(consumer.values.length).toBeGreaterThanOrEqual(29);
  });

  it('counts what is sent again', async () => {
    const { stage } = await filled(10, { policies: { subscriptionDispatchRate: rate(10) } });
    const consumer = await stage.consumer('s', { subType: 'Shared' });
    consumer.redeliver();
    await stage.advance(999);
    expect(consumer.values).toHaveLength(10);
    await stage.advance(1);
    expect(consumer.values).toHaveLength(20);
  });

  it('leaves those alone who keep up, where it is told so', async () => {
    const { stage } = await filled(30, {
      policies: { subscriptionDispatchRate: rate(10) },
    });
    const paced = await stage.consumer('paced');
    expect(paced.values).toHaveLength(10);
    const free = await Stage.open({
      policies: { subscriptionDispatchRate: rate(10) },
      subscription: { throttlesAll: false },
    });
    const consumer = await free.consumer('s');
    const producer = await free.producer();
    for (let i = 0; i < 30; i++) {
      producer.send(`${i}`);
      await free.settle();
    }
    expect(consumer.values).toHaveLength(30);
  });
});
