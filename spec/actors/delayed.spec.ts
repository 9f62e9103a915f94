import { describe, expect, it } from 'vitest';
import type { Message } from './clients.ts';
import type { TestConsumer } from './consumer.ts';
import { Stage, type StageOptions } from './harness.ts';

const shared = { subType: 'Shared' } as const;
const policy = { tickTime: 1_000, active: true, maxDeliveryDelayInMillis: 0 };
const keyShared = { subType: 'Key_Shared' } as const;

async function start(options: StageOptions = {}) {
  const stage = await Stage.open(options);
  const producer = await stage.producer();
  /** Messages that are due so many milliseconds from now; 0: at once. */
  const send = async (delays: Readonly<Record<string, number>>, more: Partial<Message> = {}) => {
    const nowMs = stage.clock.nowMs();
    for (const [value, ms] of Object.entries(delays)) {
      producer.send({ value, ...(ms === 0 ? {} : { dueAtMs: nowMs + ms }), ...more });
    }
    await stage.settle();
  };
  return { stage, producer, send };
}

/** Notes when each message comes, in milliseconds from now. */
function timed(stage: Stage, consumer: TestConsumer): [string, number][] {
  const startMs = stage.clock.nowMs();
  const seen: [string, number][] = [];
  consumer.onReceived = ({ value }) => seen.push([value, stage.clock.nowMs() - startMs]);
  return seen;
}

const delayedOf = (stage: Stage, consumer: TestConsumer) =>
  stage.broker.subscriptionView(consumer.topic, consumer.subscription)?.delayed;

