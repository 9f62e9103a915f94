/** A broker of which a spec decides what it is told and what it answers. */
import type { ActorRef, Broker } from '../../../src/actors/broker.ts';
import { AccessDoor } from '../../../src/actors/namespace/door.ts';
import type { Effect, Recipient } from '../../../src/actors/ports.ts';
import type { GroupRates } from '../../../src/actors/resource-group/behaviour.ts';
import { ResourceGroups } from '../../../src/actors/resource-group/door.ts';
import type { Schema, StoredSchema } from '../../../src/actors/schema/schema.ts';
import type { Subscribe } from '../../../src/actors/subscription/commands.ts';
import type { AddProducer, Publish, TopicCommand } from '../../../src/actors/topic/commands.ts';
import { TopicLists } from '../../../src/actors/topic-lists.ts';
import { Transactions } from '../../../src/actors/transaction/door.ts';
import type { SubscriptionView } from '../../../src/actors/views.ts';
import type { BrokerError } from '../../../src/base/errors.ts';
import type { TopicName } from '../../../src/base/topic-name.ts';

/** Any command, loosely: specs look at what they sent. */
export interface Told {
  readonly actor: string;
  readonly command: { readonly type: string; readonly key: number } & Record<string, unknown>;
}

export class FakeBroker {
  readonly told: Told[] = [];
  /** Actors whose mailbox is full. */
  readonly full = new Set<string>();
  /** Reacts to a command as its actor would; by default nothing answers. */
  react: (told: Told, broker: FakeBroker) => void = () => {};
  admitted: { readonly name: string; readonly create: boolean }[] = [];
  failure: Error | undefined;
  topics: readonly string[] = [];
  partitions = 0;
  view: SubscriptionView | undefined;
  readonly lists = new TopicLists();
  readonly access = new AccessDoor({ exposed: () => undefined, ask: async () => undefined });
  /** Resource groups by name, and the one that every namespace is in. */
  readonly groups = new Map<string, GroupRates>();
  group: string | undefined;
  readonly resourceGroups = new ResourceGroups({
    exposed: (actor) => this.#exposed(actor),
    list: () => [],
    ask: async () => undefined,
    place: (_actor, create) => create(),
    changed: async () => undefined,
  });
  /** What the registry says to each schema, and what it holds. */
  readonly schemas = {
    asked: [] as Schema[],
    writers: [] as string[],
    stored: undefined as StoredSchema | undefined,
    answer: async (): Promise<number> => 7,
    register: async (_name: TopicName, schema: Schema, writer: string): Promise<number> => {
      this.schemas.asked.push(schema);
      this.schemas.writers.push(writer);
      return this.schemas.answer();
    },
    admitConsumer: async (_name: TopicName, schema: Schema, writer: string): Promise<void> => {
      this.schemas.asked.push(schema);
      this.schemas.writers.push(writer);
      await this.schemas.answer();
    },
    /** Thrown for producers without a schema. */
    refusal: undefined as BrokerError | undefined,
    admitBareProducer: (): void => {
      if (this.schemas.refusal !== undefined) throw this.schemas.refusal;
    },
    find: (): StoredSchema | undefined => this.schemas.stored,
  };
  transactions = new Transactions({
    isEnabled: false,
    isReady: () => true,
    exposed: () => undefined,
    ask: async () => {
      throw new Error('no coordinator was to be asked');
    },
  });
  #lastKey = 0;

  get asBroker(): Broker {
    return this as unknown as Broker;
  }

  ref(actor: string): ActorRef {
    return {
      id: actor,
      tell: (command) => {
        if (this.full.has(actor)) return false;
        const told = { actor, command: command as Told['command'] };
        this.told.push(told);
        setImmediate(() => this.react(told, this));
        return true;
      },
    };
  }

