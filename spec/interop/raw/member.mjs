// Somebody who publishes to a topic and has consumers of it, by name, on one connection; and who
// looks at the topic's statistics between two steps.

import { buildBatch, readBatch } from '../../../dist/wire/batch.js';
import { decodeEntry } from '../../../dist/wire/entry.js';
import { entry } from './client.mjs';
import { subscribe } from './stage.mjs';

const INDIVIDUAL = 0;
const CUMULATIVE = 1;

export class Member {
  client;
  topic;
  /** Ids by text, those of a batch with their index. */
  ids = new Map();
  #stage;
  #consumers = new Map();
  #requests = 100;
  #sequence = 0;
  #last = {};
  #ledgers = new Map();

  constructor(stage, client, topic) {
    this.#stage = stage;
    this.client = client;
    this.topic = topic;
  }

  /** With a producer, unless the topic is only to be consumed. */
  static async of(stage, topic = stage.topic(), { produces = true, ...producer } = {}) {
    const member = new Member(stage, await stage.connect(), topic);
    await member.ask('LOOKUP', { topic });
    if (produces) await member.ask('PRODUCER', { topic, producer_id: 1, ...producer });
    return member;
  }

  ask(name, body) {
    return this.client.ask(name, { ...body, request_id: ++this.#requests });
  }

  /** What is said to it, short: `ok` or the error. */
  async told(name, body) {
    return short(await this.ask(name, body));
  }

  async produce(body = {}) {
    return this.told('PRODUCER', { topic: this.topic, producer_id: 1, ...body });
  }

  /** Sends texts one by one; waits for the receipt of each. */
  async send(texts, metadata = {}) {
    const said = [];
    for (const text of texts) said.push(await this.#send([text], entry(text, metadata), 1));
    return said;
  }

  /** Sends them as one entry; `keys`: of each message. */
  async sendBatch(texts, metadata = {}, ofEach = () => ({})) {
    const messages = texts.map((text) => ({ payload: Buffer.from(text), metadata: ofEach(text) }));
    const whole = { num_messages_in_batch: texts.length, ...metadata };
    const bytes = entry(buildBatch(messages), whole);
    return this.#send(texts, bytes, texts.length, true);
  }

  async #send(texts, bytes, count, isBatch = false) {
    const sequence_id = this.#sequence;
    this.#sequence += count;
    this.client.send({ producer_id: 1, sequence_id, num_messages: count }, bytes);
    const [name, body] = await this.client.take(
      ([said, { sequence_id: id }]) => /^SEND_/.test(said) && Number(id) === sequence_id,
    );
    if (name !== 'SEND_RECEIPT') return short([name, body]);
    const { ledgerId, entryId } = body.message_id;
    for (const [at, text] of texts.entries()) {
      const index = isBatch ? { batch_index: at, batch_size: count } : {};
      this.ids.set(text, { ledgerId, entryId, ...index });
    }
    return 'ok';
  }

  /** Opens a consumer of `sub` by this name; it has no permits yet. */
  async consume(name, body = {}) {
    const id = this.#consumers.get(name) ?? this.#consumers.size + 1;
    this.#consumers.set(name, id);
    const request = { consumer_id: id, consumer_name: name, ...body };
    const subscription = subscribe(this.topic, request);
    const { request_id: _, ...rest } = subscription;
    return this.told('SUBSCRIBE', rest);
  }

  flow(name, messagePermits) {
    this.client.say('FLOW', { consumer_id: this.#consumers.get(name), messagePermits });
  }

  /**
   * What came, in order: `name: text`, with the count of redeliveries if it is not 0, what is left
   * of a batch, and other frames by what they say.
   */
  async seen(quietMs) {
    const frames = await this.client.rest(quietMs);
    return frames.flatMap((frame) => this.#line(frame));
  }

  #line([kind, body]) {
    const id = Number(body?.consumer_id ?? -1);
    const [name = '?'] = [...this.#consumers].find(([, each]) => each === id) ?? [];
    if (kind === 'MESSAGE') return [`${name}: ${this.#text(body)}`];
    if (kind === 'ACTIVE_CONSUMER_CHANGE')
      return [`${name}: ${body.is_active ? 'active' : 'not active'}`];
    if (kind === 'closed') return ['closed'];
    return [body?.consumer_id === undefined ? kind : `${name}: ${kind}`];
  }

  #text({ payload, redelivery_count: count = 0, ack_set: words = [], message_id: id }) {
    const { metadata, payload: bytes } = decodeEntry(payload);
    const { num_messages_in_batch: size } = metadata;
    const texts =
      size === undefined
        ? [bytes.toString()]
        : [...readBatch(bytes, size)].map((each) => each.payload.toString());
    for (const [at, text] of texts.entries()) {
      const { ledgerId, entryId } = id;
      const index = size === undefined ? {} : { batch_index: at, batch_size: size };
      this.ids.set(text, { ledgerId, entryId, ...index });
    }
    const left =
      words.length === 0
        ? ''
        : ` [${words.map((word) => BigInt.asUintN(64, BigInt(word)).toString(2))}]`;
    return `${texts.join('+')}${left}${count === 0 ? '' : ` #${count}`}`;
  }

  /** Acknowledges with a receipt: one of a batch by its index. */
  ack(name, texts, isCumulative = false) {
    const ack_type = isCumulative ? CUMULATIVE : INDIVIDUAL;
    const message_id = texts.map((text) => ackId(this.ids.get(text), isCumulative));
    return this.told('ACK', { consumer_id: this.#consumers.get(name), ack_type, message_id });
  }

  /** Whole entries, or everything where no texts are given. */
  nack(name, texts = [], body = {}) {
    const message_ids = texts.map((text) => {
      const { ledgerId, entryId } = this.ids.get(text);
      return { ledgerId, entryId };
    });
    const consumer_id = this.#consumers.get(name);
    this.client.say('REDELIVER_UNACKNOWLEDGED_MESSAGES', { consumer_id, message_ids, ...body });
  }

  close(name) {
    return this.told('CLOSE_CONSUMER', { consumer_id: this.#consumers.get(name) });
  }

  unsubscribe(name) {
    return this.told('UNSUBSCRIBE', { consumer_id: this.#consumers.get(name) });
  }

  seek(name, body) {
    return this.told('SEEK', { consumer_id: this.#consumers.get(name), ...body });
  }

  seekTo(name, text) {
    return this.seek(name, { message_id: this.ids.get(text) });
  }

  async lastId(name) {
    const [kind, body] = await this.ask('GET_LAST_MESSAGE_ID', {
      consumer_id: this.#consumers.get(name),
    });
    if (kind === 'ERROR') return short([kind, body]);
    const place = (id) =>
      id &&
      [this.#position(`${signed(id.ledgerId)}:${signed(id.entryId)}`), id.batch_index ?? -1].join(
        ':',
      );
    return [place(body.last_message_id), place(body.consumer_mark_delete_position)];
  }

  /** REST about the topic: status, and the reason where there is one. */
  async rest(method, path = '', body) {
    const [status, answer] = await this.#stage.admin(
      method,
      `${this.#stage.pathOf(this.topic)}${path}`,
      body,
    );
    if (answer === '' || answer === undefined) return status;
    return [status, answer?.reason === undefined ? answer : this.#plain(answer.reason)];
  }

  /** Of the statistics what is not as it was when they were looked at before. */
  async changes(view = 'stats', query = '') {
    const [status, found] = await this.#stage.admin(
      'GET',
      `${this.#stage.pathOf(this.topic)}/${view}${query}`,
    );
    if (status !== 200) return status;
    const now = Object.fromEntries(this.#flat(found));
    const before = this.#last[view] ?? {};
    this.#last[view] = now;
    const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort();
    return Object.fromEntries(
      names.filter((name) => before[name] !== now[name]).map((name) => [name, now[name] ?? 'gone']),
    );
  }

  async backlog(subscription = 'sub') {
    const [, { subscriptions = {} }] = await this.#stage.admin(
      'GET',
      `${this.#stage.pathOf(this.topic)}/stats`,
    );
    const sub = subscriptions[subscription];
    return sub && [sub.msgBacklog, sub.unackedMessages];
  }

  *#flat(value, path = '', key = '') {
    if (IGNORED.test(key)) return;
    if (value !== null && typeof value === 'object') {
      const entries = Object.entries(value);
      if (entries.length === 0) yield [path, Array.isArray(value) ? 'empty' : 'nothing in it'];
      for (const [name, each] of entries) {
        yield* this.#flat(each, path === '' ? name : `${path}.${name}`, name);
      }
    } else yield [path, this.#shown(value, key)];
  }

  #shown(value, key) {
    if (typeof value === 'number' && TIME.test(key)) return value > 1_000_000 ? 'a time' : value;
    return typeof value === 'string' ? this.#plain(value) : value;
  }

  #plain(text) {
    return text
      .replaceAll(this.topic, 'TOPIC')
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+([Z+-][\d:]*)?/g, 'TIME')
      .replace(/\b\d+:-?\d+/g, (position) => this.#position(position));
  }

  /** Ledgers are counted in the order in which they are met. */
  #position(text) {
    const [ledger, entryId] = text.split(':');
    if (Number(ledger) < 0) return text;
    if (!this.#ledgers.has(ledger)) this.#ledgers.set(ledger, `L${this.#ledgers.size}`);
    return `${this.#ledgers.get(ledger)}:${entryId}`;
  }
}

/** What differs from run to run, or is an average. */
const IGNORED =
  /Rate|Throughput|average|avg|address|connectedSince|clientVersion|producerName|[aA]geSeconds|ownerBroker|ledgerId|cursorLedger$/;
const TIME = /Timestamp|Time|Since|timestamp/;

const signed = (value) => BigInt.asIntN(64, BigInt(value));

function ackId({ ledgerId, entryId, batch_index: at, batch_size: size }, isCumulative) {
  // As clients do: up to the last of a batch is all of it.
  const isWhole = at === undefined || (isCumulative && at === size - 1);
  if (isWhole) return { ledgerId, entryId };
  const words = new BigInt64Array(Math.ceil(size / 64));
  for (let i = 0; i < size; i++) {
    const isLeft = isCumulative ? i > at : i !== at;
    if (isLeft) words[i >> 6] |= 1n << BigInt(i & 63);
  }
  return { ledgerId, entryId, batch_size: size, ack_set: [...words] };
}

/** `ok`, or the error with what was said. */
function short([name, { error, message } = {}] = ['nothing']) {
  if (error !== undefined || name === 'ERROR')
    return [error, String(message).replace(/\b\d+:\d+\b/g, 'ID')];
  return name === 'closed' || name === 'nothing' ? name : 'ok';
}