describe.each([shared, keyShared])('delayed delivery on $subType subscriptions', (type) => {
  it('is never early, and lets what is due at once go first', async () => {
    const { stage, send } = await start();
    const consumer = await stage.consumer('s', type);
    const seen = timed(stage, consumer);
    await send({ late: 5_000, now: 0, soon: 1_500, past: -3 });
    expect(consumer.values).toEqual(['now', 'past']);
    await stage.advance(1_499);
    expect(consumer.values).toHaveLength(2);
    await stage.advance(60_000);
    expect(seen.slice(2)).toEqual([
      ['soon', 1_500],
      ['late', 5_000],
    ]);
  });

  it('comes at most a tenth of a tick late, however many times there are', async () => {
    const { stage, send } = await start();
    const consumer = await stage.consumer('s', type);
    const seen = timed(stage, consumer);
    const delays = Array.from({ length: 40 }, (_, i) => [`m${i}`, 1_000 + i * 17] as const);
    await send(Object.fromEntries(delays));
    await stage.advance(5_000);
    expect(seen).toHaveLength(40);
    for (const [value, atMs] of seen) {
      const dueMs = 1_000 + Number(value.slice(1)) * 17;
      expect(atMs).toBeGreaterThanOrEqual(dueMs);
      expect(atMs).toBeLessThanOrEqual(dueMs + 100);
    }
  });

  it('survives a crash, and time passes meanwhile', async () => {
    const { stage, send } = await start();
    await send({ a: 10_000, b: 20_000, c: 30_000, d: 0 });
    const before = await stage.consumer('s', type);
    expect(before.values).toEqual(['d']);
    before.ack(before.received[0]!);
    await stage.advance(12_000);
    expect(before.values).toEqual(['d', 'a']);
    await stage.crash();
    const after = await stage.consumer('s', type);
    const seen = timed(stage, after);
    expect(after.values).toEqual(['a']);
    await stage.advance(60_000);
    expect(seen).toEqual([
      ['b', 8_000],
      ['c', 18_000],
    ]);
  });

  it('is cancelled by an acknowledgement', async () => {
    const { stage, producer, send } = await start();
    const consumer = await stage.consumer('s', type);
    await send({ a: 5_000, b: 5_000 });
    expect(delayedOf(stage, consumer)).toBe(2);
    consumer.ack(producer.receipts[0]!);
    await stage.settle();
    expect(delayedOf(stage, consumer)).toBe(1);
    await stage.advance(60_000);
    expect(consumer.values).toEqual(['b']);
    expect(delayedOf(stage, consumer)).toBe(0);
  });

  it('waits for permits when the time has come', async () => {
    const { stage, send } = await start();
    const consumer = await stage.consumer('s', { ...type, permits: 2 });
    await send({ a: 1_000, b: 1_000, c: 1_000, d: 2_000 });
    await stage.advance(10_000);
    expect(consumer.values).toEqual(['a', 'b']);
    expect(consumer.permits).toBe(0);
    consumer.flow(10);
    await stage.settle();
    expect(consumer.values).toEqual(['a', 'b', 'c', 'd']);
  });

  it('sends again at once what a client gives back, with its count', async () => {
    const { stage, send } = await start();
    const consumer = await stage.consumer('s', type);
    await send({ a: 1_000, b: 9_000 });
    await stage.advance(1_000);
    consumer.redeliver();
    await stage.settle();
    const seen = consumer.received.map(({ value, redeliveryCount }) => [value, redeliveryCount]);
    expect(seen).toEqual([
      ['a', 0],
      ['a', 1],
    ]);
    await stage.advance(8_000);
    expect(consumer.values).toEqual(['a', 'a', 'b']);
  });

  it('starts over for the next consumer once all have left', async () => {
    const { stage, send } = await start();
    const first = await stage.consumer('s', type);
    await send({ a: 1_000, b: 9_000 });
    first.drop();
    await stage.advance(5_000);
    const second = await stage.consumer('s', type);
    expect(second.values).toEqual(['a']);
    await stage.advance(5_000);
    expect(second.values).toEqual(['a', 'b']);
    expect(first.values).toEqual([]);
  });

  it('goes by the position that was sought, and passes over what was skipped', async () => {
    const { stage, producer, send } = await start();
    const first = await stage.consumer('s', type);
    await send({ a: 1_000, b: 2_000, c: 3_000 });
    await stage.advance(1_000);
    first.ack(first.received[0]!);
    first.seek({ kind: 'position', position: producer.receipts[0]! }, 900);
    await stage.settle();
    const second = await stage.consumer('s', type);
    expect(second.values).toEqual(['a']);
    await stage.request(second.subscribed!.actor, (reply) => ({ type: 'skip', reply, count: 2 }));
    await stage.advance(10_000);
    expect(second.values).toEqual(['a', 'c']);
  });

  it('delivers at once where it is switched off', async () => {
    const { stage, send } = await start({
      policies: { delayedDelivery: { ...policy, active: false } },
    });
    const consumer = await stage.consumer('s', type);
    await send({ a: 5_000, b: 0 });
    expect(consumer.values).toEqual(['a', 'b']);
    await stage.advance(10_000);
    expect(consumer.values).toEqual(['a', 'b']);
  });

  it('holds nothing of what waits in memory, however much that is', async () => {
    const { stage, producer } = await start();
    const consumer = await stage.consumer('s', type);
    const dueAtMs = stage.clock.nowMs() + 60_000;
    for (let i = 0; i < 90; i++) {
      producer.send(...Array.from({ length: 100 }, (_, j) => ({ value: `${i}-${j}`, dueAtMs })));
      await stage.settle();
    }
    producer.send('now');
    await stage.settle();
    expect(consumer.values).toEqual(['now']);
    expect(delayedOf(stage, consumer)).toBe(9_000);
    expect(stage.broker.subscriptionView(consumer.topic, 's')?.inReplay).toBe(0);
    await stage.advance(60_000);
    expect(consumer.values).toHaveLength(1_000);
    expect(stage.broker.subscriptionView(consumer.topic, 's')!.inReplay).toBeLessThanOrEqual(5_000);
    for (let i = 0; i < 15; i++) {
      consumer.flow(1_000);
      await stage.settle();
    }
    expect(new Set(consumer.values).size).toBe(9_001);
    expect(consumer.values).toHaveLength(9_001);
    expect(delayedOf(stage, consumer)).toBe(0);
  });
});