  #exposed(actor: string): unknown {
    if (actor.startsWith('namespace:')) return { resourceGroup: this.group };
    const rates = this.groups.get(actor.slice(actor.indexOf(':') + 1));
    return rates && { rates };
  }

  nextKey(): number {
    return ++this.#lastKey;
  }

  admit(name: TopicName, { create }: { readonly create: boolean }): ActorRef<TopicCommand> {
    if (this.failure !== undefined) throw this.failure;
    this.admitted.push({ name: name.full, create });
    return this.ref(`topic:${name.full}`);
  }

  /** What producers and consumers have to wait for. */
  readiness: Promise<void> | undefined;
  ready(): Promise<void> | undefined {
    return this.readiness;
  }

  checkLookup(name: TopicName): void {
    this.admitted.push({ name: name.full, create: false });
    if (this.failure !== undefined) throw this.failure;
  }

  async partitionsOf(name: TopicName, { create }: { readonly create: boolean }): Promise<number> {
    if (this.failure !== undefined) throw this.failure;
    this.admitted.push({ name: name.full, create });
    return this.partitions;
  }

  async topicsOf(_namespace: string, domain = 'persistent'): Promise<readonly string[]> {
    if (this.failure !== undefined) throw this.failure;
    return this.topics.filter((topic) => topic.startsWith(`${domain}://`));
  }

  /** What it has shown reaches the disk when this resolves. */
  disk: Promise<void> = Promise.resolve();

  settled(): Promise<void> {
    return this.disk;
  }

  subscriptionView(): SubscriptionView | undefined {
    return this.view;
  }

  topicView(name: TopicName): object | undefined {
    return this.topics.includes(name.full) ? { producers: [{}], subscriptions: [] } : undefined;
  }

  cursorView(): undefined {
    return undefined;
  }

  /** Commands of a type, oldest first. */
  commands<Command = Told['command']>(type: string): Command[] {
    const found = this.told.filter(({ command }) => command.type === type);
    return found.map(({ command }) => command as unknown as Command);
  }
}

/** Answers as topics and subscriptions do when all is well, and stores nothing. */
export function agreeable({ command }: Told, broker: FakeBroker): void {
  switch (command.type) {
    case 'add-producer':
      openProducer(command as unknown as AddProducer);
      break;
    case 'publish':
      publishDone(broker, command as unknown as Publish);
      break;
    case 'subscribe':
      subscribeDone(command as unknown as Subscribe);
      break;
    default: {
      const reply = command['reply'] as { recipient: Recipient; requestId: number } | undefined;
      if (reply === undefined) return;
      say(reply.recipient, { type: 'done', requestId: reply.requestId });
    }
  }
}

export function say(recipient: Recipient, ...effects: readonly Effect[]): void {
  for (const effect of effects) recipient.receive(effect);
  recipient.flush();
}

export function openProducer(command: AddProducer, ready = true): void {
  say(command.reply.recipient, {
    type: 'producer-opened',
    producerId: command.producerId,
    requestId: command.reply.requestId,
    name: command.name ?? 'given-by-the-broker',
    lastSequenceId: -1,
    topicEpoch: undefined,
    ready,
  });
}

/** The actor that stands for every subscription. */
export const SUBSCRIPTION = 'subscription:1/s';

export function subscribeDone(command: Subscribe): void {
  say(command.reply.recipient, {
    type: 'subscribed',
    consumerId: command.consumerId,
    requestId: command.reply.requestId,
    actor: SUBSCRIPTION,
  });
}

/** Receipts for a publish, in ledger 7 from entry 0 on. */
export function publishDone(broker: FakeBroker, command: Publish, firstEntryId = 0): void {
  const producer = broker
    .commands<AddProducer>('add-producer')
    .find(({ key }) => key === command.key);
  if (producer === undefined) throw new Error(`no producer with key ${command.key}`);
  say(producer.reply.recipient, {
    type: 'published',
    producerId: producer.producerId,
    sequenceIds: command.sequenceIds,
    highestSequenceIds: command.highestSequenceIds,
    ledgerId: 7,
    firstEntryId,
    bytes: command.bytes,
  });
}
