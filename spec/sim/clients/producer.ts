/**
 * A producer: sends as it likes, keeps what has no receipt, and sends that again, in order, on the
 * next connection.
 */
import type { TxnId } from '../../../src/actors/txn-id.ts';
import type { Command } from '../../../src/wire/codec.ts';
import { ProducerAccessMode, ServerError } from '../../../src/wire/messages.ts';
import { drawEntry } from '../../generators/entry.ts';
import type { Utterance } from '../observe/conversation.ts';
import { bitsOf, type Chunk, encodeContent, type KeyedSlot } from '../observe/entries.ts';
import type { Client, Handle } from './client.ts';
import { locate } from './locate.ts';

export interface ProducerPlan {
  readonly topic: string;
  /** Undefined: the broker gives one, and a new one each time. */
  readonly name: string | undefined;
  readonly mode: keyof typeof ProducerAccessMode;
  /** Messages in one entry at most; 1 makes no batches. */
  readonly batch: number;
  /** Different keys; 0 sends none. */
  readonly keys: number;
  /** About so many milliseconds between two sends. */
  readonly everyMs: number;
  /** Entries sent at once at most. */
  readonly burst: number;
  readonly maxBytes: number;
  /** Entries in all. */
  readonly entries: number;
  /** Closes and opens again after so many entries, about; 0 never. */
  readonly reopens: number;
  /** How often a message is sent in several chunks, which no batch is. */
  readonly chunks?: number;
  /** How often a message that is in no batch is to be delivered later, some seconds at most. */
  readonly delays?: number;
  /** How often a message says that its key is gone; then each of a batch has a key of its own. */
  readonly tombstones?: number;
  /** How often it publishes in a transaction of its client, if there is one. */
  readonly inTransactions?: number;
  /** Asks where the topic is before it opens; always where it is a partition. */
  readonly looksUp?: boolean;
}

interface Pending {
  readonly sequenceId: number;
  readonly highest: number | undefined;
  readonly messages: readonly number[];
  readonly key: string | undefined;
  readonly publishTimeMs: number;
  readonly padding: number;
  readonly chunk: Chunk | undefined;
  readonly dueAtMs: number | undefined;
  readonly slots: readonly KeyedSlot[] | undefined;
  readonly txn: TxnId | undefined;
  bytes: Buffer | undefined;
}

/** What a client does not send again. */
const FINAL: readonly number[] = [
  ServerError.ChecksumError,
  ServerError.NotAllowedError,
  ServerError.TopicTerminatedError,
];
const MAX_PENDING = 50;

export class Producer implements Handle {
  readonly #client: Client;
  readonly #plan: ProducerPlan;
  readonly #id: number;
  readonly #pending: Pending[] = [];
  #state: 'closed' | 'opening' | 'open' | 'closing' | 'over' = 'closed';
  #name: string | undefined;
  #topicEpoch: number | undefined;
  #sequence = 0;
  #sent = 0;

  constructor(client: Client, plan: ProducerPlan) {
    this.#client = client;
    this.#plan = plan;
    this.#id = client.nextId();
    this.#name = plan.name;
    this.#tick();
  }

  get topic(): string {
    return this.#plan.topic;
  }

