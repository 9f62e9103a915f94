/**
 * The door to what is ruled of a cluster besides its data: failure domains, isolation policies,
 * racks, quotas of bundles.
 */
import type { Clock } from '../../base/clock.ts';
import { inSlices } from '../../base/slices.ts';
import { Entries } from '../change.ts';
import { clusterRulesActor, keyOf, namespaceActor } from '../names.ts';
import type { ReplyTo } from '../topic/commands.ts';
import {
  acceptance,
  assignment,
  type IsolationPolicies,
  type IsolationPolicy,
  unloadedBy,
} from './isolation.ts';

/** Brokers that fail together. */
export interface FailureDomain {
  readonly brokers?: readonly string[];
}

export type RackInfo = Readonly<Record<string, unknown>>;
export type Racks = Readonly<Record<string, Readonly<Record<string, RackInfo>>>>;

/** What a load manager takes a bundle to need: messages and bytes a second, megabytes. */
export interface ResourceQuota {
  readonly msgRateIn: number;
  readonly msgRateOut: number;
  readonly bandwidthIn: number;
  readonly bandwidthOut: number;
  readonly memory: number;
  /** Whether the load manager may work out another. */
  readonly dynamic: boolean;
}

export interface ClusterRulesDocument {
  readonly failureDomains?: Readonly<Record<string, FailureDomain>>;
  readonly isolationPolicies?: IsolationPolicies;
  /** Whether there ever were policies: Pulsar tells none from none any more. */
  readonly wasIsolated?: boolean;
  /** Of bookies, in the document of this cluster alone. */
  readonly racks?: Racks;
  /** Of bundles that have none of their own, and by bundle: in the document of this cluster. */
  readonly bundleQuota?: ResourceQuota;
  readonly bundleQuotas?: Readonly<Record<string, ResourceQuota>>;
}

export interface ClusterRulesParts {
  readonly clock: Clock;
  /** This cluster, and this broker's host. */
  readonly cluster: string;
  readonly host: string;
  exposed(actor: string): unknown;
  list(prefix: string): readonly string[];
  ask(actor: string, make: (reply: ReplyTo) => unknown): Promise<unknown>;
  /** Lets the topics of namespaces go, and their clients with them. */
  unload(namespaces: ReadonlySet<string>): Promise<void>;
}

export class ClusterRules {
  readonly #parts: ClusterRulesParts;
  /** Namespaces that stay until they are unloaded, whatever policies say since. */
  readonly #held = new Set<string>();
  #accepts: ((namespace: string) => boolean) | undefined;
  #policies: IsolationPolicies | undefined;

  constructor(parts: ClusterRulesParts) {
    this.#parts = parts;
  }

  of(cluster: string): ClusterRulesDocument {
    const document = this.#parts.exposed(clusterRulesActor(cluster));
    return (document as ClusterRulesDocument | undefined) ?? {};
  }

  /** Undefined takes a domain away. Rejects with `conflict` for brokers that are in another. */
  async putDomain(cluster: string, name: string, domain: FailureDomain | undefined): Promise<void> {
    await this.#change(cluster, { failureDomains: new Entries({ [name]: domain }) });
  }

  /** Resolves once the policy counts; namespaces that it drives away have left then. */
  async putIsolation(cluster: string, name: string, policy?: IsolationPolicy): Promise<void> {
    const before = this.of(cluster).isolationPolicies?.[name];
    const isHere = cluster === this.#parts.cluster;
    const served = isHere ? await this.#served() : [];
    const isolationPolicies = new Entries({ [name]: policy });
    await this.#change(cluster, { isolationPolicies, wasIsolated: true });
    if (!isHere) return;
    const leaves = policy === undefined ? () => false : unloadedBy(policy, before);
    const gone = new Set<string>();
    this.#forgetDeleted();
    for (const namespace of served) {
      this.#held.delete(namespace);
      if (this.accepts(namespace)) continue;
      if (leaves(namespace)) gone.add(namespace);
      else this.#held.add(namespace);
    }
    if (gone.size > 0) await this.#parts.unload(gone);
  }

