import { describe, expect, it } from 'vitest';
import type { SeekTarget } from '../../src/actors/subscription/commands.ts';
import { EARLIEST, LATEST, type Position } from '../../src/base/position.ts';
import type { TestConsumer } from './consumer.ts';
import { Stage, type StageOptions } from './harness.ts';

const shared = { subType: 'Shared' } as const;

const MINUTE_MS = 60_000;

const to = (position: Position): SeekTarget => ({ kind: 'position', position });

async function five(options: StageOptions = {}) {
  const stage = await Stage.open(options);
  const producer = await stage.producer();
  const keeps = await stage.consumer('keeps', { permits: 0 });
  const consumer = await stage.consumer('s');
  const startMs = stage.clock.nowMs();
  for (const value of ['0', '1', '2', '3', '4']) {
    producer.send(value);
    await stage.advance(1_000);
  }
  const at = (i: number): Position => {
    const { ledgerId, entryId } = producer.receipts[i]!;
    return { ledgerId, entryId };
  };
  const seek = async (target: SeekTarget, who: TestConsumer = consumer) => {
    const requestId = stage.nextId();
    who.seek(target, requestId);
    await stage.settle();
    return who.connection.answers.get(requestId);
  };
  const resume = async (target: SeekTarget) => {
    const answer = await seek(target);
    expect(answer?.type).toBe('done');
    return (await stage.consumer('s')).values;
  };
  return { stage, producer, consumer, keeps, startMs, at, seek, resume };
}

