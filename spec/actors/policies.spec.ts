import { describe, expect, it } from 'vitest';
import type { PolicyScope } from '../../src/actors/policies/document.ts';
import type { PolicyChange } from '../../src/actors/policies/values.ts';
import { parseTopicName } from '../../src/base/topic-name.ts';
import { Connection } from './clients.ts';
import { Stage, type StageOptions } from './harness.ts';

const MINUTE_MS = 60_000;
const NAMESPACE = 'public/default';
const t = parseTopicName('t');
const pt = parseTopicName('pt');

async function open(options: StageOptions = {}) {
  const stage = await Stage.open(options);
  const forNamespace = (change: PolicyChange) =>
    stage.until(stage.broker.setNamespacePolicies(NAMESPACE, change));
  const forTopic = (change: PolicyChange, topic = t, scope: PolicyScope = 'local') =>
    stage.until(stage.broker.policies.change(topic, scope, change));
  const most = (topic = t) => stage.broker.policies.of(topic).maxProducers;
  return { stage, forNamespace, forTopic, most };
}

/** How many of so many producers are let in, one after the other. */
async function letIn(stage: Stage, count: number, topic: string): Promise<number> {
  let open = 0;
  for (let i = 0; i < count; i++) {
    const producer = await stage.producer(topic);
    if (producer.isReady) open += 1;
    producer.drop();
    await stage.settle();
  }
  return open;
}

describe('the policy that counts', () => {
  it('is the topic’s own, else that for all clusters, the namespace’s, the broker’s', async () => {
    const { stage, forNamespace, forTopic, most } = await open({ policies: { maxProducers: 1 } });
    await stage.until(stage.broker.createTopic(t));
    const seen = [most()];
    await forNamespace({ maxProducers: 2 });
    seen.push(most());
    await forTopic({ maxProducers: 3 }, t, 'global');
    seen.push(most());
    await forTopic({ maxProducers: 4 });
    seen.push(most());
    await forTopic({ maxProducers: undefined });
    seen.push(most());
    await forTopic({ maxProducers: undefined }, t, 'global');
    seen.push(most());
    await forNamespace({ maxProducers: undefined });
    expect([...seen, most()]).toEqual([1, 2, 3, 4, 3, 2, 1]);
  });

  it('is taken from above where a value says nothing', async () => {
    const { stage, forNamespace, forTopic } = await open();
    await stage.until(stage.broker.createTopic(t));
    await forNamespace({ subscriptionTypes: ['Shared'] });
    await forTopic({ subscriptionTypes: [] });
    expect(stage.broker.policies.of(t).subscriptionTypes).toEqual(['Shared']);
    expect(stage.broker.policies.set(t)?.local).toEqual({ subscriptionTypes: [] });
  });

  it('of a topic is that of all its partitions, those that come later included', async () => {
    const { stage, forTopic } = await open();
    await stage.until(stage.broker.createPartitionedTopic(pt, 1));
    await forTopic({ maxProducers: 1 }, pt);
    await stage.until(stage.broker.updatePartitions(pt, 2));
    for (const partition of ['pt-partition-0', 'pt-partition-1']) {
      const first = await stage.producer(partition);
      expect(await letIn(stage, 1, partition)).toBe(0);
      first.drop();
      await stage.settle();
      expect(await letIn(stage, 1, partition)).toBe(1);
    }
  });

  it('is the same after a crash and after a restart', async () => {
    const { stage, forNamespace, forTopic, most } = await open();
    await stage.until(stage.broker.createTopic(t));
    await forNamespace({ maxProducers: 7, maxConsumers: 3 });
    await forTopic({ maxProducers: 5 });
    await forTopic({ maxConsumers: 2 }, t, 'global');
    const seen = () => [most(), stage.broker.policies.of(t).maxConsumers];
    await stage.crash();
    expect(seen()).toEqual([5, 2]);
    await stage.advance(2 * MINUTE_MS);
    expect(seen()).toEqual([5, 2]);
    await stage.restart();
    expect(seen()).toEqual([5, 2]);
  });

  it('goes with its topic: one of the same name begins without', async () => {
    const { stage, forTopic, most } = await open();
    const { broker } = stage;
    await stage.until(broker.createTopic(t));
    await forTopic({ maxProducers: 5 });
    await stage.until(broker.deleteTopic(t, false));
    await stage.until(broker.createTopic(t));
    await stage.until(broker.createPartitionedTopic(pt, 2));
    await forTopic({ maxProducers: 6 }, pt);
    await stage.until(broker.deleteTopic(parseTopicName('pt-partition-1'), false));
    const kept = most(pt);
    await stage.until(broker.deletePartitionedTopic(pt, false));
    expect([most(), kept, most(pt)]).toEqual([0, 6, 0]);
  });

  it('is not kept for a topic that is not there', async () => {
    const { stage, forTopic } = await open();
    await expect(forTopic({ maxProducers: 5 })).rejects.toThrow(
      'Topic persistent://public/default/t not found',
    );
    await stage.until(stage.broker.createTopic(t));
    expect(stage.broker.policies.set(t)).toBeUndefined();
  });
});

