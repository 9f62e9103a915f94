/**
 * As much of a Pulsar client as the crash check needs: one connection, requests, and frames handed
 * to whoever owns the producer or consumer. Tells everything, hides nothing, retries nothing.
 */
import { connect, type Socket } from 'node:net';
import {
  type Command,
  type CommandBodies,
  type CommandName,
  decodeCommand,
  encodeCommand,
} from '../../src/wire/codec.ts';
import { type Frame, FrameReader } from '../../src/wire/frame.ts';
import type { Message } from '../../src/wire/messages.ts';

/** The broker went away: expected here, so everybody just stops. */
export class ConnectionLost extends Error {}

/** The broker said no. */
export class Refused extends Error {}

/** What arrives for a producer or a consumer without having been asked for. */
export interface Listener {
  receipt?(receipt: Message<'CommandSendReceipt'>): void;
  message?(message: Message<'CommandMessage'>, frame: Frame): void;
}

/** The broker said nothing. */
export class Silent extends Error {}

/** How long an answer may take on a machine that is busy. */
const ANSWER_MS = 30_000;

interface Waiting {
  readonly timer?: NodeJS.Timeout;
  resolve(answer: Command): void;
  reject(error: Error): void;
}

type Numbered = {
  [K in CommandName]: CommandBodies[K] extends { readonly request_id?: unknown } ? K : never;
}[CommandName];

type Without<B> = Omit<B, 'request_id'>;

export class Connection {
  /** Resolves when the connection is gone, for whatever reason. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #reader = new FrameReader({ maxFrameBytes: 64 * 1024 * 1024 });
  readonly #waiting = new Map<number, Waiting>();
  readonly #producers = new Map<number, Listener>();
  readonly #consumers = new Map<number, Listener>();
  #lastId = 0;
  #connected: Waiting | undefined;
  #isOpen = true;

  /** Called with what the broker must never say or do; set by the check. */
  onFault: (fault: Error) => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#end();
        resolve();
      });
    });
  }

  static async open(port: number): Promise<Connection> {
    const socket = connect({ port, host: '127.0.0.1' });
    const connection = new Connection(socket);
    const answer = new Promise<Command>((resolve, reject) => {
      connection.#connected = { resolve, reject };
    });
    connection.write(
      encodeCommand('CONNECT', { client_version: 'crash-check', protocol_version: 21 }),
    );
    await answer;
    return connection;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  nextId(): number {
    return ++this.#lastId;
  }

  write(frame: Buffer): void {
    if (this.#isOpen) this.#socket.write(frame);
  }

  /** Sends a command with a new request id and gives its answer, or throws what it answered. */
  request<K extends Numbered>(name: K, body: Without<CommandBodies[K]>): Promise<Command> {
    const requestId = this.nextId();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Silent(`no answer to ${name}`)), ANSWER_MS);
      timer.unref();
      this.#waiting.set(requestId, { resolve, reject, timer });
      if (!this.#isOpen) reject(new ConnectionLost(name));
      this.write(encodeCommand(name, { ...body, request_id: requestId } as CommandBodies[K]));
    });
  }

  /** Listens to a producer or consumer of this connection. */
  listen(kind: 'producer' | 'consumer', id: number, listener: Listener): void {
    (kind === 'producer' ? this.#producers : this.#consumers).set(id, listener);
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    try {
      this.#reader.push(chunk);
      for (let frame = this.#reader.next(); frame; frame = this.#reader.next()) {
        this.#handle(decodeCommand(frame.buffer, frame.commandStart, frame.commandEnd), frame);
      }
    } catch (error) {
      this.onFault(error instanceof Error ? error : new Error(String(error)));
      this.close();
    }
  }

  #handle(command: Command, frame: Frame): void {
    switch (command.name) {
      case 'PONG':
      case 'ACTIVE_CONSUMER_CHANGE':
        break;
      case 'PING':
        this.write(encodeCommand('PONG', {}));
        break;
      case 'CONNECTED':
        this.#connected?.resolve(command);
        break;
      case 'SEND_RECEIPT':
        this.#producers.get(Number(command.body.producer_id))?.receipt?.(command.body);
        break;
      case 'MESSAGE':
        this.#consumers.get(Number(command.body.consumer_id))?.message?.(command.body, frame);
        break;
      default:
        this.#answer(command);
    }
  }

  /** Hands an answer to whoever asked; what nobody asked for, like CLOSE_PRODUCER, is a fault. */
  #answer(command: Command): void {
    const body = command.body as { request_id?: unknown; error?: unknown; message?: string };
    const waiting = this.#waiting.get(Number(body.request_id));
    this.#waiting.delete(Number(body.request_id));
    clearTimeout(waiting?.timer);
    if (waiting === undefined) {
      const what = `unasked ${command.name} ${body.error ?? ''} ${body.message ?? ''}`;
      this.onFault(new Refused(what));
    } else if (body.error === undefined) waiting.resolve(command);
    else waiting.reject(new Refused(`${command.name} ${body.error}: ${body.message}`));
  }

  #end(): void {
    this.#isOpen = false;
    const lost = new ConnectionLost('the broker went away');
    this.#connected?.reject(lost);
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(lost);
    }
    this.#waiting.clear();
  }
}

/** As every client does before it uses a topic. */
export async function lookUp(connection: Connection, topic: string): Promise<void> {
  await connection.request('PARTITIONED_METADATA', { topic });
  await connection.request('LOOKUP', { topic });
}

/**
 * Waits for all. Forgets those that ended because the broker went away and, when it is being
 * killed, because it refused: a broker that has lost its disk may say so.
 */
export async function untilLost(
  tasks: readonly Promise<unknown>[],
  isOver: () => boolean,
): Promise<void> {
  for (const end of await Promise.allSettled(tasks)) {
    if (end.status === 'fulfilled' || end.reason instanceof ConnectionLost) continue;
    if (end.reason instanceof Refused && isOver()) continue;
    throw end.reason;
  }
}
