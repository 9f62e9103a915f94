/** What is counted of schemas, by namespace; only namespaces with schemas are known here. */
import type { Clock } from '../../base/clock.ts';
import { BrokerError } from '../../base/errors.ts';
import { Latencies } from '../../base/latencies.ts';
import type { TopicName } from '../../base/topic-name.ts';

export type SchemaOperation = 'get' | 'put' | 'del';

export interface NamespaceSchemaCounts {
  readonly latencies: Readonly<Record<SchemaOperation, Latencies>>;
  readonly failed: Record<SchemaOperation, number>;
  /** Of those that were compared with others. */
  compatible: number;
  incompatible: number;
}

export class SchemaCounts {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #namespaces = new Map<string, NamespaceSchemaCounts>();

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  get namespaces(): ReadonlyMap<string, NamespaceSchemaCounts> {
    return this.#namespaces;
  }

  /** Of a namespace that is no more. */
  forget(namespace: string): void {
    this.#namespaces.delete(namespace);
  }

  /** What was looked for and found. */
  found<T>(name: TopicName, find: () => T | undefined): T | undefined {
    const beganMs = this.#clock.monotonicMs();
    const found = find();
    if (found !== undefined) this.#of(name).latencies.get.addSince(beganMs);
    return found;
  }

  /** A schema that is registered, and whether there are others to compare it with. */
  async put(name: TopicName, isCompared: boolean, put: () => Promise<number>): Promise<number> {
    const version = await this.#timed(name, 'put', put);
    if (isCompared) this.#of(name).compatible += 1;
    return version;
  }

  del(name: TopicName, remove: () => Promise<number>): Promise<number> {
    return this.#timed(name, 'del', remove);
  }

  /** A schema that was refused for what it is has been judged, and that is no failure. */
  async #timed<T>(name: TopicName, operation: 'put' | 'del', work: () => Promise<T>): Promise<T> {
    const beganMs = this.#clock.monotonicMs();
    try {
      const result = await work();
      this.#of(name).latencies[operation].addSince(beganMs);
      return result;
    } catch (error) {
      const isJudged = error instanceof BrokerError && error.code === 'incompatible-schema';
      if (isJudged) this.#of(name).incompatible += 1;
      // Where a namespace has no schemas it may not even exist.
      else if (this.#namespaces.has(name.namespace)) this.#of(name).failed[operation] += 1;
      throw error;
    }
  }

  #of({ namespace }: TopicName): NamespaceSchemaCounts {
    const known = this.#namespaces.get(namespace);
    if (known !== undefined) return known;
    const latencies = () => new Latencies(this.#clock);
    const fresh = {
      latencies: { get: latencies(), put: latencies(), del: latencies() },
      failed: { get: 0, put: 0, del: 0 },
      compatible: 0,
      incompatible: 0,
    };
    this.#namespaces.set(namespace, fresh);
    return fresh;
  }
}
