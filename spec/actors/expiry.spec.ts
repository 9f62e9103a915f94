import { describe, expect, it } from 'vitest';
import { EARLIEST } from '../../src/base/position.ts';
import { Stage, type StageOptions } from './harness.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const T = 'topic:persistent://public/default/t';

async function topicWith(ttlSeconds: number, options: StageOptions = {}) {
  const policies = { messageTtlSeconds: ttlSeconds };
  const stage = await Stage.open({ policies, ...options });
  const producer = await stage.producer();
  const subscribe = (name: string) =>
    stage.request(T, (reply) => ({
      type: 'create-subscription',
      reply,
      name,
      position: EARLIEST,
      replicated: false,
      properties: {},
    }));
  const publish = async (...values: string[]) => {
    producer.send(...values);
    await stage.settle();
  };
  const cursor = (name = 's') => stage.broker.cursorView(producer.topic, name)!;
  return { stage, producer, subscribe, publish, cursor };
}

const loaded = (stage: Stage) => [...stage.broker.loadedTopics()].length;

describe('message TTL', () => {
  it('lets go what is older, of every subscription, and counts it', async () => {
    const { stage, subscribe, publish, cursor } = await topicWith(30);
    await subscribe('s');
    const consumer = await stage.consumer('other');
    await publish('0', '1');
    consumer.ack(consumer.received[0]!);
    await stage.advance(20 * SECOND_MS);
    await publish('2');
    await stage.advance(10 * SECOND_MS);
    const counts = () => ['s', 'other'].map((name) => cursor(name).backlogEntries);
    expect(counts()).toEqual([3, 2]);
    const beforeMs = stage.clock.nowMs();
    await stage.advance(SECOND_MS);
    expect(counts()).toEqual([1, 1]);
    expect([cursor('s').expired, cursor('other').expired]).toEqual([2, 1]);
    expect(cursor().lastExpireAtMs).toBeGreaterThan(beforeMs);
  });

  it('looks no more often than it is told to, and not while nothing can be too old', async () => {
    const { stage, subscribe, publish, cursor } = await topicWith(10);
    await subscribe('s');
    for (let i = 0; i < 20; i++) {
      await publish(`${i}`);
      await stage.advance(SECOND_MS);
    }
    // The first look came with the first message that was too old, the next a minute later.
    expect(cursor().backlogEntries).toBe(19);
    await stage.advance(52 * SECOND_MS);
    expect(cursor().backlogEntries).toBe(0);
  });

  it('goes by the publish time, but by the time of storing for closed ledgers', async () => {
    const { stage, producer, subscribe, cursor } = await topicWith(60, {
      topic: { maxEntriesPerLedger: 2 },
    });
    await subscribe('s');
    const aheadMs = stage.clock.nowMs() + 3_600_000;
    producer.send('0', { value: 'from a clock that is ahead', publishTimeMs: aheadMs });
    await stage.settle();
    producer.send({ value: 'again', publishTimeMs: aheadMs });
    await stage.settle();
    await stage.advance(2 * MINUTE_MS);
    expect(cursor().backlogEntries).toBe(1);
  });

  it('keeps what consumers have from coming back, and goes on with what is young', async () => {
    const { stage, publish, cursor } = await topicWith(30);
    const consumer = await stage.consumer('s', { subType: 'Shared' });
    await publish('old');
    await stage.advance(20 * SECOND_MS);
    await publish('young');
    await stage.advance(11 * SECOND_MS);
    consumer.redeliver();
    await stage.settle();
    expect(consumer.values).toEqual(['old', 'young', 'young']);
    expect(cursor().backlogEntries).toBe(1);
  });

  it('comes to a topic that has left memory, and to nobody before', async () => {
    const { stage, producer, subscribe, publish, cursor } = await topicWith(600);
    await subscribe('s');
    await publish('0');
    producer.drop();
    await stage.advance(3 * MINUTE_MS);
    expect(loaded(stage)).toBe(0);
    await stage.advance(6 * MINUTE_MS);
    expect(loaded(stage)).toBe(0);
    await stage.advance(MINUTE_MS + SECOND_MS);
    expect([loaded(stage), cursor().backlogEntries]).toEqual([1, 0]);
    await stage.advance(2 * MINUTE_MS);
    expect(loaded(stage)).toBe(0);
    await stage.advance(60 * MINUTE_MS);
    expect(loaded(stage)).toBe(0);
  });

  it.each([
    ['a crash', (stage: Stage) => stage.crash()],
    ['a restart', (stage: Stage) => stage.restart()],
  ])('is no longer after %s', async (_, happens) => {
    const { stage, subscribe, publish, cursor } = await topicWith(300);
    await subscribe('s');
    await publish('0');
    await stage.advance(4 * MINUTE_MS);
    await happens(stage);
    await stage.advance(MINUTE_MS + SECOND_MS);
    expect(cursor().backlogEntries).toBe(0);
  });

  it('stays so after a crash: what has expired does not come back', async () => {
    const { stage, subscribe, publish } = await topicWith(30);
    await subscribe('s');
    await publish('0', '1');
    await stage.advance(31 * SECOND_MS);
    await stage.crash();
    await (await stage.producer()).send('2');
    await stage.settle();
    expect((await stage.consumer('s')).values).toEqual(['2']);
  });

  it('knows of messages that a subscription has gone back to', async () => {
    const { stage, subscribe, publish, cursor } = await topicWith(120);
    await subscribe('kept');
    const consumer = await stage.consumer('s');
    await publish('0');
    consumer.ack(consumer.received[0]!);
    await stage.advance(MINUTE_MS);
    await publish('1');
    consumer.seek({ kind: 'position', position: EARLIEST }, stage.nextId());
    await stage.settle();
    expect(cursor().backlogEntries).toBe(2);
    await stage.advance(MINUTE_MS + SECOND_MS);
    expect([cursor().backlogEntries, cursor('kept').backlogEntries]).toEqual([1, 1]);
  });

  it('is not kept from its work by entries that cannot be read', async () => {
    const { stage, subscribe, publish, cursor } = await topicWith(30, {
      cacheBytes: 0,
      expectsErrors: true,
    });
    await subscribe('s');
    await publish('0');
    stage.holdsReads = true;
    await stage.advance(40 * SECOND_MS);
    expect(cursor().backlogEntries).toBe(1);
    stage.holdsReads = false;
    await stage.settle();
    await stage.advance(2 * MINUTE_MS);
    expect(cursor().backlogEntries).toBe(0);
  });
});

