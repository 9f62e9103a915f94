/** Grants of a namespace: changed entry by entry, bounded, kept, and gone with their topic. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changed, Entries } from '../../src/actors/change.ts';
import type { AccessChange, NamespaceAccess } from '../../src/actors/namespace/access.ts';
import type { BrokerError } from '../../src/base/errors.ts';
import { parseTopicName } from '../../src/base/topic-name.ts';
import { Stage, type StageOptions } from './harness.ts';

const NAMESPACE = 'public/default';

async function open(options: StageOptions = {}) {
  const stage = await Stage.open(options);
  const change = (wanted: AccessChange) =>
    stage.until(
      stage.broker.access.change(NAMESPACE, wanted).then(
        () => 'ok',
        ({ code, message }: BrokerError) => `${code}: ${message}`,
      ),
    );
  const access = (): NamespaceAccess => stage.broker.namespace(NAMESPACE) ?? {};
  return { stage, change, access };
}

const onTopic = (topic: string, role: string): AccessChange => ({
  topicGrants: new Entries({ [topic]: new Entries({ [role]: ['produce'] as const }) }),
});

describe('grants of a namespace', () => {
  it('are changed role by role, and survive a crash', async () => {
    const { stage, change, access } = await open();
    await change({ grants: new Entries({ a: ['produce'] as const, b: ['consume'] as const }) });
    await change({ grants: new Entries<readonly []>({ a: undefined }) });
    await change(onTopic('persistent://public/default/t', 'a'));
    await change(onTopic('persistent://public/default/t', 'b'));
    await change({ subscriptionRoles: new Entries({ s: { a: true as const } }) });
    const expected = {
      grants: { b: ['consume'] },
      topicGrants: { 'persistent://public/default/t': { a: ['produce'], b: ['produce'] } },
      subscriptionRoles: { s: { a: true } },
    };
    expect(access()).toMatchObject(expected);
    await stage.crash();
    expect(access()).toMatchObject(expected);
  });

  it('of a topic go with it, whole or in partitions', async () => {
    const { stage, change, access } = await open();
    const [t, p] = [parseTopicName('t'), parseTopicName('p')];
    await stage.until(stage.broker.createTopic(t));
    await stage.until(stage.broker.createPartitionedTopic(p, 2));
    for (const topic of [t.full, p.full, `${p.full}-partition-1`, 'persistent://public/default/x'])
      await change(onTopic(topic, 'a'));
    await stage.until(stage.broker.deleteTopic(t, false));
    await stage.until(stage.broker.deletePartitionedTopic(p, false));
    await stage.settle();
    expect(Object.keys(access().topicGrants ?? {})).toEqual(['persistent://public/default/x']);
  });

  it('are so many and no more', async () => {
    const { change, access } = await open({ namespace: { maxGrants: 2 } });
    expect(await change({ grants: new Entries({ a: [], b: [] }) })).toBe('ok');
    const most = 'A namespace has at most 2 grants of permissions (velamqMaxGrantsPerNamespace)';
    const refused = `precondition-failed: ${most}`;
    expect(await change(onTopic('persistent://public/default/t', 'c'))).toBe(refused);
    expect(await change({ subscriptionRoles: new Entries({ s: { c: true as const } }) })).toBe(
      refused,
    );
    expect(access().topicGrants).toBeUndefined();
    expect(await change({ grants: new Entries({ a: ['sinks'] as const }) })).toBe('ok');
  });

  it('may change and become fewer where the limit is lower now', async () => {
    const { stage, change, access } = await open({ namespace: { maxGrants: 3 } });
    expect(await change({ grants: new Entries({ a: [], b: [], c: [] }) })).toBe('ok');
    await stage.restart({ namespace: { maxGrants: 1 } });
    expect(await change({ grants: new Entries({ a: ['sinks'] as const }) })).toBe('ok');
    expect(await change({ grants: new Entries<readonly []>({ b: undefined }) })).toBe('ok');
    expect(await change({ grants: new Entries({ d: [] }) })).toContain('at most 1 grants');
    expect(access().grants).toEqual({ a: ['sinks'], c: [] });
  });

  it('that nobody has cannot be changed in a namespace that is not there', async () => {
    const { stage } = await open();
    const gone = stage.broker.access.change('public/nope', {});
    await expect(stage.until(gone)).rejects.toMatchObject({ code: 'namespace-not-found' });
  });

  it('are told to those who watch, once they are durable', async () => {
    const { stage, change } = await open();
    const heard: string[] = [];
    const stop = stage.broker.access.watch((within) => heard.push(within));
    await change({ grants: new Entries({ a: ['produce'] as const }) });
    const info = { adminRoles: ['a'], allowedClusters: ['standalone'] };
    await stage.until(stage.broker.putTenant('public', info, 'update'));
    stop();
    await change({ grants: new Entries({ a: ['consume'] as const }) });
    expect(heard).toEqual([NAMESPACE, 'public/']);
  });
});

describe('a change of maps in maps', () => {
  it('leaves all that it does not name, and no empty map', () => {
    const key = fc.constantFrom('a', 'b', 'toString', '__proto__');
    const step = fc.record({ outer: key, inner: key, value: fc.option(fc.nat(9)) });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        let document: object = {};
        const model = new Map<string, number>();
        for (const { outer, inner, value } of steps) {
          const entry = new Entries({ [inner]: value ?? undefined });
          document = changed(document, { map: new Entries({ [outer]: entry }) });
          if (value === null) model.delete(`${outer}/${inner}`);
          else model.set(`${outer}/${inner}`, value);
        }
        const { map = {} } = document as { map?: Record<string, Record<string, number>> };
        const found = Object.entries(map).flatMap(([outer, inners]) => {
          expect(Object.keys(inners)).not.toHaveLength(0);
          return Object.entries(inners).map(([inner, value]) => [`${outer}/${inner}`, value]);
        });
        expect(Object.fromEntries(found)).toEqual(Object.fromEntries(model));
      }),
    );
  });
});
