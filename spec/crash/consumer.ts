/** A consumer of one session: takes what comes, checks it, acknowledges in one of several ways. */
import { encodeCommand } from '../../src/wire/codec.ts';
import type { Frame } from '../../src/wire/frame.ts';
import { type Long, toSigned } from '../../src/wire/long.ts';
import { AckType, InitialPosition, type Message, SubType } from '../../src/wire/messages.ts';
import { type Connection, ConnectionLost } from './client.ts';
import {
  Broken,
  type Delivery,
  isAfter,
  type Place,
  placeOf,
  type SubscriptionHistory,
} from './history.ts';
import { messagesIn, type Received } from './message.ts';
import type { Chance } from './random.ts';

/** What a consumer does with what it gets. */
export type Manner =
  /** Acknowledges most entries one by one, some in part; returns some, leaves some. */
  | 'mixed'
  /** As mixed, but returns none, so that the order of each key can be checked. */
  | 'in-order'
  /** Acknowledges all up to an entry, now and then. */
  | 'cumulative'
  /** Acknowledges everything one by one. */
  | 'all';

const PERMITS = 300;

export interface Session {
  readonly connection: Connection;
  readonly history: SubscriptionHistory;
  readonly type: keyof typeof SubType;
  readonly manner: Manner;
  readonly name: string;
  readonly chance: Chance;
  /** Told of each live message after the checks. */
  readonly onMessage?: (message: Received) => void;
}

interface AckItem {
  readonly id: Message<'MessageIdData'>;
  readonly names: readonly string[];
}

export class LoadConsumer {
  readonly #session: Session;
  readonly #id: number;
  #received = 0;
  #acks: AckItem[] = [];
  /** Names of a cumulative consumer that no acknowledgement covers yet. */
  #uncovered: string[] = [];
  #last: Place = { ledgerId: -1, entryId: -1 };

  private constructor(session: Session) {
    this.#session = session;
    this.#id = session.connection.nextId();
  }

  static async subscribe(session: Session): Promise<LoadConsumer> {
    const consumer = new LoadConsumer(session);
    const { connection, history, type, name } = session;
    connection.listen('consumer', consumer.#id, {
      message: (message, frame) => consumer.#take(message, frame),
    });
    await connection.request('SUBSCRIBE', {
      topic: history.topic.name,
      subscription: history.name,
      subType: SubType[type],
      consumer_id: consumer.#id,
      consumer_name: name,
      initialPosition: InitialPosition.Earliest,
    });
    consumer.#flow(PERMITS);
    return consumer;
  }

  async unsubscribe(): Promise<void> {
    await this.#session.connection.request('UNSUBSCRIBE', { consumer_id: this.#id });
  }

  #flow(messagePermits: number): void {
    const flow = encodeCommand('FLOW', { consumer_id: this.#id, messagePermits });
    this.#session.connection.write(flow);
  }

  #take(message: Message<'CommandMessage'>, frame: Frame): void {
    const delivery = deliveryOf(message, frame);
    const { history, manner, onMessage } = this.#session;
    const live = history.delivered(delivery);
    const before = this.#received;
    this.#received += delivery.messages.length;
    if (Math.floor(before / (PERMITS / 2)) < Math.floor(this.#received / (PERMITS / 2))) {
      this.#flow(PERMITS / 2);
    }
    if (manner === 'cumulative') this.#cumulative(delivery, live);
    else this.#individual(delivery, live);
    for (const one of live) onMessage?.(one);
  }

  #individual(delivery: Delivery, live: readonly Received[]): void {
    const { manner, chance } = this.#session;
    const choice = manner === 'all' ? 0 : chance.next();
    if (choice < 0.75) this.#acknowledge(delivery, live, live);
    else if (choice < 0.85 && live.length > 1) {
      this.#acknowledge(delivery, live, live.slice(0, chance.between(1, live.length - 1)));
    } else if (choice < 0.93 && manner === 'mixed') this.#giveBack(delivery);
  }

  #giveBack({ ledgerId, entryId }: Place): void {
    const { connection, history } = this.#session;
    history.nackSent({ ledgerId, entryId });
    connection.write(
      encodeCommand('REDELIVER_UNACKNOWLEDGED_MESSAGES', {
        consumer_id: this.#id,
        message_ids: [{ ledgerId, entryId }],
      }),
    );
  }

  /** Acknowledges `done`; where other messages of the batch are left, says which. */
  #acknowledge(delivery: Delivery, live: readonly Received[], done: readonly Received[]): void {
    const { ledgerId, entryId, messages } = delivery;
    const left = live.filter((one) => !done.includes(one)).map(({ batchIndex }) => batchIndex);
    const id: Message<'MessageIdData'> =
      left.length === 0
        ? { ledgerId, entryId }
        : { ledgerId, entryId, ack_set: ackSetOf(left), batch_size: messages.length };
    this.#acks.push({ id, names: done.map(({ name }) => name) });
    if (this.#acks.length >= 10) this.#flush();
    else if (this.#acks.length === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    const items = this.#acks.splice(0);
    if (items.length === 0) return;
    const names = items.flatMap((item) => item.names);
    this.#ack(
      AckType.Individual,
      items.map(({ id }) => id),
      names,
    );
  }

  #cumulative(delivery: Delivery, live: readonly Received[]): void {
    const { history, type, chance } = this.#session;
    if (type === 'Exclusive' && !isAfter(delivery, this.#last)) {
      throw new Broken(`${history.name}: ${placeOf(delivery)} came after ${placeOf(this.#last)}`);
    }
    this.#last = delivery;
    this.#uncovered.push(...live.map(({ name }) => name));
    if (!chance.happens(0.05)) return;
    const { ledgerId, entryId } = delivery;
    this.#ack(AckType.Cumulative, [{ ledgerId, entryId }], this.#uncovered.splice(0), delivery);
  }

  #ack(
    ack_type: AckType,
    message_id: readonly Message<'MessageIdData'>[],
    names: readonly string[],
    upTo?: Place,
  ): void {
    const { connection, history } = this.#session;
    if (!connection.isOpen) return;
    history.ackSent(names);
    connection
      .request('ACK', { consumer_id: this.#id, ack_type, message_id })
      .then(() => history.ackConfirmed(names, upTo))
      .catch((error: Error) => {
        if (!(error instanceof ConnectionLost)) connection.onFault(error);
      });
  }
}

export function deliveryOf(message: Message<'CommandMessage'>, frame: Frame): Delivery {
  const { ledgerId, entryId } = message.message_id;
  const ackSet = message.ack_set ?? [];
  return {
    ledgerId: Number(toSigned(ledgerId)),
    entryId: Number(toSigned(entryId)),
    messages: messagesIn(frame),
    isLive: (batchIndex) => ackSet.length === 0 || hasBit(ackSet, batchIndex),
    redeliveryCount: message.redelivery_count ?? 0,
  };
}

function hasBit(words: readonly Long[], index: number): boolean {
  const word = BigInt.asUintN(64, BigInt(words[index >> 6] ?? 0));
  return ((word >> BigInt(index & 63)) & 1n) === 1n;
}

/** One bit for each message that is still to be acknowledged. Batches here fit in a word. */
function ackSetOf(left: readonly number[]): readonly Long[] {
  return [left.reduce((bits, index) => bits | (1 << index), 0) >>> 0];
}
