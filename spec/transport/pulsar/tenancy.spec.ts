import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTopicName } from '../../../src/base/topic-name.ts';
import { type Leave, Tenancy } from '../../../src/transport/pulsar/tenancy.ts';

const LIMITS = {
  connectionsPerTenant: 3,
  producersPerTenant: 4,
  producersPerNamespace: 2,
  consumersPerTenant: 3,
  consumersPerNamespace: Number.POSITIVE_INFINITY,
};

const TOPICS = ['a/x/t', 'a/y/t', 'b/x/t'].map(parseTopicName);
const KINDS = ['connection', 'producer', 'consumer'] as const;

const deed = fc.record({
  kind: fc.constantFrom(...KINDS),
  topic: fc.nat(TOPICS.length - 1),
  /** Takes a place, or gives back one of those taken. */
  leaves: fc.option(fc.nat(), { nil: undefined }),
});

describe('tenancy', () => {
  it('has as many as it was asked for and not given back, and never more than the limits', () => {
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 60 }), (deeds) => {
        const tenancy = new Tenancy(LIMITS);
        let taken: { kind: string; topic: (typeof TOPICS)[number]; leave: Leave }[] = [];
        for (const { kind, topic: index, leaves } of deeds) {
          const topic = TOPICS[index]!;
          if (leaves !== undefined) {
            const left = taken[leaves % Math.max(1, taken.length)];
            left?.leave();
            left?.leave();
            taken = taken.filter((one) => one !== left);
            continue;
          }
          const same = taken.filter((one) => one.kind === kind);
          const inTenant = same.filter((one) => one.topic.tenant === topic.tenant).length;
          const inNamespace = same.filter((one) => one.topic.namespace === topic.namespace).length;
          const isFull = {
            connection: inTenant >= 3,
            producer: inTenant >= 4 || inNamespace >= 2,
            consumer: inTenant >= 3,
          }[kind];
          const enter = () =>
            kind === 'connection' ? tenancy.connection(topic.tenant) : tenancy[kind](topic);
          if (isFull) expect(enter).toThrow(/reached max/);
          else taken.push({ kind, topic, leave: enter() });
        }
      }),
    );
  });
});
