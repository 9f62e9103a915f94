import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Stage } from './harness.ts';

const INFO = { adminRoles: [], allowedClusters: ['standalone'] };
const POLICIES = { replicationClusters: ['standalone'], bundles: 4 };
const MAX_TENANTS = 5;

const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g');
const deed = fc.oneof(
  fc.record({ create: fc.array(name, { minLength: 1, maxLength: 5 }) }),
  fc.record({ remove: name }),
  fc.constantFrom('crash' as const, 'restart' as const),
);

/** How many of these came to be. */
async function succeeded(stage: Stage, attempts: readonly Promise<unknown>[]): Promise<number> {
  const settled = await stage.until(Promise.allSettled(attempts));
  return settled.filter(({ status }) => status === 'fulfilled').length;
}

describe('limits of documents', () => {
  it('are exact for many at once, after deletions, crashes and restarts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { maxLength: 12 }), async (deeds) => {
        const stage = await Stage.open({ maxTenants: MAX_TENANTS });
        const there = new Set(stage.broker.tenants());
        for (const one of deeds) {
          if (one === 'crash') await stage.crash();
          else if (one === 'restart') await stage.restart();
          else if ('remove' in one) {
            await succeeded(stage, [stage.broker.deleteTenant(one.remove, false)]);
            there.delete(one.remove);
          } else {
            const fresh = new Set(one.create.filter((tenant) => !there.has(tenant)));
            const room = MAX_TENANTS - there.size;
            const made = one.create.map((tenant) => stage.broker.putTenant(tenant, INFO, 'create'));
            expect(await succeeded(stage, made)).toBe(Math.min(fresh.size, room));
            for (const tenant of [...fresh].slice(0, room)) there.add(tenant);
          }
          expect(new Set(stage.broker.tenants())).toEqual(there);
        }
        await stage.close();
      }),
      { numRuns: 25 },
    );
  });

  it('say that a tenant has too many namespaces once it has one more, as in Pulsar', async () => {
    const stage = await Stage.open({ maxNamespacesPerTenant: 2 });
    const { broker } = stage;
    await stage.until(broker.putTenant('a', INFO, 'create'));
    await stage.until(broker.putTenant('b', INFO, 'create'));
    const spaces = ['n1', 'n2', 'n3', 'n4', 'n5'];
    const made = spaces.map((space) => broker.createNamespace(`a/${space}`, POLICIES));
    expect(await succeeded(stage, made)).toBe(3);
    await expect(broker.createNamespace('a/n6', POLICIES)).rejects.toThrow(
      'Exceed the maximum number of namespace in tenant :a',
    );
    await stage.until(broker.createNamespace('b/n1', POLICIES));
  });
});
