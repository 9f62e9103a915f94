/**
 * How many connections, producers and consumers tenants and namespaces have, where somebody limits
 * them. One counts from the moment that it is asked for until it is gone, so that a limit is exact;
 * after a restart nobody is connected. A connection is a tenant's whose topics it uses first.
 */
import { assert } from '../../base/assert.ts';
import { BrokerError } from '../../base/errors.ts';
import type { TenancyLimits } from '../../base/limits.ts';
import type { TopicName } from '../../base/topic-name.ts';

/** Gives a place back; once is enough. */
export type Leave = () => void;

export class Tenancy {
  readonly #limits: TenancyLimits;
  /** Kind and name -> how many. */
  readonly #counts = new Map<string, number>();

  constructor(limits: TenancyLimits) {
    this.#limits = limits;
  }

  /** Throws `not-allowed` when the tenant has no room for one more. */
  connection(tenant: string): Leave {
    const limit = this.#limits.connectionsPerTenant;
    return this.#enter([{ kind: 'connections', name: tenant, limit }], 'not-allowed');
  }

  /** Throws `producer-busy` when the tenant or the namespace has no room for one more. */
  producer({ tenant, namespace }: TopicName): Leave {
    const { producersPerTenant, producersPerNamespace } = this.#limits;
    const places: readonly Place[] = [
      { kind: 'producers', name: tenant, limit: producersPerTenant },
      { kind: 'producers', name: namespace, limit: producersPerNamespace },
    ];
    return this.#enter(places, 'producer-busy');
  }

  /** Throws `consumer-busy` when the tenant or the namespace has no room for one more. */
  consumer({ tenant, namespace }: TopicName): Leave {
    const { consumersPerTenant, consumersPerNamespace } = this.#limits;
    const places: readonly Place[] = [
      { kind: 'consumers', name: tenant, limit: consumersPerTenant },
      { kind: 'consumers', name: namespace, limit: consumersPerNamespace },
    ];
    return this.#enter(places, 'consumer-busy');
  }

  #enter(places: readonly Place[], code: RefusalCode): Leave {
    const limited = places.filter(({ limit }) => Number.isFinite(limit));
    if (limited.length === 0) return nothing;
    for (const { kind, name, limit } of limited) {
      if (this.#count(kind, name) < limit) continue;
      const whose = name.includes('/') ? 'Namespace' : 'Tenant';
      throw new BrokerError(code, `${whose} '${name}' reached max ${kind} limit`);
    }
    for (const { kind, name } of limited) this.#change(kind, name, 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      for (const { kind, name } of limited) this.#change(kind, name, -1);
    };
  }

  #count(kind: Kind, name: string): number {
    return this.#counts.get(`${kind} ${name}`) ?? 0;
  }

  #change(kind: Kind, name: string, by: number): void {
    const count = this.#count(kind, name) + by;
    assert(count >= 0, 'a place is given back once');
    if (count > 0) this.#counts.set(`${kind} ${name}`, count);
    else this.#counts.delete(`${kind} ${name}`);
  }
}

type Kind = 'connections' | 'producers' | 'consumers';
type RefusalCode = 'not-allowed' | 'producer-busy' | 'consumer-busy';

interface Place {
  readonly kind: Kind;
  /** A tenant, or a namespace with its tenant. */
  readonly name: string;
  readonly limit: number;
}

/** What has no limit takes no place. */
export const nothing: Leave = () => {};
