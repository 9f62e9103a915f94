/**
 * Table-driven codec of every message: the rows of a message are compiled, once and when first
 * needed, into one reader and one writer a field. Unknown fields are skipped, an enum number that
 * the protocol does not have counts as unknown, fields are written in the order of their numbers.
 */

import { assert } from '../base/assert.ts';
import { type EnumName, enums, type Message, type MessageName, messageFields } from './messages.ts';
import { badFrame, MAX_DEPTH, ProtoReader, Wire } from './reader.ts';
import type { FieldRow, FieldTable, ScalarType } from './table/rows.ts';
import { ProtoWriter } from './writer.ts';

/**
 * Decodes a message from `buffer[start, end)`. Throws `bad-frame`. The value keeps no view of
 * it.
 */
export function decodeMessage<M extends MessageName>(
  message: M,
  buffer: Buffer,
  start = 0,
  end = buffer.length,
): Message<M> {
  const value: Fields = {};
  mergeMessage(message, new ProtoReader().reset(buffer, start, end), value);
  requireFields(message, value);
  return value as Message<M>;
}

/** Decodes what is left of `reader` into `value`, over what it holds; required fields unchecked. */
export function mergeMessage(message: MessageName, reader: ProtoReader, value: Fields): void {
  readFields(planOf(message), reader, value, 0);
}

/** Throws `bad-frame` when a required field of the message did not come. */
export function requireFields(message: MessageName, value: Fields): void {
  for (const name of planOf(message).required) {
    if (value[name] === undefined) throw badFrame(`${message} without ${name}`);
  }
}

/** Encodes a message alone, without any frame. */
export function encodeMessage<M extends MessageName>(message: M, value: Message<M>): Buffer {
  shared.reset();
  writeMessage(message, value, shared);
  return shared.copy();
}

/** Encodes a message behind what `writer` holds. */
export function writeMessage<M extends MessageName>(
  message: M,
  value: Message<M>,
  writer: ProtoWriter,
): void {
  writeFields(planOf(message), value as Fields, writer);
}

/** A message under construction. */
export type Fields = Record<string, unknown>;
type Read = (reader: ProtoReader, before: unknown, depth: number) => unknown;
type Write = (writer: ProtoWriter, value: unknown) => void;

interface Field {
  readonly name: string;
  readonly tag: number;
  readonly repeated: boolean;
  readonly read: Read;
  readonly write: Write;
}

interface Plan {
  readonly message: string;
  /** In the order of their numbers, to write. */
  readonly fields: readonly Field[];
  readonly byNumber: readonly (Field | undefined)[];
  readonly required: readonly string[];
}

const shared = new ProtoWriter();
const plans = new Map<MessageName, Plan>();

function planOf(message: MessageName): Plan {
  let plan = plans.get(message);
  if (plan === undefined) {
    plan = compile(message);
    plans.set(message, plan);
  }
  return plan;
}

function compile(message: MessageName): Plan {
  const rows = [...(messageFields as FieldTable)[message]!].sort((a, b) => a[0] - b[0]);
  const fields = rows.map(compileField);
  const byNumber: (Field | undefined)[] = new Array(rows.at(-1)?.[0] ?? 0).fill(undefined);
  for (const [index, row] of rows.entries()) byNumber[row[0]] = fields[index];
  const required = rows.filter((row) => row[3] === 'required').map((row) => row[1]);
  return { message, fields, byNumber, required };
}

function compileField([number, name, type, rule]: FieldRow): Field {
  const scalar = scalars[type as ScalarType];
  const wire = scalar?.wire ?? (type in enums ? Wire.VARINT : Wire.BYTES);
  const { read, write } =
    scalar ?? (type in enums ? enumCodec(type as EnumName) : messageCodec(type as MessageName));
  return { name, tag: (number << 3) | wire, repeated: rule === 'repeated', read, write };
}

