/** The door to resource groups: makes and changes them, and says which one a namespace is in. */
import { BrokerError } from '../../base/errors.ts';
import { keyOf, namespaceActor, resourceGroupActor } from '../names.ts';
import type { SetPolicies } from '../policies/values.ts';
import type { ReplyTo } from '../topic/commands.ts';
import type { GroupExposed, GroupRates } from './behaviour.ts';

export interface ResourceGroupParts {
  exposed(actor: string): unknown;
  list(prefix: string): readonly string[];
  ask(actor: string, make: (reply: ReplyTo) => unknown): Promise<unknown>;
  /** Makes one if there is room for it. Throws `precondition-failed`. */
  place(actor: string, create: () => Promise<void>): Promise<void>;
  /** Lets the topics and subscriptions of some namespaces know that their limits have changed. */
  changed(isMeant: (namespace: string) => boolean): Promise<void>;
}

export interface SentMeter {
  messages: number;
  bytes: number;
}

export class ResourceGroups {
  readonly #parts: ResourceGroupParts;
  /** Of groups that exist. */
  readonly #sent = new Map<string, SentMeter>();
  readonly #listeners = new Set<() => void>();

  constructor(parts: ResourceGroupParts) {
    this.#parts = parts;
  }

  /** Sorted by name. */
  list(): readonly string[] {
    return this.#parts.list(resourceGroupActor('')).map(keyOf).sort();
  }

  get(name: string): GroupExposed | undefined {
    return this.#parts.exposed(resourceGroupActor(name)) as GroupExposed | undefined;
  }

  /** The group that a namespace (`tenant/namespace`) names, whether there is one or not. */
  of(namespace: string): string | undefined {
    const set = this.#parts.exposed(namespaceActor(namespace)) as SetPolicies | undefined;
    return set?.resourceGroup;
  }

  /** What was sent to topics of a group since it was made, or since the start: to be added to. */
  sent(name: string): SentMeter {
    const meter = this.#sent.get(name) ?? { messages: 0, bytes: 0 };
    this.#sent.set(name, meter);
    return meter;
  }

  /** Calls whenever rates have changed, or which group a namespace is in. The result ends it. */
  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Makes a group or sets some of its rates: resolves once they are durable and count. */
  async put(name: string, change: Partial<GroupRates>): Promise<void> {
    const actor = resourceGroupActor(name);
    await this.#parts.place(actor, async () => {
      await this.#parts.ask(actor, (reply) => ({ type: 'put', reply, change }));
    });
    await this.#changed(name);
  }

  /** Throws `precondition-failed` where a namespace is in it, `topic-not-found` where it is not. */
  async delete(name: string): Promise<void> {
    const namespaces = this.#parts.list(namespaceActor('')).map(keyOf);
    if (namespaces.some((namespace) => this.of(namespace) === name)) {
      throw new BrokerError('precondition-failed', 'ResourceGroup is in use');
    }
    await this.#parts.ask(resourceGroupActor(name), (reply) => ({ type: 'delete', reply }));
    this.#sent.delete(name);
    await this.#changed(name);
  }

  /** A namespace is in another group than before. */
  moved(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  async #changed(name: string): Promise<void> {
    this.moved();
    await this.#parts.changed((namespace) => this.of(namespace) === name);
  }
}
