/** What administrators ask of single messages, of backlogs and of properties. */
import { describe, expect, it } from 'vitest';
import type { BacklogAnalysis } from '../../src/actors/cursor/commands.ts';
import type { ExpiryLimit } from '../../src/actors/subscription/commands.ts';
import type { EntryChoice, StoredEntry } from '../../src/actors/topic/commands.ts';
import type { Position } from '../../src/base/position.ts';
import { parseTopicName } from '../../src/base/topic-name.ts';
import { decodeEntry } from './entries.ts';
import { Stage, type StageOptions } from './harness.ts';

const t = parseTopicName('persistent://public/default/t');
const topic = `topic:${t.full}`;

/** Ten messages, one a second, of which the subscription `s` has acknowledged 0, 1, 4 and 5. */
async function tenMessages(options: StageOptions = {}) {
  const stage = await Stage.open(options);
  const producer = await stage.producer();
  const consumer = await stage.consumer('s', { subType: 'Shared' });
  const sentAtMs: number[] = [];
  for (let i = 0; i < 10; i++) {
    sentAtMs.push(stage.clock.nowMs());
    producer.send({ value: String(i), messages: i === 3 ? 5 : 1 });
    await stage.advance(1_000);
  }
  consumer.ack(...[0, 1, 4, 5].map((i) => consumer.received[i]!));
  await stage.settle();
  const { ledgerId } = producer.receipts[0]!;
  return { stage, sentAtMs, ledgerId };
}

async function told<T>(stage: Stage, actor: string, command: object): Promise<T | string> {
  const effect = await stage.request(actor, (reply) => ({ ...command, reply }) as never);
  if (effect.type === 'refused') return `${effect.refusal.code}: ${effect.refusal.message}`;
  return (effect as unknown as { value: T }).value;
}

/** The value of the entry and its position, or why there is none. */
async function entry(stage: Stage, actor: string, command: object): Promise<unknown> {
  const stored = await told<StoredEntry>(stage, actor, command);
  if (typeof stored === 'string') return stored;
  return [decodeEntry(stored.entry).value, stored.position.entryId];
}

const subscription = (stage: Stage) => stage.broker.subscriptionActor(t, 's')!;
const read = (stage: Stage, choice: EntryChoice) =>
  entry(stage, topic, { type: 'read-entry', choice });
const peek = (stage: Stage, number: number) =>
  entry(stage, subscription(stage), { type: 'peek', number });
const expire = (stage: Stage, limit: ExpiryLimit) =>
  told<undefined>(stage, subscription(stage), { type: 'expire', limit });

async function backlog(stage: Stage): Promise<string[]> {
  const consumer = await stage.consumer('s', { subType: 'Shared' });
  const { values } = consumer;
  consumer.drop();
  await stage.settle();
  return values;
}

describe('a single message', () => {
  it('is given by its id, and by its place from either end', async () => {
    const { stage, ledgerId } = await tenMessages({ cacheBytes: 0 });
    const id = (entryId: number, ledger = ledgerId): EntryChoice => {
      return { kind: 'id', position: { ledgerId: ledger, entryId } };
    };
    const missing = 'message-not-found: Message id not found';
    expect(await read(stage, id(3))).toEqual(['3', 3]);
    for (const none of [id(10), id(-1), id(0, ledgerId + 1)]) {
      expect(await read(stage, none)).toBe(missing);
    }
    const nth = (from: 'earliest' | 'latest', number: number) =>
      read(stage, { kind: 'nth', from, number });
    expect(await nth('earliest', 1)).toEqual(['0', 0]);
    expect(await nth('earliest', 99)).toEqual(['9', 9]);
    expect(await nth('latest', 1)).toEqual(['9', 9]);
    expect(await nth('latest', 10)).toEqual(['0', 0]);
    expect(await nth('latest', 0)).toEqual(['9', 9]);
    expect(await nth('latest', 11)).toBe(missing);
  });

  it('is refused for a topic that is empty or gone, but not where it will be', async () => {
    const stage = await Stage.open();
    await stage.producer();
    const choice: EntryChoice = { kind: 'nth', from: 'latest', number: 1 };
    expect(await read(stage, choice)).toMatch(/^precondition-failed: .*total message is zero/);
    const next = await told<Position>(stage, topic, { type: 'find-entry', timeMs: 1 });
    expect(next).toMatchObject({ entryId: 0 });
    const other = 'topic:persistent://public/default/nope';
    const missing = 'topic-not-found: Topic persistent://public/default/nope not found';
    for (const command of [
      { type: 'read-entry', choice },
      { type: 'find-entry', timeMs: 0 },
      { type: 'change-properties', set: {}, remove: [] },
      { type: 'trim-ledgers', retained: false },
    ]) {
      expect(await told(stage, other, command)).toBe(missing);
    }
  });

  it('is found by the time it was published at', async () => {
    const { stage, sentAtMs, ledgerId } = await tenMessages();
    const find = (timeMs: number) => told<Position>(stage, topic, { type: 'find-entry', timeMs });
    expect(await find(sentAtMs[4]!)).toEqual({ ledgerId, entryId: 4 });
    expect(await find(sentAtMs[4]! + 1)).toEqual({ ledgerId, entryId: 5 });
    expect(await find(sentAtMs[0]!)).toEqual({ ledgerId, entryId: 0 });
    expect(await find(1)).toEqual({ ledgerId, entryId: 0 });
    expect(await find(0)).toEqual({ ledgerId: -1, entryId: -1 });
    expect(await find(sentAtMs[9]! + 1)).toEqual({ ledgerId, entryId: 10 });
  });
});