function readFields(plan: Plan, reader: ProtoReader, into: Fields, depth: number): void {
  if (depth > MAX_DEPTH) throw badFrame('messages nested too deeply');
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    const field = plan.byNumber[tag >>> 3];
    if (field === undefined) reader.skip(tag);
    else if (field.repeated) readRepeated(field, tag, reader, into, depth);
    else if (field.tag !== tag) reader.skip(tag);
    else {
      const value = field.read(reader, into[field.name], depth);
      if (value !== undefined) into[field.name] = value;
    }
  }
}

/** One element, or a packed run of numbers: protobuf's parsers take both whatever was declared. */
function readRepeated(
  field: Field,
  tag: number,
  reader: ProtoReader,
  into: Fields,
  depth: number,
): void {
  const isPacked = (tag & 7) === Wire.BYTES && (field.tag & 7) !== Wire.BYTES;
  if (field.tag !== tag && !isPacked) {
    reader.skip(tag);
    return;
  }
  const list = (into[field.name] ?? []) as unknown[];
  const outerEnd = reader.end;
  const runEnd = isPacked ? reader.lengthDelimitedEnd() : reader.pos + 1;
  if (isPacked) reader.end = runEnd;
  while (reader.pos < runEnd) {
    const value = field.read(reader, undefined, depth);
    if (value !== undefined) list.push(value);
  }
  reader.end = outerEnd;
  if (list.length > 0) into[field.name] = list;
}

function writeFields(plan: Plan, value: Fields, writer: ProtoWriter): void {
  for (const field of plan.fields) {
    const content = value[field.name];
    if (content === undefined) continue;
    if (field.repeated) {
      for (const element of content as readonly unknown[]) writeField(field, element, writer);
    } else writeField(field, content, writer);
  }
  for (const name of plan.required) {
    assert(value[name] !== undefined, `${plan.message} has its required ${name}`);
  }
}

function writeField(field: Field, value: unknown, writer: ProtoWriter): void {
  writer.uint32(field.tag);
  field.write(writer, value);
}

const scalars: { readonly [T in ScalarType]: { wire: number; read: Read; write: Write } } = {
  bool: {
    wire: Wire.VARINT,
    read: (reader) => reader.bool(),
    write: (writer, value) => writer.uint32(value ? 1 : 0),
  },
  bytes: {
    wire: Wire.BYTES,
    read: (reader) => reader.bytes(),
    write: (writer, value) => writer.bytes(value as Buffer),
  },
  double: {
    wire: Wire.FIXED64,
    read: (reader) => reader.double(),
    write: (writer, value) => writer.double(value as number),
  },
  int32: {
    wire: Wire.VARINT,
    read: (reader) => reader.int32(),
    write: (writer, value) => writer.int32(value as number),
  },
  int64: {
    wire: Wire.VARINT,
    read: (reader) => reader.int64(),
    write: (writer, value) => writer.long(value as number | bigint),
  },
  string: {
    wire: Wire.BYTES,
    read: (reader) => reader.string(),
    write: (writer, value) => writer.string(value as string),
  },
  uint32: {
    wire: Wire.VARINT,
    read: (reader) => reader.uint32(),
    write: (writer, value) => writer.uint32(value as number),
  },
  uint64: {
    wire: Wire.VARINT,
    read: (reader) => reader.uint64(),
    write: (writer, value) => writer.long(value as number | bigint),
  },
};

function enumCodec(name: EnumName): { read: Read; write: Write } {
  const known = new Set(Object.values(enums[name]));
  return {
    read(reader) {
      const value = reader.int32();
      return known.has(value) ? value : undefined;
    },
    write(writer, value) {
      assert(known.has(value as number), `${String(value)} is a ${name}`);
      writer.uint32(value as number);
    },
  };
}

/** A message field that comes twice is merged, as protobuf says. */
function messageCodec(name: MessageName): { read: Read; write: Write } {
  return {
    read(reader, before, depth) {
      const into = (before ?? {}) as Fields;
      const outerEnd = reader.end;
      reader.end = reader.lengthDelimitedEnd();
      readFields(planOf(name), reader, into, depth + 1);
      requireFields(name, into);
      reader.end = outerEnd;
      return into;
    },
    write(writer, value) {
      const begun = writer.begin();
      writeFields(planOf(name), value as Fields, writer);
      writer.end(begun);
    },
  };
}
