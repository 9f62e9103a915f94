import { describe, expect, it } from 'vitest';
import type { BrokerError } from '../../src/base/errors.ts';
import { parseTopicName } from '../../src/base/topic-name.ts';
import { Stage } from './harness.ts';

async function open() {
  const stage = await Stage.open();
  const { broker } = stage;
  const done = (promise: Promise<unknown>) =>
    stage.until(
      promise.then(
        () => 'ok',
        (error: BrokerError) => `${error.code}: ${error.message}`,
      ),
    );
  return { stage, broker: () => stage.broker, first: broker, done };
}

const info = { adminRoles: ['r'], allowedClusters: ['standalone'] };

const policies = { replicationClusters: ['standalone'], bundles: 4 };

const pt = parseTopicName('pt');

describe('clusters, tenants and namespaces', () => {
  it('are made once, changed, listed and deleted', async () => {
    const { first: broker, done } = await open();
    expect(await done(broker.putTenant('acme', info, 'create'))).toBe('ok');
    expect(await done(broker.putTenant('acme', info, 'create'))).toBe(
      'already-exists: Tenant already exist',
    );
    expect(broker.tenant('acme')).toEqual(info);
    expect(await done(broker.putTenant('acme', { ...info, adminRoles: [] }, 'update'))).toBe('ok');
    expect(broker.tenant('acme')?.adminRoles).toEqual([]);
    expect(await done(broker.putTenant('nope', info, 'update'))).toBe(
      'tenant-not-found: Tenant does not exist',
    );
    expect(broker.tenants()).toEqual(['acme', 'public']);
    expect(await done(broker.deleteTenant('acme', false))).toBe('ok');
    expect(broker.tenants()).toEqual(['public']);
    expect(await done(broker.deleteTenant('acme', false))).toMatch(/^tenant-not-found/);
  });

  it('say in their own words what is there already and what is missing', async () => {
    const { first: broker, done } = await open();
    expect(await done(broker.putCluster('standalone', {}, 'create'))).toBe(
      'already-exists: Cluster already exists',
    );
    expect(await done(broker.deleteCluster('nope'))).toBe(
      'cluster-not-found: Cluster does not exist',
    );
    expect(await done(broker.createNamespace('public/default', policies))).toBe(
      'already-exists: Namespace already exists',
    );
    expect(await done(broker.setNamespacePolicies('public/nope', {}))).toBe(
      'namespace-not-found: Namespace does not exist',
    );
  });

  it('keep the policies that are not named, and lose those that are taken back', async () => {
    const { first: broker, done } = await open();
    const retention = { retentionTimeInMinutes: 5, retentionSizeInMB: 1 };
    await done(broker.setNamespacePolicies('public/default', { retention, deduplication: true }));
    await done(broker.setNamespacePolicies('public/default', { deduplication: undefined }));
    expect(broker.namespace('public/default')).toEqual({ ...policies, retention });
  });

  it.each([
    ['a crash', (stage: Stage) => stage.crash()],
    ['a restart', (stage: Stage) => stage.restart()],
    ['a rest', (stage: Stage) => stage.advance(200_000)],
  ])('are the same after %s', async (_, happens) => {
    const { stage, broker, first, done } = await open();
    await done(first.putCluster('east', { serviceUrl: 'http://e' }, 'create'));
    await done(first.putTenant('acme', info, 'create'));
    await done(first.createNamespace('acme/a', policies));
    await done(first.createNamespace('acme/b', { ...policies, bundles: 8 }));
    await done(first.deleteNamespace('acme/a', false));
    await happens(stage);
    expect(broker().clusters()).toEqual(['east', 'standalone']);
    expect(broker().cluster('east')).toEqual({ serviceUrl: 'http://e' });
    expect(broker().tenant('acme')).toEqual(info);
    expect(broker().namespaces('acme')).toEqual(['acme/b']);
    expect(broker().namespace('acme/b')?.bundles).toBe(8);
    expect(broker().namespace('acme/a')).toBeUndefined();
  });

  it('are kept while something is in them, unless that is forced', async () => {
    const { stage, first: broker, done } = await open();
    await done(broker.putTenant('acme', info, 'create'));
    await done(broker.createNamespace('acme/a', policies));
    const producer = await stage.producer('acme/a/t');
    await done(broker.createPartitionedTopic(parseTopicName('acme/a/pt'), 3));
    expect(await done(broker.deleteNamespace('acme/a', false))).toBe(
      'conflict: Cannot delete non empty namespace',
    );
    expect(await done(broker.deleteTenant('acme', false))).toBe(
      'conflict: The tenant still has active namespaces',
    );
    expect(await done(broker.deleteTenant('acme', true))).toBe('ok');
    expect(producer.isClosed).toBe(true);
    expect([await broker.topicsOf('acme/a'), broker.namespaces('acme'), broker.tenants()]).toEqual([
      [],
      [],
      ['public'],
    ]);
  });

  it('do not mix up names that begin alike', async () => {
    const { first: broker, done } = await open();
    for (const tenant of ['a', 'ab']) await done(broker.putTenant(tenant, info, 'create'));
    await done(broker.createNamespace('ab/x', policies));
    await done(broker.createNamespace('a/x', policies));
    await done(broker.createNamespace('a/xy', policies));
    await done(broker.createTopic(parseTopicName('a/xy/t')));
    expect(broker.namespaces('a')).toEqual(['a/x', 'a/xy']);
    expect(await broker.topicsOf('a/x')).toEqual([]);
    expect(await done(broker.deleteTenant('a', true))).toBe('ok');
    expect(broker.namespaces('ab')).toEqual(['ab/x']);
  });
});