describe('delayed delivery', () => {
  it.each(['Exclusive', 'Failover'] as const)('means nothing to %s', async (subType) => {
    const { stage, send } = await start({ subscription: { failoverDelayMs: 0 } });
    const consumer = await stage.consumer('s', { subType });
    await send({ a: 5_000, b: 0 });
    expect(consumer.values).toEqual(['a', 'b']);
  });

  it('refuses what would come later than is allowed, and only that', async () => {
    const { stage, producer } = await start({
      policies: { delayedDelivery: { ...policy, maxDeliveryDelayInMillis: 10_000 } },
    });
    const nowMs = stage.clock.nowMs();
    producer.send(
      { value: 'a', dueAtMs: nowMs + 10_000 },
      { value: 'b', dueAtMs: nowMs + 10_001 },
      { value: 'c', dueAtMs: nowMs + 99_000 },
      'd',
    );
    await stage.settle();
    expect(producer.receipts.map(({ sequenceId, entryId }) => [sequenceId, entryId])).toEqual([
      [0, 0],
      [3, 1],
    ]);
    const refusal = {
      code: 'not-allowed',
      message: 'Exceeds max allowed delivery delay of 10000 milliseconds',
    };
    expect(producer.failures).toMatchObject([{ sequenceIds: [1, 2], refusal }]);
  });

  it('keeps the messages of a key together, those that came due and new ones', async () => {
    const { stage, producer } = await start();
    const a = await stage.consumer('s', { ...keyShared, consumerName: 'a' });
    const b = await stage.consumer('s', { ...keyShared, consumerName: 'b' });
    const dueAtMs = stage.clock.nowMs() + 1_000;
    const keys = ['k0', 'k1', 'k2', 'k3', 'k4', 'k5'];
    for (const key of keys) producer.send({ value: `${key}-late`, key, dueAtMs });
    for (const key of keys) producer.send({ value: `${key}-now`, key });
    await stage.advance(1_000);
    const all = [...a.values, ...b.values].sort();
    expect(all).toEqual(keys.flatMap((key) => [`${key}-late`, `${key}-now`]));
    expect(a.received.length * b.received.length).toBeGreaterThan(0);
    const keysOf = (one: TestConsumer) => new Set(one.received.map(({ key }) => key));
    expect([...keysOf(a)].filter((key) => keysOf(b).has(key))).toEqual([]);
  });

  it('of a key whose consumer is busy holds up no other key', async () => {
    const { stage, producer } = await start();
    const a = await stage.consumer('s', { ...keyShared, consumerName: 'a', permits: 0 });
    const b = await stage.consumer('s', { ...keyShared, consumerName: 'b', permits: 1_000 });
    const dueAtMs = stage.clock.nowMs() + 1_000;
    const keys = Array.from({ length: 20 }, (_, i) => `k${i}`);
    for (const key of keys) producer.send({ value: key, key, dueAtMs });
    await stage.advance(1_000);
    const first = b.values.length;
    expect(first).toBeGreaterThan(0);
    a.flow(100);
    await stage.settle();
    expect([...a.values, ...b.values].sort()).toEqual([...keys].sort());
    expect(b.values).toHaveLength(first);
  });

  it('does not double what is stored once', async () => {
    const { stage, producer } = await start({
      policies: {
        deduplication: true,
        delayedDelivery: { ...policy, maxDeliveryDelayInMillis: 60_000 },
      },
    });
    const consumer = await stage.consumer('s', shared);
    const dueAtMs = stage.clock.nowMs() + 1_000;
    producer.send({ value: 'a', dueAtMs, sequenceId: 5 }, { value: 'a', dueAtMs, sequenceId: 5 });
    producer.send({ value: 'a', dueAtMs, sequenceId: 5 });
    await stage.advance(5_000);
    expect(consumer.values).toEqual(['a']);
  });

  it('of a chunked message brings its parts together', async () => {
    const { stage, producer } = await start();
    const a = await stage.consumer('s', shared);
    const b = await stage.consumer('s', shared);
    const dueAtMs = stage.clock.nowMs() + 1_000;
    const part = (index: number) => ({
      value: `p${index}`,
      dueAtMs,
      chunk: { uuid: 'u', index, count: 3 },
    });
    producer.send(part(0), 'x', part(1), 'y', part(2));
    await stage.advance(2_000);
    const whole = [a, b].filter(({ values }) => values.includes('p0'));
    expect(whole).toHaveLength(1);
    expect(whole[0]!.values.filter((value) => value.startsWith('p'))).toEqual(['p0', 'p1', 'p2']);
  });

  it('for subscriptions of their own goes by what each has acknowledged', async () => {
    const { stage, producer, send } = await start();
    const a = await stage.consumer('a', shared);
    const b = await stage.consumer('b', shared);
    await send({ x: 1_000 });
    a.ack(producer.receipts[0]!);
    await stage.advance(1_000);
    expect([a.values, b.values]).toEqual([[], ['x']]);
  });
});
