/** SEND, the command that a broker reads most: decoded by hand, into one object of fixed shape. */

import type { Long } from '../base/long.ts';
import { decodeMessage } from './compiled.ts';
import type { MessageIdData } from './messages.ts';
import { badFrame, ProtoReader } from './reader.ts';

/** A decoded SEND. Undefined marks what did not travel. */
export interface Send {
  readonly producer_id: Long;
  /** Of the first message of a batch. */
  readonly sequence_id: Long;
  /** 1 when absent. Chosen by the peer: may be zero or negative. */
  readonly num_messages: number;
  /** Of the last message of a batch; a receipt echoes it only when it travelled. */
  readonly highest_sequence_id: Long | undefined;
  readonly txnid_least_bits: Long | undefined;
  readonly txnid_most_bits: Long | undefined;
  readonly is_chunk: boolean;
  readonly marker: boolean;
  /** The position in the source topic, from a shadow topic's replicator. */
  readonly message_id: MessageIdData | undefined;
}

/** Decodes the SEND in `buffer[start, end)`, a whole `BaseCommand`. Throws `bad-frame`. */
export function decodeSend(buffer: Buffer, start: number, end: number): Send {
  reader.reset(buffer, start, end);
  const send = new SendFields();
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === BODY) {
      reader.end = reader.lengthDelimitedEnd();
      readBody(send);
      reader.end = end;
    } else reader.skip(tag);
  }
  reader.release();
  if (!send.hasProducerId) throw badFrame('CommandSend without producer_id');
  if (!send.hasSequenceId) throw badFrame('CommandSend without sequence_id');
  return send;
}

class SendFields implements Send {
  producer_id: Long = 0;
  sequence_id: Long = 0;
  num_messages = 1;
  highest_sequence_id: Long | undefined = undefined;
  txnid_least_bits: Long | undefined = undefined;
  txnid_most_bits: Long | undefined = undefined;
  is_chunk = false;
  marker = false;
  message_id: MessageIdData | undefined = undefined;
  hasProducerId = false;
  hasSequenceId = false;
}

/** `send`, field 6 of `BaseCommand`. */
const BODY = (6 << 3) | 2;
const reader = new ProtoReader();

function readBody(send: SendFields): void {
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    switch (tag) {
      case 1 << 3:
        send.producer_id = reader.uint64();
        send.hasProducerId = true;
        break;
      case 2 << 3:
        send.sequence_id = reader.uint64();
        send.hasSequenceId = true;
        break;
      case 3 << 3:
        send.num_messages = reader.int32();
        break;
      default:
        readRareField(send, tag);
    }
  }
}

function readRareField(send: SendFields, tag: number): void {
  switch (tag) {
    case 4 << 3:
      send.txnid_least_bits = reader.uint64();
      break;
    case 5 << 3:
      send.txnid_most_bits = reader.uint64();
      break;
    case 6 << 3:
      send.highest_sequence_id = reader.uint64();
      break;
    case 7 << 3:
      send.is_chunk = reader.bool();
      break;
    case 8 << 3:
      send.marker = reader.bool();
      break;
    case (9 << 3) | 2: {
      const bodyEnd = reader.lengthDelimitedEnd();
      send.message_id = decodeMessage('MessageIdData', reader.buffer, reader.pos, bodyEnd);
      reader.pos = bodyEnd;
      break;
    }
    default:
      reader.skip(tag);
  }
}
