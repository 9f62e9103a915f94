/**
 * What the two ends of a link say to each other, frame by frame. What the broker says is known when
 * it hands the bytes over, what a client says when the broker gets the last byte of it.
 */
import {
  type Command,
  type CommandBodies,
  type CommandName,
  decodeCommand,
  encodeCommand,
  encodeCommandWithPayload,
} from '../../../src/wire/codec.ts';
import { decodeBrokerEntryHeader } from '../../../src/wire/entry.ts';
import { FrameReader } from '../../../src/wire/frame.ts';
import type { BrokerEntryMetadata } from '../../../src/wire/messages.ts';
import type { Link } from '../world/network.ts';

/**
 * A frame of either side; `payload` is the entry of a SEND or a MESSAGE, `notes` what the broker
 * says of it before.
 */
export interface Utterance {
  readonly command: Command;
  readonly notes?: BrokerEntryMetadata | undefined;
  readonly payload: Buffer | undefined;
}

/** A frame, or bytes that are none, and where in the stream it ends. */
interface Placed {
  readonly end: number;
  readonly utterance: Utterance | undefined;
}

const MAX_FRAME_BYTES = 64 * 1024 * 1024;

export class Conversation {
  readonly link: Link;
  readonly #frames = new FrameReader({ maxFrameBytes: MAX_FRAME_BYTES });
  #said = 0;
  #sent = 0;
  /** What the client has not received yet, and what the broker has not. */
  readonly #toClient: Placed[] = [];
  readonly #toBroker: Placed[] = [];
  /** The client has sent what is no frame: what follows means nothing. */
  #isBroken = false;

  constructor(link: Link) {
    this.link = link;
  }

  /** The client says a command. */
  send<K extends CommandName>(name: K, body: CommandBodies[K], entry?: Buffer): void {
    const bytes =
      entry === undefined
        ? encodeCommand(name, body)
        : encodeCommandWithPayload(name as 'SEND', body as CommandBodies['SEND'], entry);
    const command = { name, body } as Command;
    this.#sent += bytes.length;
    this.#toBroker.push({ end: this.#sent, utterance: { command, payload: entry } });
    this.link.send(bytes);
  }

  /** The client says something that is not in the protocol. */
  sendBytes(bytes: Buffer): void {
    this.#sent += bytes.length;
    this.#toBroker.push({ end: this.#sent, utterance: undefined });
    this.link.send(bytes);
  }

  /** The broker hands bytes over: the frames that end in them, which are views of them. */
  said(bytes: Buffer): readonly Utterance[] {
    this.#frames.push(bytes);
    const said: Utterance[] = [];
    for (let frame = this.#frames.next(); frame !== undefined; frame = this.#frames.next()) {
      const { buffer, commandStart, commandEnd, payloadStart, end } = frame;
      const command = decodeCommand(buffer, commandStart, commandEnd);
      const { metadata: notes, entryStart } = decodeBrokerEntryHeader(buffer, payloadStart, end);
      const payload = end > entryStart ? buffer.subarray(entryStart, end) : undefined;
      this.#said += 8 + (end - commandStart);
      said.push({ command, payload, notes });
      this.#toClient.push({ end: this.#said, utterance: said.at(-1) });
    }
    return said;
  }

  /** The broker has been handed `total` bytes: the frames that are whole by now. */
  took(total: number): readonly Utterance[] {
    const placed = whole(this.#toBroker, total);
    const broken = placed.findIndex(({ utterance }) => utterance === undefined);
    const heard = this.#isBroken ? [] : broken < 0 ? placed : placed.slice(0, broken);
    this.#isBroken ||= broken >= 0;
    return heard.flatMap(({ utterance }) => utterance ?? []);
  }

  /** `total` bytes have reached the client. */
  arrived(total: number): readonly Utterance[] {
    return whole(this.#toClient, total).flatMap(({ utterance }) => utterance ?? []);
  }
}

function whole(placed: Placed[], total: number): Placed[] {
  let count = 0;
  while (count < placed.length && placed[count]!.end <= total) count++;
  return placed.splice(0, count);
}
