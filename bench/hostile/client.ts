/** A connection that sends what it is told to and counts what comes back; it knows no manners. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import {
  type Command,
  type CommandBodies,
  type CommandName,
  decodeCommand,
  encodeCommand,
  encodeCommandWithPayload,
} from '../../src/wire/codec.ts';
import { encodeEntry } from '../../src/wire/entry.ts';
import { type Frame, FrameReader } from '../../src/wire/frame.ts';

/** Where the broker under test is. */
export interface Target {
  readonly port: number;
  readonly httpPort: number;
  /** Where somebody asks who one is. */
  readonly token?: string | undefined;
}

const MAX_FRAME_BYTES = 16 * 1024 * 1024;

export class Client {
  readonly socket: Socket;
  readonly #frames = new FrameReader({ maxFrameBytes: MAX_FRAME_BYTES });
  #onFrame: (frame: Frame) => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      this.#frames.push(chunk);
      for (let frame = this.#frames.next(); frame !== undefined; frame = this.#frames.next()) {
        this.#onFrame(frame);
      }
    });
  }

  /** A socket alone. Rejects when the broker does not take it. */
  static async open({ port }: Target): Promise<Client> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await once(socket, 'connect');
    return new Client(socket);
  }

  /** Through the handshake. */
  static async connected(target: Target): Promise<Client> {
    const client = await Client.open(target);
    const { token } = target;
    client.say('CONNECT', {
      client_version: 'hostile',
      protocol_version: 21,
      ...(token === undefined ? {} : { auth_method_name: 'token', auth_data: Buffer.from(token) }),
    });
    await client.next();
    return client;
  }

  get isGone(): boolean {
    return this.socket.destroyed;
  }

  say<K extends CommandName>(name: K, body: CommandBodies[K]): void {
    this.socket.write(encodeCommand(name, body));
  }

  /** The next command; what comes behind it is lost unless somebody listens. Rejects at the end. */
  next(): Promise<Command> {
    return new Promise((resolve, reject) => {
      const gone = () => reject(new Error('the broker hung up'));
      this.socket.once('close', gone);
      this.#onFrame = ({ buffer, commandStart, commandEnd }) => {
        this.socket.off('close', gone);
        this.#onFrame = () => {};
        resolve(decodeCommand(buffer, commandStart, commandEnd));
      };
    });
  }

  /** Every frame from now on. */
  listen(onFrame: (frame: Frame) => void): void {
    this.#onFrame = onFrame;
  }

  async produce(topic: string, producerId = 1): Promise<void> {
    this.say('PRODUCER', { topic, producer_id: producerId, request_id: producerId });
    await this.next();
  }

  async subscribe(topic: string, subscription: string): Promise<void> {
    this.say('SUBSCRIBE', {
      topic,
      subscription,
      subType: SHARED,
      consumer_id: 1,
      request_id: 1,
      initialPosition: EARLIEST,
    });
    await this.next();
  }

  flow(messagePermits: number): void {
    this.say('FLOW', { consumer_id: 1, messagePermits });
  }

  close(): void {
    this.socket.destroy();
  }
}

const SHARED = 1;
const EARLIEST = 1;

/** A SEND of a message with this payload. */
export function sendFrame(sequenceId: number, payload: Buffer, producerId = 1): Buffer {
  const entry = encodeEntry(
    { producer_name: 'bench', sequence_id: sequenceId, publish_time: Date.now() },
    payload,
  );
  const send = { producer_id: producerId, sequence_id: sequenceId, num_messages: 1 };
  return encodeCommandWithPayload('SEND', send, entry);
}

/** Keeps so many messages of a producer without an answer, for as long as it is connected. */
export function flood(client: Client, payload: Buffer, window: number, answered: () => void): void {
  const frame = sendFrame(1, payload);
  const burst = Math.max(1, Math.floor(window / 10));
  const frames = Buffer.concat(Array.from({ length: burst }, () => frame));
  let unanswered = 0;
  const fill = (): void => {
    for (; unanswered + burst <= window && !client.isGone; unanswered += burst) {
      client.socket.write(frames);
    }
  };
  client.listen(() => {
    answered();
    unanswered--;
    if (unanswered + burst <= window) fill();
  });
  fill();
}
