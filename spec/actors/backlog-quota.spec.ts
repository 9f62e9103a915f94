import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BacklogQuota, QuotaAction } from '../../src/actors/policies/values.ts';
import { bytesFrom, offsetLeaving, type TopicProgress } from '../../src/actors/progress.ts';
import { EARLIEST } from '../../src/base/position.ts';
import { Stage, type StageOptions } from './harness.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const T = 'topic:persistent://public/default/t';

const size = (limitSize: number, policy: QuotaAction): BacklogQuota => {
  return { limitSize, limitTime: -1, policy };
};
const age = (limitTime: number, policy: QuotaAction): BacklogQuota => {
  return { limitSize: -1, limitTime, policy };
};

const FULL_AT_ONCE = { maxEntriesPerLedger: 2 };
const PRECISE = { preciseAge: true };

/** A topic with a subscription that nobody reads, and a consumer of another. */
async function topicWith(options: StageOptions) {
  const stage = await Stage.open(options);
  const producer = await stage.producer();
  await stage.request(T, (reply) => ({
    type: 'create-subscription',
    reply,
    name: 's',
    position: EARLIEST,
    replicated: false,
    properties: {},
  }));
  const publish = async (count: number) => {
    producer.send(...Array.from({ length: count }, (_, i) => `${i}`.padStart(100, '.')));
    await stage.settle();
  };
  const cursor = (name = 's') => stage.broker.cursorView(producer.topic, name)!;
  return { stage, producer, publish, cursor };
}

describe('a backlog quota by size', () => {
  it.each([
    ['producer_request_hold', 'quota-exceeded-hold'],
    ['producer_exception', 'quota-exceeded'],
  ] as const)(
    'with %s refuses producers, and lets those go that are there',
    async (policy, code) => {
      const { stage, producer, publish } = await topicWith({
        policies: { storageQuota: size(2_000, policy) },
      });
      await publish(10);
      expect((await stage.producer()).refusal).toBeUndefined();
      await publish(20);
      const refused = await stage.producer();
      expect(refused.refusal?.code).toBe(code);
      expect(refused.refusal?.message).toMatch(
        /Cannot create producer on topic with backlog quota/,
      );
      expect(producer.isClosed).toBe(false);
      await stage.advance(10 * SECOND_MS);
      expect(producer.isClosed).toBe(true);
      expect(producer.receipts).toHaveLength(30);
      const consumer = await stage.consumer('s');
      consumer.ackUpTo(consumer.received[24]!);
      await stage.settle();
      expect((await stage.producer()).refusal).toBeUndefined();
    },
  );

  it('with eviction takes the oldest messages of those that are behind', async () => {
    const { stage, producer, publish, cursor } = await topicWith({
      policies: { storageQuota: size(2_000, 'consumer_backlog_eviction') },
    });
    const consumer = await stage.consumer('other');
    await publish(100);
    consumer.ackUpTo(consumer.received[97]!);
    expect((await stage.producer()).refusal).toBeUndefined();
    await stage.advance(10 * SECOND_MS);
    expect(cursor().backlogBytes).toBeGreaterThan(1_600);
    expect(cursor().backlogBytes).toBeLessThan(2_000);
    expect(cursor('other').backlogEntries).toBe(2);
    expect(producer.isClosed).toBe(false);
    await stage.crash();
    const late = await stage.consumer('s');
    expect(late.received.length).toBe(cursor().backlogEntries);
    expect(late.values.at(-1)).toMatch(/\.99$/);
  });

  it('takes nothing while the backlog is smaller, and is not checked where it is off', async () => {
    const { stage, publish, cursor } = await topicWith({
      policies: { storageQuota: size(2_000, 'consumer_backlog_eviction') },
      topic: { quotaCheckMs: undefined },
    });
    await publish(100);
    await stage.advance(10 * MINUTE_MS);
    expect(cursor().backlogEntries).toBe(100);
  });

  it('does not keep a topic in memory that nobody uses', async () => {
    const { stage, producer, publish } = await topicWith({
      policies: { storageQuota: size(2_000_000, 'consumer_backlog_eviction') },
    });
    await publish(100);
    producer.drop();
    await stage.advance(3 * MINUTE_MS);
    expect([...stage.broker.loadedTopics()]).toEqual([]);
    await stage.advance(60 * MINUTE_MS);
    expect([...stage.broker.loadedTopics()]).toEqual([]);
  });
});

