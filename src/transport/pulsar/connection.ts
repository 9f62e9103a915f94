/**
 * A client's socket: its bytes become frames for the session, the session's answers become bytes.
 * Decides when to read: not while an actor refuses commands, nor while too much waits for the disk.
 */
import type { Cancel } from '../../base/clock.ts';
import { BrokerError } from '../../base/errors.ts';
import { FRAME_PADDING_BYTES } from '../../base/limits.ts';
import { FrameReader } from '../../wire/frame.ts';
import type { ClientCertificate } from '../auth/provider.ts';
import type { PulsarContext } from './context.ts';
import { IngressRoom } from './ingress-room.ts';
import { KeepAlive } from './keep-alive.ts';
import { Outbox } from './outbox.ts';
import { type Link, Session } from './session.ts';
import type { ClientSocket } from './socket.ts';

/** What is taken from one client before others have their turn: a millisecond's work, or less. */
const TURN_BYTES = 256 * 1024;

/** How long a client may take to read why it is hung up on, in milliseconds. */
const LAST_WORDS_MS = 1_000;

export class Connection implements Link {
  readonly address: string;
  readonly label: string;
  readonly host: string;
  readonly certificate: ClientCertificate | undefined;
  readonly outbox: Outbox;
  readonly session: Session;
  /** Whether CONNECT was ever answered. */
  wasConnected = false;
  readonly #context: PulsarContext;
  readonly #socket: ClientSocket;
  readonly #frames: FrameReader;
  readonly #room: IngressRoom;
  readonly #keepAlive: KeepAlive;
  readonly #gone: () => void;
  /** Taken since others had their turn: bytes, and what `Session.take` counts frames for. */
  #taken = 0;
  /** Whether it waits for its next turn. */
  #resting = false;
  #paused = false;
  #taking = false;
  #held = false;
  #ending = false;
  #closed = false;
  #cancelLastWords: Cancel = () => {};

