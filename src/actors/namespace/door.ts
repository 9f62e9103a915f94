/** The door to grants: changes them, and tells who has asked that they are not what they were. */
import type { TopicName } from '../../base/topic-name.ts';
import { Entries } from '../change.ts';
import { namespaceActor } from '../names.ts';
import type { ReplyTo } from '../topic/commands.ts';
import type { AccessChange, NamespaceAccess } from './access.ts';

export interface AccessParts {
  exposed(actor: string): unknown;
  ask(actor: string, make: (reply: ReplyTo) => unknown): Promise<unknown>;
}

/** `tenant/`, `tenant/namespace`, or `/` for all of them: what the change holds in. */
export type AccessListener = (within: string) => void;

export class AccessDoor {
  readonly #parts: AccessParts;
  readonly #listeners = new Set<AccessListener>();

  constructor(parts: AccessParts) {
    this.#parts = parts;
  }

  /** Of the grants of a namespace and of who administers it. The result ends it. */
  watch(listener: AccessListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What decides about permissions has changed, and is durable. */
  changed(within: string): void {
    for (const listener of [...this.#listeners]) listener(within);
  }

  /** Resolves once it is durable and counts. Rejects with `namespace-not-found`. */
  async change(namespace: string, change: AccessChange): Promise<void> {
    // When its topics are due does not depend on it.
    await this.#parts.ask(namespaceActor(namespace), (reply) => {
      return { type: 'change', reply, change, isQuiet: true };
    });
    this.changed(namespace);
  }

  /** Nobody is granted anything on the topic as such any more. */
  async forget({ namespace, full }: TopicName): Promise<void> {
    const access = this.#parts.exposed(namespaceActor(namespace)) as NamespaceAccess | undefined;
    if (!Object.hasOwn(access?.topicGrants ?? {}, full)) return;
    await this.change(namespace, { topicGrants: new Entries({ [full]: undefined }) });
  }
}
