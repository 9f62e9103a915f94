/** One client's watch over the topics of a namespace: it hears of those that match its pattern. */
import type { TopicLists } from '../../actors/topic-lists.ts';
import { isSystemTopic } from '../../base/system-topics.ts';
import { topicsHash } from '../../wire/topics-hash.ts';
import type { TopicPattern } from './topic-pattern.ts';

/** Told what has come and gone since it was told last; the hash is that of all topics now. */
export type WatcherListener = (
  added: readonly string[],
  removed: readonly string[],
  hash: string,
) => void;

export class TopicWatcher {
  /** `tenant/namespace` */
  readonly namespace: string;
  readonly #pattern: TopicPattern;
  readonly #listener: WatcherListener;
  readonly #stop: () => void;
  readonly #topics = new Set<string>();
  /** Which topics came or went while the list is being made, as they are by now. */
  #early: Map<string, boolean> | undefined = new Map();

  constructor(
    lists: TopicLists,
    namespace: string,
    pattern: TopicPattern,
    listener: WatcherListener,
  ) {
    this.namespace = namespace;
    this.#pattern = pattern;
    this.#listener = listener;
    this.#stop = lists.watch(namespace, (added, removed) => this.#change(added, removed));
  }

  get topics(): ReadonlySet<string> {
    return this.#topics;
  }

  get hash(): string {
    return topicsHash(this.#topics);
  }

  /** The namespace's topics, listed after the watch had begun. */
  begin(topics: readonly string[]): void {
    for (const topic of topics) if (this.#isWanted(topic)) this.#topics.add(topic);
    for (const [topic, exists] of this.#early ?? []) {
      if (!exists) this.#topics.delete(topic);
      else if (this.#isWanted(topic)) this.#topics.add(topic);
    }
    this.#early = undefined;
  }

  end(): void {
    this.#stop();
  }

  #change(added: readonly string[], removed: readonly string[]): void {
    if (this.#early !== undefined) {
      for (const topic of added) this.#early.set(topic, true);
      for (const topic of removed) this.#early.set(topic, false);
      return;
    }
    const fresh = added.filter((topic) => this.#isWanted(topic) && !this.#topics.has(topic));
    const gone = removed.filter((topic) => this.#topics.has(topic));
    if (fresh.length + gone.length === 0) return;
    for (const topic of fresh) this.#topics.add(topic);
    for (const topic of gone) this.#topics.delete(topic);
    this.#listener(fresh, gone, this.hash);
  }

  #isWanted(topic: string): boolean {
    return !isSystemTopic(topic) && this.#pattern(topic);
  }
}
