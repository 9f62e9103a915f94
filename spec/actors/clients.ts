/**
 * Clients without a protocol: they tell actors what a session would, and keep what they hear. A
 * connection ends as sockets do: without a word, and its producers and consumers are removed.
 */
import type { Broker } from '../../src/actors/broker.ts';
import type {
  Effect,
  ProducerOpened,
  Published,
  PublishRefused,
  PublishWindow,
  Recipient,
} from '../../src/actors/ports.ts';
import type { AddProducer } from '../../src/actors/topic/commands.ts';
import type { TxnId } from '../../src/actors/txn-id.ts';
import type { Refusal } from '../../src/base/errors.ts';
import type { Long } from '../../src/base/long.ts';
import { entryStep } from '../../src/base/position.ts';
import type { TopicName } from '../../src/base/topic-name.ts';
import type { TestConsumer } from './consumer.ts';
import { type Content, encodeEntry, type Slot } from './entries.ts';

/** One connection: everything that it was sent, in order, and who on it that concerned. */
export class Connection implements Recipient {
  readonly label: string;
  readonly heard: Effect[] = [];
  readonly producers = new Map<Long, TestProducer>();
  readonly consumers = new Map<Long, TestConsumer>();
  /** Answers to requests that belong to neither. */
  readonly answers = new Map<Long, Effect>();
  flushes = 0;
  isOpen = true;

  constructor(label: string) {
    this.label = label;
  }

  receive(effect: Effect): void {
    if (!this.isOpen) return;
    this.heard.push(effect);
    if ('requestId' in effect) this.answers.set(effect.requestId, effect);
    if ('producerId' in effect) this.producers.get(effect.producerId)?.hear(effect);
    else if ('consumerId' in effect) this.consumers.get(effect.consumerId)?.hear(effect);
    else if (effect.type === 'refused') this.#refused(effect.requestId, effect.refusal);
  }

  flush(): void {
    this.flushes++;
  }

  /** The types of what it heard, in order. */
  types(): string[] {
    return this.heard.map(({ type }) => type);
  }

  #refused(requestId: Long, refusal: Refusal): void {
    for (const client of [...this.producers.values(), ...this.consumers.values()]) {
      if (client.requestId === requestId) client.refusal = refusal;
    }
  }
}

export interface Receipt {
  readonly sequenceId: Long;
  readonly ledgerId: number;
  readonly entryId: number;
}

export interface Message {
  readonly value: string;
  readonly key?: string;
  readonly messages?: number;
  readonly sequenceId?: Long;
  readonly highestSequenceId?: Long;
  readonly publishTimeMs?: number;
  readonly dueAtMs?: number;
  readonly encrypted?: boolean;
  readonly chunk?: { readonly uuid: string; readonly index: number; readonly count: number };
  readonly batch?: readonly Slot[];
}

export type ProducerOptions = Partial<
  Pick<
    AddProducer,
    | 'name'
    | 'accessMode'
    | 'encrypts'
    | 'topicEpoch'
    | 'epoch'
    | 'initialSubscription'
    | 'producerId'
  >
>;

type ProducerEffect =
  | ProducerOpened
  | Published
  | PublishRefused
  | PublishWindow
  | { readonly type: string };

export class TestProducer {
  readonly topic: TopicName;
  readonly key: number;
  readonly producerId: Long;
  readonly requestId: Long;
  readonly connection: Connection;
  readonly opened: ProducerOpened[] = [];
  readonly receipts: Receipt[] = [];
  readonly failures: PublishRefused[] = [];
  /** What it was allowed to have sent in all, each time that it was told. */
  readonly windows: { readonly messages: number; readonly bytes: number }[] = [];
  refusal: Refusal | undefined;
  isClosed = false;
  #sequence = 0;
  readonly #broker: Broker;
  readonly #nowMs: () => number;

  constructor(
    broker: Broker,
    topic: TopicName,
    connection: Connection,
    ids: { readonly key: number; readonly producerId: Long; readonly requestId: Long },
    nowMs: () => number,
  ) {
    this.#broker = broker;
    this.#nowMs = nowMs;
    this.topic = topic;
    this.connection = connection;
    this.key = ids.key;
    this.producerId = ids.producerId;
    this.requestId = ids.requestId;
    connection.producers.set(this.producerId, this);
  }

