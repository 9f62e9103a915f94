/** The rings by which key_shared and failover choose, held to rings made anew each time. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HashRing, ringDistance } from '../../src/actors/subscription/selector.ts';
import { murmur3Positive } from '../../src/base/murmur3.ts';

const HASHES = 65_535;
/** So many that consumers often have the same. */
const POINTS_EACH = 2_000;

interface Member {
  readonly key: number;
  readonly name: string;
  /** The first number that was free among those of its name when it came. */
  readonly index: number;
}

/** Whose each hash is: the next point's, of those who have that the one who came first. */
function naiveOwners(members: readonly Member[]): (number | undefined)[] {
  const ownerOf = new Map<number, number>();
  for (const { key, name, index } of members) {
    for (let point = 0; point < POINTS_EACH; point++) {
      const at = (murmur3Positive(Buffer.from(`${name}\0${index}\0${point}`)) % HASHES) + 1;
      if (!ownerOf.has(at)) ownerOf.set(at, key);
    }
  }
  const points = [...ownerOf.keys()].sort((a, b) => a - b);
  let next = 0;
  return Array.from({ length: HASHES }, (_, i) => {
    while (next < points.length && points[next]! < i + 1) next++;
    return ownerOf.get(points[next] ?? points[0] ?? 0);
  });
}

function freeIndex(members: readonly Member[], name: string): number {
  let index = 0;
  while (members.some((other) => other.name === name && other.index === index)) index++;
  return index;
}

describe('a ring of consumers', () => {
  it('gives each hash to whom it would belong if the ring were made anew', () => {
    const come = fc.record({ name: fc.constantFrom('a', 'b', 'c') });
    const go = fc.record({ leaver: fc.nat(10) });
    fc.assert(
      fc.property(fc.array(fc.oneof(come, go), { minLength: 1, maxLength: 12 }), (changes) => {
        const ring = new HashRing(POINTS_EACH);
        let members: Member[] = [];
        for (const [key, change] of changes.entries()) {
          if ('name' in change) {
            const { name } = change;
            members = [...members, { key, name, index: freeIndex(members, name) }];
            ring.seat(key, { name });
            continue;
          }
          const leaver = members[change.leaver];
          members = members.filter((one) => one !== leaver);
          ring.seat(leaver?.key ?? key, undefined);
        }
        const owners = Array.from({ length: HASHES }, (_, i) => ring.ownerOf(i + 1));
        expect(owners).toEqual(naiveOwners(members));
        const covered = [...ring.ranges()].flatMap(([key, ranges]) =>
          ranges.flatMap(([start, end]) =>
            Array.from({ length: end - start + 1 }, (_, i) => [start + i, key] as const),
          ),
        );
        const expected = owners.flatMap((key, i) => (key === undefined ? [] : [[i + 1, key]]));
        expect(covered.sort(([a], [b]) => a - b)).toEqual(expected);
      }),
      { numRuns: 15, endOnFailure: true },
    );
  });

  it('of failover prefers the name whose point comes next after the hash of the topic', () => {
    const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1 });
    fc.assert(
      fc.property(fc.string(), names, (topic, candidates) => {
        const points = candidates.flatMap((name) =>
          Array.from({ length: 100 }, (_, point) => {
            return { name, at: murmur3Positive(Buffer.from(`${name}${point}`)) };
          }),
        );
        points.sort((one, other) => one.at - other.at);
        const from = murmur3Positive(Buffer.from(topic));
        const preferred = points.find(({ at }) => at >= from) ?? points[0];
        const nearest = candidates.reduce((one, other) =>
          ringDistance(topic, one) <= ringDistance(topic, other) ? one : other,
        );
        // Two names may have the same point.
        expect(ringDistance(topic, nearest)).toBe(ringDistance(topic, preferred!.name));
      }),
      { numRuns: 50 },
    );
  });
});
