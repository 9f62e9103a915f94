/**
 * Avro schemas compared, and judged whether data written with one can be read with another (Avro's
 * schema resolution).
 */
import type { AvroType } from './avro-definition.ts';

/** What a value of the first kind may be read as besides itself. */
const PROMOTIONS: Readonly<Record<string, readonly string[]>> = {
  int: ['long', 'float', 'double'],
  long: ['float', 'double'],
  float: ['double'],
  string: ['bytes'],
  bytes: ['string'],
};

/**
 * Why not all data written with `writer` can be read with `reader`, naming the field; undefined
 * when it can. `path` is where both stand in the whole.
 */
export function unreadable(
  reader: AvroType,
  writer: AvroType,
  path = '',
  seen = new Map<AvroType, Set<AvroType>>(),
): string | undefined {
  if (writer.kind === 'union') {
    return first(writer.parts, (part) => unreadable(reader, part, path, seen));
  }
  if (reader.kind === 'union') {
    const reasons = reader.parts.map((part) => unreadable(part, writer, path, seen));
    return reasons.includes(undefined) ? undefined : mismatch(reader, writer, path);
  }
  if (reader.kind !== writer.kind) {
    const isPromoted = PROMOTIONS[writer.kind]?.includes(reader.kind) ?? false;
    return isPromoted ? undefined : mismatch(reader, writer, path);
  }
  switch (reader.kind) {
    case 'array':
    case 'map':
      return unreadable(reader.parts[0]!, writer.parts[0]!, path, seen);
    case 'fixed':
      if (isNamed(reader, writer) && reader.size === writer.size) return undefined;
      return mismatch(reader, writer, path);
    case 'enum':
      // Symbols may come and go: Pulsar leaves it to whoever meets one that it does not know.
      return isNamed(reader, writer) ? undefined : mismatch(reader, writer, path);
    case 'record':
      return unreadableFields(reader, writer, path, seen);
    default:
      return undefined;
  }
}

/** A definition's JSON with what does not count left out, so that equal ones have equal texts. */
export function canonical(text: string): string {
  return JSON.stringify(JSON.parse(text), (key, value: unknown) => {
    if (key === 'doc') return undefined;
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
    const { type, ...rest } = value as { readonly type?: unknown };
    if (typeof type === 'string' && Object.keys(rest).length === 0) return type;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

function unreadableFields(
  reader: AvroType,
  writer: AvroType,
  path: string,
  seen: Map<AvroType, Set<AvroType>>,
): string | undefined {
  const judged = seen.get(reader) ?? new Set();
  // A type inside itself is as good as the rest of it.
  if (judged.has(writer)) return undefined;
  seen.set(reader, judged.add(writer));
  return first(reader.fields, (field) => {
    const names = [field.name, ...field.aliases];
    const written = writer.fields.find(({ name }) => names.includes(name));
    const inner = path === '' ? field.name : `${path}.${field.name}`;
    if (written !== undefined) return unreadable(field.type, written.type, inner, seen);
    return field.hasDefault ? undefined : `field ${inner} is not written and has no default`;
  });
}

function first<T>(of: readonly T[], reason: (each: T) => string | undefined): string | undefined {
  for (const each of of) {
    const found = reason(each);
    if (found !== undefined) return found;
  }
  return undefined;
}

function mismatch(reader: AvroType, writer: AvroType, path: string): string {
  const where = path === '' ? 'the schema' : `field ${path}`;
  return `${where} is written as ${titleOf(writer)}, which cannot be read as ${titleOf(reader)}`;
}

function titleOf({ kind, name, parts, size }: AvroType): string {
  if (kind === 'union') return `[${parts.map(titleOf).join(', ')}]`;
  if (kind === 'fixed') return `fixed(${size}) ${name}`;
  return name === '' ? kind : `${kind} ${name}`;
}

function isNamed(reader: AvroType, writer: AvroType): boolean {
  return reader.name === writer.name || reader.aliases.includes(writer.name);
}
