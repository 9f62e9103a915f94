// What a scenario works with: connections, topics of its own, REST, and facts that are free of what
// differs from run to run.

import { setTimeout } from 'node:timers/promises';
import { entry, RawClient } from './client.mjs';

/** How long a topic of Pulsar takes to hear of a policy at the most. */
const HEARD_MS = 150;
const LOOK_MS = 50;
const PATIENCE_MS = 15_000;

export const scenarios = [];

/**
 * Registers scenarios of a group: an object of functions that take a Stage. With `settings`, as
 * `KEY=VALUE&KEY=VALUE`, they need a broker that was started with them, and run behind the others.
 */
export function group(name, bodies, settings = '') {
  for (const [title, body] of Object.entries(bodies)) {
    scenarios.push({ name: `${name}.${title}`, body, settings, end: '' });
  }
}

/**
 * The same, of scenarios in whose middle (`Stage.restarted`) the broker is ended and started again:
 * by `end`, which is `kill` or `restart`. They run together, behind the others.
 */
export function restartingGroup(name, bodies, { end, settings }) {
  for (const [title, body] of Object.entries(bodies)) {
    scenarios.push({ name: `${name}.${title}`, body, settings, end });
  }
}

export class Stage {
  facts = {};
  #options;
  #name;
  #clients = [];
  #ledgers = new Map();
  #patience;
  #rendezvous;

  /**
   * `patience`: how many times as long as usual silence is waited for. `rendezvous`: where those
   * wait that have the broker started again.
   */
  constructor(name, options, patience = 1, rendezvous = undefined) {
    this.#options = options;
    this.#patience = patience;
    this.#rendezvous = rendezvous;
    const attempt = patience === 1 ? '' : 'slowly';
    const parts = ['raw', options.run, name.replace(/[^a-z0-9_]+/g, '-'), attempt];
    this.#name = parts.filter((part) => part !== '').join('-');
  }

  /** Resolves when the broker has been ended and started again; connections are gone. */
  async restarted() {
    const rendezvous = this.#rendezvous;
    this.#rendezvous = undefined;
    await rendezvous.arrive();
  }

  /** The name of a topic that no other scenario uses. */
  topic(suffix = '', namespace = 'public/default') {
    return `persistent://${namespace}/${this.#name}${suffix}`;
  }