describe('a policy that changes', () => {
  it('counts for those that are connected and for those that come', async () => {
    const { stage, forNamespace, forTopic } = await open();
    const first = await stage.producer();
    await forNamespace({ maxProducers: 1 });
    expect(first.isReady).toBe(true);
    expect(await letIn(stage, 1, 't')).toBe(0);
    await forTopic({ maxProducers: 2 });
    expect(await letIn(stage, 1, 't')).toBe(1);
    await forTopic({ maxProducers: undefined });
    expect(await letIn(stage, 1, 't')).toBe(0);
  });

  it('counts for a topic that has left memory, and for its subscriptions', async () => {
    const { stage, forNamespace } = await open();
    const { runtime } = stage;
    (await stage.consumer('s', { subType: 'Shared' })).drop();
    await stage.consumer('other', { topic: 'u' });
    await stage.advance(2 * MINUTE_MS);
    expect([...runtime.loaded('topic')]).not.toContain(`topic:${t.full}`);
    await forNamespace({ maxConsumersPerSubscription: 1 });
    const consumer = await stage.consumer('s', { subType: 'Shared' });
    const second = await stage.consumer('s', { subType: 'Shared' });
    expect(second.refusal?.message).toBe('Subscription reached max consumers limit');
    expect(consumer.isClosed).toBe(false);
  });

  it('says nothing to topics of other namespaces, not even of similar names', async () => {
    const { stage } = await open();
    const { broker } = stage;
    const document = { replicationClusters: ['standalone'], bundles: 4 };
    await stage.until(broker.createNamespace('public/def', document));
    await stage.producer();
    await stage.until(broker.setNamespacePolicies('public/def', { maxProducers: 1 }));
    expect(await letIn(stage, 1, 't')).toBe(1);
  });

  it('reaches very many topics a few at a time', async () => {
    const { stage, forNamespace } = await open({ limits: { maxCommandsPerStep: 10_000 } });
    for (let i = 0; i < 1_200; i++)
      stage.broker.admit(parseTopicName(`many-${i}`), { create: true });
    await stage.settle();
    const change = stage.broker.setNamespacePolicies(NAMESPACE, { encryptionRequired: true });
    const connection = new Connection('c');
    const producers = await Promise.all(
      [3, 1_199].map((i) => stage.producer(`many-${i}`, { connection })),
    );
    await stage.until(change);
    expect(producers.map(({ isReady }) => isReady)).toEqual([false, false]);
    await forNamespace({ encryptionRequired: false });
    expect(await letIn(stage, 1, 'many-700')).toBe(1);
  });
});

describe('encryption that is required', () => {
  it('lets go who does not encrypt, and takes no plain message of the others', async () => {
    const { stage, forNamespace } = await open();
    const plain = await stage.producer();
    const secret = await stage.producer('t', { encrypts: true });
    await forNamespace({ encryptionRequired: true });
    expect([plain.isClosed, secret.isClosed]).toEqual([true, false]);
    const late = await stage.producer();
    expect(late.refusal).toEqual({
      code: 'metadata',
      message: 'Encryption is required in persistent://public/default/t',
    });
    secret.send('a', { value: 'b', encrypted: true }, 'c', { value: 'd', encrypted: true });
    await stage.settle();
    expect(secret.receipts.map(({ sequenceId }) => sequenceId)).toEqual([1, 3]);
    const refused = secret.failures.map(({ sequenceIds, refusal }) => [
      sequenceIds,
      refusal.message,
    ]);
    expect(refused).toEqual([
      [[0], 'Messages must be encrypted'],
      [[2], 'Messages must be encrypted'],
    ]);
    await forNamespace({ encryptionRequired: false });
    expect((await stage.producer()).isReady).toBe(true);
  });

  it('refuses those that wait without it, and the next that encrypts has the topic', async () => {
    const { stage, forNamespace } = await open();
    const accessMode = 'WaitForExclusive';
    const holder = await stage.producer('t', { accessMode });
    const plain = await stage.producer('t', { accessMode });
    const secret = await stage.producer('t', { accessMode, encrypts: true });
    await forNamespace({ encryptionRequired: true });
    expect([holder.isClosed, plain.isClosed, secret.isClosed]).toEqual([true, false, false]);
    expect(plain.refusal?.code).toBe('metadata');
    expect([plain.isReady, secret.isReady]).toEqual([false, true]);
  });

  it('lets the names of those go that it closes, so that they are forgotten in time', async () => {
    const { stage, forNamespace } = await open({ topic: { deduplicationIdleMs: 1_000 } });
    await forNamespace({ deduplication: true });
    await stage.consumer('keeps', { permits: 0 });
    const plain = await stage.producer('t', { name: 'p' });
    plain.send({ value: 'a', sequenceId: 7 });
    await stage.settle();
    await forNamespace({ encryptionRequired: true });
    await stage.advance(1_001);
    const again = await stage.producer('t', { name: 'p', encrypts: true });
    expect(again.opened[0]?.lastSequenceId).toBe(-1);
  });
});

