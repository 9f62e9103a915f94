/** What is seen of topics and what hangs on them: one by one as views, or all of them as gauges. */
import { parseTopicName } from '../base/topic-name.ts';
import type { CursorExposed, SubscriptionExposed, TopicExposed } from './exposed.ts';
import type { LoadedSubscription, LoadedTopic } from './gauges.ts';
import { cursorActor, subscriptionActor } from './names.ts';
import type { PolicyDoor } from './policies/door.ts';
import type { Runtime } from './runtime/runtime.ts';
import type { CursorView, SubscriptionView } from './views.ts';

export class Sight {
  readonly #runtime: Pick<Runtime, 'exposed' | 'loadedExposed'>;
  readonly #policies: PolicyDoor;

  constructor(runtime: Pick<Runtime, 'exposed' | 'loadedExposed'>, policies: PolicyDoor) {
    this.#runtime = runtime;
    this.#policies = policies;
  }

  subscription(topic: TopicExposed, name: string): SubscriptionView | undefined {
    if (!topic.subscriptions.has(name)) return undefined;
    const exposed = this.#subscription(topic, name);
    return { ...exposed.view(), delayed: this.#delayed(topic, exposed) };
  }

  cursor(topic: TopicExposed, name: string): CursorView | undefined {
    return this.#cursor(topic, name)?.view(topic.progress);
  }

  /** Topics in memory, with what hangs on them. */
  *loaded(): Iterable<LoadedTopic> {
    for (const exposed of this.#runtime.loadedExposed('topic')) {
      const topic = exposed as TopicExposed;
      const subscriptions: LoadedSubscription[] = [];
      for (const name of topic.subscriptions.keys()) {
        const subscription = this.#subscription(topic, name);
        const cursor = this.#cursor(topic, name)?.gauges(topic.progress);
        subscriptions.push({ subscription, cursor, delayed: this.#delayed(topic, subscription) });
      }
      const policies = topic.policies ?? this.#policies.of(parseTopicName(topic.name));
      yield { topic, policies, subscriptions };
    }
  }

  #subscription({ progress }: TopicExposed, name: string): SubscriptionExposed {
    const actor = subscriptionActor(progress.topicId, name);
    return this.#runtime.exposed(actor) as SubscriptionExposed;
  }

  #cursor({ progress }: TopicExposed, name: string): CursorExposed | undefined {
    const actor = cursorActor(progress.topicId, name);
    return this.#runtime.exposed(actor) as CursorExposed | undefined;
  }

  /** Entries that were looked at and wait for their time. */
  #delayed(topic: TopicExposed, { name, passed }: SubscriptionExposed): number {
    if (passed === undefined) return 0;
    const backlog = this.#cursor(topic, name)?.backlog(passed.below) ?? 0;
    return Math.max(0, backlog - passed.held);
  }
}