  async open() {
    const client = await RawClient.open(this.#options['service-url'], this.#patience);
    this.#clients.push(client);
    return client;
  }

  /** Opened, and through the handshake. */
  async connect(body = {}) {
    const client = await this.open();
    client.say('CONNECT', { client_version: 'Pulsar-Java-v4.2.4', protocol_version: 21, ...body });
    const [[name] = ['nothing']] = await client.next(1);
    if (name !== 'CONNECTED') throw new Error(`CONNECT was answered by ${name}`);
    return client;
  }

  /** A connection with a producer 1 on `topic`, looked up as clients do. */
  async producing(topic = this.topic(), body = {}) {
    const client = await this.connect();
    await client.ask('LOOKUP', { topic, request_id: 1 });
    const answer = await client.ask('PRODUCER', { topic, producer_id: 1, request_id: 2, ...body });
    if (answer[0] !== 'PRODUCER_SUCCESS') throw new Error(JSON.stringify(answer));
    return client;
  }

  /** A connection with a consumer 1 on `topic`. */
  async consuming(topic = this.topic(), body = {}) {
    const client = await this.connect();
    await client.ask('LOOKUP', { topic, request_id: 1 });
    const answer = await client.ask('SUBSCRIBE', subscribe(topic, { request_id: 2, ...body }));
    if (answer[0] !== 'SUCCESS') throw new Error(JSON.stringify(answer));
    return client;
  }

  /** Sends so many messages to a topic; their ids. */
  async filled(count = 5, topic = this.topic()) {
    const client = await this.producing(topic);
    const ids = [];
    for (let at = 0; at < count; at++) {
      client.send({ producer_id: 1, sequence_id: at, num_messages: 1 }, entry(`m${at}`));
      const [[, { message_id: id }]] = await client.next(1);
      ids.push({ ledgerId: id.ledgerId, entryId: id.entryId });
    }
    return ids;
  }

  /** REST, as `[status, body]`. */
  async admin(method, path, body) {
    const response = await fetch(`${this.#options['admin-url']}/admin/v2${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    try {
      return [response.status, JSON.parse(text)];
    } catch {
      return [response.status, text];
    }
  }

  /** A namespace of this scenario's own. */
  async namespace() {
    const name = `public/${this.#name}`;
    await this.admin('PUT', `/namespaces/${name}`);
    return name;
  }

  /** Sets or takes back a policy. Pulsar's topics hear of it a moment later, and say nothing. */
  async policy(method, path, body) {
    const [status, text] = await this.admin(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(text)}`);
    await setTimeout(HEARD_MS);
  }

  /** Waits until `isSo` resolves to true. */
  async until(isSo) {
    for (let waited = 0; !(await isSo()); waited += LOOK_MS) {
      if (waited > PATIENCE_MS) throw new Error('this must become so, and did not');
      await setTimeout(LOOK_MS);
    }
  }

  pathOf(topic = this.topic()) {
    return `/${topic.replace('://', '/')}`;
  }

  /** Keeps a fact for the comparison with another broker. */
  observe(name, value) {
    this.facts[name] = this.#plain(value);
  }

  /** A text without what differs from run to run. */
  plain(text) {
    return this.#plainText(text);
  }

  close() {
    this.#rendezvous?.leave();
    for (const client of this.#clients) client.close();
  }

  #plain(value, key = '') {
    if (typeof value === 'bigint') return BigInt.asIntN(64, value).toString();
    if (value === undefined || value === null || typeof value === 'boolean') return value;
    if (Buffer.isBuffer(value) || value instanceof Uint8Array) {
      const bytes = Buffer.from(value);
      return bytes.length > 64 ? `${bytes.length} bytes` : bytes.toString('hex');
    }
    if (typeof value === 'number') return this.#plainNumber(value, key);
    if (typeof value === 'string') return this.#plainText(value, key);
    if (Array.isArray(value)) return value.map((each) => this.#plain(each));
    const shown = Object.entries(value).filter((field) => !isNoHighest(field));
    const entries = shown.map(([name, each]) => [name, this.#plain(each, name)]);
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Ledgers are counted in the order in which the scenario saw them. */
  #plainNumber(value, key) {
    if (key !== 'ledgerId') return value;
    if (!this.#ledgers.has(value)) this.#ledgers.set(value, `ledger ${this.#ledgers.size}`);
    return this.#ledgers.get(value);
  }

  #plainText(value, key) {
    if (key === 'connectedSince') return 'TIME';
    if (key === 'address') return 'ADDRESS';
    if (key === 'server_version') return 'VERSION';
    const { 'service-url': serviceUrl, 'admin-url': adminUrl } = this.#options;
    const [servicePort, adminPort] = [serviceUrl, adminUrl].map((url) => url.split(':').at(-1));
    return value
      .replaceAll(this.#name, 'TOPIC')
      .replace(/standalone-\d+-\d+/g, 'GENERATED')
      .replaceAll(`localhost:${servicePort}`, 'BROKER')
      .replaceAll(`localhost:${adminPort}`, 'WEB')
      .replace(/127\.0\.0\.1:\d+/g, 'ADDRESS')
      .replace(/0x[0-9a-f]{8}_0x[0-9a-f]{8}/g, 'BUNDLE')
      .replace(/(Range conflict|Invalid schema definition data for \w+ schema).*/s, '$1');
  }
}

/** Receipts say -1 or 0 where nothing was sent, or leave it out: clients read all three the same. */
function isNoHighest([name, value]) {
  return name === 'highest_sequence_id' && (value === 0 || value === 2n ** 64n - 1n);
}

/** The fields that SUBSCRIBE must have, and `body` over them. */
export function subscribe(topic, body = {}) {
  return {
    topic,
    subscription: 'sub',
    subType: 0,
    consumer_id: 1,
    request_id: 1,
    initialPosition: 1,
    consumer_name: 'raw',
    ...body,
  };
}