describe('an idle topic', () => {
  it('closes its ledger when that is old enough, and gives it up', async () => {
    const stage = await Stage.open({ topic: { maxRolloverMs: 10 * MINUTE_MS } });
    const producer = await stage.producer();
    const consumer = await stage.consumer('s');
    producer.send('0');
    await stage.settle();
    consumer.ack(consumer.received[0]!);
    producer.drop();
    consumer.drop();
    await stage.advance(5 * MINUTE_MS);
    expect(loaded(stage)).toBe(0);
    expect(stage.disk.topics.usage(1).liveEntries).toBe(1);
    await stage.advance(6 * MINUTE_MS);
    expect(stage.disk.topics.usage(1).liveEntries).toBe(0);
    await stage.advance(60 * MINUTE_MS);
    expect(loaded(stage)).toBe(0);
  });

  it('keeps what retention says, in memory or not', async () => {
    const retention = { retentionTimeInMinutes: 30, retentionSizeInMB: -1 };
    const stage = await Stage.open({
      policies: { retention },
      topic: { maxRolloverMs: 10 * MINUTE_MS },
    });
    const producer = await stage.producer();
    producer.send('0');
    producer.drop();
    await stage.advance(39 * MINUTE_MS);
    expect([loaded(stage), stage.disk.topics.usage(1).liveEntries]).toEqual([0, 1]);
    await stage.advance(2 * MINUTE_MS);
    expect(stage.disk.topics.usage(1).liveEntries).toBe(0);
  });
});
