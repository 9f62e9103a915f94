import { describe, expect, it } from 'vitest';
import { EARLIEST } from '../../src/base/position.ts';
import { parseTopicName } from '../../src/base/topic-name.ts';
import { Stage, type StageOptions } from './harness.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/** Topics with a message that nobody reads, none of them in memory. */
async function sleepingTopics(names: readonly string[], options: StageOptions = {}) {
  const stage = await Stage.open(options);
  for (const name of names) {
    const producer = await stage.producer(name);
    await stage.request(`topic:persistent://public/default/${name}`, (reply) => ({
      type: 'create-subscription',
      reply,
      name: 's',
      position: EARLIEST,
      replicated: false,
      properties: {},
    }));
    producer.send('0');
    producer.drop();
  }
  await stage.advance(3 * MINUTE_MS);
  expect(inMemory(stage)).toBe(0);
  return stage;
}

const inMemory = (stage: Stage) => [...stage.broker.loadedTopics()].length;

const backlog = (stage: Stage, name: string) =>
  stage.broker.cursorView(parseTopicName(name), 's')?.backlogEntries;

const setTtl = (stage: Stage, messageTtlSeconds: number) =>
  stage.until(stage.broker.setNamespacePolicies('public/default', { messageTtlSeconds }));

const many = Array.from({ length: 450 }, (_, i) => `t${i}`);

describe('new policies', () => {
  it('of a namespace come to its topics that are not in memory', async () => {
    const stage = await sleepingTopics(['a', 'b']);
    await setTtl(stage, 600);
    await stage.advance(3 * MINUTE_MS);
    expect(inMemory(stage)).toBe(0);
    await stage.advance(4 * MINUTE_MS + SECOND_MS);
    expect(inMemory(stage)).toBe(2);
    expect([backlog(stage, 'a'), backlog(stage, 'b')]).toEqual([0, 0]);
  });

  it('of a namespace come to all of them, a few at a time, though the broker crashes', async () => {
    const stage = await sleepingTopics(many, { limits: { checkpointIntervalMs: 1_000 } });
    await setTtl(stage, 60);
    await stage.advance(700);
    expect(inMemory(stage)).toBeGreaterThan(0);
    // Ten at once, every 20 ms after the sweep that began it.
    expect(inMemory(stage)).toBeLessThan(150);
    await stage.crash();
    await stage.advance(10 * SECOND_MS);
    expect(many.filter((name) => backlog(stage, name) !== 0)).toEqual([]);
    await stage.advance(3 * MINUTE_MS);
    expect(stage.runtime.stats().actors).toBe(1);
  });

  it('of a topic come to it, and to all its partitions', async () => {
    const stage = await Stage.open();
    const { broker } = stage;
    await stage.until(broker.createPartitionedTopic(parseTopicName('p'), 2));
    for (const name of ['p-partition-0', 'p-partition-1']) {
      (await stage.consumer('s', { topic: name })).drop();
      const producer = await stage.producer(name);
      producer.send('0');
      producer.drop();
    }
    await stage.advance(3 * MINUTE_MS);
    expect(inMemory(stage)).toBe(0);
    const change = { messageTtlSeconds: 60 };
    await stage.until(broker.policies.change(parseTopicName('p'), 'local', change));
    await stage.advance(SECOND_MS);
    expect([0, 1].map((i) => backlog(stage, `p-partition-${i}`))).toEqual([0, 0]);
  });
});