  /** `gone` is called once, when the socket is no more. */
  constructor(context: PulsarContext, socket: ClientSocket, id: number, gone: () => void) {
    const { options, clock, pool } = context;
    this.#context = context;
    this.#socket = socket;
    this.#gone = gone;
    this.host = socket.remoteAddress ?? '';
    this.certificate = socket.certificate;
    this.address = `${this.host}:${socket.remotePort}`;
    this.label = `c${id} ${this.address}`;
    const maxFrameBytes = options.maxMessageBytes + FRAME_PADDING_BYTES;
    this.#frames = new FrameReader({ maxFrameBytes }, context.memory);
    this.outbox = new Outbox(socket, pool, options, {
      congestion: () => this.session.tellCongestion(),
      overflow: (bytes) => this.close(`${bytes} bytes that the client does not read`),
    });
    this.#keepAlive = new KeepAlive(clock, options, this);
    this.session = new Session(context, this);
    this.#room = new IngressRoom(context.budget, this.session, this.#frames, this);
    socket.on('data', (chunk) => this.#takeChunk(chunk));
    socket.on('error', (error) => this.close(error.message));
    socket.on('end', () => this.close('the client hung up'));
    socket.on('close', () => {
      this.close('the socket closed');
      this.#cancelLastWords();
      this.#gone();
    });
  }

  get isPaused(): boolean {
    return this.#paused || this.#resting;
  }

  connected(): void {
    this.wasConnected = true;
    this.#context.counter.connected();
    this.#keepAlive.connected();
  }

  probe(): Promise<boolean> {
    return this.#keepAlive.probe();
  }

  sendPing(): void {
    this.outbox.command('PING', {});
    this.outbox.flush();
  }

  sendPong(): void {
    this.outbox.command('PONG', {});
    this.outbox.flush();
  }

  close(reason: string): void {
    if (this.#leave(reason)) this.#socket.destroy();
  }

  hangUp(reason: string): void {
    if (!this.#leave(reason)) return;
    this.#cancelLastWords = this.#context.clock.after(LAST_WORDS_MS, () => this.#socket.destroy());
    this.#socket.resume();
    this.#socket.end();
  }

  /** Whether this was not closed already. What was said before is on its way to the socket. */
  #leave(reason: string): boolean {
    if (this.#closed) return false;
    this.#closed = true;
    this.session.log.debug('connection closed', { reason });
    this.session.closed();
    this.#room.leave();
    this.#room.free();
    this.outbox.flush();
    this.#keepAlive.stop();
    this.#frames.close();
    return true;
  }

  /** Takes nothing more from the client, but goes on answering. */
  hold(): void {
    this.#held = true;
    this.#socket.pause();
  }

  /** Takes nothing more from the client, answers what is stored, and then hangs up. */
  end(): void {
    this.#ending = true;
    this.#socket.resume();
    this.regulate();
  }

  regulate(): void {
    if (this.#closed || this.#taking) return;
    if (this.#ending) this.#hangUpWhenAnswered();
    else if (this.#held) return;
    else if (!this.#paused) this.#pauseIfNeeded();
    else if (this.session.mayResume && this.#room.has()) {
      this.#room.leave();
      this.#paused = false;
      this.#goOn();
    }
  }

  #takeChunk(chunk: Buffer): void {
    if (this.#closed || this.#ending) return;
    this.#keepAlive.seen();
    this.#frames.push(chunk);
    const { shares } = this.#context;
    if (shares.isSpent(this.session.party)) {
      this.#frames.keep();
      this.#letOthers();
      return;
    }
    const before = this.#taken;
    this.#takeFrames();
    this.#frames.keep();
    this.#taken += chunk.length;
    const { party, hasTenant } = this.session;
    shares.take(party, this.#taken - before, hasTenant);
    if (this.#isOver) this.#letOthers();
  }

  get #isOver(): boolean {
    return this.#taken >= TURN_BYTES;
  }

  /** A client that always has more would be served for milliseconds on end: others have waited. */
  #letOthers(): void {
    if (this.#resting || this.#paused || this.#closed || this.#ending) return;
    this.#resting = true;
    this.#socket.pause();
    this.#keepAlive.paused();
    this.#context.turns.wait(this.session.party, () => {
      this.#resting = false;
      this.#taken = 0;
      this.#goOn();
    });
  }

  /** With frames that wait, then with the socket. */
  #goOn(): void {
    if (this.#resting || this.#paused || this.#held || this.#ending || this.#closed) return;
    this.#takeFrames();
    if (this.#paused || this.#closed) return;
    if (this.#isOver) this.#letOthers();
    else this.#socket.resume();
  }

  /** All frames that are there, unless an actor refuses or the turn is over: the rest waits. */
  #takeFrames(): void {
    const { session } = this;
    let isComplete = false;
    this.#taking = true;
    try {
      while (!session.stalled && !this.#closed && !this.#isOver) {
        const frame = this.#frames.next();
        if (frame === undefined) break;
        this.#taken += session.take(frame);
        isComplete = true;
      }
      if (!this.#closed) session.settle();
      // By now what it held is counted as messages without an answer.
      if (isComplete) this.#room.free();
    } catch (error) {
      this.#fail(error);
    }
    this.#taking = false;
    this.outbox.flush();
    if (!this.#closed) this.#pauseIfNeeded();
  }

  #pauseIfNeeded(): void {
    if (!this.session.mustPause && this.#room.has()) return;
    this.#paused = true;
    this.#socket.pause();
    this.#keepAlive.paused();
  }

  #hangUpWhenAnswered(): void {
    if (this.session.publishing.pending > 0 || this.#socket.writableEnded) return;
    this.outbox.flush();
    this.#socket.end();
  }

  /** Bytes that break the protocol are the peer's fault, anything else is ours. */
  #fail(error: unknown): void {
    if (error instanceof BrokerError && error.code === 'bad-frame') {
      this.session.log.info('the client broke the protocol', { reason: error.message });
    } else {
      this.session.log.error('a command could not be handled', { error });
    }
    this.close('a command could not be handled');
  }
}
