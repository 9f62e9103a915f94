// A client that says exactly what a scenario tells it to, and keeps what the broker answers as
// plain data: `[command, fields]`. It answers PING by itself, and nothing else.

import { once } from 'node:events';
import { connect } from 'node:net';
import { decodeCommand, encodeCommand } from '../../../dist/wire/codec.js';
import { encodeEntry } from '../../../dist/wire/entry.js';
import { FrameReader } from '../../../dist/wire/frame.js';

/** How long an answer that must come may take, in milliseconds. */
const PATIENCE_MS = 15_000;

/** How long nothing has to come before we believe that nothing comes. */
const QUIET_MS = 350;

const MAX_FRAME_BYTES = 64 * 1024 * 1024;

export class RawClient {
  socket;
  #frames = new FrameReader({ maxFrameBytes: MAX_FRAME_BYTES });
  #received = [];
  #wake = () => {};
  #closed = false;
  #patience;

  constructor(socket, patience) {
    this.socket = socket;
    this.#patience = patience;
    // The close that follows an error is what is looked at.
    socket.on('error', () => {});
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  /** `patience`: how many times as long as it is told `rest` waits for silence. */
  static async open(serviceUrl, patience = 1) {
    const { hostname, port } = new URL(serviceUrl.replace('pulsar:', 'http:'));
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    await once(socket, 'connect');
    return new RawClient(socket, patience);
  }

  say(name, body = {}) {
    this.socket.write(encodeCommand(name, body));
  }

  /** A SEND with its payload, which may be wrong on purpose: `entry` is what follows the command. */
  send(body, entry) {
    const frame = Buffer.concat([encodeCommand('SEND', body), entry]);
    frame.writeUInt32BE(frame.length - 4, 0);
    this.socket.write(frame);
  }

  write(bytes) {
    this.socket.write(bytes);
  }

  /** Says it, and gives the answer that has its request id; what else came stays for `rest`. */
  async ask(name, body) {
    this.say(name, body);
    return this.take(([, { request_id: id }]) => id === body.request_id);
  }

  /** The first frame that `isIt`, once it is there; what else came stays for `rest`. */
  async take(isIt) {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const at = this.#received.findIndex(isIt);
      if (at >= 0) return this.#received.splice(at, 1)[0];
      if (this.#closed) return ['closed'];
      if (!(await this.#more(end - Date.now()))) return ['nothing'];
    }
  }

  /** What else comes until nothing came for a while; ends with `['closed']` if the broker hung up. */
  async rest(quietMs = QUIET_MS) {
    while (!this.#closed && (await this.#more(quietMs * this.#patience)));
    const all = this.#received.splice(0);
    return this.#closed ? [...all, ['closed']] : all;
  }

  /** The next so many frames. */
  async next(count) {
    const end = Date.now() + PATIENCE_MS;
    while (this.#received.length < count && !this.#closed) {
      if (!(await this.#more(end - Date.now()))) break;
    }
    return this.#received.splice(0, count);
  }

  close() {
    this.socket.destroy();
  }

  /** False when nothing came in time. */
  async #more(ms) {
    if (ms <= 0) return false;
    let timer;
    const late = new Promise((resolve) => {
      timer = setTimeout(() => resolve(false), ms);
    });
    const came = new Promise((resolve) => {
      this.#wake = () => resolve(true);
    });
    const result = await Promise.race([late, came]);
    clearTimeout(timer);
    return result;
  }

  #take(chunk) {
    this.#frames.push(chunk);
    for (let frame = this.#frames.next(); frame !== undefined; frame = this.#frames.next()) {
      const { buffer, commandStart, commandEnd, payloadStart, end } = frame;
      const { name, body } = decodeCommand(buffer, commandStart, commandEnd);
      if (name === 'PING') {
        this.say('PONG');
        continue;
      }
      const payload = buffer.subarray(payloadStart, end);
      const fields = payload.length > 0 ? { ...body, payload: Buffer.from(payload) } : { ...body };
      this.#received.push([name, fields]);
    }
    this.#wake();
  }
}

/** An entry as a producer sends it: `[magic][crc][metadata][payload]`. */
export function entry(payload = 'payload', metadata = {}) {
  const all = {
    producer_name: 'raw',
    sequence_id: 0,
    publish_time: 1_700_000_000_000,
    ...metadata,
  };
  return Buffer.from(encodeEntry(all, Buffer.from(payload)));
}
