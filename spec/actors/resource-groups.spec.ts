import { describe, expect, it } from 'vitest';
import { parseTopicName } from '../../src/base/topic-name.ts';
import type { TestConsumer } from './consumer.ts';
import { Stage, type StageOptions } from './harness.ts';

const POLICIES = { replicationClusters: ['standalone'], bundles: 4 };
/** Two topics of namespaces in the group, and one that is in none. */
const TOPICS = ['public/default/t', 'public/other/t', 'public/free/t'] as const;

/** Namespaces with a topic each, of which the first two are in the group `g`. */
async function grouped(rate: number, options: StageOptions = {}): Promise<Stage> {
  const stage = await Stage.open(options);
  const { broker } = stage;
  await stage.until(broker.resourceGroups.put('g', { dispatchRateInMsgs: rate }));
  for (const space of ['public/other', 'public/free']) {
    await stage.until(broker.createNamespace(space, POLICIES));
  }
  for (const space of ['public/default', 'public/other']) await enter(stage, space, 'g');
  for (const topic of TOPICS) {
    const producer = await stage.producer(`persistent://${topic}`);
    producer.send(...Array.from({ length: 100 }, (_, i) => `${i}`));
  }
  await stage.settle();
  return stage;
}

const enter = (stage: Stage, namespace: string, resourceGroup: string | undefined) =>
  stage.until(stage.broker.setNamespacePolicies(namespace, { resourceGroup }));

const consumersOf = async (stage: Stage): Promise<TestConsumer[]> => {
  const consumers: TestConsumer[] = [];
  for (const topic of TOPICS) {
    consumers.push(await stage.consumer('s', { topic: `persistent://${topic}` }));
  }
  return consumers;
};

const received = (consumers: readonly TestConsumer[]) =>
  consumers.reduce((sum, { values }) => sum + values.length, 0);

describe('a resource group', () => {
  it('bounds what all topics of its namespaces are sent together, and no other topic', async () => {
    const stage = await grouped(20);
    const [first, second, free] = await consumersOf(stage);
    const total = () => received([first!, second!]);
    await stage.advance(0);
    expect(free!.values).toHaveLength(100);
    expect(total()).toBeGreaterThanOrEqual(20);
    await stage.advance(4_000);
    expect(total()).toBeGreaterThanOrEqual(70);
    expect(total()).toBeLessThanOrEqual(120);
    await stage.advance(10_000);
    expect(total()).toBe(200);
    expect(stage.broker.resourceGroups.get('g')?.dispatched.messages).toBe(200);
  });

  it.each([
    ['its rate is raised', (stage: Stage) => raise(stage, 1_000)],
    ['its rate is taken away', (stage: Stage) => raise(stage, -1)],
    ['their namespace leaves it', (stage: Stage) => enter(stage, 'public/default', undefined)],
    ['their namespace enters another', (stage: Stage) => enter(stage, 'public/default', 'nobody')],
  ])('lets consumers go on at once when %s', async (_what, change) => {
    const stage = await grouped(1);
    const consumer = await stage.consumer('s', { topic: `persistent://${TOPICS[0]}` });
    await stage.advance(0);
    expect(consumer.values.length).toBeLessThanOrEqual(1);
    await change(stage);
    await stage.advance(0);
    expect(consumer.values).toHaveLength(100);
  });

  it.each(['crash', 'restart'] as const)('is as it was after a %s', async (end) => {
    const stage = await grouped(10);
    await stage.until(stage.broker.resourceGroups.put('h', { publishRateInBytes: 7 }));
    await stage.until(stage.broker.resourceGroups.put('gone', {}));
    await stage.until(stage.broker.resourceGroups.delete('gone'));
    await stage.advance(20_000);
    await stage.until(stage.broker.resourceGroups.put('g', { publishRateInMsgs: 5 }));
    await stage[end]();
    const { resourceGroups } = stage.broker;
    expect(resourceGroups.list()).toEqual(['g', 'h']);
    expect(resourceGroups.get('gone')).toBeUndefined();
    expect(resourceGroups.of('public/other')).toBe('g');
    expect(resourceGroups.get('g')?.rates).toEqual({
      publishRateInMsgs: 5,
      publishRateInBytes: -1,
      dispatchRateInMsgs: 10,
      dispatchRateInBytes: -1,
    });
    const consumers = (await consumersOf(stage)).slice(0, 2);
    await stage.advance(1_000);
    expect(received(consumers)).toBeLessThanOrEqual(30);
  });

  it('cannot be deleted while a namespace is in it', async () => {
    const stage = await grouped(1);
    const { resourceGroups } = stage.broker;
    await enter(stage, 'public/default', undefined);
    await expect(resourceGroups.delete('g')).rejects.toThrow('ResourceGroup is in use');
    await enter(stage, 'public/other', undefined);
    await stage.until(resourceGroups.delete('g'));
    await expect(stage.until(resourceGroups.delete('g'))).rejects.toThrow('does not exist');
    await stage.until(resourceGroups.put('g', {}));
    expect(resourceGroups.list()).toEqual(['g']);
  });

  it('is refused where there are as many as may be, and may be changed then', async () => {
    const stage = await Stage.open({ maxResourceGroups: 2 });
    const { resourceGroups } = stage.broker;
    for (const name of ['a', 'b', 'b']) await stage.until(resourceGroups.put(name, {}));
    await expect(resourceGroups.put('c', {})).rejects.toThrow('at most 2 resource groups');
    await stage.until(resourceGroups.delete('a'));
    await stage.until(resourceGroups.put('c', {}));
    expect(resourceGroups.list()).toEqual(['b', 'c']);
  });

  it('that a namespace names counts from when it is made', async () => {
    const stage = await Stage.open();
    await enter(stage, 'public/default', 'late');
    const producer = await stage.producer('t');
    producer.send(...Array.from({ length: 100 }, (_, i) => `${i}`));
    await stage.until(stage.broker.resourceGroups.put('late', { dispatchRateInMsgs: 10 }));
    const consumer = await stage.consumer('s');
    await stage.advance(0);
    expect(consumer.values).toHaveLength(10);
    expect(stage.broker.policies.of(parseTopicName('t')).resourceGroup).toBe('late');
  });
});

const raise = (stage: Stage, dispatchRateInMsgs: number) =>
  stage.until(stage.broker.resourceGroups.put('g', { dispatchRateInMsgs }));
