/**
 * Room for one more tenant (maxTenants), for one more namespace of a tenant
 * (maxNamespacesPerTenant), or for one more resource group.
 * Those that are asked for and not answered yet count, too, so that the limits are exact however
 * many ask at once. After a restart the documents are there again, and with them their number.
 */
import { BrokerError } from '../base/errors.ts';
import { resourceGroupActor, tenantActor } from './names.ts';

export interface PlaceLimits {
  /** Each may be infinite. */
  readonly maxTenants: number;
  readonly maxNamespacesPerTenant: number;
  readonly maxResourceGroups: number;
}

export class Places {
  readonly #list: (prefix: string) => readonly string[];
  readonly #limits: PlaceLimits;
  /** Asked for and not answered yet. */
  readonly #coming = new Set<string>();

  /** `list`: existing actors whose identity starts so. */
  constructor(list: (prefix: string) => readonly string[], limits: PlaceLimits) {
    this.#list = list;
    this.#limits = limits;
  }

  /** Throws `precondition-failed` where there is no room. */
  async tenant(actor: string, create: () => Promise<void>): Promise<void> {
    const limit = Math.max(FURNISHED, this.#limits.maxTenants);
    const words = 'Exceed the maximum number of tenants';
    await this.#take(actor, { prefix: tenantActor(''), limit, words }, create);
  }

  /** The same. As in Pulsar, the limit is what may be there before: one more fits. */
  async namespace(actor: string, create: () => Promise<void>): Promise<void> {
    const prefix = actor.slice(0, actor.indexOf('/') + 1);
    const limit = this.#limits.maxNamespacesPerTenant + 1;
    const tenant = prefix.slice(prefix.indexOf(':') + 1, -1);
    const words = `Exceed the maximum number of namespace in tenant :${tenant}`;
    await this.#take(actor, { prefix, limit, words }, create);
  }

  /** The same. */
  async resourceGroup(actor: string, create: () => Promise<void>): Promise<void> {
    const limit = this.#limits.maxResourceGroups;
    const words = `There are at most ${limit} resource groups`;
    await this.#take(actor, { prefix: resourceGroupActor(''), limit, words }, create);
  }

  async #take(actor: string, rule: Rule, create: () => Promise<void>): Promise<void> {
    if (Number.isFinite(rule.limit)) this.#check(actor, rule);
    this.#coming.add(actor);
    try {
      await create();
    } finally {
      this.#coming.delete(actor);
    }
  }

  /** Whoever asks for what is there already hears of that. */
  #check(actor: string, { prefix, limit, words }: Rule): void {
    const taken = new Set(this.#list(prefix));
    for (const one of this.#coming) if (one.startsWith(prefix)) taken.add(one);
    if (!taken.has(actor) && taken.size >= limit) {
      throw new BrokerError('precondition-failed', words);
    }
  }
}

/** Tenants that every cluster has; they always fit. */
const FURNISHED = 2;

interface Rule {
  readonly prefix: string;
  readonly limit: number;
  readonly words: string;
}