describe('a backlog quota by age', () => {
  it('goes by the times of closed ledgers', async () => {
    const { stage, producer, publish, cursor } = await topicWith({
      policies: { ageQuota: age(60, 'producer_exception') },
      topic: { maxEntriesPerLedger: 2 },
    });
    await publish(2);
    await stage.advance(5 * MINUTE_MS);
    expect(producer.isClosed).toBe(false);
    await publish(1);
    await stage.advance(50 * SECOND_MS);
    expect((await stage.producer()).refusal).toBeUndefined();
    await stage.advance(30 * SECOND_MS);
    expect(producer.isClosed).toBe(true);
    expect((await stage.producer()).refusal?.code).toBe('quota-exceeded');
    const consumer = await stage.consumer('s');
    consumer.ackUpTo(consumer.received[1]!);
    await stage.settle();
    expect(cursor().backlogEntries).toBe(1);
    expect((await stage.producer()).refusal).toBeUndefined();
  });

  it('with eviction takes whole ledgers', async () => {
    const { stage, publish, cursor } = await topicWith({
      policies: { ageQuota: age(60, 'consumer_backlog_eviction') },
      topic: { maxEntriesPerLedger: 2 },
    });
    await publish(2);
    await publish(2);
    await publish(1);
    await stage.advance(50 * SECOND_MS);
    expect(cursor().backlogEntries).toBe(5);
    await stage.advance(30 * SECOND_MS);
    expect(cursor().backlogEntries).toBe(1);
  });

  it('reads messages where it is to be precise', async () => {
    const { stage, producer, publish, cursor } = await topicWith({
      policies: { ageQuota: age(60, 'producer_request_hold') },
      topic: { preciseAge: true },
    });
    await publish(1);
    await stage.advance(50 * SECOND_MS);
    await publish(1);
    expect(producer.isClosed).toBe(false);
    await stage.advance(20 * SECOND_MS);
    expect(producer.isClosed).toBe(true);
    expect((await stage.producer()).refusal?.code).toBe('quota-exceeded-hold');
    const consumer = await stage.consumer('s');
    consumer.ack(consumer.received[0]!);
    await stage.advance(20 * SECOND_MS);
    expect((await stage.producer()).refusal).toBeUndefined();
    expect(cursor().backlogEntries).toBe(1);
  });

  it('precisely evicts what is too old, from topics out of memory, too', async () => {
    const { stage, producer, publish, cursor } = await topicWith({
      policies: { ageQuota: age(600, 'consumer_backlog_eviction') },
      topic: { preciseAge: true },
    });
    await publish(1);
    await stage.advance(30 * SECOND_MS);
    await publish(1);
    await stage.advance(30 * SECOND_MS);
    await publish(1);
    await stage.advance(SECOND_MS);
    await publish(1);
    producer.drop();
    await stage.advance(7 * MINUTE_MS);
    expect([...stage.broker.loadedTopics()]).toEqual([]);
    await stage.advance(2 * MINUTE_MS + 15 * SECOND_MS);
    // At ten minutes the first is too old; all but the last are older than nine.
    expect(cursor().backlogEntries).toBe(1);
  });
});

describe('a reader that has stopped', () => {
  const behind = async (options: StageOptions) => {
    const topic = await topicWith(options);
    await topic.stage.consumer('r', { durable: false, startPosition: EARLIEST, permits: 0 });
    const consumer = await topic.stage.consumer('s');
    for (let ledger = 0; ledger < 3; ledger++) await topic.publish(10);
    await topic.stage.advance(70 * SECOND_MS);
    consumer.ackUpTo(consumer.received.at(-1)!);
    await topic.stage.settle();
    return topic;
  };

  it.each([
    // Where ledgers are full, those that others are done with are trimmed, and it goes on behind.
    ['size', { policies: { storageQuota: size(2_000, 'producer_exception') } }, 30],
    ['age', { policies: { ageQuota: age(60, 'producer_exception') }, topic: FULL_AT_ONCE }, 2],
    ['precise age', { policies: { ageQuota: age(60, 'producer_exception') }, topic: PRECISE }, 30],
  ] as const)('has no backlog that counts against a quota by %s', async (_, options, left) => {
    const { stage, cursor } = await behind(options);
    await stage.advance(20 * SECOND_MS);
    expect((await stage.producer()).refusal).toBeUndefined();
    expect(cursor('r').backlogEntries).toBe(left);
  });

  it.each([
    ['size', { policies: { storageQuota: size(2_000, 'consumer_backlog_eviction') } }],
    ['age', { policies: { ageQuota: age(60, 'consumer_backlog_eviction') }, topic: PRECISE }],
  ] as const)('loses nothing to a quota by %s', async (_, options) => {
    const { stage, publish, cursor } = await behind(options);
    await publish(30);
    await stage.advance(70 * SECOND_MS);
    expect(cursor('s').backlogEntries).toBeLessThan(20);
    expect(cursor('r').backlogEntries).toBe(60);
  });
});

describe('the size of a backlog', () => {
  const ledgers = fc.array(
    fc.record({ entries: fc.nat(20), bytes: fc.integer({ min: 1, max: 50 }) }),
    {
      minLength: 1,
      maxLength: 8,
    },
  );

  it('is what the entries have, and turns back into the offset', () => {
    fc.assert(
      fc.property(ledgers, fc.nat(100), fc.nat(2_000), (all, at, limit) => {
        const sizes = all.flatMap(({ entries, bytes }) => Array<number>(entries).fill(bytes));
        const offset = Math.min(at, sizes.length);
        const sum = (from: number) => sizes.slice(from).reduce((total, one) => total + one, 0);
        let firstOffset = 0;
        const progress = {
          first: 0,
          end: sizes.length,
          ledgers: all.map(({ entries, bytes }, ledgerId) => {
            const ledger = { ledgerId, firstOffset, openedAtMs: 0, bytes: bytes * entries };
            firstOffset += entries;
            return ledger;
          }),
        } as unknown as TopicProgress;
        expect(bytesFrom(progress, offset)).toBe(sum(offset));
        const from = offsetLeaving(progress, limit);
        expect(sum(from + 1)).toBeLessThanOrEqual(limit);
        if (from > 0) expect(sum(from - 1)).toBeGreaterThan(limit);
      }),
    );
  });
});
