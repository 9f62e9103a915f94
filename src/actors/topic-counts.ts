/**
 * Whether a namespace has room for topics: they are counted where somebody limits them
 * (maxTopicsPerNamespace). Each partition is a topic; those of the system are not counted, as in
 * Pulsar. There may be very many: they are counted in slices, before the first one more is let in.
 */
import type { Clock } from '../base/clock.ts';
import { BrokerError } from '../base/errors.ts';
import { orNone } from '../base/limits.ts';
import { inSlices } from '../base/slices.ts';
import { isSystemTopic } from '../base/system-topics.ts';
import { partitionName, type TopicName } from '../base/topic-name.ts';
import { type CreationParts, CreationTurns } from './creation-turns.ts';
import type { PolicyDoor } from './policies/door.ts';
import type { TopicLists } from './topic-lists.ts';

export interface TopicCountParts extends CreationParts {
  readonly clock: Pick<Clock, 'monotonicMs' | 'soon' | 'after'>;
  readonly policies: PolicyDoor;
  readonly lists: TopicLists;
  /** Full names of a namespace's persistent topics, read in slices. */
  list(namespace: string): Promise<readonly string[]>;
}

/** The topics of one namespace. */
interface Counted {
  readonly existing: Set<string>;
  /** Asked for and not answered yet. */
  readonly coming: Set<string>;
  /** Went while the others were being counted. */
  readonly gone: Set<string>;
  /** Until all are known. */
  counting: Promise<void> | undefined;
  readonly unwatch: () => void;
}

export class TopicCounts {
  readonly #parts: TopicCountParts;
  readonly #turns: CreationTurns;
  /** Namespaces that have a limit. */
  readonly #counted = new Map<string, Counted>();

  constructor(parts: TopicCountParts) {
    this.#parts = parts;
    this.#turns = new CreationTurns(parts);
  }

  /**
   * Resolves when a topic of this name may be admitted: those of its namespace are counted, or need
   * not be, and its tenant's turn has come. Undefined where that is at once. Rejects as listing the
   * topics does.
   */
  ready(name: TopicName): Promise<void> | undefined {
    const counting = this.#counting(name);
    return counting === undefined ? this.#turn(name) : this.#readyAfter(counting, name);
  }

  /**
   * Room for one more topic. The result must be told whether it came to be. Throws `conflict` when
   * the namespace is full, `service-not-ready` while its topics are being counted.
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

  async #readyAfter(first: Promise<void>, name: TopicName): Promise<void> {
    let counting: Promise<void> | undefined = first;
    for (; counting !== undefined; counting = this.#counting(name)) await counting;
    await this.#turn(name);
  }

  /** Until it resolves the topics of the namespace are not known; maybe not even then. */
  #counting(name: TopicName): Promise<void> | undefined {
    return this.#limitOf(name) === undefined ? undefined : this.#of(name.namespace).counting;
  }

  /** What belongs to the system comes when it is needed. */
  #turn(name: TopicName): Promise<void> | undefined {
    return isSystemTopic(name.full) ? undefined : this.#turns.take(name.tenant);
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
    const { existing, coming, counting } = this.#of(name.namespace);
    if (counting !== undefined) {
      const why = `The topics of ${name.namespace} are being counted; please retry`;
      throw new BrokerError('service-not-ready', why);
    }
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
    const limit = orNone(this.#parts.policies.ofNamespace(name).maxTopics);
    const isLimited = Number.isFinite(limit) && name.domain === 'persistent';
    return isLimited && !isSystemTopic(name.full) ? limit : undefined;
  }

  #of(namespace: string): Counted {
    const known = this.#counted.get(namespace);
    if (known !== undefined) return known;
    const existing = new Set<string>();
    const gone = new Set<string>();
    const unwatch = this.#parts.lists.watch(namespace, (added, removed) => {
      for (const full of added) if (!isSystemTopic(full)) existing.add(full);
      for (const full of removed) existing.delete(full);
      if (counted.counting === undefined) return;
      for (const full of added) gone.delete(full);
      for (const full of removed) gone.add(full);
    });
    const coming = new Set<string>();
    const counted: Counted = { existing, coming, gone, unwatch, counting: undefined };
    this.#counted.set(namespace, counted);
    counted.counting = this.#count(namespace, counted);
    // Who waits for it hears of it; there may be nobody.
    counted.counting.catch(() => undefined);
    return counted;
  }

  /** What comes or goes meanwhile is told by those who watch, whether it is listed or not. */
  async #count(namespace: string, counted: Counted): Promise<void> {
    const { clock, list } = this.#parts;
    const { existing, gone } = counted;
    try {
      await inSlices(clock, await list(namespace), (full) => {
        if (!gone.has(full) && !isSystemTopic(full)) existing.add(full);
      });
    } catch (error) {
      if (this.#counted.get(namespace) === counted) this.forget(namespace);
      throw error;
    }
    gone.clear();
    counted.counting = undefined;
  }
}

/** Tells whether what room was made for came to be. */
export async function settling(
  settled: (exists: boolean) => void,
  create: () => Promise<void>,
): Promise<void> {
  try {
    await create();
    settled(true);
  } catch (error) {
    settled(false);
    throw error;
  }
}