  /** With the cluster. */
  async forget(cluster: string): Promise<void> {
    const actor = clusterRulesActor(cluster);
    if (this.#parts.exposed(actor) === undefined) return;
    await this.#parts.ask(actor, (reply) => ({ type: 'delete', reply }));
  }

  /** Whether this broker serves a namespace. The broker's own are served always. */
  accepts(namespace: string): boolean {
    const policies = this.of(this.#parts.cluster).isolationPolicies;
    if (policies === undefined || namespace.startsWith('pulsar/')) return true;
    if (policies !== this.#policies) {
      this.#policies = policies;
      this.#accepts = acceptance(policies, this.#parts.host);
    }
    return this.#held.has(namespace) || this.#accepts?.(namespace) !== false;
  }

  /** How policies see this broker for a namespace; undefined where none is about it. */
  assignmentOf(namespace: string) {
    const policies = this.of(this.#parts.cluster).isolationPolicies ?? {};
    return assignment(policies, this.#parts.host, namespace);
  }

  /** Of bookies, by group and name: kept for those who ask. */
  get racks(): Racks {
    return this.of(this.#parts.cluster).racks ?? {};
  }

  /** A bookie is in one group. */
  async putRack(bookie: string, group: string, info: RackInfo): Promise<void> {
    const leave = this.#leave(bookie);
    const racks = { ...leave, [group]: new Entries({ [bookie]: info }) };
    await this.#change(this.#parts.cluster, { racks: new Entries(racks) });
  }

  async removeRack(bookie: string): Promise<void> {
    await this.#change(this.#parts.cluster, { racks: new Entries(this.#leave(bookie)) });
  }

  /** Of a bundle, `tenant/namespace/0x00000000_0x40000000`. */
  quotaOf(bundle: string): ResourceQuota | undefined {
    const { bundleQuotas = {} } = this.of(this.#parts.cluster);
    return Object.hasOwn(bundleQuotas, bundle) ? bundleQuotas[bundle] : undefined;
  }

  /** As Pulsar does, it stays when the namespace goes. Undefined takes it away. */
  async putQuota(bundle: string, quota: ResourceQuota | undefined): Promise<void> {
    const bundleQuotas = new Entries({ [bundle]: quota });
    await this.#change(this.#parts.cluster, { bundleQuotas });
  }

  /** Of bundles that have none of their own; undefined where none was set. */
  get defaultQuota(): ResourceQuota | undefined {
    return this.of(this.#parts.cluster).bundleQuota;
  }

  async putDefaultQuota(bundleQuota: ResourceQuota | undefined): Promise<void> {
    await this.#change(this.#parts.cluster, { bundleQuota });
  }

  /** Takes it out of the groups that it is in. */
  #leave(bookie: string): Record<string, Entries<RackInfo>> {
    const groups = Object.entries(this.racks).filter(([, ofGroup]) => bookie in ofGroup);
    return Object.fromEntries(groups.map(([name]) => [name, new Entries({ [bookie]: undefined })]));
  }

  /** A namespace was unloaded: from now on policies count for it. */
  release(namespace: string): void {
    this.#held.delete(namespace);
  }

  #forgetDeleted(): void {
    for (const namespace of this.#held) {
      const isThere = this.#parts.exposed(namespaceActor(namespace)) !== undefined;
      if (!isThere) this.#held.delete(namespace);
    }
  }

  async #served(): Promise<readonly string[]> {
    const served: string[] = [];
    await inSlices(this.#parts.clock, this.#parts.list(namespaceActor('')), (actor) => {
      if (this.accepts(keyOf(actor))) served.push(keyOf(actor));
    });
    return served;
  }

  async #change(cluster: string, change: object): Promise<void> {
    await this.#parts.ask(clusterRulesActor(cluster), (reply) => ({
      type: 'change',
      reply,
      change,
    }));
  }
}

/**
 * Why a document may not follow another: more than `maxRules` of a kind, or a broker in two
 * domains. A cluster that has more since the limit was lowered may still change, and have fewer.
 */
export function ruleObjection(
  document: ClusterRulesDocument,
  before: ClusterRulesDocument,
  maxRules: number,
) {
  const had = countsOf(before);
  for (const [kind, count] of Object.entries(countsOf(document))) {
    if (count <= maxRules || count <= (had[kind] ?? 0)) continue;
    const message = `A cluster has at most ${maxRules} ${kind} (velamqMaxRulesPerCluster)`;
    return ['precondition-failed', message] as const;
  }
  const { failureDomains: domains = {} } = document;
  for (const [name, { brokers = [] }] of Object.entries(domains)) {
    if (before.failureDomains?.[name] === domains[name]) continue;
    for (const [other, { brokers: taken = [] }] of Object.entries(domains)) {
      const twice = other === name ? [] : brokers.filter((one) => taken.includes(one));
      if (twice.length === 0) continue;
      return ['conflict', `[${twice.join(', ')}] already exists in ${other}`] as const;
    }
  }
  return undefined;
}

function countsOf(document: ClusterRulesDocument): Readonly<Record<string, number>> {
  const { failureDomains = {}, isolationPolicies = {}, racks = {}, bundleQuotas = {} } = document;
  return {
    'failure domains': Object.keys(failureDomains).length,
    'isolation policies': Object.keys(isolationPolicies).length,
    'bookies with a rack': Object.values(racks).flatMap((group) => Object.keys(group)).length,
    'quotas of bundles': Object.keys(bundleQuotas).length,
  };
}