describe('a backlog', () => {
  it('shows its messages one by one, without taking any', async () => {
    const { stage } = await tenMessages();
    const seen = [];
    for (let number = 1; number <= 7; number++) seen.push(await peek(stage, number));
    const open = [2, 3, 6, 7, 8, 9];
    expect(seen).toEqual([
      ...open.map((i) => [String(i), i]),
      'message-not-found: Message not found',
    ]);
    expect(stage.broker.cursorView(t, 's')?.backlogEntries).toBe(6);
  });

  it('is counted in entries and messages, from anywhere, and not without end', async () => {
    const { stage, ledgerId } = await tenMessages({ cacheBytes: 0 });
    const analyze = (from?: Position, maxEntries = 10_000) =>
      told<BacklogAnalysis>(stage, subscription(stage), { type: 'analyze', from, maxEntries });
    expect(await analyze()).toEqual({
      entries: 6,
      messages: 10,
      aborted: false,
      first: { ledgerId, entryId: 2 },
      last: { ledgerId, entryId: 9 },
    });
    expect(await analyze({ ledgerId, entryId: 5 })).toMatchObject({ entries: 4, messages: 4 });
    expect(await analyze(undefined, 3)).toMatchObject({ entries: 3, aborted: true });
    expect(await analyze(undefined, 6)).toMatchObject({ entries: 6, aborted: false });
    expect(await analyze({ ledgerId, entryId: 99 })).toMatchObject({
      entries: 0,
      first: undefined,
    });
  });

  it('loses what is older than a time, for good', async () => {
    const { stage, sentAtMs } = await tenMessages();
    expect(await expire(stage, { kind: 'time', timeMs: sentAtMs[7]! })).toBeUndefined();
    expect(stage.broker.cursorView(t, 's')).toMatchObject({
      backlogEntries: 3,
      expired: 3,
      lastExpireAtMs: stage.clock.nowMs(),
    });
    await stage.crash();
    expect(await backlog(stage)).toEqual(['7', '8', '9']);
  });

  it('loses everything up to an entry, which must be there', async () => {
    const { stage, ledgerId } = await tenMessages();
    const upTo = (entryId: number, ledger = ledgerId) =>
      expire(stage, { kind: 'id', position: { ledgerId: ledger, entryId } });
    expect(await upTo(6)).toBeUndefined();
    expect(await upTo(3)).toBeUndefined();
    expect(stage.broker.cursorView(t, 's')).toMatchObject({ backlogEntries: 3, expired: 3 });
    for (const past of [upTo(10), upTo(0, ledgerId + 1)]) {
      expect(await past).toMatch(/^conflict: Expire message by position not issued on topic/);
    }
    await stage.crash();
    expect(await backlog(stage)).toEqual(['7', '8', '9']);
  });

  it('with nothing in it has nothing to expire', async () => {
    const { stage } = await tenMessages();
    const now = { kind: 'time', timeMs: stage.clock.nowMs() + 1 } as const;
    expect(await expire(stage, now)).toBeUndefined();
    expect(await expire(stage, now)).toBe(
      `conflict: Expire message by timestamp not issued on topic ${t.full} for subscription s ` +
        'due to ongoing message expiration not finished or subscription almost catch  up. If ' +
        "it's performed on a partitioned topic operation might succeeded on other partitions, " +
        'please check stats of individual partition.',
    );
  });

  it('is not taken from who nearly keeps up, unless its oldest is old enough', async () => {
    const { stage, sentAtMs } = await tenMessages();
    const consumer = await stage.consumer('s', { subType: 'Shared', permits: 0 });
    const timeMs = sentAtMs[7]!;
    const refused = /^conflict: Expire message by timestamp not issued/;
    expect(await expire(stage, { kind: 'time', timeMs, oldestMs: sentAtMs[2]! })).toMatch(refused);
    expect(stage.broker.cursorView(t, 's')?.backlogEntries).toBe(6);
    const oldestMs = sentAtMs[2]! + 1;
    expect(await expire(stage, { kind: 'time', timeMs, oldestMs })).toBeUndefined();
    expect(stage.broker.cursorView(t, 's')?.backlogEntries).toBe(3);
    consumer.drop();
    stage.broker.ref(subscription(stage)).tell({ type: 'close-consumers' });
    await stage.settle();
    const late = { kind: 'time', timeMs: stage.clock.nowMs(), oldestMs: 0 } as const;
    expect(await expire(stage, late)).toBeUndefined();
    expect(stage.broker.cursorView(t, 's')?.backlogEntries).toBe(0);
  });

  it('that expires under its consumer frees what the consumer held', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const consumer = await stage.consumer('s', { subType: 'Shared', permits: 2 });
    producer.send('0', '1', '2');
    await stage.settle();
    await stage.advance(1_000);
    expect(stage.broker.subscriptionView(t, 's')?.unacked).toBe(2);
    await expire(stage, { kind: 'time', timeMs: stage.clock.nowMs() });
    expect(stage.broker.subscriptionView(t, 's')?.unacked).toBe(0);
    producer.send('3');
    consumer.flow(10);
    await stage.settle();
    expect(consumer.values).toEqual(['0', '1', '3']);
  });

  it('of a subscription that is gone answers so, instead of never', async () => {
    const { stage } = await tenMessages();
    const actor = subscription(stage);
    await stage.request(topic, (reply) => ({
      type: 'delete-subscription',
      reply,
      name: 's',
      force: true,
    }));
    for (const command of [
      { type: 'peek', number: 1 },
      { type: 'analyze', from: undefined, maxEntries: 1 },
      { type: 'expire', limit: { kind: 'time', timeMs: 0 } },
      { type: 'change-settings', properties: {} },
    ]) {
      expect(await told(stage, actor, command)).toMatch(/^subscription-not-found/);
    }
  });
});

