import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TestConsumer } from './consumer.ts';
import { Stage } from './harness.ts';

const shared = { subType: 'Shared' } as const;
const LIMIT = { messages: 20, perSubscription: 4 };

/** A broker that lets 20 messages be unacknowledged, and 4 of a subscription once there are 20. */
async function start() {
  const stage = await Stage.open({ subscription: { brokerUnacked: LIMIT } });
  const producer = await stage.producer();
  const send = async (count: number) => {
    producer.send(...Array.from({ length: count }, (_, i) => `${i}`));
    await stage.settle();
  };
  const blocked = (name: string) => stage.broker.subscriptionView(producer.topic, name)!.blocked;
  return { stage, send, blocked, topic: producer.topic };
}

const ackSome = async (stage: Stage, consumer: TestConsumer, from: number, to: number) => {
  consumer.ack(...consumer.received.slice(from, to));
  await stage.settle();
};

/** Two subscriptions that hold 10 messages each, which is what the broker lets them. */
async function atLimit() {
  const at = await start();
  const a = await at.stage.consumer('a', shared);
  const b = await at.stage.consumer('b', { subType: 'Key_Shared' });
  await at.send(10);
  expect([a.values.length, b.values.length]).toEqual([10, 10]);
  return { ...at, a, b };
}

describe('the limit of unacknowledged messages of the whole broker', () => {
  it('stops subscriptions that hold more than their share, and lets the others be', async () => {
    const { stage, send, blocked, a, b } = await atLimit();
    await send(3);
    expect([a.values.length, b.values.length]).toEqual([10, 10]);
    expect([blocked('a'), blocked('b')]).toEqual([true, true]);
    const c = await stage.consumer('c', { ...shared, initialPosition: 'Latest' });
    await send(4);
    expect([blocked('c'), c.values.length]).toEqual([false, 4]);
    await send(1);
    await send(1);
    expect([blocked('c'), c.values.length]).toEqual([true, 5]);
    const ordered = await stage.consumer('d', {});
    expect(ordered.values).toHaveLength(19);
  });

  it('lets one go on that has less than half of its share, though there are too many', async () => {
    const { stage, send, blocked, a, b } = await atLimit();
    await send(10);
    await ackSome(stage, a, 0, 8);
    expect([blocked('a'), a.values.length]).toEqual([true, 10]);
    await ackSome(stage, a, 8, 9);
    expect(a.values).toHaveLength(20);
    expect([blocked('a'), b.values.length]).toEqual([true, 10]);
  });

  it('lets all go on once less than half of it is left', async () => {
    const { stage, send, blocked, a, b } = await atLimit();
    const c = await stage.consumer('c', { ...shared, initialPosition: 'Latest' });
    await send(3);
    expect(c.values).toHaveLength(3);
    await ackSome(stage, c, 0, 3);
    await ackSome(stage, a, 0, 7);
    expect([blocked('a'), blocked('b'), a.values.length]).toEqual([true, true, 10]);
    await ackSome(stage, b, 0, 4);
    expect([blocked('a'), blocked('b')]).toEqual([false, false]);
    expect([a.values.length, b.values.length]).toEqual([13, 13]);
  });

  it('counts what is left behind as gone, and nothing of a subscription that ends', async () => {
    const { stage, send, blocked, a, b } = await atLimit();
    await send(1);
    a.drop();
    await stage.settle();
    expect(blocked('b')).toBe(true);
    await ackSome(stage, b, 0, 1);
    expect([blocked('b'), b.values.length]).toEqual([false, 11]);
    const again = await stage.consumer('a', shared);
    expect(again.values).toHaveLength(11);
    expect(blocked('a')).toBe(true);
    again.unsubscribe(99);
    await stage.settle();
    await ackSome(stage, b, 1, 2);
    expect(blocked('b')).toBe(false);
  });

  it('knows after any course of events what all of them hold', async () => {
    const names = ['a', 'b', 'c'];
    const step = fc.record({
      what: fc.constantFrom('send', 'ack', 'nack', 'drop', 'join'),
      who: fc.nat({ max: 2 }),
      count: fc.integer({ min: 1, max: 9 }),
    });
    const run = async (steps: readonly { what: string; who: number; count: number }[]) => {
      const { stage, send, topic } = await start();
      const consumers = new Map<string, TestConsumer>();
      const join = async (name: string) => {
        if (!consumers.has(name)) consumers.set(name, await stage.consumer(name, shared));
      };
      for (const name of names) await join(name);
      for (const { what, who, count } of steps) {
        const name = names[who]!;
        const consumer = consumers.get(name);
        if (what === 'send') await send(count);
        else if (what === 'join') await join(name);
        else if (consumer === undefined) continue;
        else if (what === 'ack') consumer.ack(...consumer.received.splice(0, count));
        else if (what === 'nack') consumer.redeliver();
        else if (what === 'drop') {
          consumer.drop();
          consumers.delete(name);
        }
        await stage.settle();
      }
      // Whoever acknowledges all that it gets ends with everything.
      for (const name of names) await join(name);
      for (let i = 0; i < 60; i++) {
        for (const consumer of consumers.values()) consumer.ack(...consumer.received.splice(0));
        await stage.settle();
      }
      const views = names.map((name) => stage.broker.subscriptionView(topic, name)!);
      expect(views.map(({ unacked, blocked }) => [unacked, blocked])).toEqual(
        names.map(() => [0, false]),
      );
    };
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 25 }), run), { numRuns: 40 });
  });
});