describe('the largest message of a topic', () => {
  it('is compared with every message, those beside a larger one are stored', async () => {
    const { stage, forTopic } = await open();
    const producer = await stage.producer();
    await forTopic({ maxMessageBytes: 300 });
    const large = 'x'.repeat(300);
    producer.send('a', large, large, 'b');
    await stage.settle();
    expect(producer.receipts.map(({ sequenceId, entryId }) => [sequenceId, entryId])).toEqual([
      [0, 0],
      [3, 1],
    ]);
    expect(producer.failures.map(({ sequenceIds }) => sequenceIds)).toEqual([[1, 2]]);
    expect(producer.failures[0]?.refusal).toEqual({
      code: 'not-allowed',
      message: 'Exceed maximum message size',
    });
    await forTopic({ maxMessageBytes: 0 });
    producer.send(large);
    await stage.settle();
    expect(producer.receipts).toHaveLength(3);
  });
});

describe('the most topics of a namespace', () => {
  const full = 'Exceed maximum number of topics in namespace.';
  const create = (stage: Stage, name: string) =>
    stage.until(stage.broker.createTopic(parseTopicName(name)));

  it('are counted one by one, also when many are asked for at once', async () => {
    const { stage, forNamespace } = await open();
    await create(stage, 'a');
    await forNamespace({ maxTopics: 3 });
    const asked = ['b', 'c', 'd'].map((name) => stage.broker.createTopic(parseTopicName(name)));
    const outcomes = Promise.allSettled(asked);
    await stage.settle();
    expect((await outcomes).map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
    ]);
    expect(() => stage.broker.admit(parseTopicName('e'), { create: true })).toThrow(full);
    await stage.until(stage.broker.deleteTopic(parseTopicName('a'), false));
    expect((await stage.producer('e')).isReady).toBe(true);
    await expect(create(stage, 'f')).rejects.toThrow(full);
  });

  it('are counted in slices where they are many, before anybody is let in', async () => {
    const { stage, forNamespace } = await open({ limits: { maxCommandsPerStep: 10_000 } });
    const { broker } = stage;
    const nameOf = (i: number) => parseTopicName(`many-${String(i).padStart(4, '0')}`);
    for (let i = 0; i < 2_500; i++) broker.admit(nameOf(i), { create: true });
    await stage.settle();
    await forNamespace({ maxTopics: 2_500 });
    const counted = broker.ready(parseTopicName('x'));
    expect(counted).toBeInstanceOf(Promise);
    expect(() => broker.admit(parseTopicName('x'), { create: true })).toThrow('being counted');
    // Who is there is used as before.
    expect(broker.ready(nameOf(7))).toBeUndefined();
    // They go while they are counted, one that was seen by then and one that was not.
    const going = [nameOf(0), nameOf(2_499)].map((name) => broker.deleteTopic(name, false));
    const asked = ['x', 'y', 'z'].map((name) => broker.createTopic(parseTopicName(name)));
    const outcomes = Promise.allSettled(asked);
    await stage.until(Promise.all(going));
    await stage.until(counted ?? Promise.resolve());
    await stage.settle();
    expect((await outcomes).map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
    ]);
    expect(broker.ready(parseTopicName('z'))).toBeUndefined();
    expect(() => broker.admit(parseTopicName('z'), { create: true })).toThrow(full);
  });

  it('count each partition, and a topic that could not be made does not count', async () => {
    const { stage, forNamespace } = await open();
    await forNamespace({ maxTopics: 3 });
    await expect(stage.until(stage.broker.createPartitionedTopic(pt, 4))).rejects.toThrow(full);
    await stage.until(stage.broker.createPartitionedTopic(pt, 2));
    await expect(stage.until(stage.broker.updatePartitions(pt, 4))).rejects.toThrow(full);
    await expect(create(stage, 'pt-partition-1')).rejects.toThrow('already exists');
    await create(stage, 'a');
    await stage.crash();
    await expect(create(stage, 'b')).rejects.toThrow(full);
    await forNamespace({ maxTopics: undefined });
    await create(stage, 'b');
  });
});