describe('topics as a whole', () => {
  it('are made once, plain or partitioned, either way round', async () => {
    const { first: broker, done } = await open();
    const exists = 'already-exists: This topic already exists';
    const plain = parseTopicName('plain');
    expect(await done(broker.createTopic(plain, { a: 'b' }))).toBe('ok');
    expect(await done(broker.createTopic(plain))).toBe(exists);
    expect(await done(broker.createPartitionedTopic(plain, 2))).toBe(exists);
    expect(await done(broker.createPartitionedTopic(pt, 2, { c: 'd' }))).toBe('ok');
    expect(await done(broker.createPartitionedTopic(pt, 2))).toBe(exists);
    expect(await done(broker.createTopic(pt))).toBe(exists);
    expect(broker.topicView(plain)?.properties).toEqual({ a: 'b' });
    expect(broker.partitionedTopic(pt)).toEqual({ partitions: 2, properties: { c: 'd' } });
    expect(await broker.partitionedTopicsOf('public/default')).toEqual([pt.full]);
  });

  it('need a namespace', async () => {
    const { first: broker, done } = await open();
    expect(await done(broker.createTopic(parseTopicName('public/nope/t')))).toMatch(
      /^namespace-not-found/,
    );
    expect(await done(broker.createPartitionedTopic(parseTopicName('nope/nope/t'), 1))).toMatch(
      /^namespace-not-found/,
    );
  });

  it('have no more partitions than are allowed', async () => {
    const { first: broker, done } = await open();
    expect(await done(broker.createPartitionedTopic(pt, 9))).toMatch(/^not-acceptable/);
    expect(await done(broker.createPartitionedTopic(pt, 8))).toBe('ok');
    expect(await done(broker.updatePartitions(pt, 9))).toMatch(/^not-acceptable/);
  });

  it('grow, and new partitions get the subscriptions of the first', async () => {
    const { stage, broker, first, done } = await open();
    await done(first.createPartitionedTopic(pt, 2));
    await stage.consumer('s', { topic: 'pt-partition-0', initialPosition: 'Latest' });
    await stage.consumer('r', { topic: 'pt-partition-0', durable: false });
    expect(await done(first.updatePartitions(pt, 4))).toBe('ok');
    expect(first.partitionedTopic(pt)?.partitions).toBe(4);
    expect(await first.topicsOf('public/default')).toHaveLength(4);
    const producer = await stage.producer('pt-partition-3');
    producer.send('0');
    await stage.settle();
    await stage.crash();
    const consumer = await stage.consumer('s', {
      topic: 'pt-partition-3',
      initialPosition: 'Latest',
    });
    expect(consumer.values).toEqual(['0']);
    expect(broker().topicView(producer.topic)?.subscriptions).toEqual(['s']);
    expect(await done(broker().updatePartitions(parseTopicName('nope'), 4))).toMatch(
      /^topic-not-found/,
    );
  });

  it.each([
    { first: 6, second: 4, answers: ['ok', expect.stringMatching(/^unprocessable/)] },
    { first: 4, second: 6, answers: ['ok', 'ok'] },
  ])('never shrink: $first and $second asked for together', async ({ first, second, answers }) => {
    const { stage, first: broker, done } = await open();
    await done(broker.createPartitionedTopic(pt, 2));
    const growing = [first, second].map((count) => done(broker.updatePartitions(pt, count)));
    expect(await Promise.all(growing)).toEqual(answers);
    expect(broker.partitionedTopic(pt)?.partitions).toBe(6);
    expect(await broker.topicsOf('public/default')).toHaveLength(6);
    await stage.crash();
    expect(stage.broker.partitionedTopic(pt)?.partitions).toBe(6);
  });

  it('go with all their partitions', async () => {
    const { stage, first: broker, done } = await open();
    await done(broker.createPartitionedTopic(pt, 3));
    const consumer = await stage.consumer('s', { topic: 'pt-partition-1' });
    expect(await done(broker.deletePartitionedTopic(pt, false))).toMatch(/^precondition-failed/);
    expect(await done(broker.deletePartitionedTopic(pt, true))).toBe('ok');
    expect(consumer.isClosed).toBe(true);
    expect(await broker.topicsOf('public/default')).toEqual([]);
    expect(broker.partitionedTopic(pt)).toBeUndefined();
    expect(await done(broker.deletePartitionedTopic(pt, true))).toBe(
      `topic-not-found: Partitioned Topic ${pt.full} not found`,
    );
  });
});