describe('properties', () => {
  it('of a topic are merged and taken away, and survive a crash', async () => {
    const stage = await Stage.open({ segmentRecords: 1 });
    await stage.until(stage.broker.createTopic(t, { a: '1', b: '2' }));
    const change = (set: object, remove: string[] = []) =>
      told(stage, topic, { type: 'change-properties', set, remove });
    await change({ b: '3', c: '4' });
    await change({}, ['a', 'unknown']);
    const expected = { b: '3', c: '4' };
    expect(stage.broker.topicView(t)?.properties).toEqual(expected);
    await stage.crash();
    expect(stage.broker.topicView(t)?.properties).toEqual(expected);
    await stage.restart();
    expect(stage.broker.topicView(t)?.properties).toEqual(expected);
  });

  it('of a subscription are replaced, and survive a crash', async () => {
    const { stage } = await tenMessages({ segmentRecords: 1 });
    const set = (properties: object) =>
      told(stage, subscription(stage), { type: 'change-settings', properties });
    await set({ a: '1' });
    await set({ b: '2' });
    expect(stage.broker.subscriptionView(t, 's')?.properties).toEqual({ b: '2' });
    await stage.crash();
    expect(stage.broker.subscriptionView(t, 's')?.properties).toEqual({ b: '2' });
  });

  it('of a subscription come from the first consumer that brings some', async () => {
    const { stage } = await tenMessages();
    const join = async (options: object) => {
      const consumer = await stage.consumer('s', { subType: 'Shared', ...options });
      consumer.drop();
      await stage.settle();
      const view = stage.broker.subscriptionView(t, 's');
      return [view?.properties, view?.replicated];
    };
    expect(await join({})).toEqual([{}, false]);
    expect(await join({ subscriptionProperties: { a: '1' } })).toEqual([{ a: '1' }, false]);
    expect(await join({ subscriptionProperties: { b: '2' } })).toEqual([{ a: '1' }, false]);
    expect(await join({ replicated: true })).toEqual([{ a: '1' }, true]);
    expect(await join({})).toEqual([{ a: '1' }, true]);
    await told(stage, subscription(stage), { type: 'change-settings', replicated: false });
    expect(await join({})).toEqual([{ a: '1' }, false]);
    await stage.crash();
    expect(await join({})).toEqual([{ a: '1' }, false]);
  });

  it('of a partitioned topic are its own', async () => {
    const stage = await Stage.open();
    await stage.until(stage.broker.createPartitionedTopic(t, 2));
    await stage.until(stage.broker.setPartitionedProperties(t, { a: '1' }));
    expect(stage.broker.partitionedTopic(t)).toEqual({ partitions: 2, properties: { a: '1' } });
    const partition = parseTopicName(`${t.full}-partition-0`);
    expect(stage.broker.topicView(partition)?.properties).toEqual({});
  });
});

describe('ledgers that everybody has read', () => {
  it('go when asked for; those that retention keeps only when these are meant', async () => {
    const options = { maxEntriesPerLedger: 3 };
    const retention = { retentionTimeInMinutes: 60, retentionSizeInMB: -1 };
    const { stage } = await tenMessages({ topic: options, policies: { retention } });
    await stage.request(subscription(stage), (reply) => ({ type: 'skip', reply, count: 'all' }));
    const entries = () =>
      stage.broker.topicView(t)?.ledgers.reduce((sum, ledger) => sum + ledger.entries, 0);
    await told(stage, topic, { type: 'trim-ledgers', retained: false });
    expect(entries()).toBe(10);
    await told(stage, topic, { type: 'trim-ledgers', retained: true });
    // The newest is not full.
    expect(entries()).toBe(1);
  });
});
