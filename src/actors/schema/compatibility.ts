/**
 * Whether one schema may follow others, by kind and by strategy (protocol section 10).
 * spec/data/schemas/pairs.json has what real Pulsar says.
 */
import { BrokerError } from '../../base/errors.ts';
import type { Strategy } from '../../base/schema-strategies.ts';
import { unreadable } from './avro.ts';
import { type AvroType, parseAvro } from './avro-definition.ts';
import { likeness } from './avro-equality.ts';
import { rootMessage } from './protobuf-definition.ts';
import { KIND, KIND_NAMES, type Schema } from './schema.ts';
import { demandsOf } from './strategy.ts';

/** Throws `invalid-schema` for a definition that is none of its kind. */
export function checkDefinition(schema: Schema): void {
  const { kind, definition } = schema;
  if (isAvro(kind)) checkAvroDefinition(schema);
  else if (kind === KIND.protobufNative) checkNative(schema);
  else if (kind === KIND.keyValue) for (const half of halves(schema)) checkDefinition(half);
  else if (definition !== '' && !mayHold(schema)) throw notEmpty(schema);
}

/** Python's and C++'s clients define strings as JSON's null; what has no kind is not looked at. */
function mayHold({ kind, definition }: Schema): boolean {
  if (kind === KIND.string) return definition === 'null';
  return kind === KIND.none || kind === KIND.external;
}

/** Whether both mean the same, so that one version is enough for them. */
export function isSame(one: Schema, other: Schema): boolean {
  if (one.kind !== other.kind) return false;
  if (one.definition === other.definition) return true;
  if (!isAvro(one.kind)) return false;
  return likeness(parse(one)) === likeness(parse(other));
}

/**
 * Throws `incompatible-schema` in Pulsar's words when `added` may not follow `existing`, which are
 * oldest first.
 */
export function checkCompatible(
  existing: readonly Schema[],
  added: Schema,
  strategy: Strategy,
): void {
  const demands = demandsOf(strategy);
  if (demands.nothing) return;
  for (const each of demands.ofAll ? existing.toReversed() : existing.slice(-1)) {
    checkKind(each, added);
    checkPair(each, added, strategy);
  }
}

/** Of two that stand beside each other. */
function checkPair(existing: Schema, added: Schema, strategy: Strategy): void {
  if (added.kind === KIND.avro || added.kind === KIND.json) checkAvro(existing, added, strategy);
  else if (added.kind === KIND.keyValue) checkHalves(existing, added, strategy);
  else if (demandsOf(strategy).never) throw never(strategy);
  else if (added.kind === KIND.protobufNative) checkRoots(existing, added, strategy);
}

function checkKind(existing: Schema, added: Schema): void {
  if (existing.kind === added.kind) return;
  const [here, there] = [existing, added].map(({ kind }) => KIND_NAMES[kind] ?? kind);
  throw incompatible(`Incompatible schema: exists schema type ${here}, new schema type ${there}`);
}

function checkAvro(existing: Schema, added: Schema, strategy: Strategy): void {
  const [old, recent] = [parse(existing), parse(added)];
  const { never: refused, canRead, canBeRead } = demandsOf(strategy);
  const why = refused ? 'no schema may follow another' : undefined;
  const backward = why ?? (canRead ? unreadable(recent, old) : undefined);
  if (backward !== undefined) throw cannotRead(existing, added, strategy, backward);
  const forward = canBeRead ? unreadable(old, recent) : undefined;
  if (forward !== undefined) throw cannotRead(added, existing, strategy, forward);
}

/** As far as Pulsar looks: it leaves the fields of a Protobuf message to those who read it. */
function checkRoots(existing: Schema, added: Schema, strategy: Strategy): void {
  const [old, recent] = [rootOf(existing), rootOf(added)];
  if (old === recent) return;
  throw incompatible(
    `Protobuf root message change is not allowed under the '${strategy}' strategy. ` +
      `Original message name: '${old}', new message name: '${recent}'.`,
  );
}

/** How they lie in a message, together or the key apart, is left to its readers, as in Pulsar. */
function checkHalves(existing: Schema, added: Schema, strategy: Strategy): void {
  const olds = halves(existing);
  for (const [i, half] of halves(added).entries()) {
    checkKind(olds[i]!, half);
    if (!isSame(olds[i]!, half)) checkPair(olds[i]!, half, strategy);
  }
}

