// Transactions by hand: every command of a transaction can be said at the wrong time, twice, or by
// somebody else, and what the broker says and delivers is kept as facts.

import { decodeEntry } from '../../../dist/wire/entry.js';
import { entry } from './client.mjs';
import { subscribe as subscription } from './stage.mjs';

const COORDINATORS = 'persistent://pulsar/system/transaction_coordinator_assign';
const COMMIT = 0;
const ABORT = 1;
const ENOUGH_PERMITS = 1_000;
const INDIVIDUAL = 0;
const CUMULATIVE = 1;

/** A connection that has a coordinator, producers and consumers; one by name of each. */
export class Party {
  client;
  coordinator;
  #requests = 100;
  #ids = 0;
  #producers = new Map();
  #consumers = new Map();

  constructor(client, coordinator) {
    this.client = client;
    this.coordinator = coordinator;
  }

  static async join(stage, coordinator = 0) {
    const party = new Party(await stage.connect(), coordinator);
    await party.#ask('LOOKUP', { topic: `${COORDINATORS}-partition-${coordinator}` });
    // A coordinator that has just started reads its log first.
    await stage.until(async () => {
      const [, { error }] = await party.#ask('TC_CLIENT_CONNECT_REQUEST', { tc_id: coordinator });
      return error === undefined;
    });
    return party;
  }

  /** One that has not said to its coordinator that it is there. */
  static async unannounced(stage, coordinator = 0) {
    return new Party(await stage.connect(), coordinator);
  }

  /**
   * One with a producer, a consumer, and an open transaction in which it has acknowledged the only
   * message there is, "before", and which counts the topic as one that it publishes to.
   */
  static async amid(stage, topic, subscription) {
    const party = await Party.join(stage);
    await party.produce(topic);
    await party.consume(topic, subscription);
    await party.send(topic, 'before');
    await party.seen(topic, 1);
    const txn = await party.begin();
    await party.publishesTo(txn, topic);
    await party.acknowledgesOn(txn, topic);
    await party.acknowledge(topic, ['before'], { txn });
    return { party, txn };
  }

