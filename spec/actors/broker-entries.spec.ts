import { describe, expect, it } from 'vitest';
import type { Deliver } from '../../src/actors/ports.ts';
import type { TestConsumer } from './consumer.ts';
import { Stage, type StageOptions } from './harness.ts';

const T = 'topic:persistent://public/default/t';
const both: StageOptions = { topic: { numbersMessages: true, stampsMessages: true } };

/** What the broker noted of each entry that was delivered; undefined where it noted nothing. */
const noted = (consumer: TestConsumer) =>
  consumer.connection.heard
    .filter((effect): effect is Deliver => effect.type === 'deliver')
    .flatMap(({ runs }) => runs)
    .flatMap(({ entries, brokerEntries }) => entries.map((_, i) => brokerEntries?.[i]));

const indexes = (consumer: TestConsumer) => noted(consumer).map((entry) => entry?.index);

const find = async (stage: Stage, index: number) => {
  const answer = await stage.request(T, (reply) => ({ type: 'find-index', reply, index }));
  if (answer.type === 'refused') return answer.refusal.message;
  return (answer as { value?: { entryId: number } }).value?.entryId;
};

describe('what the broker notes of messages', () => {
  it('is the number of the last one of each entry, and when it came', async () => {
    const stage = await Stage.open(both);
    const consumer = await stage.consumer('s');
    const producer = await stage.producer();
    const atMs = stage.clock.nowMs();
    producer.send('0', { value: 'batch', messages: 5 }, '6');
    await stage.settle();
    await stage.advance(5);
    producer.send('7');
    await stage.settle();
    expect(noted(consumer)).toEqual([
      { index: 0, timestampMs: atMs },
      { index: 5, timestampMs: atMs },
      { index: 6, timestampMs: atMs },
      { index: 7, timestampMs: atMs + 5 },
    ]);
  });

  it.each([
    ['a crash', (stage: Stage) => stage.crash()],
    ['a restart', (stage: Stage) => stage.restart()],
    ['an hour without use', (stage: Stage) => stage.advance(3_600_000)],
  ])('goes on after %s, and is the same for those who read later', async (_, happens) => {
    const stage = await Stage.open({ topic: { ...both.topic, maxEntriesPerLedger: 2 } });
    const producer = await stage.producer();
    producer.send('0', { value: 'batch', messages: 3 });
    producer.send('4');
    await stage.settle();
    producer.drop();
    (await stage.consumer('s', { permits: 0 })).drop();
    await happens(stage);
    const again = await stage.producer();
    again.send('5');
    await stage.settle();
    const consumer = await stage.consumer('s', { subType: 'Shared' });
    expect(indexes(consumer)).toEqual([0, 3, 4, 5]);
    consumer.redeliver([consumer.received[2]!]);
    await stage.settle();
    expect(indexes(consumer).at(-1)).toBe(4);
  });

  it('counts no duplicates', async () => {
    const stage = await Stage.open({ ...both, policies: { deduplication: true } });
    const consumer = await stage.consumer('s');
    const producer = await stage.producer('t', { name: 'p' });
    const one = (value: string, sequenceId: number) => ({ value, sequenceId, messages: 2 });
    producer.send(one('0', 0), one('0', 0), one('1', 1), one('0', 0), one('2', 2));
    await stage.settle();
    expect(consumer.values).toEqual(['0', '1', '2']);
    expect(indexes(consumer)).toEqual([1, 3, 5]);
  });

  it('is nothing where it is not configured', async () => {
    const stage = await Stage.open();
    const consumer = await stage.consumer('s');
    (await stage.producer()).send('0');
    await stage.settle();
    expect(noted(consumer)).toEqual([undefined]);
    expect(await find(stage, 0)).toBe('Message not found for index 0');
  });

  it('finds the entry that holds the message with a number', async () => {
    const stage = await Stage.open(both);
    const producer = await stage.producer();
    expect(await find(stage, 0)).toBe('No messages found in topic persistent://public/default/t');
    producer.send('0', { value: 'batch', messages: 5 }, '6');
    await stage.settle();
    const found: unknown[] = [];
    for (let index = 0; index < 8; index++) found.push(await find(stage, index));
    expect(found).toEqual([0, 1, 1, 1, 1, 1, 2, 'Message not found for index 7']);
  });

  it('makes messages expire by the time of the broker', async () => {
    const stage = await Stage.open({ ...both, policies: { messageTtlSeconds: 60 } });
    const producer = await stage.producer();
    const consumer = await stage.consumer('s');
    const publishTimeMs = stage.clock.nowMs() - 3_600_000;
    producer.send({ value: 'from a clock that is behind', publishTimeMs });
    await stage.advance(50_000);
    const backlog = () => stage.broker.cursorView(producer.topic, 's')?.backlogEntries;
    expect([consumer.values.length, backlog()]).toEqual([1, 1]);
    await stage.advance(70_000);
    expect(backlog()).toBe(0);
  });
});
