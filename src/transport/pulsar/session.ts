/**
 * One client's conversation: which producers and consumers it has, which requests are open, and the
 * way between its frames and the actors. Frames come in through `take`, effects through `receive`.
 */
import type { ActorRef } from '../../actors/broker.ts';
import type { Effect, Recipient } from '../../actors/ports.ts';
import type { Refusal } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Long } from '../../base/long.ts';
import { decodeCommand, peekCommandType } from '../../wire/codec.ts';
import type { Frame } from '../../wire/frame.ts';
import { CommandType } from '../../wire/messages.ts';
import type { Identity } from '../auth/identity.ts';
import type { ClientCertificate } from '../auth/provider.ts';
import type { PulsarContext } from './context.ts';
import { applyEffect } from './effects.ts';
import { Feedback } from './feedback.ts';
import { handle } from './handlers/table.ts';
import type { Consumer, Producer } from './handles.ts';
import type { Login } from './login.ts';
import { Mail } from './mail.ts';
import type { Outbox } from './outbox.ts';
import { Publishing } from './publishing.ts';
import { RecentlyClosed } from './recently-closed.ts';
import { type PendingRequest, Requests } from './requests.ts';
import type { Leave } from './tenancy.ts';
import type { TopicWatcher } from './topic-watcher.ts';
import { refusalOf, serverErrorOf, violation } from './translate.ts';

/** The connection, as its session sees it. */
export interface Link {
  /** `host:port` of the client. */
  readonly address: string;
  /** `c12 127.0.0.1:53422`, for logs and causes. */
  readonly label: string;
  /** Where the client is, without its port. */
  readonly host: string;
  /** What it proved to own when its TLS connection was made. */
  readonly certificate: ClientCertificate | undefined;
  readonly outbox: Outbox;
  /** CONNECT has come. */
  connected(): void;
  /** Tells the client nothing; its producers and consumers are gone when this returns. */
  close(reason: string): void;
  /** The same, once the client has been sent what it was told before. */
  hangUp(reason: string): void;
  probe(): Promise<boolean>;
  /** Reads on, or stops reading, as `Session.mustPause` and `mayResume` say. */
  regulate(): void;
}

/** What a frame costs beside its bytes, and a command that is not SEND, ACK or FLOW, in bytes. */
const FRAME_WEIGHT = 256;
const COMMAND_WEIGHT = 8 * 1024;
/** One that may make a topic. */
const OPENING_WEIGHT = 32 * 1024;

/** A peer may ask whether somebody is there before it says who it is. */
const BEFORE_CONNECTED: ReadonlySet<number> = new Set([
  CommandType.CONNECT,
  CommandType.PING,
  CommandType.PONG,
]);

export type SessionState = 'handshake' | 'authenticating' | 'connected' | 'closed';

export class Session implements Recipient {
  readonly label: string;
  readonly address: string;
  readonly link: Link;
  readonly context: PulsarContext;
  readonly outbox: Outbox;
  readonly log: Log;
  readonly producers = new Map<Long, Producer>();
  readonly consumers = new Map<Long, Consumer>();
  readonly watchers = new Map<Long, TopicWatcher>();
  readonly requests = new Requests();
  readonly closedProducers: RecentlyClosed;
  readonly publishing: Publishing;
  readonly feedback: Feedback;
  state: SessionState = 'handshake';
  /** Gives back its place among the tenant's connections. */
  #leave: Leave | undefined;
  #party: string;
  /** Who the client is, from its CONNECT on; undefined where authentication is off. */
  identity: Identity | undefined;
  login: Login | undefined;
  clientVersion = '';
  protocolVersion = 0;
  /** Whether it is told what the broker notes of an entry. */
  takesBrokerEntries = false;
  readonly #mail: Mail;
  /** Whether a command waits for what `waitFor` was given, and all that come behind it. */
  #isWaiting = false;