  async begin(timeoutMs = 60_000) {
    const [, answer] = await this.#ask('NEW_TXN', {
      tc_id: this.coordinator,
      txn_ttl_millis: timeoutMs,
    });
    if (answer.error !== undefined) throw new Error(JSON.stringify(answer.message));
    return bitsOf(answer);
  }

  commit(txn) {
    return this.#told('END_TXN', { ...txn, txn_action: COMMIT });
  }

  abort(txn) {
    return this.#told('END_TXN', { ...txn, txn_action: ABORT });
  }

  /** Adds topics to the transaction. */
  publishesTo(txn, ...partitions) {
    return this.#told('ADD_PARTITION_TO_TXN', { ...txn, partitions });
  }

  acknowledgesOn(txn, topic, name = 'sub') {
    const body = { ...txn, subscription: [{ topic, subscription: name }] };
    return this.#told('ADD_SUBSCRIPTION_TO_TXN', body);
  }

  async produce(topic, body = {}) {
    const id = ++this.#ids;
    await this.#ask('LOOKUP', { topic });
    const told = await this.#told('PRODUCER', {
      ...{ topic, producer_id: id, txn_enabled: true, ...body },
    });
    this.#producers.set(topic, { id, next: 0, came: [] });
    return told;
  }

  /** Sends a text, in a transaction where one is given; what the broker says of it. */
  async send(topic, text, { txn = {}, metadata = {}, ...body } = {}) {
    const producer = this.#producers.get(topic);
    const sequence_id = body.sequence_id ?? producer.next++;
    const command = { producer_id: producer.id, num_messages: 1, ...txn, ...body, sequence_id };
    this.client.send(command, entry(text, { sequence_id, ...txn, ...metadata }));
    const said = await this.client.take(
      ([name, { sequence_id: id }]) => /^SEND_/.test(name) && Number(id) === sequence_id,
    );
    return this.#short(said);
  }

  /** Opens a consumer of `sub` (or `body.subscription`) with permits. */
  async consume(topic, body = {}) {
    const id = ++this.#ids;
    await this.#ask('LOOKUP', { topic });
    const told = await this.#told('SUBSCRIBE', subscription(topic, { ...body, consumer_id: id }));
    this.client.say('FLOW', { consumer_id: id, messagePermits: ENOUGH_PERMITS });
    this.#consumers.set(topic, { id, ids: new Map(), came: [] });
    return told;
  }

  /**
   * What has come on the topic since, as texts, with the indexes of batches that are left where some
   * are, and counts of redeliveries that are not 0. Waits for so many first, then for silence.
   */
  async seen(topic, atLeast = 0) {
    const { came } = this.#consumers.get(topic);
    while (came.length < atLeast) {
      const frames = await this.client.next(1);
      if (frames.length === 0) break;
      this.#note(frames);
    }
    this.#note(await this.client.rest());
    return came.splice(0);
  }

  #note(frames) {
    for (const [name, body] of frames) {
      const which = name === 'CLOSE_PRODUCER' ? this.#producers : this.#consumers;
      const id = Number(body?.producer_id ?? body?.consumer_id);
      const told = [...which.values()].find((each) => each.id === id);
      if (name === 'MESSAGE') told?.came.push(received(told, body));
      else if (name.startsWith('CLOSE_')) told?.came.push(name);
    }
  }

  /** Acknowledges messages that were seen; `batch`: an id's ack_set and batch_size. */
  acknowledge(topic, texts, { txn = {}, isCumulative = false, batch = {} } = {}) {
    const { id, ids } = this.#consumers.get(topic);
    const message_id = texts.map((text) => {
      const { ledgerId, entryId } = ids.get(text);
      return { ledgerId, entryId, ...batch };
    });
    const ack_type = isCumulative ? CUMULATIVE : INDIVIDUAL;
    return this.#told('ACK', { consumer_id: id, ack_type, message_id, ...txn });
  }

  /** Asks for everything that it has not acknowledged, or for some of it. */
  redeliver(topic, texts = []) {
    const { id, ids } = this.#consumers.get(topic);
    const message_ids = texts.map((text) => ids.get(text));
    this.client.say('REDELIVER_UNACKNOWLEDGED_MESSAGES', { consumer_id: id, message_ids });
  }

  seek(topic, text) {
    const { id, ids } = this.#consumers.get(topic);
    const { ledgerId, entryId } = ids.get(text);
    return this.#told('SEEK', { consumer_id: id, message_id: { ledgerId, entryId } });
  }

  /** Leaves the topic to others. */
  async leave(topic) {
    const { id: consumer_id } = this.#consumers.get(topic);
    const { id: producer_id } = this.#producers.get(topic);
    await this.#ask('CLOSE_CONSUMER', { consumer_id });
    await this.#ask('CLOSE_PRODUCER', { producer_id });
  }

  unsubscribe(topic) {
    return this.#told('UNSUBSCRIBE', { consumer_id: this.#consumers.get(topic).id });
  }

  async #ask(name, body) {
    return this.client.ask(name, { ...body, request_id: ++this.#requests });
  }

  async #told(name, body) {
    return this.#short(await this.#ask(name, body));
  }

  /** `ok`, or the error with what was said. */
  #short([name, { error, message, message_id: id } = {}] = ['nothing']) {
    if (error !== undefined || name === 'ERROR') return [error, nameless(message)];
    if (name === 'SEND_RECEIPT' && BigInt(id?.entryId ?? 0) > 2n ** 62n) return 'known';
    return name === 'closed' || name === 'nothing' ? name : 'ok';
  }
}

function received(
  consumer,
  { payload, message_id: id, redelivery_count: count = 0, ack_set: words = [] },
) {
  const text = decodeEntry(payload).payload.toString();
  consumer.ids.set(text, id);
  const left = words.length === 0 ? '' : ` [${words.map((word) => BigInt(word).toString(2))}]`;
  return `${text}${left}${count === 0 ? '' : ` #${count}`}`;
}

function bitsOf({ txnid_most_bits = 0, txnid_least_bits = 0 }) {
  return { txnid_most_bits, txnid_least_bits };
}

/** Transactions and ledgers have other numbers in each run. */
function nameless(text) {
  return String(text)
    .replace(/\(\d+,\d+\)/g, '(TXN)')
    .replace(/\b\d+:\d+(:-?\d+)?\b/g, 'ID');
}