  get name(): string | undefined {
    return this.opened.at(-1)?.name;
  }

  get isReady(): boolean {
    return this.opened.at(-1)?.ready === true && !this.isClosed;
  }

  add(options: ProducerOptions): void {
    this.#broker.topic(this.topic).tell({
      type: 'add-producer',
      reply: { recipient: this.connection, requestId: this.requestId },
      key: this.key,
      producerId: this.producerId,
      name: options.name,
      epoch: options.epoch ?? 0,
      accessMode: options.accessMode ?? 'Shared',
      topicEpoch: options.topicEpoch,
      encrypts: options.encrypts ?? false,
      metadata: {},
      address: this.connection.label,
      clientVersion: 'spec',
      initialSubscription: options.initialSubscription,
    });
  }

  /** Sends what stands together as one command; texts are messages of their own. */
  send(...messages: readonly (string | Message)[]): boolean {
    return this.#publish(undefined, messages);
  }

  /** The same in a transaction. */
  sendIn(txn: TxnId, ...messages: readonly (string | Message)[]): boolean {
    return this.#publish(txn, messages);
  }

  #publish(txn: TxnId | undefined, messages: readonly (string | Message)[]): boolean {
    const all = messages.map((message) =>
      typeof message === 'string' ? { value: message } : message,
    );
    const entries = all.map((message) => encodeEntry(this.#contentOf(message)));
    return this.#broker.topic(this.topic).tell({
      type: 'publish',
      key: this.key,
      sequenceIds: all.map(({ sequenceId }) => sequenceId ?? this.#sequence++),
      highestSequenceIds: all.map(({ highestSequenceId }) => highestSequenceId),
      messageCounts: all.map(({ messages: count }) => count ?? 1),
      entries,
      bytes: entries.reduce((sum, entry) => sum + entry.length, 0),
      chunked: all.some(({ chunk }) => chunk !== undefined),
      ...(txn === undefined ? {} : { txn }),
      ...(all.some(({ dueAtMs }) => dueAtMs !== undefined)
        ? { dueAtMs: all.map(({ dueAtMs }) => dueAtMs ?? 0) }
        : {}),
    });
  }

  close(requestId: Long): void {
    const reply = { recipient: this.connection, requestId };
    this.#broker.topic(this.topic).tell({ type: 'remove-producer', key: this.key, reply });
  }

  /** As when its connection ends. */
  drop(): void {
    this.#broker.topic(this.topic).tell({ type: 'remove-producer', key: this.key });
  }

  hear(effect: ProducerEffect): void {
    switch (effect.type) {
      case 'producer-opened':
        this.opened.push(effect as ProducerOpened);
        break;
      case 'published':
        this.#receipted(effect as Published);
        break;
      case 'publish-window': {
        const { messages, bytes } = effect as PublishWindow;
        this.windows.push({ messages, bytes });
        break;
      }
      case 'publish-refused':
        this.failures.push(effect as PublishRefused);
        break;
      case 'producer-closed':
        this.isClosed = true;
    }
  }

  #contentOf(message: Message): Content {
    const { value, key, messages, publishTimeMs, encrypted, chunk, batch } = message;
    return {
      value,
      messages: messages ?? batch?.length ?? 1,
      publishTimeMs: publishTimeMs ?? this.#nowMs(),
      ...(key === undefined ? {} : { key }),
      ...(encrypted === undefined ? {} : { encrypted }),
      ...(chunk === undefined ? {} : { chunk }),
      ...(batch === undefined ? {} : { batch }),
    };
  }

  #receipted({ sequenceIds, ledgerId, firstEntryId }: Published): void {
    for (const [i, sequenceId] of sequenceIds.entries()) {
      const entryId = firstEntryId + i * entryStep(ledgerId);
      this.receipts.push({ sequenceId, ledgerId, entryId });
    }
  }
}