describe('seek', () => {
  it('closes the consumer first and answers then, once it is for good', async () => {
    const { stage, consumer, at } = await five();
    stage.holdsSyncs = true;
    consumer.connection.heard.length = 0;
    consumer.seek(to(at(1)), 1_001);
    await stage.settle();
    expect(consumer.connection.types()).toEqual([]);
    await stage.sync();
    expect(consumer.connection.types()).toEqual(['consumer-closed', 'done']);
  });

  it('to an id goes on with that very message', async () => {
    const { resume, at } = await five();
    expect(await resume(to(at(2)))).toEqual(['2', '3', '4']);
  });

  it('to the earliest starts over, to the latest leaves everything behind', async () => {
    const { stage, producer, consumer, seek } = await five();
    await seek(to(EARLIEST));
    const all = await stage.consumer('s');
    expect(all.values).toEqual(consumer.values);
    await seek(to(LATEST), all);
    const none = await stage.consumer('s');
    producer.send('5');
    await stage.settle();
    expect(none.values).toEqual(['5']);
  });

  it('forgets what was acknowledged and how often it was asked for', async () => {
    const { stage, at } = await five();
    const consumer = await stage.consumer('x', shared);
    const producer = await stage.producer();
    producer.send({ value: 'batch', messages: 3 });
    await stage.settle();
    consumer.redeliver([consumer.received[0]!]);
    await stage.settle();
    consumer.ack(consumer.received[1]!, consumer.received[3]!);
    consumer.ackIndexes(consumer.received[5]!, 3, 1);
    consumer.seek(to(at(0)), stage.nextId());
    await stage.settle();
    const again = await stage.consumer('x', shared);
    expect(
      again.received.map(({ value, redeliveryCount, ackSet }) => [value, redeliveryCount, ackSet]),
    ).toEqual([
      ['0', 0, undefined],
      ['1', 0, undefined],
      ['2', 0, undefined],
      ['3', 0, undefined],
      ['4', 0, undefined],
      ['batch', 0, undefined],
    ]);
  });

  it('to an id that is trimmed or never was goes on with the next one that is', async () => {
    const { stage, producer, keeps, consumer, at, seek } = await five({
      topic: { maxEntriesPerLedger: 2 },
    });
    const gone = at(0);
    consumer.ackUpTo(at(3));
    keeps.ackUpTo(at(1));
    await stage.settle();
    expect(stage.disk.topics.usage(1).liveEntries).toBe(3);
    await seek(to(gone));
    const first = await stage.consumer('s');
    expect(first.values).toEqual(['2', '3', '4']);
    await seek(to({ ledgerId: at(2).ledgerId, entryId: 77 }), first);
    const second = await stage.consumer('s');
    expect(second.values).toEqual(['4']);
    await seek(to({ ledgerId: at(4).ledgerId + 50, entryId: 0 }), second);
    const third = await stage.consumer('s');
    producer.send('5');
    await stage.settle();
    expect(third.values).toEqual(['5']);
  });

  it('to an id before the first of a ledger means its first', async () => {
    const { resume, at } = await five();
    expect(await resume(to({ ledgerId: at(0).ledgerId, entryId: -1 }))).toHaveLength(5);
  });

  it('into a batch leaves out the indexes before', async () => {
    const { stage, producer, consumer, seek } = await five();
    producer.send({ value: 'batch', messages: 4 }, '6');
    await stage.settle();
    const position = consumer.received[5]!;
    await seek({ kind: 'position', position, ackSet: [0b1000n] });
    const again = await stage.consumer('s');
    expect(again.received.map(({ value, ackSet }) => [value, ackSet])).toEqual([
      ['batch', [0b1000n]],
      ['6', undefined],
    ]);
    expect(again.permits).toBe(1_000 - 2);
  });

  it('into a batch that is gone leaves out nothing of the next one', async () => {
    const { stage, seek, at } = await five();
    const position = { ledgerId: at(4).ledgerId - 1, entryId: 0 };
    await seek({ kind: 'position', position, ackSet: [0b10n] });
    expect((await stage.consumer('s')).received[0]?.ackSet).toBeUndefined();
  });

  it('by time goes on with the first message published then or later', async () => {
    for (const [offsetMs, first] of [
      [-1, 0],
      [0, 0],
      [1, 1],
      [2_000, 2],
      [3_999, 4],
      [4_000, 4],
    ] as const) {
      const { resume, startMs } = await five();
      const values = await resume({ kind: 'time', publishTimeMs: startMs + offsetMs });
      expect(values).toEqual(['0', '1', '2', '3', '4'].slice(first));
    }
  });

  it('by a time to come leaves everything behind', async () => {
    const { resume, startMs } = await five();
    expect(await resume({ kind: 'time', publishTimeMs: startMs + MINUTE_MS })).toEqual([]);
  });

  it('puts the mark-delete position right before the next message', async () => {
    const { stage, producer, at, seek } = await five({ topic: { maxEntriesPerLedger: 2 } });
    const mark = () => stage.broker.cursorView(producer.topic, 's')?.markDelete;
    await seek(to(at(3)));
    expect(mark()).toEqual(at(2));
    const consumer = await stage.consumer('s', { permits: 0 });
    await seek(to(at(2)), consumer);
    expect(mark()).toEqual(at(1));
    const again = await stage.consumer('s', { permits: 0 });
    await seek(to(EARLIEST), again);
    expect(mark()).toEqual({ ledgerId: at(0).ledgerId, entryId: -1 });
  });

  it('survives a crash', async () => {
    const { stage, at, seek } = await five();
    await seek(to(at(3)));
    await stage.crash();
    expect((await stage.consumer('s')).values).toEqual(['3', '4']);
  });

  it('closes all consumers of a shared subscription, whatever they hold', async () => {
    const { stage, at, seek } = await five({ cacheBytes: 0 });
    const [a, b] = [await stage.consumer('x', shared), await stage.consumer('x', shared)];
    a.redeliver([a.received[0]!]);
    await seek(to(at(1)), b);
    expect([a.isClosed, b.isClosed]).toEqual([true, true]);
    const again = await stage.consumer('x', shared);
    expect(again.values).toEqual(['1', '2', '3', '4']);
  });

  it('closes only the active consumer of a failover subscription', async () => {
    const { stage, at, seek } = await five({ subscription: { failoverDelayMs: 0 } });
    const failover = { subType: 'Failover' } as const;
    const consumers = [await stage.consumer('f', failover), await stage.consumer('f', failover)];
    const view = () => stage.broker.subscriptionView(consumers[0]!.topic, 'f');
    const active = consumers.find(({ key }) => view()?.activeConsumer === `consumer-${key}`)!;
    const other = consumers.find((each) => each !== active)!;
    await seek(to(at(3)), active);
    expect([active.isClosed, other.isClosed, other.values]).toEqual([true, false, ['3', '4']]);
  });

  it('is refused to a consumer that is not there', async () => {
    const { stage, consumer, at, seek } = await five();
    consumer.drop();
    await stage.settle();
    expect(await seek(to(at(0)))).toMatchObject({
      type: 'refused',
      refusal: { code: 'consumer-not-found', message: 'Consumer not found' },
    });
  });

  it('over REST needs no consumer, and may start after the message', async () => {
    const { stage, consumer, at } = await five();
    const { actor } = consumer.subscribed!;
    const reset = (position: Position, excluded: boolean) =>
      stage.request(actor, (reply) => ({
        type: 'seek',
        key: undefined,
        reply,
        target: to(position),
        excluded,
      }));
    expect((await reset(at(1), true)).type).toBe('done');
    expect(consumer.isClosed).toBe(true);
    expect((await stage.consumer('s')).values).toEqual(['2', '3', '4']);
    await reset(at(1), false);
    expect((await stage.consumer('s')).values).toEqual(['1', '2', '3', '4']);
  });

  it('by time is answered though its subscription is gone before the time is found', async () => {
    const { stage, consumer, startMs } = await five({ cacheBytes: 0 });
    stage.holdsReads = true;
    const target = { kind: 'time', publishTimeMs: startMs + 2_000 } as const;
    consumer.seek(target, 1_001);
    await stage.settle();
    await stage.request('topic:persistent://public/default/t', (reply) => ({
      type: 'delete-subscription',
      reply,
      name: 's',
      force: true,
    }));
    stage.holdsReads = false;
    await stage.settle();
    expect(consumer.connection.answers.get(1_001)?.type).toBe('refused');
  });
});

