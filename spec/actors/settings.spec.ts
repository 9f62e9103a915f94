import { describe, expect, it } from 'vitest';
import { parseTopicName } from '../../src/base/topic-name.ts';
import { Stage } from './harness.ts';

const t = parseTopicName('t');

async function open() {
  const stage = await Stage.open();
  const set = (key: string, text: string | undefined) =>
    stage.until(stage.broker.settings.change(key, text));
  return { stage, set };
}

describe('what is changed of the configuration', () => {
  it('counts for topics that are in memory and goes back when it is taken back', async () => {
    const { stage, set } = await open();
    await stage.producer('t');
    const isLetIn = async (name: string) => (await stage.consumer(name)).subscribed !== undefined;
    const seen = [await isLetIn('a')];
    await set('allowAutoSubscriptionCreation', 'false');
    seen.push(await isLetIn('b'));
    await set('allowAutoSubscriptionCreation', undefined);
    seen.push(await isLetIn('c'));
    expect(seen).toEqual([true, false, true]);
    expect(stage.broker.settings.changes).toEqual({});
  });

  it('weighs less than what a namespace or a topic says', async () => {
    const { stage, set } = await open();
    await stage.until(stage.broker.createTopic(t));
    const of = () => stage.broker.policies.of(t).publishRate.publishThrottlingRateInMsg;
    const rate = (publishThrottlingRateInMsg: number) => ({
      publishRate: { publishThrottlingRateInMsg, publishThrottlingRateInByte: 0 },
    });
    await set('maxPublishRatePerTopicInMessages', '10');
    const seen = [of()];
    await stage.until(stage.broker.setNamespacePolicies('public/default', rate(20)));
    seen.push(of());
    await set('maxPublishRatePerTopicInMessages', '30');
    seen.push(of());
    await stage.until(
      stage.broker.setNamespacePolicies('public/default', { publishRate: undefined }),
    );
    expect([...seen, of()]).toEqual([10, 20, 20, 30]);
  });

  it('is there after a crash, and after an orderly restart', async () => {
    const { stage, set } = await open();
    await set('maxTenants', '3');
    await set('defaultNumPartitions', '5');
    await set('maxTenants', undefined);
    const seen = () => {
      const { changes, config } = stage.broker.settings;
      return [changes, config.defaultNumPartitions, config.maxTenants];
    };
    const before = seen();
    await stage.crash();
    const crashed = seen();
    await stage.restart();
    expect(before).toEqual([{ defaultNumPartitions: '5' }, 5, 0]);
    expect([crashed, seen()]).toEqual([before, before]);
  });

  it('is told to whoever watches permissions, once it counts', async () => {
    const { stage, set } = await open();
    const seen: unknown[] = [];
    stage.broker.access.watch((within) => {
      seen.push([within, stage.broker.settings.config.superUserRoles]);
    });
    await set('superUserRoles', 'root, boss');
    await set('superUserRoles', undefined);
    expect(seen).toEqual([
      ['/', ['root', 'boss']],
      ['/', []],
    ]);
  });

  it('decides what creates itself', async () => {
    const { stage, set } = await open();
    await set('allowAutoTopicCreationType', 'partitioned');
    await set('defaultNumPartitions', '3');
    const partitions = stage.broker.partitionsOf(parseTopicName('p'), { create: true });
    expect(await stage.until(partitions)).toBe(3);
    await set('allowAutoTopicCreation', 'false');
    const producer = stage.producer('q');
    await expect(producer).rejects.toThrow('Topic persistent://public/default/q does not exist');
  });
});

describe('when topics go that nobody uses', () => {
  const MINUTE_MS = 60_000;

  it('is changed for those that are not in memory, and goes on after a crash', async () => {
    const { stage, set } = await open();
    await set('brokerDeleteInactiveTopicsEnabled', 'false');
    const names = Array.from({ length: 60 }, (_, i) => `t${i}`);
    for (const name of names) (await stage.producer(name)).drop();
    await stage.advance(10 * MINUTE_MS);
    expect([...stage.broker.loadedTopics()]).toEqual([]);
    const left = async () => (await stage.broker.topicsOf('public/default')).length;
    expect(await left()).toBe(60);
    await set('brokerDeleteInactiveTopicsMaxInactiveDurationSeconds', '900');
    await set('brokerDeleteInactiveTopicsEnabled', 'true');
    await stage.advance(700);
    await stage.crash();
    await stage.advance(4 * MINUTE_MS);
    expect(await left()).toBe(60);
    await stage.advance(30 * MINUTE_MS);
    expect(await left()).toBe(0);
  });
});
