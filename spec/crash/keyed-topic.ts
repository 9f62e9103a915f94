/**
 * A topic of keyed messages in batches, where each message has a key of its own, and what is known
 * of it for certain: what got a receipt, and so what a reader of the compacted topic must see.
 */
import { setTimeout as after } from 'node:timers/promises';
import { buildBatch, readBatch } from '../../src/wire/batch.ts';
import { verifyEntry } from '../../src/wire/checksum.ts';
import { encodeCommandWithPayload } from '../../src/wire/codec.ts';
import { decodeEntry, encodeEntry } from '../../src/wire/entry.ts';
import type { Frame } from '../../src/wire/frame.ts';
import { toSigned } from '../../src/wire/long.ts';
import type { Message } from '../../src/wire/messages.ts';
import { type Connection, ConnectionLost, lookUp } from './client.ts';
import { Broken, isAfter, type Place, placeOf } from './history.ts';
import type { Chance } from './random.ts';
import { readTopic } from './reading.ts';

/** Keeps every message of the topic: it reads and acknowledges nothing. */
const KEEPER = 'keeper';
const COMPACTED = 'compacted';

/** More keys than a compaction with a table of 1 MiB keeps in memory. */
const KEYS = 30_000;
const FIRST_BATCH = 1_000;
const PIPELINE = 20;

/** An entry as somebody read it: `key=value` of each message, undefined for one taken out. */
interface ReadEntry extends Place {
  readonly messages: readonly (string | undefined)[];
}

export class KeyedTopic {
  readonly name: string;
  readonly #chance: Chance;
  /** The messages of each entry that has a receipt, by its place. */
  readonly #stored = new Map<string, readonly string[]>();
  #version = 0;
  /** Of the connection that publishes now: sent, and waiting for receipts. */
  #inFlight: (readonly string[])[] = [];
  #wake: () => void = () => {};

  constructor(name: string, chance: Chance) {
    this.name = name;
    this.#chance = chance;
  }

  get storedEntries(): number {
    return this.#stored.size;
  }

  /** Makes the topic, with a message of every key. */
  async create(connection: Connection): Promise<void> {
    await lookUp(connection, this.name);
    await readTopic(connection, { topic: this.name, subscription: KEEPER }, entryOf);
    const producer_id = await this.#attach(connection);
    for (let first = 0; first < KEYS; first += FIRST_BATCH) {
      const keys = Array.from({ length: FIRST_BATCH }, (_, i) => first + i);
      await this.#send(connection, producer_id, keys);
    }
    while (this.#inFlight.length > 0) await this.#change(connection);
  }

  /** Publishes batches with keys at random until told that it is over. */
  async publish(connection: Connection, isOver: () => boolean): Promise<void> {
    const producer_id = await this.#attach(connection);
    while (!isOver()) {
      const count = this.#chance.between(1, 60);
      const keys = Array.from({ length: count }, () => this.#chance.between(0, KEYS - 1));
      await this.#send(connection, producer_id, keys);
      await after(this.#chance.between(0, 15));
    }
  }

  /**
   * Reads the topic as it is and as it is compacted, and checks both. `compactedUpTo` is where the
   * last compaction ended.
   */
  async check(connection: Connection, compactedUpTo: Place): Promise<void> {
    await lookUp(connection, this.name);
    // Whoever reads a topic whose end was compacted away would wait for it.
    const producer_id = await this.#attach(connection);
    await this.#send(connection, producer_id, [KEYS]);
    while (this.#inFlight.length > 0) await this.#change(connection);
    const source = { topic: this.name, subscription: KEEPER };
    const all = await readTopic(connection, source, entryOf);
    this.#checkAll(all);
    const compacted = await readTopic(
      connection,
      { topic: this.name, subscription: COMPACTED, readCompacted: true },
      entryOf,
    );
    this.#checkCompacted(linesOf(compacted), linesOf(survivors(all, compactedUpTo)));
  }

  async #attach(connection: Connection): Promise<number> {
    const producer_id = connection.nextId();
    this.#inFlight = [];
    connection.listen('producer', producer_id, {
      receipt: ({ message_id }) => {
        const messages = this.#inFlight.shift();
        if (message_id === undefined || messages === undefined) throw this.#broken('a receipt');
        this.#stored.set(placeOf(place(message_id)), messages);
        this.#wake();
      },
    });
    await connection.request('PRODUCER', { topic: this.name, producer_id });
    return producer_id;
  }

  async #send(connection: Connection, producer_id: number, keys: readonly number[]) {
    while (this.#inFlight.length >= PIPELINE) await this.#change(connection);
    const sequence_id = this.#version;
    const messages = keys.map((key) => {
      this.#version += 1;
      // Without a value: a tombstone.
      const isDead = key < KEYS && this.#chance.happens(0.1);
      return { key: `key-${key}`, value: isDead ? '' : `value ${this.#version}` };
    });
    const payload = buildBatch(
      messages.map(({ key, value }) => ({
        metadata: { partition_key: key },
        payload: Buffer.from(value),
      })),
    );
    const entry = encodeEntry(
      {
        producer_name: 'keyed',
        sequence_id,
        publish_time: Date.now(),
        num_messages_in_batch: messages.length,
        uncompressed_size: payload.length,
      },
      payload,
    );
    this.#inFlight.push(messages.map(({ key, value }) => `${key}=${value}`));
    const send = { producer_id, sequence_id, num_messages: messages.length };
    connection.write(encodeCommandWithPayload('SEND', send, entry));
  }

  /** Until the next receipt. */
  async #change(connection: Connection): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      connection.closed.then(resolve);
    });
    if (!connection.isOpen) throw new ConnectionLost(this.name);
  }

