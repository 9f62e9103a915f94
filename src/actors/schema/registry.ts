/** The door to schemas: what transports ask about those of a topic. */
import { BrokerError } from '../../base/errors.ts';
import type { TopicName } from '../../base/topic-name.ts';
import type { SubscriptionExposed } from '../exposed.ts';
import { schemaActor, subscriptionActor } from '../names.ts';
import type { ReplyTo } from '../topic/commands.ts';
import type { TopicView } from '../views.ts';
import { checkCompatible, checkDefinition } from './compatibility.ts';
import type { SchemaCounts } from './counts.ts';
import { current, KIND_NAMES, type Schema, type StoredSchema } from './schema.ts';
import { consumerStrategy, type SchemaRules } from './strategy.ts';

/** What it needs of the broker. */
export interface SchemaHost {
  exposed(actor: string): unknown;
  ask<T>(actor: string, make: (reply: ReplyTo) => unknown): Promise<T>;
  topicView(name: TopicName): TopicView | undefined;
  schemaRules(name: TopicName): SchemaRules;
  readonly counts: SchemaCounts;
}

export class Schemas {
  readonly #host: SchemaHost;

  constructor(host: SchemaHost) {
    this.#host = host;
  }

  /** With those before the last deletion, and deletions. */
  all(name: TopicName): readonly StoredSchema[] {
    return (this.#host.exposed(schemaActor(name)) as readonly StoredSchema[] | undefined) ?? [];
  }

  /** Those since the last deletion, oldest first. */
  versions(name: TopicName): readonly StoredSchema[] {
    return current(this.all(name));
  }

  /**
   * The newest, which may be a deletion, or that of a version, unless it was deleted; undefined
   * where there is none.
   */
  find(name: TopicName, version?: number): StoredSchema | undefined {
    return this.counts.found(name, () => {
      if (version === undefined) return this.all(name).at(-1);
      return this.versions(name).find((each) => each.version === version);
    });
  }

  get counts(): SchemaCounts {
    return this.#host.counts;
  }

  rules(name: TopicName): SchemaRules {
    return this.#host.schemaRules(name);
  }

  /**
   * The version of a client's schema, new or not; a new one is kept with its writer. Rejects:
   * `incompatible-schema`, `invalid-schema`.
   */
  register(name: TopicName, schema: Schema, writer = ''): Promise<number> {
    const mayAdd = this.rules(name).isAutoUpdateAllowed;
    return this.#register(name, { schema, mayAdd, writer });
  }

  /** The same for an operator, who may add versions where clients may not. */
  put(name: TopicName, schema: Schema, writer = ''): Promise<number> {
    return this.#register(name, { schema, mayAdd: true, writer });
  }

  /** Throws `incompatible-schema` in Pulsar's words where a producer needs a schema. */
  admitBareProducer(name: TopicName): void {
    if (!this.rules(name).isValidationEnforced || this.versions(name).length === 0) return;
    throw new BrokerError(
      'incompatible-schema',
      'Producers cannot connect or send message without a schema to topics with a schema' +
        'when SchemaValidationEnforced is enabled',
    );
  }

  /** The version that the deletion takes; -1 when all is forgotten. */
  remove(name: TopicName, force: boolean, writer = ''): Promise<number> {
    const type = force ? 'forget' : 'delete';
    return this.counts.del(name, () =>
      this.#host.ask(schemaActor(name), (reply) => ({ type, reply, writer })),
    );
  }

  /**
   * What SUBSCRIBE asks for: on a topic that nobody uses the schema is registered, else it must
   * read the newest one that there is. Rejects: `incompatible-schema`, `invalid-schema`.
   */
  async admitConsumer(name: TopicName, schema: Schema, writer = ''): Promise<void> {
    checkDefinition(schema);
    const versions = this.versions(name);
    const strategy = consumerStrategy(this.rules(name).strategy);
    if (versions.length > 0) checkCompatible(versions, schema, strategy);
    else if (!this.#isUsed(name)) await this.register(name, schema, writer);
    else {
      const kind = KIND_NAMES[schema.kind] ?? schema.kind;
      throw new BrokerError(
        'incompatible-schema',
        `Failed to add schema to an active topic with empty(BYTES) schema: new schema type ${kind}`,
      );
    }
  }

  #register(
    name: TopicName,
    wanted: { readonly schema: Schema; readonly mayAdd: boolean; readonly writer: string },
  ): Promise<number> {
    const { strategy } = this.rules(name);
    const isCompared = this.versions(name).length > 0;
    return this.counts.put(name, isCompared, () =>
      this.#host.ask(schemaActor(name), (reply) => {
        return { type: 'register', reply, strategy, ...wanted };
      }),
    );
  }

  /** By producers, by consumers that mean some schema, or by messages. */
  #isUsed(name: TopicName): boolean {
    const view = this.#host.topicView(name);
    if (view === undefined) return false;
    if (view.producers.length > 0 || view.ledgers.some(({ entries }) => entries > 0)) return true;
    return view.subscriptions.some((subscription) => {
      const actor = subscriptionActor(view.topicId, subscription);
      const exposed = this.#host.exposed(actor) as SubscriptionExposed;
      return exposed.view().consumers.some(({ takesAnySchema }) => !takesAnySchema);
    });
  }
}