  /** Everything that it sent has its answer, unless somebody else has the topic. */
  get isDone(): boolean {
    if (this.#plan.mode !== 'Shared' && this.#state !== 'open') return true;
    return this.#pending.length === 0;
  }

  connected(): void {
    this.#open();
  }

  lost(): void {
    if (this.#state !== 'over') this.#state = 'closed';
  }

  hear({ command: { name, body } }: Utterance): void {
    if (!('producer_id' in body) || body.producer_id !== this.#id) return;
    if (name === 'SEND_RECEIPT') this.#receipt(Number(body.sequence_id));
    else if (name === 'SEND_ERROR') this.#sendError(Number(body.sequence_id), body.error);
    else if (name === 'CLOSE_PRODUCER') {
      this.#state = 'closed';
      this.#openLater();
    }
  }

  #open(): void {
    if (this.#state !== 'closed' || !this.#client.isConnected) return;
    this.#state = 'opening';
    const { topic, looksUp } = this.#plan;
    if (looksUp !== true) this.#openThere();
    else {
      locate(
        this.#client,
        topic,
        () => this.#openThere(),
        () => this.#giveUp(),
      );
    }
  }

  #openThere(): void {
    if (this.#state !== 'opening') return;
    const { topic, mode, name } = this.#plan;
    const body = {
      topic,
      producer_id: this.#id,
      producer_name: this.#name,
      user_provided_producer_name: name !== undefined,
      producer_access_mode: ProducerAccessMode[mode],
      topic_epoch: this.#topicEpoch,
    };
    this.#client.ask('PRODUCER', body, (answer) => this.#opened(answer));
  }

  #openLater(): void {
    this.#client.after(this.#client.chance.skewed(20, 1_000), () => this.#open());
  }

  #giveUp(): void {
    if (this.#state !== 'opening') return;
    this.#state = 'closed';
    this.#openLater();
  }

  #opened({ name, body }: Command): void {
    if (this.#state !== 'opening') return;
    if (name !== 'PRODUCER_SUCCESS') {
      const error = name === 'ERROR' ? body.error : undefined;
      // One that was fenced has lost the topic for good; its successor is somebody else.
      if (error === ServerError.ProducerFenced) this.#fenced();
      // What it had to say can be said no more; the topic may be deleted and made anew.
      if (error === ServerError.TopicTerminatedError) this.#pending.length = 0;
      this.#giveUp();
      return;
    }
    this.#name = body.producer_name;
    this.#topicEpoch = body.topic_epoch === undefined ? undefined : Number(body.topic_epoch);
    if (body.producer_ready === false) return;
    this.#state = 'open';
    for (const pending of this.#pending) this.#send(pending);
  }

  #fenced(): void {
    this.#topicEpoch = undefined;
    this.#pending.length = 0;
  }

  #tick(): void {
    const { chance, world } = this.#client;
    const { everyMs, burst, entries, reopens } = this.#plan;
    if (this.#sent >= entries) return;
    this.#client.after(chance.skewed(everyMs / 4, everyMs * 4), () => {
      if (world.isCalm) return;
      if (this.#state === 'open') {
        const room = Math.min(MAX_PENDING - this.#pending.length, entries - this.#sent);
        for (let n = Math.min(room, chance.between(1, burst)); n > 0; n--) this.#publish();
        if (reopens > 0 && chance.happens(1 / reopens)) this.#close();
      }
      this.#tick();
    });
  }

  #publish(): void {
    const { chance, world } = this.#client;
    const { batch, keys, maxBytes, chunks = 0, delays = 0, tombstones = 0 } = this.#plan;
    const drawn = drawEntry(chance, { batch, keys, chunks, delays, tombstones });
    const padding = Math.floor(chance.skewed(8, maxBytes));
    const count = drawn.batch ?? 1;
    const sequenceId = this.#sequence;
    this.#sequence += count;
    const { key, delayMs, slots } = drawn;
    const txn = this.#chooseTransaction();
    const highest = drawn.batch === undefined ? undefined : sequenceId + count - 1;
    const dueAtMs = delayMs === undefined ? undefined : Math.floor(world.scheduler.nowMs) + delayMs;
    // Chunks are entries of their own; as in Pulsar's clients they have their one sequence id.
    for (let index = 0; index < drawn.chunks; index++) {
      const messages = Array.from({ length: count }, () => world.nextMessage());
      const uuid = `${this.#name}-${sequenceId}`;
      const chunk = drawn.chunks === 1 ? undefined : { uuid, index, count: drawn.chunks };
      this.#add({ sequenceId, highest, messages, key, padding, chunk, dueAtMs, slots, txn });
    }
  }

  #chooseTransaction(): TxnId | undefined {
    const { topic, inTransactions = 0 } = this.#plan;
    if (inTransactions === 0 || !this.#client.chance.happens(inTransactions)) return undefined;
    return this.#client.transactions?.choose(topic);
  }

  #add(entry: Omit<Pending, 'publishTimeMs' | 'bytes'>): void {
    this.#sent += 1;
    const publishTimeMs = Math.floor(this.#client.world.scheduler.nowMs);
    const pending: Pending = { ...entry, publishTimeMs, bytes: undefined };
    this.#pending.push(pending);
    this.#send(pending);
  }

  #send(pending: Pending): void {
    const { sequenceId, highest, messages, chunk, txn } = pending;
    pending.bytes ??= encodeContent({
      ...pending,
      isBatch: highest !== undefined,
      producer: this.#name ?? '',
    });
    this.#client.say(
      'SEND',
      {
        producer_id: this.#id,
        sequence_id: sequenceId,
        num_messages: messages.length,
        highest_sequence_id: highest,
        ...(chunk === undefined ? {} : { is_chunk: true }),
        ...bitsOf(txn),
      },
      pending.bytes,
    );
  }

  #close(): void {
    this.#state = 'closing';
    this.#client.ask('CLOSE_PRODUCER', { producer_id: this.#id }, () => {
      if (this.#state !== 'closing') return;
      this.#state = 'closed';
      this.#openLater();
    });
  }

  #receipt(sequenceId: number): void {
    // Receipts of what was sent twice come twice.
    if (this.#pending[0]?.sequenceId === sequenceId) this.#pending.shift();
  }

  #sendError(sequenceId: number, error: number): void {
    if (!FINAL.includes(error)) {
      this.#client.hangUp();
      return;
    }
    const index = this.#pending.findIndex(
      (pending) => (pending.highest ?? pending.sequenceId) === sequenceId,
    );
    const [refused] = index < 0 ? [] : this.#pending.splice(index, 1);
    if (refused?.txn !== undefined) this.#client.transactions?.failed(refused.txn);
  }
}
