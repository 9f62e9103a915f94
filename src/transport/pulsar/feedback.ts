/**
 * What consumers send most: ACK and FLOW. Consecutive ones of a consumer that mean the same as one
 * travel to its subscription as one command.
 */
import type { Ack, AckedEntry } from '../../actors/subscription/commands.ts';
import type { Long } from '../../base/long.ts';
import { comparePositions } from '../../base/position.ts';
import type { Frame } from '../../wire/frame.ts';
import { type Ack as AckFrame, decodeAck, decodeFlow } from '../../wire/hot.ts';
import { AckType, ServerError } from '../../wire/messages.ts';
import type { Consumer } from './handles.ts';
import type { Session } from './session.ts';
import { isInTransaction, txnOf } from './transactions.ts';
import { ackSetOf, positionOf, recordOf, violation } from './translate.ts';

const MAX_PERMITS = 2 ** 31 - 1;

/** Entries of one command: a frame may name hundreds of thousands, an event must stay small. */
const MAX_ENTRIES = 50_000;

export class Feedback {
  readonly #session: Session;
  /** Whose commands are being gathered: entries to acknowledge, or permits. */
  #consumer: Consumer | undefined;
  #entries: AckedEntry[] = [];
  #cumulative = false;
  #permits = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /** FLOW for a consumer that is not there is ignored; permits of nothing end the connection. */
  takeFlow({ buffer, commandStart, commandEnd }: Frame): void {
    const flow = decodeFlow(buffer, commandStart, commandEnd);
    const permits = flow.messagePermits;
    const consumer = this.#session.consumers.get(flow.consumer_id);
    if (consumer === undefined) return;
    if (permits <= 0 || permits > MAX_PERMITS) throw violation(`FLOW of ${permits} permits`);
    if (consumer.state === 'subscribing') {
      consumer.earlyPermits = Math.min(consumer.earlyPermits + permits, MAX_PERMITS);
      return;
    }
    const fits = this.#consumer === consumer && this.#permits + permits <= MAX_PERMITS;
    if (!fits || this.#entries.length > 0) this.settle();
    this.#consumer = consumer;
    this.#permits += permits;
  }

  /** ACK for a consumer that is not there is dropped, as Pulsar does. */
  takeAck({ buffer, commandStart, commandEnd }: Frame): void {
    const ack = decodeAck(buffer, commandStart, commandEnd);
    const consumer = this.#session.consumers.get(ack.consumer_id);
    if (consumer?.actor === undefined) return;
    const txn = isInTransaction(ack) ? txnOf(ack) : undefined;
    if (txn !== undefined && !this.#session.context.broker.transactions.knows(txn)) {
      this.#refuseTransaction(ack);
      return;
    }
    const cumulative = ack.ack_type === AckType.Cumulative;
    if (cumulative && ack.message_id.length !== 1) {
      this.#ignored(ack);
      return;
    }
    if (ack.request_id === undefined && ack.properties.length === 0 && txn === undefined) {
      this.#gather(consumer, cumulative, ack);
      return;
    }
    this.settle();
    const entries = entriesOf(ack);
    const { key, actor } = consumer;
    // A transaction takes all of them or none.
    while (entries.length > MAX_ENTRIES && txn === undefined) {
      const some = entries.splice(0, MAX_ENTRIES);
      this.#session.tell(actor, { type: 'ack', key, cumulative, entries: some });
    }
    this.#session.tell(actor, this.#command(consumer, cumulative, entries, ack));
  }

  /** Hands over what was gathered. */
  settle(): void {
    const consumer = this.#consumer;
    if (consumer === undefined) return;
    this.#consumer = undefined;
    const { actor, key } = consumer;
    if (this.#permits > 0 && actor !== undefined) {
      this.#session.tell(actor, { type: 'flow', key, permits: this.#permits });
    }
    this.#permits = 0;
    if (this.#entries.length > 0 && actor !== undefined) {
      const entries = this.#entries;
      this.#entries = [];
      this.#session.tell(actor, { type: 'ack', key, cumulative: this.#cumulative, entries });
    }
  }

  /** Of cumulative ones the farthest counts, unless it speaks of indexes within its entry. */
  #gather(consumer: Consumer, cumulative: boolean, ack: AckFrame): void {
    if (this.#consumer !== consumer || this.#cumulative !== cumulative) this.settle();
    const entries = entriesOf(ack);
    const last = this.#entries[0];
    if (cumulative && last !== undefined) {
      const order = comparePositions(entries[0]!.position, last.position);
      const isPlain = last.ackSet === undefined && entries[0]!.ackSet === undefined;
      if (isPlain && order <= 0) return;
      if (isPlain) this.#entries = [];
      else this.settle();
    }
    this.#consumer = consumer;
    this.#cumulative = cumulative;
    if (this.#entries.length === 0) this.#entries = entries;
    else for (const entry of entries) this.#entries.push(entry);
    if (this.#entries.length >= MAX_ENTRIES) this.settle();
  }

  #command(
    { key }: Consumer,
    cumulative: boolean,
    entries: readonly AckedEntry[],
    ack: AckFrame,
  ): Ack {
    return {
      type: 'ack',
      key,
      cumulative,
      entries,
      ...(isInTransaction(ack) ? { txn: txnOf(ack) } : {}),
      ...(ack.properties.length === 0 ? {} : { properties: recordOf<Long>(ack.properties) }),
      ...(ack.request_id === undefined
        ? {}
        : { reply: { recipient: this.#session, requestId: ack.request_id } }),
    };
  }

  #ignored(ack: AckFrame): void {
    if (ack.request_id === undefined) return;
    this.#session.outbox.command('ACK_RESPONSE', {
      consumer_id: ack.consumer_id,
      request_id: ack.request_id,
    });
  }

  #refuseTransaction(ack: AckFrame): void {
    if (ack.request_id === undefined) return;
    this.#session.outbox.command('ACK_RESPONSE', {
      consumer_id: ack.consumer_id,
      error: ServerError.NotAllowedError,
      message: NO_TRANSACTIONS,
      request_id: ack.request_id,
    });
  }
}

const NO_TRANSACTIONS =
  'org.apache.pulsar.broker.service.BrokerServiceException$NotAllowedException: ' +
  "Server don't support transaction ack!";

function entriesOf(ack: AckFrame): AckedEntry[] {
  return ack.message_id.map(({ ledgerId, entryId, ack_set, batch_size }) => ({
    position: positionOf(ledgerId, entryId),
    ackSet: ackSetOf(ack_set),
    batchSize: batch_size,
  }));
}
