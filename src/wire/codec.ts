/**
 * Commands <-> bytes, table-driven: everything but the hot paths of `hot.ts`, which agree with
 * this. A simple frame is `[u32 totalSize][u32 cmdSize][BaseCommand]`, big-endian.
 */

import { assert } from '../base/assert.ts';
import {
  type Command,
  type CommandBodies,
  type CommandName,
  type CommandShape,
  commandsByNumber,
} from './commands.ts';
import { type Fields, mergeMessage, requireFields, writeMessage } from './compiled.ts';
import { CommandType } from './messages.ts';
import { badFrame, ProtoReader, Wire } from './reader.ts';
import { ProtoWriter } from './writer.ts';

export type { Command, CommandBodies, CommandName } from './commands.ts';

/**
 * Decodes the `BaseCommand` in `buffer[start, end)`. Unknown fields are skipped; a command type
 * that the protocol does not have, a missing required field and malformed bytes throw
 * `bad-frame`. The result keeps no view of the buffer.
 */
export function decodeCommand(buffer: Buffer, start = 0, end = buffer.length): Command {
  const number = peekCommandType(buffer, start, end);
  const shape = commandsByNumber.get(number);
  if (shape === undefined) throw badFrame(`unknown command ${number}`);
  return { name: shape.name, body: readBody(shape, buffer, start, end) } as Command;
}

/**
 * The number (`CommandType`) of the command in `buffer[start, end)`, to choose a decoder by. Every
 * client writes it first, but any order is legal.
 */
export function peekCommandType(buffer: Buffer, start: number, end: number): number {
  if (end - start >= 2 && buffer[start] === TYPE_TAG && buffer[start + 1]! < 0x80) {
    return buffer[start + 1]!;
  }
  const reader = new ProtoReader().reset(buffer, start, end);
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === TYPE_TAG) return reader.uint32();
    reader.skip(tag);
  }
  throw badFrame('a command without type');
}

/** Encodes a whole simple frame. Asserts that required fields are there. */
export function encodeCommand<K extends CommandName>(name: K, body: CommandBodies[K]): Buffer {
  writer.reset();
  writer.reserve(FRAME_HEADER);
  writer.pos = FRAME_HEADER;
  writeBaseCommand(name, body, writer);
  writer.buffer.writeUInt32BE(writer.pos - 4, 0);
  writer.buffer.writeUInt32BE(writer.pos - FRAME_HEADER, 4);
  return writer.copy();
}

/**
 * Encodes a frame with a payload: SEND and MESSAGE, where `payload` is the entry
 * `[0x0e01 crc32c][metadataSize][metadata][payload]`. The payload is copied.
 */
export function encodeCommandWithPayload<K extends 'SEND' | 'MESSAGE'>(
  name: K,
  body: CommandBodies[K],
  payload: Buffer,
): Buffer {
  const frame = Buffer.concat([encodeCommand(name, body), payload]);
  frame.writeUInt32BE(frame.length - 4, 0);
  return frame;
}

/** `[u32 totalSize][u32 cmdSize]`, in bytes. */
const FRAME_HEADER = 8;
const TYPE_TAG = (1 << 3) | Wire.VARINT;
const writer = new ProtoWriter();

/**
 * A body that comes in several pieces is merged, as protobuf says; one that is missing is empty.
 */
function readBody(shape: CommandShape, buffer: Buffer, start: number, end: number): Fields {
  const reader = new ProtoReader().reset(buffer, start, end);
  const bodyTag = (shape.number << 3) | Wire.BYTES;
  const body: Fields = {};
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bodyTag) {
      reader.end = reader.lengthDelimitedEnd();
      mergeMessage(shape.message, reader, body);
      reader.end = end;
    } else reader.skip(tag);
  }
  requireFields(shape.message, body);
  return body;
}

function writeBaseCommand<K extends CommandName>(
  name: K,
  body: CommandBodies[K],
  into: ProtoWriter,
): void {
  const number = CommandType[name];
  const shape = commandsByNumber.get(number);
  assert(shape !== undefined, `${name} is in the command table`);
  into.uint32(TYPE_TAG);
  into.uint32(number);
  into.uint32((number << 3) | Wire.BYTES);
  const begun = into.begin();
  writeMessage(shape.message, body as never, into);
  into.end(begun);
}
