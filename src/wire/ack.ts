/** ACK and FLOW, what a broker reads most from consumers: decoded by hand. */

import type { Long } from '../base/long.ts';
import { decodeMessage } from './compiled.ts';
import { AckType, type KeyLongValue, ValidationError } from './messages.ts';
import { badFrame, ProtoReader } from './reader.ts';

/** One acknowledged entry. */
export interface AckedEntry {
  readonly ledgerId: Long;
  readonly entryId: Long;
  /** The messages of the batch still unacknowledged, a set bit each; undefined: all are done. */
  readonly ack_set: readonly Long[] | undefined;
  readonly batch_size: number | undefined;
  readonly batch_index: number | undefined;
  readonly partition: number | undefined;
}

/** A decoded ACK. Undefined marks what did not travel. */
export interface Ack {
  readonly consumer_id: Long;
  readonly ack_type: AckType;
  readonly message_id: readonly AckedEntry[];
  readonly validation_error: ValidationError | undefined;
  readonly properties: readonly KeyLongValue[];
  readonly txnid_least_bits: Long | undefined;
  readonly txnid_most_bits: Long | undefined;
  /** Present when the client waits for an ACK_RESPONSE. */
  readonly request_id: Long | undefined;
}

export interface Flow {
  readonly consumer_id: Long;
  readonly messagePermits: number;
}

/** Decodes the ACK in `buffer[start, end)`, a whole `BaseCommand`. Throws `bad-frame`. */
export function decodeAck(buffer: Buffer, start: number, end: number): Ack {
  reader.reset(buffer, start, end);
  const ack = new AckFields();
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === ACK_BODY) {
      reader.end = reader.lengthDelimitedEnd();
      readAck(ack);
      reader.end = end;
    } else reader.skip(tag);
  }
  reader.release();
  if (!ack.hasConsumerId) throw badFrame('CommandAck without consumer_id');
  if (!ack.hasAckType) throw badFrame('CommandAck without ack_type');
  return ack;
}

/** Decodes the FLOW in `buffer[start, end)`, a whole `BaseCommand`. Throws `bad-frame`. */
export function decodeFlow(buffer: Buffer, start: number, end: number): Flow {
  reader.reset(buffer, start, end);
  let consumerId: Long | undefined;
  let permits: number | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag !== FLOW_BODY) {
      reader.skip(tag);
      continue;
    }
    reader.end = reader.lengthDelimitedEnd();
    for (let field = reader.tag(); field !== 0; field = reader.tag()) {
      if (field === 1 << 3) consumerId = reader.uint64();
      else if (field === 2 << 3) permits = reader.uint32();
      else reader.skip(field);
    }
    reader.end = end;
  }
  reader.release();
  if (consumerId === undefined) throw badFrame('CommandFlow without consumer_id');
  if (permits === undefined) throw badFrame('CommandFlow without messagePermits');
  return { consumer_id: consumerId, messagePermits: permits };
}

class AckFields implements Ack {
  consumer_id: Long = 0;
  ack_type: AckType = AckType.Individual;
  readonly message_id: AckedEntry[] = [];
  validation_error: ValidationError | undefined = undefined;
  readonly properties: KeyLongValue[] = [];
  txnid_least_bits: Long | undefined = undefined;
  txnid_most_bits: Long | undefined = undefined;
  request_id: Long | undefined = undefined;
  hasConsumerId = false;
  hasAckType = false;
}

/** `ack` and `flow`, fields 10 and 11 of `BaseCommand`. */
const ACK_BODY = (10 << 3) | 2;
const FLOW_BODY = (11 << 3) | 2;
const FIRST_CHUNK = (7 << 3) | 2;
const reader = new ProtoReader();

function readAck(ack: AckFields): void {
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    switch (tag) {
      case (3 << 3) | 2: {
        const outerEnd = reader.end;
        reader.end = reader.lengthDelimitedEnd();
        ack.message_id.push(readEntry());
        reader.end = outerEnd;
        break;
      }
      case 1 << 3:
        ack.consumer_id = reader.uint64();
        ack.hasConsumerId = true;
        break;
      case 2 << 3: {
        const type = reader.int32();
        if (type !== AckType.Individual && type !== AckType.Cumulative) break;
        ack.ack_type = type;
        ack.hasAckType = true;
        break;
      }
      default:
        readRareField(ack, tag);
    }
  }
}

function readRareField(ack: AckFields, tag: number): void {
  switch (tag) {
    case 4 << 3: {
      const error = reader.int32();
      if (error >= 0 && error <= ValidationError.DecryptionError) {
        ack.validation_error = error as ValidationError;
      }
      break;
    }
    case (5 << 3) | 2: {
      const end = reader.lengthDelimitedEnd();
      ack.properties.push(decodeMessage('KeyLongValue', reader.buffer, reader.pos, end));
      reader.pos = end;
      break;
    }
    case 6 << 3:
      ack.txnid_least_bits = reader.uint64();
      break;
    case 7 << 3:
      ack.txnid_most_bits = reader.uint64();
      break;
    case 8 << 3:
      ack.request_id = reader.uint64();
      break;
    default:
      reader.skip(tag);
  }
}

function readEntry(): AckedEntry {
  let ledgerId: Long | undefined;
  let entryId: Long | undefined;
  let ackSet: Long[] | undefined;
  let batchSize: number | undefined;
  let batchIndex: number | undefined;
  let partition: number | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 1 << 3) ledgerId = reader.uint64();
    else if (tag === 2 << 3) entryId = reader.uint64();
    else if (tag === 3 << 3) partition = reader.int32();
    else if (tag === 4 << 3) batchIndex = reader.int32();
    else if (tag === 5 << 3 || tag === ((5 << 3) | 2)) ackSet = readAckSet(tag, ackSet);
    else if (tag === 6 << 3) batchSize = reader.int32();
    else if (tag === FIRST_CHUNK) checkFirstChunk();
    else reader.skip(tag);
  }
  if (ledgerId === undefined) throw badFrame('MessageIdData without ledgerId');
  if (entryId === undefined) throw badFrame('MessageIdData without entryId');
  return {
    ledgerId,
    entryId,
    ack_set: ackSet,
    batch_size: batchSize,
    batch_index: batchIndex,
    partition,
  };
}

function readAckSet(tag: number, before: Long[] | undefined): Long[] | undefined {
  const words = before ?? [];
  if (tag === 5 << 3) {
    words.push(reader.int64());
    return words;
  }
  const outerEnd = reader.end;
  reader.end = reader.lengthDelimitedEnd();
  while (reader.pos < reader.end) words.push(reader.int64());
  reader.end = outerEnd;
  return words.length > 0 ? words : undefined;
}

/** An acknowledgement does not need the first chunk's id, but malformed bytes stay an error. */
function checkFirstChunk(): void {
  const end = reader.lengthDelimitedEnd();
  decodeMessage('MessageIdData', reader.buffer, reader.pos, end);
  reader.pos = end;
}
