/** Avro schema definitions: JSON read into types, and refused where Avro's own parser does so. */

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
  /** With its namespace; empty for types that have no name. */
  readonly fullName: string;
  readonly aliases: readonly string[];
  readonly fields: Field[];
  readonly size: number;
  /** Of arrays and maps one, of unions all. */
  readonly parts: AvroType[];
}

type Json = Readonly<Record<string, unknown>>;

const PRIMITIVES = new Set([
  ...['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'],
]);

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

function read(value: unknown, known: Map<string, AvroType>, namespace: string): AvroType {
  if (typeof value === 'string') return named(value, known, namespace);
  if (Array.isArray(value)) {
    return unionOf(value.map((part) => read(part, known, namespace)));
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

function unionOf(parts: AvroType[]): AvroType {
  if (parts.some(({ kind }) => kind === 'union')) throw new SyntaxError('Nested Avro union');
  const titles = parts.map(({ kind, fullName }) => fullName || kind);
  if (new Set(titles).size < titles.length) throw new SyntaxError('Avro union with a type twice');
  return make({ kind: 'union', parts });
}

/** A record, enum or fixed: known by its name from here on. */
function define(source: Json, type: string, known: Map<string, AvroType>, outer: string): AvroType {
  const given = text(source['name']);
  const dot = given.lastIndexOf('.');
  const own = source['namespace'];
  const namespace = dot >= 0 ? given.slice(0, dot) : typeof own === 'string' ? own : outer;
  const name = identifier(given.slice(dot + 1));
  const fullName = namespace === '' ? name : `${namespace}.${name}`;
  const made = make({
    kind: type === 'error' ? 'record' : type,
    name,
    fullName,
    aliases: texts(source['aliases'] ?? []).map((alias) => alias.slice(alias.lastIndexOf('.') + 1)),
    size: type === 'fixed' ? sizeOf(source) : 0,
  });
  if (type === 'enum') checkSymbols(source);
  if (known.has(fullName)) throw new SyntaxError(`Avro type ${fullName} is defined twice`);
  known.set(fullName, made);
  if (made.kind === 'record') addFields(made, source, known, namespace);
  return made;
}

function addFields(
  record: AvroType,
  source: Json,
  known: Map<string, AvroType>,
  namespace: string,
): void {
  const fields = source['fields'];
  if (!Array.isArray(fields)) throw new SyntaxError(`Avro record ${record.name} without fields`);
  for (const each of fields) {
    const field = object(each);
    if (record.fields.some(({ name: taken }) => taken === field['name'])) {
      throw new SyntaxError(`Avro record ${record.name} has a field twice`);
    }
    const name = identifier(text(field['name']));
    const type = read(field['type'], known, namespace);
    const hasDefault = 'default' in field;
    if (hasDefault && !isValue(field['default'], type)) {
      throw new SyntaxError(`Avro field ${name} has a default of another type`);
    }
    record.fields.push({ name, aliases: texts(field['aliases'] ?? []), type, hasDefault });
  }
}

function sizeOf(source: Json): number {
  const size = source['size'];
  if (Number.isInteger(size) && (size as number) >= 0) return size as number;
  throw new SyntaxError('Avro fixed without a size');
}

function checkSymbols(source: Json): void {
  const symbols = texts(source['symbols']).map(identifier);
  if (new Set(symbols).size < symbols.length) throw new SyntaxError('Avro enum symbol given twice');
  const value = source['default'];
  if (value !== undefined && !symbols.includes(String(value))) {
    throw new SyntaxError('Avro enum with a default that is none of its symbols');
  }
}

const MAX_INT = 2 ** 31 - 1;

/** Whether a default may stand for the type, as far as Avro looks. */
function isValue(value: unknown, { kind, parts, fields }: AvroType): boolean {
  switch (kind) {
    case 'null':
      return value === null;
    case 'boolean':
      return typeof value === 'boolean';
    case 'int':
      return Number.isInteger(value) && Math.abs((value as number) + 0.5) <= MAX_INT + 0.5;
    case 'long':
      return Number.isInteger(value);
    case 'float':
    case 'double':
      return typeof value === 'number';
    case 'array':
      return Array.isArray(value) && value.every((each) => isValue(each, parts[0]!));
    case 'map':
      return isObject(value) && Object.values(value).every((each) => isValue(each, parts[0]!));
    case 'union':
      return parts.some((part) => isValue(value, part));
    case 'record':
      return (
        isObject(value) &&
        fields.every(({ name, type, hasDefault }) =>
          name in value ? isValue(value[name], type) : hasDefault,
        )
      );
    default:
      return typeof value === 'string';
  }
}

function named(name: string, known: Map<string, AvroType>, namespace: string): AvroType {
  if (PRIMITIVES.has(name)) return make({ kind: name });
  const found = known.get(name) ?? known.get(`${namespace}.${name}`);
  if (found === undefined) throw new SyntaxError(`Avro type ${name} is not defined`);
  return found;
}

function make(given: Partial<AvroType> & { readonly kind: string }): AvroType {
  return { name: '', fullName: '', aliases: [], fields: [], size: 0, parts: [], ...given };
}

function isObject(value: unknown): value is Json {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function object(value: unknown): Json {
  if (isObject(value)) return value;
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
