import { describe, expect, it } from 'vitest';
import { policyTable } from '../../../src/actors/policies/table.ts';
import { endpoints } from '../../../src/transport/admin/policies/table.ts';

/** Those whose endpoints are like no others. */
const ODD = [
  'messageTtlSeconds at topic',
  'storageQuota at namespace',
  'storageQuota at topic',
  'ageQuota at namespace',
  'ageQuota at topic',
  'dispatchRateOf at topic',
  'replicationClusters at namespace',
  'replicationClusters at topic',
  'allowedClusters at namespace',
  'resourceGroup at namespace',
  'properties at namespace',
];

describe('the table of endpoints', () => {
  it('has one for every policy at every level that it may be set at, and no other', () => {
    const policies = Object.entries(policyTable).flatMap(([name, { levels }]) =>
      levels.map((level) => `${name} at ${level}`),
    );
    const doors = Object.entries(endpoints).flatMap(([name, at]) =>
      Object.keys(at).map((level) => `${name} at ${level}`),
    );
    expect([...doors, ...ODD].sort()).toEqual(policies.sort());
  });

  it('has different paths', () => {
    const of = (level: 'namespace' | 'topic') =>
      Object.values(endpoints).flatMap((at) => at[level]?.path ?? []);
    for (const paths of [of('namespace'), of('topic')]) {
      expect(new Set(paths).size).toBe(paths.length);
    }
  });

  it('takes no number that clients could not read back', () => {
    const door = endpoints.maxProducers?.topic;
    const parse = (number: number) => door?.parse(number, {} as Parameters<typeof door.parse>[1]);
    expect(parse(2_147_483_647)).toBe(2_147_483_647);
    expect(() => parse(2_147_483_648)).toThrow('maxProducers');
  });
});
