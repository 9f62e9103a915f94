/**
 * A producer that lives through crashes: it keeps what it sent without a receipt, and either sends
 * that again under the same sequence numbers (deduplication) or leaves it in doubt.
 */
import { encodeCommandWithPayload } from '../../src/wire/codec.ts';
import { toSigned } from '../../src/wire/long.ts';
import type { Message } from '../../src/wire/messages.ts';
import { type Connection, ConnectionLost } from './client.ts';
import { Broken, type TopicHistory } from './history.ts';
import { entryOf, nameOf, type Sent } from './message.ts';
import type { Chance } from './random.ts';

/** A SEND that can be sent again. */
interface Shipment {
  readonly names: readonly string[];
  readonly first: number;
  readonly last: number;
  readonly entry: Buffer;
  /** It was sent before, so it may turn out to be a duplicate. */
  isResent: boolean;
}

const PIPELINE = 50;
/** Sent once more after each crash, although they have a receipt: they must be duplicates. */
const REPEATED = 2;

export class LoadProducer {
  readonly #topic: TopicHistory;
  readonly #name: string;
  readonly #deduplicated: boolean;
  readonly #chance: Chance;
  #nextSequence = 0;
  #lastReceipt = -1;
  #epoch = 0;
  /** Sent, in this order, and waiting for a receipt. */
  #inFlight: Shipment[] = [];
  #recent: Shipment[] = [];
  #connection: Connection | undefined;
  #id = 0;
  #wake: () => void = () => {};

  constructor(topic: TopicHistory, name: string, deduplicated: boolean, chance: Chance) {
    this.#topic = topic;
    this.#name = name;
    this.#deduplicated = deduplicated;
    this.#chance = chance;
  }

  /** Registers on a new connection and settles what the last one left open. */
  async attach(connection: Connection): Promise<void> {
    this.#connection = connection;
    this.#id = connection.nextId();
    const left = this.#inFlight;
    this.#inFlight = [];
    connection.listen('producer', this.#id, { receipt: (receipt) => this.#receipt(receipt) });
    const answer = await connection.request('PRODUCER', {
      topic: this.#topic.name,
      producer_id: this.#id,
      producer_name: this.#name,
      user_provided_producer_name: true,
      epoch: this.#epoch++,
    });
    if (answer.name !== 'PRODUCER_SUCCESS') throw new Broken(`PRODUCER answered ${answer.name}`);
    if (!this.#deduplicated) {
      this.#topic.doubt(left.flatMap(({ names }) => names));
      return;
    }
    this.#checkLastSequence(Number(toSigned(answer.body.last_sequence_id ?? -1)));
    for (const shipment of [...this.#recent, ...left]) {
      shipment.isResent = true;
      this.#ship(shipment);
    }
  }

  /** Sends up to `count` shipments, as fast as receipts come; ends early when `isOver` says so. */
  async run(count: number, isOver: () => boolean): Promise<void> {
    for (let sent = 0; sent < count && !isOver(); sent++) {
      while (this.#inFlight.length >= PIPELINE && !isOver()) await this.#change();
      if (isOver()) return;
      this.#ship(this.#next());
      if (this.#chance.happens(0.1)) await new Promise(setImmediate);
    }
  }

  /** Sends one message and waits until everything sent has its receipt. */
  async sendLast(): Promise<string> {
    const shipment = this.#next(1);
    this.#ship(shipment);
    while (this.#inFlight.length > 0) await this.#change();
    return shipment.names[0] ?? '';
  }

  /** Until the next receipt; throws `ConnectionLost` when there will be none. */
  async #change(): Promise<void> {
    const connection = this.#connection;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      connection?.closed.then(resolve);
    });
    if (connection?.isOpen !== true) throw new ConnectionLost(this.#name);
  }

  #next(count = this.#chance.happens(0.4) ? this.#chance.between(2, 12) : 1): Shipment {
    const messages: Sent[] = Array.from({ length: count }, (_, index) => ({
      producer: this.#name,
      sequence: this.#nextSequence + index,
      bytes: this.#size(),
    }));
    const first = this.#nextSequence;
    this.#nextSequence += count;
    const key = `key-${this.#chance.between(0, 7)}`;
    const entry = entryOf(messages, this.#chance.happens(0.2), key);
    const names = messages.map(nameOf);
    this.#topic.sent(names);
    return { names, first, last: first + count - 1, entry, isResent: false };
  }

  #size(): number {
    if (this.#chance.happens(0.005)) return this.#chance.between(50_000, 900_000);
    return this.#chance.happens(0.1) ? this.#chance.between(2000, 20_000) : 100;
  }

  #ship(shipment: Shipment): void {
    const { names, first, last, entry } = shipment;
    this.#inFlight.push(shipment);
    const isBatch = last > first;
    this.#connection?.write(
      encodeCommandWithPayload(
        'SEND',
        {
          producer_id: this.#id,
          sequence_id: first,
          num_messages: names.length,
          ...(isBatch ? { highest_sequence_id: last } : {}),
        },
        entry,
      ),
    );
  }

  #receipt({ sequence_id, message_id }: Message<'CommandSendReceipt'>): void {
    const shipment = this.#inFlight.shift();
    if (shipment === undefined || Number(sequence_id) !== shipment.first) {
      throw new Broken(`${this.#name}: receipt of ${sequence_id}, not of ${shipment?.first}`);
    }
    const ledgerId = Number(toSigned(message_id?.ledgerId ?? -1));
    const entryId = Number(toSigned(message_id?.entryId ?? -1));
    if (ledgerId < 0 && !shipment.isResent) {
      throw new Broken(`${this.#name}: ${shipment.first} was sent once and called a duplicate`);
    }
    this.#topic.receipt(shipment.names, ledgerId < 0 ? undefined : { ledgerId, entryId });
    this.#lastReceipt = Math.max(this.#lastReceipt, shipment.last);
    this.#recent = [...this.#recent.slice(1 - REPEATED), shipment];
    this.#wake();
  }

  #checkLastSequence(last: number): void {
    if (last >= this.#lastReceipt && last < this.#nextSequence) return;
    throw new Broken(
      `${this.#topic.name}: ${this.#name} is said to be at ${last}; it has a receipt for ` +
        `${this.#lastReceipt} and has sent up to ${this.#nextSequence - 1}`,
    );
  }
}
