/** A consumer without a protocol: what it was delivered, what it heard, and what it may ask. */
import type { Broker } from '../../src/actors/broker.ts';
import type { Deliver, Effect, Subscribed } from '../../src/actors/ports.ts';
import type { AckedEntry, SeekTarget, Subscribe } from '../../src/actors/subscription/commands.ts';
import type { TxnId } from '../../src/actors/txn-id.ts';
import type { Refusal } from '../../src/base/errors.ts';
import type { Long } from '../../src/base/long.ts';
import { entryStep, type Position } from '../../src/base/position.ts';
import type { TopicName } from '../../src/base/topic-name.ts';
import type { Connection } from './clients.ts';
import { decodeEntry, type Slot } from './entries.ts';

export interface Received extends Position {
  readonly value: string;
  readonly key: string | undefined;
  readonly batch: readonly Slot[] | undefined;
  /** Messages of the entry, acknowledged ones included. */
  readonly messages: number;
  readonly redeliveryCount: number;
  readonly ackSet: readonly bigint[] | undefined;
  readonly consumerEpoch: Long | undefined;
}

export type ConsumerOptions = Partial<
  Omit<Subscribe, 'type' | 'reply' | 'key' | 'subscription' | 'address' | 'clientVersion'>
>;

export class TestConsumer {
  readonly topic: TopicName;
  readonly subscription: string;
  readonly key: number;
  readonly consumerId: Long;
  readonly requestId: Long;
  readonly connection: Connection;
  readonly received: Received[] = [];
  /** ACTIVE_CONSUMER_CHANGEs, in order. */
  readonly notices: boolean[] = [];
  /** What was granted and not used up, as a client counts it. */
  permits = 0;
  subscribed: Subscribed | undefined;
  refusal: Refusal | undefined;
  isClosed = false;
  endsOfTopic = 0;
  /** Called with each entry as it comes, and the permits that there were before. */
  onReceived: (received: Received, permits: number) => void = () => undefined;
  onClosed: () => void = () => undefined;
  readonly #broker: Broker;

  constructor(
    broker: Broker,
    topic: TopicName,
    subscription: string,
    connection: Connection,
    ids: { readonly key: number; readonly consumerId: Long; readonly requestId: Long },
  ) {
    this.#broker = broker;
    this.topic = topic;
    this.subscription = subscription;
    this.connection = connection;
    this.key = ids.key;
    this.consumerId = ids.consumerId;
    this.requestId = ids.requestId;
    connection.consumers.set(this.consumerId, this);
  }

  /** Values delivered so far, in order. */
  get values(): string[] {
    return this.received.map(({ value }) => value);
  }

  subscribe(options: ConsumerOptions): void {
    this.#broker.topic(this.topic).tell({
      type: 'subscribe',
      reply: { recipient: this.connection, requestId: this.requestId },
      key: this.key,
      consumerId: this.consumerId,
      subscription: this.subscription,
      subType: 'Exclusive',
      consumerName: `consumer-${this.key}`,
      priorityLevel: 0,
      durable: true,
      readCompacted: false,
      initialPosition: 'Earliest',
      startPosition: undefined,
      keyShared: undefined,
      consumerEpoch: undefined,
      metadata: {},
      subscriptionProperties: {},
      replicated: false,
      address: this.connection.label,
      clientVersion: 'spec',
      knowsEndOfTopic: true,
      knowsActiveChange: true,
      ...options,
    });
  }

  flow(permits: number): void {
    this.permits += permits;
    this.#tell({ type: 'flow', permits });
  }

  congest(congested: boolean): void {
    this.#tell({ type: 'congestion', congested });
  }

  ack(...entries: readonly Position[]): void {
    this.ackEntries(entries.map((position) => ({ position, ackSet: undefined })));
  }

  /** Acknowledges all but the given indexes of a batch of `size` messages. */
  ackIndexes(position: Position, size: number, ...indexes: readonly number[]): void {
    let words = (1n << BigInt(size)) - 1n;
    for (const index of indexes) words &= ~(1n << BigInt(index));
    this.ackEntries([{ position, ackSet: [words] }]);
  }

  ackEntries(entries: readonly AckedEntry[], requestId?: Long): void {
    this.#tell({ type: 'ack', cumulative: false, entries, ...this.#replyTo(requestId) });
  }

  ackUpTo(position: Position, requestId?: Long, ackSet?: readonly bigint[]): void {
    const entries = [{ position, ackSet }];
    this.#tell({ type: 'ack', cumulative: true, entries, ...this.#replyTo(requestId) });
  }

  /** In a transaction; up to the one entry given where `cumulative`. */
  ackIn(
    txn: TxnId,
    entries: readonly (AckedEntry | Position)[],
    { requestId, cumulative = false }: { requestId?: Long; cumulative?: boolean } = {},
  ): void {
    const named = entries.map((each) =>
      'position' in each ? each : { position: each, ackSet: undefined },
    );
    this.#tell({ type: 'ack', cumulative, entries: named, txn, ...this.#replyTo(requestId) });
  }

  /** Without positions: everything unacknowledged. */
  redeliver(positions: readonly Position[] = [], consumerEpoch?: Long): void {
    this.#tell({ type: 'redeliver', positions, consumerEpoch });
  }

  seek(target: SeekTarget, requestId: Long): void {
    this.#tell({ type: 'seek', target, ...this.#replyTo(requestId) });
  }

  unsubscribe(requestId: Long, force = false): void {
    this.#tell({ type: 'unsubscribe', force, ...this.#replyTo(requestId) });
  }

  close(requestId: Long): void {
    this.#tell({ type: 'remove-consumer', ...this.#replyTo(requestId) });
  }

  /** As when its connection ends. */
  drop(): void {
    this.#tell({ type: 'remove-consumer' });
  }

  hear(effect: Effect): void {
    switch (effect.type) {
      case 'subscribed':
        this.subscribed = effect;
        break;
      case 'deliver':
        this.#delivered(effect);
        break;
      case 'active-consumer':
        this.notices.push(effect.active);
        break;
      case 'consumer-closed':
        this.isClosed = true;
        this.onClosed();
        break;
      case 'end-of-topic':
        this.endsOfTopic++;
    }
  }

  #tell(command: { readonly type: string } & Readonly<Record<string, unknown>>): void {
    const actor = this.subscribed?.actor;
    if (actor !== undefined) this.#broker.ref(actor).tell({ key: this.key, ...command });
  }

  #replyTo(requestId: Long | undefined) {
    return requestId === undefined ? {} : { reply: { recipient: this.connection, requestId } };
  }

  #delivered({ runs, consumerEpoch }: Deliver): void {
    for (const { ledgerId, firstEntryId, entries, redeliveryCount, ackSet } of runs) {
      for (const [i, entry] of entries.entries()) {
        const { value, key, messages, batch } = decodeEntry(entry);
        const before = this.permits;
        this.permits -= ackSet === undefined ? messages : openOf(ackSet);
        const received: Received = {
          ledgerId,
          entryId: firstEntryId + i * entryStep(ledgerId),
          value,
          key,
          batch,
          messages,
          redeliveryCount,
          ackSet,
          consumerEpoch,
        };
        this.received.push(received);
        this.onReceived(received, before);
      }
    }
  }
}

function openOf(words: readonly bigint[]): number {
  return words.reduce((sum, word) => sum + word.toString(2).replaceAll('0', '').length, 0);
}