  /** Everything with a receipt is there, where it was said to be, and once. */
  #checkAll(all: readonly ReadEntry[]): void {
    this.#checkOrder(all);
    const found = new Map(all.map((entry) => [placeOf(entry), entry.messages]));
    for (const [at, messages] of this.#stored) {
      const there = found.get(at);
      if (there === undefined) throw this.#broken(`lost the entry ${at}, which has a receipt`);
      if (there.join() !== messages.join()) throw this.#broken(`${at} holds other messages`);
    }
  }

  #checkOrder(entries: readonly ReadEntry[]): void {
    for (const [i, entry] of entries.entries()) {
      const before = entries[i - 1];
      if (before === undefined || isAfter(entry, before)) continue;
      throw this.#broken(`${placeOf(entry)} after ${placeOf(before)}`);
    }
  }

  #checkCompacted(found: readonly string[], expected: readonly string[]): void {
    const different = expected.findIndex((line, i) => found[i] !== line);
    if (different < 0 && found.length === expected.length) return;
    const at = different < 0 ? expected.length : different;
    throw this.#broken(
      `compacted, message ${at} of ${expected.length} is ${found[at]}, not ${expected[at]}`,
    );
  }

  #broken(what: string): Broken {
    return new Broken(`${this.name}: ${what}`);
  }
}

/** The naive compaction: of all up to there the last message of each key, unless it is dead. */
function survivors(all: readonly ReadEntry[], upTo: Place): ReadEntry[] {
  const last = new Map<string, string>();
  for (const entry of all) {
    if (isAfter(entry, upTo)) break;
    for (const [i, message] of entry.messages.entries()) last.set(keyOf(message), at(entry, i));
  }
  return all.map((entry) => {
    if (isAfter(entry, upTo)) return entry;
    const messages = entry.messages.map((message, i) =>
      last.get(keyOf(message)) === at(entry, i) && !message?.endsWith('=') ? message : undefined,
    );
    return { ...entry, messages };
  });
}

const at = (entry: ReadEntry, batchIndex: number) => `${placeOf(entry)}:${batchIndex}`;
const keyOf = (message = '') => message.slice(0, message.indexOf('='));

/** A line a message, with its place. */
function linesOf(entries: readonly ReadEntry[]): string[] {
  return entries.flatMap((entry) =>
    entry.messages.flatMap((message, i) =>
      message === undefined ? [] : [`${at(entry, i)} ${message}`],
    ),
  );
}

function place({ ledgerId, entryId }: Message<'MessageIdData'>): Place {
  return { ledgerId: Number(toSigned(ledgerId)), entryId: Number(toSigned(entryId)) };
}

function entryOf({ message_id }: Message<'CommandMessage'>, frame: Frame): ReadEntry {
  const { buffer, payloadStart, end } = frame;
  if (verifyEntry(buffer, payloadStart, end) !== 'ok') throw new Broken('a wrong checksum');
  const { metadata, payload } = decodeEntry(buffer, payloadStart, end);
  const batch = [...readBatch(payload, metadata.num_messages_in_batch ?? 0)];
  const messages = batch.map(({ metadata: own, payload: value }) =>
    own.compacted_out ? undefined : `${own.partition_key}=${value}`,
  );
  return { ...place(message_id), messages };
}
