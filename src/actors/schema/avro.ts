/**
 * Avro schema definitions: read, compared, and judged whether data written with one can be read
 * with another (Avro's schema resolution).
 */

interface Field {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly type: AvroType;
  readonly hasDefault: boolean;
}

/** A type of a definition. Records are filled in after they are made: they may hold themselves. */
export interface AvroType {
  readonly kind: string;
  /** Of records, enums and fixed: without its namespace. */
  readonly name: string;
  readonly aliases: readonly string[];
  readonly fields: Field[];
  readonly size: number;
  /** Of arrays and maps one, of unions all. */
  readonly parts: AvroType[];
}

const PRIMITIVES = new Set([
  ...['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'],
]);

/** What a value of the first kind may be read as besides itself. */
const PROMOTIONS: Readonly<Record<string, readonly string[]>> = {
  int: ['long', 'float', 'double'],
  long: ['float', 'double'],
  float: ['double'],
  string: ['bytes'],
  bytes: ['string'],
};

/** Brackets nest no deeper: whoever sends a definition must not exhaust the stack. */
const MAX_DEPTH = 500;

/** Throws SyntaxError for what is no Avro definition. */
export function parseAvro(text: string): AvroType {
  if (depthOf(text) > MAX_DEPTH) throw new SyntaxError('Avro definition nests too deep');
  return read(JSON.parse(text), new Map(), '');
}

/** At least as deep as the JSON in it: brackets inside of strings count, too. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const bracket of text.match(/[[\]{}]/g) ?? []) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1;
    if (depth > deepest) deepest = depth;
  }
  return deepest;
}

/** Whether all data written with `writer` can be read with `reader`. */
export function canRead(
  reader: AvroType,
  writer: AvroType,
  seen = new Map<AvroType, Set<AvroType>>(),
): boolean {
  if (writer.kind === 'union') return writer.parts.every((part) => canRead(reader, part, seen));
  if (reader.kind === 'union') return reader.parts.some((part) => canRead(part, writer, seen));
  if (reader.kind !== writer.kind) return PROMOTIONS[writer.kind]?.includes(reader.kind) ?? false;
  switch (reader.kind) {
    case 'array':
    case 'map':
      return canRead(reader.parts[0]!, writer.parts[0]!, seen);
    case 'fixed':
      return isNamed(reader, writer) && reader.size === writer.size;
    case 'enum':
      // Symbols may come and go: Pulsar leaves it to whoever meets one that it does not know.
      return isNamed(reader, writer);
    case 'record':
      return canReadFields(reader, writer, seen);
    default:
      return true;
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

function canReadFields(
  reader: AvroType,
  writer: AvroType,
  seen: Map<AvroType, Set<AvroType>>,
): boolean {
  const judged = seen.get(reader) ?? new Set();
  // A type inside itself is as good as the rest of it.
  if (judged.has(writer)) return true;
  seen.set(reader, judged.add(writer));
  return reader.fields.every((field) => {
    const names = [field.name, ...field.aliases];
    const written = writer.fields.find(({ name }) => names.includes(name));
    return written === undefined ? field.hasDefault : canRead(field.type, written.type, seen);
  });
}

function isNamed(reader: AvroType, writer: AvroType): boolean {
  return reader.name === writer.name || reader.aliases.includes(writer.name);
}

function read(value: unknown, known: Map<string, AvroType>, namespace: string): AvroType {
  if (typeof value === 'string') return named(value, known, namespace);
  if (Array.isArray(value)) {
    const parts = value.map((part) => read(part, known, namespace));
    if (parts.some(({ kind }) => kind === 'union')) throw new SyntaxError('Nested Avro union');
    return make({ kind: 'union', parts });
  }
  const source = object(value);
  const type = source['type'];
  if (typeof type !== 'string') return read(type, known, namespace);
  if (type === 'array' || type === 'map') {
    const part = read(source[type === 'array' ? 'items' : 'values'], known, namespace);
    return make({ kind: type, parts: [part] });
  }
  if (type === 'record' || type === 'error' || type === 'enum' || type === 'fixed') {
    return define(source, type, known, namespace);
  }
  return named(type, known, namespace);
}

/** A record, enum or fixed: known by its name from here on. */
function define(
  source: Readonly<Record<string, unknown>>,
  type: string,
  known: Map<string, AvroType>,
  outer: string,
): AvroType {
  const given = text(source['name']);
  const dot = given.lastIndexOf('.');
  const own = source['namespace'];
  const namespace = dot >= 0 ? given.slice(0, dot) : typeof own === 'string' ? own : outer;
  const name = identifier(given.slice(dot + 1));
  const made = make({
    kind: type === 'error' ? 'record' : type,
    name,
    aliases: texts(source['aliases'] ?? []).map((alias) => alias.slice(alias.lastIndexOf('.') + 1)),
    size: type === 'fixed' ? Number(source['size']) : 0,
  });
  if (type === 'enum') texts(source['symbols']);
  const full = namespace === '' ? name : `${namespace}.${name}`;
  if (known.has(full)) throw new SyntaxError(`Avro type ${full} is defined twice`);
  known.set(full, made);
  if (made.kind !== 'record') return made;
  const fields = source['fields'];
  if (!Array.isArray(fields)) throw new SyntaxError(`Avro record ${name} without fields`);
  for (const each of fields) {
    const field = object(each);
    if (made.fields.some(({ name: taken }) => taken === field['name'])) {
      throw new SyntaxError(`Avro record ${name} has a field twice`);
    }
    made.fields.push({
      name: identifier(text(field['name'])),
      aliases: texts(field['aliases'] ?? []),
      type: read(field['type'], known, namespace),
      hasDefault: 'default' in field,
    });
  }
  return made;
}

function named(name: string, known: Map<string, AvroType>, namespace: string): AvroType {
  if (PRIMITIVES.has(name)) return make({ kind: name });
  const found = known.get(name) ?? known.get(`${namespace}.${name}`);
  if (found === undefined) throw new SyntaxError(`Avro type ${name} is not defined`);
  return found;
}

function make(given: Partial<AvroType> & { readonly kind: string }): AvroType {
  return {
    name: '',
    aliases: [],
    fields: [],
    size: 0,
    parts: [],
    ...given,
  };
}

function object(value: unknown): Readonly<Record<string, unknown>> {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new SyntaxError('Avro definition without a type');
}

function text(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new SyntaxError('Avro definition without a name');
}

function identifier(name: string): string {
  if (/^[A-Za-z_]\w*$/.test(name)) return name;
  throw new SyntaxError(`Avro does not take the name ${name}`);
}

function texts(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.map(text);
  throw new SyntaxError('Avro definition with names that are none');
}
