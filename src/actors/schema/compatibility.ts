/**
 * Whether one schema may follow another, by kind (protocol section 10). The strategy is the
 * broker's default: FULL for those that are registered, BACKWARD for those of consumers.
 */
import { BrokerError } from '../../base/errors.ts';
import { type AvroType, canonical, canRead, parseAvro } from './avro.ts';
import { KIND, KIND_NAMES, type Schema } from './schema.ts';

export type Strategy = 'FULL' | 'BACKWARD';

/** Throws `invalid-schema` for a definition that is none of its kind. */
export function checkDefinition(schema: Schema): void {
  if (isAvro(schema.kind)) parse(schema);
  else if (schema.kind === KIND.keyValue) for (const half of halves(schema)) checkDefinition(half);
}

/** Whether both mean the same, so that one version is enough for them. */
export function isSame(one: Schema, other: Schema): boolean {
  if (one.kind !== other.kind) return false;
  if (one.definition === other.definition) return true;
  if (!isAvro(one.kind)) return false;
  return canonical(textOf(one)) === canonical(textOf(other));
}

/** Throws `incompatible-schema` in Pulsar's words when `added` may not follow `existing`. */
export function checkCompatible(existing: Schema, added: Schema, strategy: Strategy): void {
  if (existing.kind !== added.kind) {
    const [here, there] = [existing, added].map(({ kind }) => KIND_NAMES[kind] ?? kind);
    throw incompatible(`Incompatible schema: exists schema type ${here}, new schema type ${there}`);
  }
  if (isAvro(added.kind)) checkAvro(existing, added, strategy);
  else if (added.kind === KIND.keyValue) checkPair(existing, added, strategy);
  else if (added.kind === KIND.protobufNative && rootOf(existing) !== rootOf(added)) {
    throw incompatible("Protobuf root message isn't allow change!");
  }
}

function checkAvro(existing: Schema, added: Schema, strategy: Strategy): void {
  const [old, recent] = [parse(existing), parse(added)];
  if (!canRead(recent, old)) throw unreadable(existing, added, strategy);
  if (strategy === 'FULL' && !canRead(old, recent)) throw unreadable(added, existing, strategy);
}

function checkPair(existing: Schema, added: Schema, strategy: Strategy): void {
  const encoding = 'kv.encoding.type';
  if (existing.properties[encoding] !== added.properties[encoding]) {
    throw incompatible(
      `Key-Value encoding type does not match: ${existing.properties[encoding]} and ` +
        `${added.properties[encoding]}`,
    );
  }
  const [oldKey, oldValue] = halves(existing);
  const [key, value] = halves(added);
  checkCompatible(oldKey, key, strategy);
  checkCompatible(oldValue, value, strategy);
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

function rootOf(schema: Schema): unknown {
  try {
    return (JSON.parse(textOf(schema)) as Record<string, unknown>)['rootMessageTypeName'];
  } catch {
    throw invalid(schema);
  }
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

function unreadable(written: Schema, reader: Schema, strategy: Strategy): BrokerError {
  return incompatible(
    `Error during schema compatibility check with strategy ${strategy}: ` +
      `org.apache.avro.SchemaValidationException: Unable to read schema: \n${pretty(written)}\n` +
      `using schema:\n${pretty(reader)}`,
  );
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
