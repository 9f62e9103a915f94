/** One client's watch over the topics of a namespace: it hears of those that match its pattern. */
import type { TopicLists } from '../../actors/topic-lists.ts';
import { isSystemTopic } from '../../base/system-topics.ts';
import { topicsHash } from '../../wire/topics-hash.ts';
import type { TopicPattern } from './topic-pattern.ts';

/** What has come and gone since the client was told last; the hash is that of all topics now. */
export interface TopicChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly hash: string;
}

export type WatcherListener = (change: TopicChange) => void;

export class TopicWatcher {
  /** `tenant/namespace` */
  readonly namespace: string;
  /** Settled when it has its first list, or will have none. */
  readonly listed: Promise<void>;
  /** Whether the client has been told its list. What changes before that is in the list. */
  isTold = false;
  readonly #listener: WatcherListener;
  readonly #stop: () => void;
  readonly #topics = new Set<string>();
  #pattern: TopicPattern | undefined;
  /** Which topics came or went while the list is being made, as they are by now. */
  #early: Map<string, boolean> | undefined = new Map();

  /** `list` finds out what there is, to begin with; what changes is noted from now on. */
  constructor(
    lists: TopicLists,
    namespace: string,
    list: (watcher: TopicWatcher) => Promise<void>,
    listener: WatcherListener,
  ) {
    this.namespace = namespace;
    this.#listener = listener;
    this.#stop = lists.watch(namespace, (added, removed) => this.#change(added, removed));
    this.listed = list(this);
  }

  get topics(): ReadonlySet<string> {
    return this.#topics;
  }

  get hash(): string {
    return topicsHash(this.#topics);
  }

  /** The namespace's topics, listed after the watch had begun. */
  begin(pattern: TopicPattern, topics: readonly string[]): void {
    this.#pattern = pattern;
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
    if (this.isTold) this.#listener({ added: fresh, removed: gone, hash: this.hash });
  }

  #isWanted(topic: string): boolean {
    return !isSystemTopic(topic) && this.#pattern?.(topic) === true;
  }
}
