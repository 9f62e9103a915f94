/** Aliases: a reader may know types and fields by other names than the writer gave them. */
import type { AvroField, AvroType } from './avro-definition.ts';

interface Aliases {
  /** Full names of the reader's types by their aliases. */
  readonly types: Map<string, string>;
  /** Names of the reader's fields by their aliases, by full name of the record. */
  readonly fields: Map<string, Map<string, string>>;
}

/**
 * The writer's types with the names that the reader has for them. Throws SyntaxError where two
 * would have the same.
 */
export function asNamedBy(reader: AvroType, writer: AvroType): AvroType {
  const aliases: Aliases = { types: new Map(), fields: new Map() };
  gather(reader, aliases, new Set());
  if (aliases.types.size === 0 && aliases.fields.size === 0) return writer;
  return renamed(writer, aliases, new Map());
}

function gather(type: AvroType, aliases: Aliases, seen: Set<AvroType>): void {
  if (seen.has(type)) return;
  seen.add(type);
  for (const alias of type.aliases) aliases.types.set(alias, type.fullName);
  for (const field of type.fields) {
    const known = aliases.fields.get(type.fullName) ?? new Map<string, string>();
    for (const alias of field.aliases) {
      aliases.fields.set(type.fullName, known.set(alias, field.name));
    }
    gather(field.type, aliases, seen);
  }
  for (const part of type.parts) gather(part, aliases, seen);
}

function renamed(type: AvroType, aliases: Aliases, made: Map<AvroType, AvroType>): AvroType {
  const known = made.get(type);
  if (known !== undefined) return known;
  const fullName = aliases.types.get(type.fullName) ?? type.fullName;
  const name = fullName.slice(fullName.lastIndexOf('.') + 1);
  const copy: AvroType = { ...type, name, fullName, fields: [], parts: [] };
  made.set(type, copy);
  copy.parts.push(...type.parts.map((part) => renamed(part, aliases, made)));
  if (copy.kind === 'union') refuseTwice(copy.parts.map((part) => part.fullName || part.kind));
  const fieldNames = aliases.fields.get(fullName);
  const rename = (field: AvroField): AvroField => ({
    ...field,
    name: fieldNames?.get(field.name) ?? field.name,
    type: renamed(field.type, aliases, made),
  });
  copy.fields.push(...type.fields.map(rename));
  refuseTwice(copy.fields.map((field) => field.name));
  return copy;
}

function refuseTwice(names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new SyntaxError(`aliases make two of ${twice}`);
}
