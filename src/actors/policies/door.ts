/** The door to policies: reads and sets what topics have, and says what counts for them. */
import type { TopicName } from '../../base/topic-name.ts';
import { namespaceActor, topicPoliciesActor } from '../names.ts';
import type { ReplyTo } from '../topic/commands.ts';
import type { PolicyScope, TopicPolicies } from './document.ts';
import type { Policies } from './resolve.ts';
import type { PolicyChange, PolicyValues, SetPolicies } from './values.ts';

export interface PolicyParts {
  readonly policies: Policies;
  exposed(actor: string): unknown;
  ask(actor: string, make: (reply: ReplyTo) => unknown): Promise<unknown>;
  /** Lets the actors of a topic know that its policies are not what they were. */
  changed(topic: TopicName): void;
}

export class PolicyDoor {
  readonly #parts: PolicyParts;

  constructor(parts: PolicyParts) {
    this.#parts = parts;
  }

  get broker(): PolicyValues {
    return this.#parts.policies.broker(this.#parts);
  }

  /** What counts for a topic, or would count for one of this name. */
  of(name: TopicName): PolicyValues {
    return this.#parts.policies.resolve(this.broker, this.#namespace(name), this.set(name));
  }

  /** What counts for the topic's namespace; cheaper where a topic has no say in it. */
  ofNamespace(name: TopicName): PolicyValues {
    return this.#parts.policies.resolve(this.broker, this.#namespace(name));
  }

  /** What the topic, or the partitioned topic that it is part of, has of its own. */
  set(name: TopicName): TopicPolicies | undefined {
    return this.#parts.exposed(topicPoliciesActor(name.full)) as TopicPolicies | undefined;
  }

  /** Resolves once it is durable and counts. Throws `topic-not-found`. */
  async change(name: TopicName, scope: PolicyScope, change: PolicyChange): Promise<void> {
    const actor = topicPoliciesActor(name.full);
    await this.#parts.ask(actor, (reply) => ({ type: 'change', reply, scope, change }));
    this.#parts.changed(name);
  }

  /** All of them go back to the namespace's. */
  async forget(name: TopicName): Promise<void> {
    const actor = topicPoliciesActor(name.full);
    await this.#parts.ask(actor, (reply) => ({ type: 'forget', reply }));
    this.#parts.changed(name);
  }

  #namespace(name: TopicName): SetPolicies | undefined {
    return this.#parts.exposed(namespaceActor(name.namespace)) as SetPolicies | undefined;
  }
}