  constructor(context: PulsarContext, link: Link) {
    this.context = context;
    this.link = link;
    this.label = link.label;
    this.address = link.address;
    this.#party = `host ${link.host}`;
    this.outbox = link.outbox;
    this.log = context.log.with({ connection: link.label });
    this.closedProducers = new RecentlyClosed(context.clock);
    this.publishing = new Publishing(this);
    this.feedback = new Feedback(this);
    this.#mail = new Mail(context.clock, () => {
      this.tellCongestion();
      link.regulate();
    });
  }

  /**
   * It is about to have a producer or a consumer of the tenant; the first one makes it the
   * tenant's. Throws `not-allowed` when the tenant has all the connections that it may have.
   */
  belongTo(tenant: string): void {
    if (this.#leave !== undefined) return;
    this.#leave = this.context.tenancy.connection(tenant);
    this.#party = `tenant ${tenant}`;
  }

  /** Whether it has had a producer or a consumer. */
  get hasTenant(): boolean {
    return this.#leave !== undefined;
  }

  /** With whom it shares memory: its tenant or, as long as it has none, its host. */
  get party(): string {
    return this.#party;
  }

  /**
   * Acts on one frame. Gives what that took beside the reading of its bytes, in as many bytes as
   * are stored in this time. Throws what ends the connection.
   */
  take(frame: Frame): number {
    const { buffer, commandStart, commandEnd } = frame;
    const type = peekCommandType(buffer, commandStart, commandEnd);
    if (this.state !== 'connected' && !BEFORE_CONNECTED.has(type)) {
      throw violation(`command ${type} before CONNECT`);
    }
    if (type === CommandType.SEND) this.publishing.take(frame);
    else if (type === CommandType.ACK) this.feedback.takeAck(frame);
    else if (type === CommandType.FLOW) {
      this.publishing.settlePassing();
      this.feedback.takeFlow(frame);
    } else {
      this.settle();
      // What it says is remembered, the frame is not.
      handle(this, decodeCommand(Buffer.from(buffer.subarray(commandStart, commandEnd))));
      const opens = type === CommandType.PRODUCER || type === CommandType.SUBSCRIBE;
      return opens ? OPENING_WEIGHT : COMMAND_WEIGHT;
    }
    return FRAME_WEIGHT;
  }

  /** Tells the actors what `take` has gathered. */
  settle(): void {
    this.publishing.settle();
    this.feedback.settle();
  }

  /**
   * Not even the next frame may be acted on: an actor did not take a command, one of this
   * connection's producers has to wait, or a command does.
   */
  get stalled(): boolean {
    return this.#mail.blocked || this.publishing.mustWait || this.#isWaiting;
  }

  get mustPause(): boolean {
    const { options } = this.context;
    return (
      this.stalled ||
      this.publishing.pending >= options.maxPendingPublishes ||
      this.requests.pending >= options.maxPendingRequests
    );
  }

  get mayResume(): boolean {
    const { options } = this.context;
    return (
      !this.stalled &&
      this.publishing.pending <= options.maxPendingPublishes / 2 &&
      this.requests.pending <= options.maxPendingRequests / 2
    );
  }

  receive(effect: Effect): void {
    try {
      applyEffect(this, effect);
    } catch (error) {
      this.log.error('an answer could not be written', { effect: effect.type, error });
      this.link.close('an answer could not be written');
    }
  }

  flush(): void {
    this.outbox.flush();
    this.#mail.retry();
    this.link.regulate();
  }

  probe(): Promise<boolean> {
    return this.link.probe();
  }

  tell<Command>(ref: ActorRef<Command>, command: Command): void {
    this.#mail.tell(ref, command);
  }

  /**
   * Goes on with a command, and only then with the next one, once what it waits for has come;
   * refuses the request if that fails.
   */
  waitFor(requestId: Long, waited: Promise<void>, goOn: () => void): void {
    this.#isWaiting = true;
    const end = (then: () => void): void => {
      this.#isWaiting = false;
      if (this.state === 'closed') return;
      try {
        then();
      } catch (error) {
        this.log.error('a command could not be handled', { error });
        this.link.close('a command could not be handled');
      }
      this.flush();
    };
    waited.then(
      () => end(goOn),
      (error) => end(() => this.refuse(requestId, refusalOf(error))),
    );
  }

  /** Remembers a request until it is answered. A client that uses an id twice is hung up on. */
  begin(requestId: Long, request: PendingRequest): void {
    if (this.requests.has(requestId)) throw violation(`request id ${requestId} is in use`);
    this.requests.add(requestId, request);
  }

  /** Answers ERROR. */
  refuse(requestId: Long, { code, message }: Refusal): void {
    this.outbox.command('ERROR', { request_id: requestId, error: serverErrorOf(code), message });
  }

  succeed(requestId: Long): void {
    this.outbox.command('SUCCESS', { request_id: requestId });
  }

  /** Tells subscriptions whether this connection takes more; what waits to be told comes first. */
  tellCongestion(): void {
    const { congested } = this.outbox;
    for (const consumer of this.consumers.values()) {
      if (this.#mail.blocked) return;
      if (consumer.actor === undefined || consumer.toldCongested === congested) continue;
      consumer.toldCongested = congested;
      this.tell(consumer.actor, { type: 'congestion', key: consumer.key, congested });
    }
  }

  /** The producer is no more; what it had sent without an answer will have none. */
  forgetProducer(producer: Producer): void {
    this.publishing.forget(producer);
    producer.leave();
    if (this.producers.get(producer.id) === producer) this.producers.delete(producer.id);
    const request = this.requests.get(producer.requestId);
    if (request?.kind === 'open-producer' && request.producer === producer) {
      this.requests.settle(producer.requestId);
    }
  }

  forgetConsumer(consumer: Consumer): void {
    consumer.leave();
    if (this.consumers.get(consumer.id) === consumer) this.consumers.delete(consumer.id);
  }

  /** The connection is gone: the actors hear of it, and nothing is written any more. */
  closed(): void {
    if (this.state === 'closed') return;
    this.settle();
    this.state = 'closed';
    this.login?.stop();
    this.#leave?.();
    for (const producer of this.producers.values()) {
      this.publishing.forget(producer);
      producer.leave();
      this.tell(producer.ref, { type: 'remove-producer', key: producer.key });
    }
    this.producers.clear();
    this.publishing.leavePaces();
    for (const consumer of this.consumers.values()) {
      consumer.abandoned = true;
      consumer.leave();
      const { actor, key } = consumer;
      if (actor === undefined) continue;
      this.tell(actor, { type: 'remove-consumer', key });
    }
    this.consumers.clear();
    for (const watcher of this.watchers.values()) watcher.end();
    this.watchers.clear();
  }
}
