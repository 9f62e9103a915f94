/**
 * How many topics a namespace has, counted where somebody limits them (maxTopicsPerNamespace). Each
 * partition is a topic; those of the system are not counted, as in Pulsar.
 */
import { BrokerError } from '../base/errors.ts';
import { orNone } from '../base/limits.ts';
import { isSystemTopic } from '../base/system-topics.ts';
import { partitionName, type TopicName } from '../base/topic-name.ts';
import { keyOf, topicActor } from './names.ts';
import type { PolicyDoor } from './policies/door.ts';
import type { TopicLists } from './topic-lists.ts';

export interface TopicCountParts {
  readonly policies: PolicyDoor;
  readonly lists: TopicLists;
  /** Existing actors whose identity starts so. */
  list(prefix: string): readonly string[];
}

/** The topics of one namespace. */
interface Counted {
  readonly existing: Set<string>;
  /** Asked for and not answered yet. */
  readonly coming: Set<string>;
  readonly unwatch: () => void;
}

export class TopicCounts {
  readonly #parts: TopicCountParts;
  /** Namespaces that have a limit. */
  readonly #counted = new Map<string, Counted>();

  constructor(parts: TopicCountParts) {
    this.#parts = parts;
  }

  /**
   * Room for one more topic. The result must be told whether it came to be. Throws `conflict` when
   * the namespace is full.
   */
  admit(name: TopicName): (exists: boolean) => void {
    return this.#admit(name, [name.full], 'conflict');
  }

  /** Room for the partitions [from, to). Throws `precondition-failed` when there is too little. */
  admitPartitions(name: TopicName, from: number, to: number): (exist: boolean) => void {
    const names: string[] = [];
    if (this.#limitOf(name) !== undefined) {
      for (let i = from; i < to; i++) names.push(partitionName(name.full, i));
    }
    return this.#admit(name, names, 'precondition-failed');
  }

  /** Of a namespace that is no more. */
  forget(namespace: string): void {
    this.#counted.get(namespace)?.unwatch();
    this.#counted.delete(namespace);
  }

  #admit(
    name: TopicName,
    names: readonly string[],
    code: 'conflict' | 'precondition-failed',
  ): (exist: boolean) => void {
    const limit = this.#limitOf(name);
    if (limit === undefined) {
      this.forget(name.namespace);
      return () => undefined;
    }
    const { existing, coming } = this.#of(name.namespace);
    const fresh = names.filter((full) => !existing.has(full) && !coming.has(full));
    if (existing.size + coming.size + fresh.length > limit) {
      throw new BrokerError(code, 'Exceed maximum number of topics in namespace.');
    }
    for (const full of fresh) coming.add(full);
    return (exist) => {
      for (const full of fresh) {
        coming.delete(full);
        if (exist) existing.add(full);
      }
    };
  }

  #limitOf(name: TopicName): number | undefined {
    const limit = orNone(this.#parts.policies.of(name).maxTopics);
    const isLimited = Number.isFinite(limit) && name.domain === 'persistent';
    return isLimited && !isSystemTopic(name.full) ? limit : undefined;
  }

  #of(namespace: string): Counted {
    const known = this.#counted.get(namespace);
    if (known !== undefined) return known;
    const { lists, list } = this.#parts;
    const names = list(topicActor(`persistent://${namespace}/`)).map(keyOf);
    const existing = new Set(names.filter((full) => !isSystemTopic(full)));
    const unwatch = lists.watch(namespace, (added, removed) => {
      for (const full of added) if (!isSystemTopic(full)) existing.add(full);
      for (const full of removed) existing.delete(full);
    });
    const counted = { existing, coming: new Set<string>(), unwatch };
    this.#counted.set(namespace, counted);
    return counted;
  }
}
