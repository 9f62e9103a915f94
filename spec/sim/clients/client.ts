/**
 * One client process: a connection that it opens again whenever it is lost, and the producers and
 * consumers on it. It speaks the protocol as Pulsar's clients do, with a will of its own.
 */
import type { TxnId } from '../../../src/actors/txn-id.ts';
import type { Command, CommandBodies, CommandName } from '../../../src/wire/codec.ts';
import type { Conversation, Utterance } from '../observe/conversation.ts';
import type { Observer } from '../observe/observer.ts';
import type { Chance } from '../world/chance.ts';
import type { Link, LinkClient, Network } from '../world/network.ts';
import { Owner, type Scheduler } from '../world/scheduler.ts';
import type { Transactions } from './transactions.ts';

/** What all clients share. */
export interface ClientWorld {
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly observer: Observer;
  /** Numbers the next message of the world. */
  nextMessage(): number;
  /** Transactions that clients have begun, and not ended. */
  readonly openTransactions: Set<TxnId>;
  /** Nothing new is published, everything that comes is acknowledged. */
  readonly isCalm: boolean;
}

/** A producer or consumer of a client. */
export interface Handle {
  /** A connection is there. */
  connected(): void;
  /** It is lost, and all that was open on it. */
  lost(): void;
  hear(utterance: Utterance): void;
}

const PROTOCOL_VERSION = 21;
/** A client gives a silent broker up after so long. */
const SILENCE_MS = 10_000;

export class Client implements LinkClient {
  readonly world: ClientWorld;
  readonly owner: Owner;
  readonly chance: Chance;
  /** Its host, as the broker sees it. */
  readonly address: string;
  /** Where its producers and consumers work in transactions. */
  transactions: Transactions | undefined;
  readonly #version: string;
  readonly #handles: Handle[] = [];
  readonly #answers = new Map<number, (answer: Command) => void>();
  #link: Link | undefined;
  #conversation: Conversation | undefined;
  #isConnected = false;
  #isSilent = false;
  #ids = 0;

  constructor(world: ClientWorld, name: string, chance: Chance, version = 'Sim-v1') {
    this.world = world;
    this.#version = version;
    this.owner = new Owner(name);
    this.chance = chance;
    this.address = `10.0.0.${1 + Number(name.replace(/\D/g, ''))}`;
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  get link(): Link | undefined {
    return this.#link;
  }

  nextId(): number {
    return ++this.#ids;
  }

  start(): void {
    this.after(this.chance.skewed(0, 200), () => this.#connect());
  }

  add(handle: Handle): void {
    this.#handles.push(handle);
  }

  after(delayMs: number, task: () => void): void {
    this.world.scheduler.after(this.owner, delayMs, task);
  }

  /** Says a command; nothing where there is no connection. */
  say<K extends CommandName>(name: K, body: CommandBodies[K], entry?: Buffer): void {
    this.#conversation?.send(name, body, entry);
  }

  /** Sends bytes that need not be a frame. */
  sayBytes(bytes: Buffer): void {
    this.#conversation?.sendBytes(bytes);
  }

  /** Says a command with a request id; `answered` hears the answer, unless there is none. */
  ask<K extends CommandName>(
    name: K,
    body: Omit<CommandBodies[K], 'request_id'>,
    answered: (answer: Command) => void,
  ): void {
    const requestId = this.nextId();
    this.#answers.set(requestId, answered);
    this.say(name, { ...body, request_id: requestId } as unknown as CommandBodies[K]);
  }

  /** Hangs up and comes back later. */
  hangUp(): void {
    this.#link?.hangUp();
    this.#lost();
  }

  /** Opens connections that nobody does anything with. */
  crowd(count: number): void {
    const silent = { owner: this.owner, arrived: () => {}, closed: () => {} };
    for (let i = 0; i < count; i++) this.world.network.connect(silent, this.address);
  }

  arrived(link: Link, total: number): void {
    if (link !== this.#link) return;
    this.#isSilent = false;
    for (const utterance of this.#conversation!.arrived(total)) {
      // What it hears may make it hang up.
      if (link !== this.#link) return;
      this.#hear(utterance);
    }
  }

  closed(link: Link): void {
    if (link === this.#link) this.#lost();
  }

  #connect(): void {
    const { network, observer } = this.world;
    const link = network.connect(this, this.address);
    if (link === undefined) {
      this.#again();
      return;
    }
    this.#link = link;
    this.#conversation = observer.conversationOf(link);
    this.#isSilent = false;
    this.say('CONNECT', {
      client_version: this.#version,
      protocol_version: PROTOCOL_VERSION,
      feature_flags: { supports_broker_entry_metadata: this.#isJava },
    });
    this.#watch(link);
  }

  #again(): void {
    const calm = this.world.isCalm;
    this.after(this.chance.skewed(20, calm ? 200 : 2_000), () => this.#connect());
  }

  get #isJava(): boolean {
    return this.#version.startsWith('Pulsar-Java-v');
  }

  /** Pings, and gives up a broker that has said nothing for the whole interval. */
  #watch(link: Link): void {
    this.after(SILENCE_MS / 2, () => {
      if (link !== this.#link) return;
      if (this.#isSilent) {
        this.hangUp();
        return;
      }
      this.#isSilent = true;
      this.say('PING', {});
      this.#watch(link);
    });
  }

  #lost(): void {
    if (this.#link === undefined) return;
    this.#link = undefined;
    this.#conversation = undefined;
    this.#isConnected = false;
    this.#answers.clear();
    for (const handle of this.#handles) handle.lost();
    this.#again();
  }

  #hear(utterance: Utterance): void {
    const { name, body } = utterance.command;
    if (name === 'CONNECTED') {
      this.#isConnected = true;
      for (const handle of this.#handles) handle.connected();
    } else if (name === 'PING') this.say('PONG', {});
    const answered = 'request_id' in body ? this.#answers.get(Number(body.request_id)) : undefined;
    if (answered !== undefined) {
      const isInterim = name === 'PRODUCER_SUCCESS' && body.producer_ready === false;
      if (!isInterim && 'request_id' in body) this.#answers.delete(Number(body.request_id));
      answered(utterance.command);
    } else for (const handle of this.#handles) handle.hear(utterance);
  }
}