/** Of a key-value schema: `[u32 length][key's definition][u32 length][value's definition]`. */
export function halves(schema: Schema): readonly [Schema, Schema] {
  const bytes = Buffer.from(schema.definition, 'latin1');
  const keyBytes = bytes.length >= 4 ? bytes.readInt32BE(0) : -1;
  const at = 4 + Math.max(0, keyBytes);
  const valueBytes = bytes.length >= at + 4 ? bytes.readInt32BE(at) : -1;
  if (bytes.length < at + 4 || at + 4 + Math.max(0, valueBytes) > bytes.length) {
    throw invalid(schema);
  }
  return [
    half(schema, 'key', bytes.subarray(4, at)),
    half(schema, 'value', bytes.subarray(at + 4, at + 4 + Math.max(0, valueBytes))),
  ];
}

function half({ properties }: Schema, which: 'key' | 'value', bytes: Buffer): Schema {
  const name = properties[`${which}.schema.type`] ?? 'NONE';
  const kind = Object.entries(KIND_NAMES).find(([, each]) => each === name)?.[0];
  return { kind: Number(kind ?? 0), definition: bytes.toString('latin1'), properties: {} };
}

/** Written as Avro definitions; those of PROTOBUF may follow each other as they like. */
function isAvro(kind: number): boolean {
  return kind === KIND.avro || kind === KIND.json || kind === KIND.protobuf;
}

function parse(schema: Schema): AvroType {
  try {
    return parseAvro(textOf(schema));
  } catch {
    throw invalid(schema);
  }
}

export function textOf({ definition }: Schema): string {
  return Buffer.from(definition, 'latin1').toString('utf8');
}

/** Of one that stands alone Pulsar takes no union as AVRO, and as JSON it does. */
function checkAvroDefinition(schema: Schema): void {
  if (parse(schema).kind !== 'union' || schema.kind !== KIND.avro) return;
  throw new BrokerError('invalid-schema', 'Avro schema typed [UNION] is not supported');
}

function checkNative(schema: Schema): void {
  if (rootOf(schema) !== undefined) return;
  throw new BrokerError('invalid-schema', 'deserialize ProtobufNative Schema failed');
}

function rootOf(schema: Schema): string | undefined {
  return rootMessage(textOf(schema));
}

function notEmpty({ kind, definition }: Schema): BrokerError {
  const kinds = kind === KIND.string ? 'string' : 'primitive';
  return new BrokerError(
    'invalid-schema',
    `Invalid schema definition data for ${kinds} schemas :length of schema data should be zero, ` +
      `but ${definition.length} bytes is found`,
  );
}

function invalid({ kind }: Schema): BrokerError {
  return new BrokerError(
    'invalid-schema',
    `Invalid schema definition data for ${KIND_NAMES[kind] ?? kind} schema`,
  );
}

function incompatible(message: string): BrokerError {
  return new BrokerError('incompatible-schema', message);
}

/** In Avro's words, and with the field, which Avro keeps to itself. */
function cannotRead(
  written: Schema,
  reader: Schema,
  strategy: Strategy,
  reason: string,
): BrokerError {
  return incompatible(
    `Error during schema compatibility check with strategy ${strategy}: ` +
      `org.apache.avro.SchemaValidationException: Unable to read schema: \n${pretty(written)}\n` +
      `using schema:\n${pretty(reader)}\n(${reason})`,
  );
}

function never(strategy: Strategy): BrokerError {
  return incompatible(`Schema compatibility strategy is ${strategy}`);
}

/** As Pulsar's JSON library lays it out. */
function pretty(schema: Schema): string {
  const lay = (value: unknown, indent: string): string => {
    if (Array.isArray(value)) {
      if (value.length === 0) return '[ ]';
      return `[ ${value.map((each) => lay(each, indent)).join(', ')} ]`;
    }
    if (value === null || typeof value !== 'object') return JSON.stringify(value);
    const inner = `${indent}  `;
    const lines = Object.entries(value).map(
      ([key, each]) => `${inner}${JSON.stringify(key)} : ${lay(each, inner)}`,
    );
    return lines.length === 0 ? '{ }' : `{\n${lines.join(',\n')}\n${indent}}`;
  };
  return lay(JSON.parse(textOf(schema)), '');
}
