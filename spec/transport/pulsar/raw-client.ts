/** A client that says exactly what a spec tells it to, over a real socket. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import {
  type Command,
  type CommandBodies,
  type CommandName,
  decodeCommand,
  encodeCommand,
  encodeCommandWithPayload,
} from '../../../src/wire/codec.ts';
import { encodeEntry } from '../../../src/wire/entry.ts';
import { FrameReader } from '../../../src/wire/frame.ts';
import type { CommandSend } from '../../../src/wire/messages.ts';

/** A frame from the broker, with what followed its command. */
export interface Received {
  readonly name: CommandName;
  readonly body: Record<string, unknown>;
  readonly payload: Buffer;
}

export class RawClient {
  readonly socket: Socket;
  /** Everything that came and was not taken yet. */
  readonly received: Received[] = [];
  /** Resolves when the broker has hung up. */
  readonly closed: Promise<void>;
  readonly #frames = new FrameReader({ maxFrameBytes: 64 * 1024 * 1024 });
  #wake: () => void = () => {};
  #hungUp = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('data', (chunk) => this.#take(chunk));
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#hungUp = true;
        this.#wake();
        resolve();
      });
    });
  }

  static async open(port: number): Promise<RawClient> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Over a connection that was made elsewhere, by TLS for one. */
  static over(socket: Socket): RawClient {
    return new RawClient(socket);
  }

  /** Opened, and through the handshake. */
  static async connected(
    port: number,
    body: Partial<CommandBodies['CONNECT']> = {},
  ): Promise<RawClient> {
    const client = await RawClient.open(port);
    client.say('CONNECT', { client_version: 'Raw-v1', protocol_version: 21, ...body });
    await client.expect('CONNECTED');
    return client;
  }

  get hungUp(): boolean {
    return this.#hungUp;
  }

  say<K extends CommandName>(name: K, body: CommandBodies[K]): void {
    this.socket.write(encodeCommand(name, body));
  }

  write(...frames: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(frames));
  }

  /** The next frame; rejects when the broker hangs up before one comes. */
  async next(): Promise<Received> {
    while (this.received.length === 0) {
      if (this.#hungUp) throw new Error('the broker hung up');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.received.shift()!;
  }

  /** The body of the next frame, which must be of this name. */
  async expect<K extends CommandName>(name: K): Promise<CommandBodies[K]> {
    const frame = await this.next();
    if (frame.name !== name) {
      throw new Error(`${name} was expected, ${frame.name} came: ${text(frame.body)}`);
    }
    return frame.body as CommandBodies[K];
  }

  /** Returns once the broker has acted on all that was said before. */
  async settled(): Promise<Received[]> {
    this.say('PING', {});
    const before: Received[] = [];
    for (;;) {
      const frame = await this.next();
      if (frame.name === 'PONG') return before;
      before.push(frame);
    }
  }

  close(): void {
    this.socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#frames.push(chunk);
    for (let frame = this.#frames.next(); frame !== undefined; frame = this.#frames.next()) {
      const { buffer, commandStart, commandEnd, payloadStart, end } = frame;
      const command: Command = decodeCommand(buffer, commandStart, commandEnd);
      const payload = buffer.subarray(payloadStart, end);
      this.received.push({ name: command.name, body: { ...command.body }, payload });
    }
    this.#wake();
  }
}

/** An entry as clients make it. */
export function entryOf(text: string | Buffer, batchOf?: number): Buffer {
  const metadata = {
    producer_name: 'p',
    sequence_id: 0,
    publish_time: 1_700_000_000_000,
    num_messages_in_batch: batchOf,
  };
  return encodeEntry(metadata, Buffer.isBuffer(text) ? text : Buffer.from(text));
}

/** A SEND frame. */
export function sendFrame(send: CommandSend, entry: Buffer = entryOf('m')): Buffer {
  return encodeCommandWithPayload('SEND', send, entry);
}

export { encodeCommand as frame } from '../../../src/wire/codec.ts';

function text(value: unknown): string {
  return JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}` : part));
}
