/** Grants of every kind at random, and a model that writes out who is allowed what. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Action } from '../../../src/actors/namespace/access.ts';
import { parseTopicName } from '../../../src/base/topic-name.ts';
import { authorizationWith, identityOf } from './roles.ts';

const ROLES = ['a', 'ab', 'b', 'toString', 'admin', 'super', 'proxy', 'edge'];
const TOPICS = ['p', 'p-partition-0', 'p-partition-1', 'q'].map(
  (t) => `persistent://acme/app/${t}`,
);
const OPERATIONS = { PRODUCE: ['produce'], CONSUME: ['consume'], LOOKUP: ['produce', 'consume'] };

interface Grant {
  /** Undefined: on the whole namespace. */
  readonly topic: string | undefined;
  readonly role: string;
  readonly action: Action;
}

const grant: fc.Arbitrary<Grant> = fc.record({
  topic: fc.option(fc.constantFrom(...TOPICS), { nil: undefined }),
  role: fc.constantFrom(...ROLES, 'a*', '*b', '*'),
  action: fc.constantFrom('produce', 'consume', 'functions'),
});

const kept = fc.uniqueArray(fc.constantFrom(...ROLES), { maxLength: 2 });

const question = fc.record({
  role: fc.constantFrom(...ROLES),
  original: fc.option(fc.constantFrom(...ROLES), { nil: undefined }),
  topic: fc.constantFrom(...TOPICS),
  operation: fc.constantFrom('PRODUCE', 'CONSUME', 'LOOKUP'),
  subscription: fc.constantFrom('s', 'a-s', undefined),
});

interface World {
  readonly grants: readonly Grant[];
  readonly kept: readonly string[];
  readonly prefix: boolean;
  readonly wild: boolean;
}

const world: fc.Arbitrary<World> = fc.record({
  grants: fc.array(grant, { maxLength: 6 }),
  kept,
  prefix: fc.boolean(),
  wild: fc.boolean(),
});

type Question = typeof question extends fc.Arbitrary<infer T> ? T : never;

const fits = (granted: string, role: string) =>
  (granted.endsWith('*') && role.startsWith(granted.slice(0, -1))) ||
  (granted.startsWith('*') && role.endsWith(granted.slice(1)));

function mayAlone(world: World, role: string, { topic, operation, subscription }: Question) {
  if (['super', 'edge', 'admin'].includes(role)) return true;
  if (operation === 'CONSUME' && subscription !== undefined) {
    const others = subscription === 's' && world.kept.length > 0 && !world.kept.includes(role);
    if (others || (world.prefix && !subscription.startsWith(role))) return false;
  }
  return world.grants.some((one) => {
    if (!OPERATIONS[operation].includes(one.action)) return false;
    const isHere = one.topic === undefined || one.topic === topic;
    if (isHere) return one.role === role || (world.wild && fits(one.role, role));
    return topic.startsWith(`${one.topic}-partition-`) && one.role === role;
  });
}

function may(world: World, asked: Question): boolean {
  const { role, original } = asked;
  const isProxy = (one: string | undefined) => one === 'proxy' || one === 'edge';
  if (!isProxy(role)) {
    return (original ?? role) === role && mayAlone(world, role, asked);
  }
  if (original === undefined || isProxy(original)) return false;
  return mayAlone(world, role, asked) && mayAlone(world, original, asked);
}

/** Roles and their actions; a role that is granted twice may both. */
function grantsOf(grants: readonly Grant[]) {
  const byRole = new Map<string, Action[]>();
  for (const { role, action } of grants) {
    byRole.set(role, [...(byRole.get(role) ?? []), action]);
  }
  return Object.fromEntries(byRole);
}

it('allows what the model allows, and nothing else', () => {
  fc.assert(
    fc.property(world, question, (drawn, asked) => {
      const policies = {
        replicationClusters: [],
        bundles: 1,
        grants: grantsOf(drawn.grants.filter(({ topic }) => topic === undefined)),
        topicGrants: Object.fromEntries(
          TOPICS.map((topic) => [
            topic,
            grantsOf(drawn.grants.filter((one) => one.topic === topic)),
          ]),
        ),
        subscriptionRoles: {
          s: Object.fromEntries(drawn.kept.map((role) => [role, true as const])),
        },
        subscriptionAuthMode: drawn.prefix ? ('Prefix' as const) : ('None' as const),
      };
      const authorization = authorizationWith(() => policies, { allowsWildcards: drawn.wild });
      const { role, original, topic, operation, subscription } = asked;
      const kind = original === undefined ? role : `${role}>${original}`;
      const allowed = authorization.allows(identityOf(kind), {
        kind: 'topic',
        topic: parseTopicName(topic),
        operation,
        subscription,
      });
      expect(allowed).toBe(may(drawn, asked));
    }),
    { numRuns: 3_000 },
  );
});
