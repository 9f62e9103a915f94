/** Pulsar's rules one by one, where the matrices do not reach. */
import { describe, expect, it } from 'vitest';
import type { NamespacePolicies } from '../../../src/actors/broker.ts';
import { parseTopicName } from '../../../src/base/topic-name.ts';
import type { TopicOperation } from '../../../src/transport/auth/permission.ts';
import { authorizationWith, identityOf, namespace } from './roles.ts';

function may(
  policies: Partial<NamespacePolicies>,
  { topic = 't', subscription = 'x', allowsWildcards = false } = {},
) {
  const own = { replicationClusters: [], bundles: 4, ...policies };
  const authorization = authorizationWith(() => own, { allowsWildcards });
  return (role: string, operation: TopicOperation) =>
    authorization.allows(identityOf(role), {
      kind: 'topic',
      topic: parseTopicName(`persistent://acme/app/${topic}`),
      operation,
      subscription,
    });
}

describe('grants', () => {
  it('on a partitioned topic hold for its partitions, on a partition for it alone', () => {
    const base = { 'persistent://acme/app/p': { r: ['produce'] } } as const;
    const part = { 'persistent://acme/app/p-partition-1': { r: ['produce'] } } as const;
    expect(may({ topicGrants: base }, { topic: 'p-partition-1' })('r', 'PRODUCE')).toBe(true);
    expect(may({ topicGrants: part }, { topic: 'p-partition-1' })('r', 'PRODUCE')).toBe(true);
    expect(may({ topicGrants: part }, { topic: 'p-partition-0' })('r', 'PRODUCE')).toBe(false);
    expect(may({ topicGrants: part }, { topic: 'p' })('r', 'PRODUCE')).toBe(false);
  });

  it('with a star are for all roles that fit, where that is wanted', () => {
    const grants = { 'app.*': ['produce'], '*.read': ['consume'], '*': ['functions'] } as const;
    expect(may({ grants })('app.one', 'PRODUCE')).toBe(false);
    const wild = may({ grants }, { allowsWildcards: true });
    expect(wild('app.one', 'PRODUCE')).toBe(true);
    expect(wild('app.one', 'CONSUME')).toBe(false);
    expect(wild('one.read', 'CONSUME')).toBe(true);
    expect(wild('one.app', 'PRODUCE')).toBe(false);
  });

  it('are of roles, not of what every object has', () => {
    const policies = may({ grants: {}, topicGrants: {}, subscriptionRoles: {} });
    for (const role of ['toString', '__proto__', 'constructor', '']) {
      expect(policies(role, 'PRODUCE'), role).toBe(false);
    }
  });
});

describe('subscriptions', () => {
  it('have to begin with the role where the namespace wants it', () => {
    const prefixed = { ...namespace, subscriptionAuthMode: 'Prefix' } as const;
    expect(may(prefixed, { subscription: 'consumer-1' })('consumer', 'CONSUME')).toBe(true);
    expect(may(prefixed, { subscription: 'my-consumer' })('consumer', 'CONSUME')).toBe(false);
    expect(may(prefixed, { subscription: 'mine' })('admin', 'CONSUME')).toBe(true);
  });

  it('that are kept for nobody are for everybody', () => {
    const open = { ...namespace, subscriptionRoles: { s: {} } };
    expect(may(open, { subscription: 's' })('sub-consumer', 'CONSUME')).toBe(true);
    expect(may(namespace, { subscription: 's' })('sub-consumer', 'CONSUME')).toBe(false);
  });
});

describe('proxies', () => {
  it('may do what both they and the others may, and have to say for whom', () => {
    const authorization = authorizationWith(() => namespace);
    const produce = (kind: string) =>
      authorization.allows(identityOf(kind), {
        kind: 'topic',
        topic: parseTopicName('persistent://acme/app/t'),
        operation: 'PRODUCE',
      });
    expect(produce('edge>producer')).toBe(true);
    expect(produce('proxy>producer')).toBe(false);
    expect(produce('edge')).toBe(false);
    expect(produce('edge>proxy')).toBe(false);
    expect(produce('producer>super')).toBe(false);
    expect(produce('producer>producer')).toBe(true);
  });
});
