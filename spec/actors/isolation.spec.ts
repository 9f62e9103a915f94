import { describe, expect, it } from 'vitest';
import type { FailureDomain } from '../../src/actors/namespace/cluster-rules.ts';
import type { IsolationPolicy, UnloadScope } from '../../src/actors/namespace/isolation.ts';
import { parseTopicName } from '../../src/base/topic-name.ts';
import { Stage } from './harness.ts';

const T = parseTopicName('persistent://public/default/t');
const DENIED = 'Failed to find ownership for topic:persistent://public/default/t';

/** Keeps the namespace of the topic above from this broker. */
const away = (more: Partial<IsolationPolicy> = {}): IsolationPolicy => ({
  namespaces: ['public/def.*'],
  primary: ['elsewhere'],
  secondary: [],
  auto_failover_policy: {
    policy_type: 'min_available',
    parameters: { min_limit: '1', usage_threshold: '80' },
  },
  ...more,
});

describe('a namespace that isolation keeps from this broker', () => {
  it('is left by its clients, and found by nobody, also after a crash', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const consumer = await stage.consumer('s');
    const { clusterRules } = stage.broker;
    await stage.until(clusterRules.putIsolation('standalone', 'p', away()));
    expect([producer.isClosed, consumer.isClosed]).toEqual([true, true]);
    await stage.crash();
    const { broker } = stage;
    expect(() => broker.checkLookup(T)).toThrow(DENIED);
    expect(() => broker.admit(T, { create: false })).toThrow(DENIED);
    await expect(stage.until(broker.createTopic(T))).rejects.toThrow(DENIED);
    await stage.until(broker.clusterRules.putIsolation('standalone', 'p'));
    expect((await stage.producer()).isClosed).toBe(false);
  });

  it('stays until it is unloaded where the policy unloads nothing', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    const { broker } = stage;
    const policy = away({ unload_scope: 'none' });
    await stage.until(broker.clusterRules.putIsolation('standalone', 'p', policy));
    expect(producer.isClosed).toBe(false);
    broker.checkLookup(T);
    broker.clusterRules.release('public/default');
    expect(() => broker.checkLookup(T)).toThrow(DENIED);
  });

  // Whoever says nothing means what changed, as from Pulsar 4 on.
  const ofWhatChanged = [{ unload_scope: 'changed' }, {}] as const;
  it.each(ofWhatChanged)('stays where others are new to a policy: %j', async (scope) => {
    const stage = await Stage.open();
    const { clusterRules } = stage.broker;
    const first = away({ unload_scope: 'none' });
    await stage.until(clusterRules.putIsolation('standalone', 'p', first));
    await stage.until(clusterRules.putIsolation('standalone', 'p', away(scope)));
    const more = away({ namespaces: [...first.namespaces, 'x/.*'], ...scope });
    await stage.until(clusterRules.putIsolation('standalone', 'p', more));
    expect(clusterRules.accepts('public/default')).toBe(true);
    const elsewhere = away({ primary: ['there'], ...scope });
    await stage.until(clusterRules.putIsolation('standalone', 'p', elsewhere));
    expect(clusterRules.accepts('public/default')).toBe(false);
  });

  it('leaves where a policy that is the same unloads all that match', async () => {
    const stage = await Stage.open();
    const { clusterRules } = stage.broker;
    const put = (scope: UnloadScope) =>
      stage.until(clusterRules.putIsolation('standalone', 'p', away({ unload_scope: scope })));
    await put('none');
    await put('changed');
    expect(clusterRules.accepts('public/default')).toBe(true);
    await put('all_matching');
    expect(clusterRules.accepts('public/default')).toBe(false);
  });
});

describe('rules of a cluster', () => {
  it('put no broker into two domains, however many ask at once', async () => {
    const stage = await Stage.open();
    const { clusterRules } = stage.broker;
    const both = ['a', 'b'].map((name) => clusterRules.putDomain('c', name, { brokers: ['x'] }));
    const settled = await stage.until(Promise.allSettled(both));
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(clusterRules.of('c').failureDomains).toEqual({ a: { brokers: ['x'] } });
  });

  it('are bounded', async () => {
    const stage = await Stage.open();
    const { clusterRules } = stage.broker;
    const put = (name: number) => clusterRules.putDomain('c', `${name}`, {});
    for (let i = 0; i < 10; i++) await stage.until(put(i));
    await expect(stage.until(put(10))).rejects.toThrow('at most 10 failure domains');
    await stage.until(put(0));
  });

  it('may change and become fewer where the limit is lower now', async () => {
    const stage = await Stage.open();
    const put = (name: string, domain?: FailureDomain) =>
      stage.until(stage.broker.clusterRules.putDomain('c', name, domain));
    for (const name of ['a', 'b', 'c']) await put(name, {});
    await stage.restart({ cluster: { maxRules: 1 } });
    await put('a', { brokers: ['x'] });
    await put('b');
    await expect(put('d', {})).rejects.toThrow('at most 1 failure domains');
    const { clusterRules } = stage.broker;
    expect(clusterRules.of('c').failureDomains).toEqual({ a: { brokers: ['x'] }, c: {} });
    const policy = away({ primary: ['.*'] });
    await stage.until(clusterRules.putIsolation('c', 'p', policy));
    const second = clusterRules.putIsolation('c', 'q', policy);
    await expect(stage.until(second)).rejects.toThrow('at most 1 isolation policies');
  });

  it('keep quotas of bundles over a restart, so many at most', async () => {
    const stage = await Stage.open();
    const quota = { msgRateIn: 1, msgRateOut: 2, bandwidthIn: 3, bandwidthOut: 4, memory: 5 };
    const first = { ...quota, dynamic: false };
    const { clusterRules } = stage.broker;
    await stage.until(clusterRules.putQuota('t/n/a', first));
    await stage.until(clusterRules.putDefaultQuota({ ...quota, dynamic: true }));
    await stage.restart({ cluster: { maxRules: 1 } });
    const again = stage.broker.clusterRules;
    expect(again.quotaOf('t/n/a')).toEqual(first);
    expect(again.defaultQuota).toEqual({ ...quota, dynamic: true });
    const second = again.putQuota('t/n/b', first);
    await expect(stage.until(second)).rejects.toThrow('at most 1 quotas of bundles');
    await stage.until(again.putQuota('t/n/a', undefined));
    await stage.until(again.putQuota('t/n/b', first));
    await stage.until(again.putDefaultQuota(undefined));
    expect(again.quotaOf('t/n/a') ?? again.defaultQuota).toBeUndefined();
  });
});
