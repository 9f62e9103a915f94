/**
 * Who wants to hear which topics of a namespace come and go. Topics say so when it is durable; what
 * several say at once is told at once.
 */
import { parseTopicName } from '../base/topic-name.ts';
import type { Effect, Recipient } from './ports.ts';

/** Full names of topics that are there now, and of those that are no more. */
export type TopicListener = (added: readonly string[], removed: readonly string[]) => void;

export class TopicLists implements Recipient {
  readonly label = 'topic-lists';
  readonly #listeners = new Map<string, Set<TopicListener>>();
  /** By namespace: topics that have changed since the last flush, and whether they exist. */
  readonly #changes = new Map<string, Map<string, boolean>>();

  /** The result ends it. */
  watch(namespace: string, listener: TopicListener): () => void {
    const listeners = this.#listeners.get(namespace) ?? new Set();
    this.#listeners.set(namespace, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(namespace);
    };
  }

  receive(effect: Effect): void {
    if (effect.type !== 'topic-listed' || this.#listeners.size === 0) return;
    const { namespace } = parseTopicName(effect.topic);
    if (!this.#listeners.has(namespace)) return;
    const changes = this.#changes.get(namespace) ?? new Map<string, boolean>();
    this.#changes.set(namespace, changes.set(effect.topic, effect.exists));
  }

  flush(): void {
    for (const [namespace, changes] of this.#changes) {
      const names = [...changes.keys()];
      const added = names.filter((name) => changes.get(name) === true);
      const removed = names.filter((name) => changes.get(name) === false);
      for (const listener of [...(this.#listeners.get(namespace) ?? [])]) listener(added, removed);
    }
    this.#changes.clear();
  }
}
