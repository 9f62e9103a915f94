/** Clients without sockets, and the entries that they publish: each ends with its number. */
import type { Broker } from '../../src/actors/broker.ts';
import type { Effect, Recipient } from '../../src/actors/ports.ts';
import type { AckedEntry, SubscriptionType } from '../../src/actors/subscription/commands.ts';
import type { TopicName } from '../../src/base/topic-name.ts';
import { encodeEntry } from '../../src/wire/entry.ts';

const PRODUCER = 1_000_000;

/** Opens a producer of a topic, by default the one that `publish` means. */
export function addProducer(
  broker: Broker,
  topic: TopicName,
  recipient: Recipient,
  key = PRODUCER,
): void {
  broker.admit(topic, { create: true }).tell({
    type: 'add-producer',
    reply: { recipient, requestId: 1 },
    key,
    producerId: key,
    name: `bench-${key}`,
    epoch: 0,
    accessMode: 'Shared',
    topicEpoch: undefined,
    encrypts: false,
    metadata: {},
    address: 'bench',
    clientVersion: 'bench',
    initialSubscription: undefined,
  });
}

/** What entries are like beside their numbers. */
interface Likeness {
  /** With keys by their numbers, of so many. */
  readonly keys?: number;
  /** When each is to be delivered, in ms since the epoch. */
  readonly dueAtMs?: (number: number) => number;
}

/** Publishes the entries [from, to). */
export function publish(
  broker: Broker,
  topic: TopicName,
  from: number,
  to: number,
  { keys = 0, dueAtMs }: Likeness = {},
): void {
  const numbers = Array.from({ length: to - from }, (_, i) => from + i);
  const entries = numbers.map((number) => numbered(number, keys));
  broker.topic(topic).tell({
    type: 'publish',
    key: PRODUCER,
    sequenceIds: numbers,
    highestSequenceIds: numbers.map(() => undefined),
    messageCounts: numbers.map(() => 1),
    entries,
    bytes: entries.reduce((sum, { length }) => sum + length, 0),
    chunked: false,
    ...(dueAtMs === undefined ? {} : { dueAtMs: numbers.map(dueAtMs) }),
  });
}

function numbered(number: number, keys: number): Buffer {
  const payload = Buffer.alloc(8);
  payload.writeUInt32BE(number, 4);
  const metadata = { producer_name: 'bench', sequence_id: number, publish_time: 1_700_000_000_000 };
  // Spread over the keys without going through them in order.
  const key = keys > 0 ? { partition_key: `key-${(number * 7_919) % keys}` } : {};
  return encodeEntry({ ...metadata, ...key }, payload);
}

export function subscribe(
  broker: Broker,
  topic: TopicName,
  key: number,
  subType: SubscriptionType,
  recipient: Recipient,
  subscription = SUBSCRIPTION,
): void {
  broker.admit(topic, { create: true }).tell({
    type: 'subscribe',
    reply: { recipient, requestId: 1 },
    key,
    consumerId: key,
    subscription,
    subType,
    consumerName: `consumer-${key}`,
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
    address: 'bench',
    clientVersion: 'bench',
    knowsEndOfTopic: false,
    knowsActiveChange: false,
  });
}

export const SUBSCRIPTION = 's';

/** Remembers what it was delivered and is to acknowledge. */
export class Client implements Recipient {
  readonly label = 'bench';
  answers = 0;
  /** Producers and consumers that are there. */
  attached = 0;
  receipts = 0;
  delivered = 0;
  /** Delivered, and among those that are to be acknowledged. */
  readonly held: AckedEntry[] = [];
  readonly #acknowledges: (number: number) => boolean;
  #wake: () => void = () => undefined;

  constructor(acknowledges: (number: number) => boolean = () => true) {
    this.#acknowledges = acknowledges;
  }

  receive(effect: Effect): void {
    if (effect.type === 'ack-answered') this.answers++;
    else if (effect.type === 'subscribed' || effect.type === 'producer-opened') this.attached++;
    else if (effect.type === 'published') this.receipts += effect.sequenceIds.length;
    else if (effect.type === 'deliver') {
      for (const { ledgerId, firstEntryId, entries } of effect.runs) {
        for (const [i, entry] of entries.entries()) {
          this.delivered++;
          if (!this.#acknowledges(entry.readUInt32BE(entry.length - 4))) continue;
          this.held.push({ position: { ledgerId, entryId: firstEntryId + i }, ackSet: undefined });
        }
      }
    }
  }

  flush(): void {
    this.#wake();
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