describe('seek of a reader', () => {
  const reader = { durable: false, startPosition: EARLIEST } as const;

  it('keeps its place until the reader is back', async () => {
    const { stage, producer, at, seek } = await five();
    const first = await stage.consumer('r', reader);
    await seek(to(at(3)), first);
    expect(first.isClosed).toBe(true);
    expect(stage.broker.topicView(producer.topic)?.subscriptions).toContain('r');
    const back = await stage.consumer('r', reader);
    expect(back.values).toEqual(['3', '4']);
    back.drop();
    await stage.settle();
    expect(stage.broker.topicView(producer.topic)?.subscriptions).not.toContain('r');
  });

  it('does not keep it for ever', async () => {
    const { stage, producer, at, seek } = await five();
    const first = await stage.consumer('r', reader);
    await seek(to(at(3)), first);
    await stage.advance(5 * MINUTE_MS);
    expect(stage.broker.topicView(producer.topic)?.subscriptions).not.toContain('r');
    producer.drop();
    await stage.advance(5 * MINUTE_MS);
  });

  it('disturbs no reader that came back in time', async () => {
    const { stage, producer, at, seek } = await five();
    const first = await stage.consumer('r', reader);
    await seek(to(at(3)), first);
    const back = await stage.consumer('r', reader);
    await stage.advance(5 * MINUTE_MS);
    producer.send('5');
    await stage.settle();
    expect([back.isClosed, back.values]).toEqual([false, ['3', '4', '5']]);
  });

  it('over REST lets its subscription go, and the reader goes on where it says', async () => {
    const { stage, producer, at } = await five();
    for (const target of [to(at(1)), { kind: 'time', publishTimeMs: 0 } as const]) {
      const consumer = await stage.consumer('r', reader);
      const answer = await stage.request(consumer.subscribed!.actor, (reply) => ({
        type: 'seek',
        key: undefined,
        reply,
        target,
      }));
      expect([answer.type, consumer.isClosed]).toEqual(['done', true]);
      expect(stage.broker.topicView(producer.topic)?.subscriptions).not.toContain('r');
    }
    const back = await stage.consumer('r', { durable: false, startPosition: at(4) });
    producer.send('5');
    await stage.settle();
    expect(back.values).toEqual(['4', '5']);
  });

  it('by time is answered though the reader has left before the time is found', async () => {
    const { stage, startMs, producer } = await five({ cacheBytes: 0 });
    const first = await stage.consumer('r', reader);
    stage.holdsReads = true;
    first.seek({ kind: 'time', publishTimeMs: startMs }, 1_001);
    await stage.settle();
    first.drop();
    await stage.settle();
    stage.holdsReads = false;
    await stage.settle();
    expect(first.connection.answers.get(1_001)?.type).toBe('refused');
    expect(stage.broker.topicView(producer.topic)?.subscriptions).not.toContain('r');
  });
});
