/** Avro schema definitions: JSON read into types, and refused where Avro's own parser does so. */
import { isObject, isValue } from './avro-default.ts';
import { likeness } from './avro-equality.ts';

export interface AvroField {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly type: AvroType;
  /** Undefined where there is none. */
  readonly standsIn: unknown;
  readonly order: string;
  /** What else is said of it, which Avro only keeps. */
  readonly attributes: Json;
}

/** A type of a definition. Records are filled in after they are made: they may hold themselves. */
export interface AvroType {
  readonly kind: string;
  /** Of records, enums and fixed: without its namespace. */
  readonly name: string;
  /** With its namespace; empty for types that have no name. */
  readonly fullName: string;
  /** With their namespaces. */
  readonly aliases: readonly string[];
  readonly fields: AvroField[];
  readonly symbols: readonly string[];
  readonly size: number;
  /** Of arrays and maps one, of unions all. */
  readonly parts: AvroType[];
  /** What else is said of it: a logical type, and what Avro only keeps. */
  readonly attributes: Json;
}

export type Json = Readonly<Record<string, unknown>>;

/** The types that have names, and where some are named that come later. */
interface Names {
  readonly known: Map<string, AvroType>;
  readonly awaited: Awaited[];
}

/** A reference to what is not defined yet. */
interface Awaited {
  readonly place: AvroType;
  readonly name: string;
  readonly namespace: string;
}

const PRIMITIVES = new Set([
  ...['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'],
]);

/** Brackets nest no deeper: whoever sends a definition must not exhaust the stack. */
const MAX_DEPTH = 500;

/** Throws SyntaxError for what is no Avro definition. */
export function parseAvro(text: string): AvroType {
  if (depthOf(text) > MAX_DEPTH) throw new SyntaxError('Avro definition nests too deep');
  const names: Names = { known: new Map(), awaited: [] };
  const type = read(JSON.parse(text), names, '');
  for (const { place, name, namespace } of names.awaited) {
    const found = find(name, names, namespace);
    if (found === undefined) throw new SyntaxError(`Avro type ${name} is not defined`);
    Object.assign(place, found);
  }
  return type;
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

function read(value: unknown, names: Names, namespace: string): AvroType {
  if (typeof value === 'string') return named(value, names, namespace);
  if (Array.isArray(value)) {
    return unionOf(value.map((part) => read(part, names, namespace)));
  }
  const source = object(value);
  const type = source['type'];
  if (typeof type !== 'string') return read(type, names, namespace);
  const attributes = without(source, RESERVED);
  if (type === 'array' || type === 'map') {
    const part = read(source[type === 'array' ? 'items' : 'values'], names, namespace);
    return make({ kind: type, parts: [part], attributes });
  }
  if (type === 'record' || type === 'error' || type === 'enum' || type === 'fixed') {
    return define(source, type, names, namespace);
  }
  return PRIMITIVES.has(type) ? make({ kind: type, attributes }) : named(type, names, namespace);
}

/** What has a meaning of its own in every type. */
const RESERVED = new Set([
  ...[
    'doc',
    'fields',
    'items',
    'name',
    'namespace',
    'size',
    'symbols',
    'values',
    'type',
    'aliases',
  ],
]);
const RESERVED_IN_ENUMS = new Set([...RESERVED, 'default']);
const RESERVED_IN_FIELDS = new Set(['default', 'doc', 'name', 'order', 'type', 'aliases']);

function without(source: Json, reserved: ReadonlySet<string>): Json {
  const kept = Object.entries(source).filter(([key]) => !reserved.has(key));
  return Object.fromEntries(kept);
}

function unionOf(parts: AvroType[]): AvroType {
  if (parts.some(({ kind }) => kind === 'union')) throw new SyntaxError('Nested Avro union');
  const titles = parts.map(({ kind, fullName }) => fullName || kind);
  if (new Set(titles).size < titles.length) throw new SyntaxError('Avro union with a type twice');
  return make({ kind: 'union', parts });
}

/** A record, enum or fixed: known by its name from here on. */
function define(source: Json, type: string, names: Names, outer: string): AvroType {
  const given = text(source['name']);
  const dot = given.lastIndexOf('.');
  const own = source['namespace'];
  const namespace = dot >= 0 ? given.slice(0, dot) : typeof own === 'string' ? own : outer;
  const name = identifier(given.slice(dot + 1));
  const fullName = qualified(name, namespace);
  const made = make({
    kind: type === 'error' ? 'record' : type,
    name,
    fullName,
    aliases: texts(source['aliases'] ?? []).map((alias) => qualified(alias, namespace)),
    symbols: type === 'enum' ? symbolsOf(source) : [],
    size: type === 'fixed' ? sizeOf(source) : 0,
    attributes: without(source, type === 'enum' ? RESERVED_IN_ENUMS : RESERVED),
  });
  const known = names.known.get(fullName);
  // What is no record may be defined again as it was.
  if (known !== undefined && (made.kind === 'record' || likeness(known) !== likeness(made))) {
    throw new SyntaxError(`Avro type ${fullName} is defined twice`);
  }
  names.known.set(fullName, made);
  if (made.kind === 'record') addFields(made, source, names, namespace);
  return made;
}

function qualified(name: string, namespace: string): string {
  return namespace === '' || name.includes('.') ? name : `${namespace}.${name}`;
}

function addFields(record: AvroType, source: Json, names: Names, namespace: string): void {
  const fields = source['fields'];
  if (!Array.isArray(fields)) throw new SyntaxError(`Avro record ${record.name} without fields`);
  for (const each of fields) {
    const field = object(each);
    if (record.fields.some(({ name: taken }) => taken === field['name'])) {
      throw new SyntaxError(`Avro record ${record.name} has a field twice`);
    }
    const name = identifier(text(field['name']));
    const type = read(field['type'], names, namespace);
    const standsIn = field['default'];
    if (standsIn !== undefined && !isValue(standsIn, type)) {
      throw new SyntaxError(`Avro field ${name} has a default of another type`);
    }
    const order = String(field['order'] ?? 'ascending').toLowerCase();
    const attributes = without(field, RESERVED_IN_FIELDS);
    const aliases = texts(field['aliases'] ?? []);
    record.fields.push({ name, aliases, type, standsIn, order, attributes });
  }
}

function sizeOf(source: Json): number {
  const size = source['size'];
  if (Number.isInteger(size) && (size as number) >= 0) return size as number;
  throw new SyntaxError('Avro fixed without a size');
}

function symbolsOf(source: Json): readonly string[] {
  const symbols = texts(source['symbols']).map(identifier);
  if (new Set(symbols).size < symbols.length) throw new SyntaxError('Avro enum symbol given twice');
  const value = source['default'];
  if (value !== undefined && !symbols.includes(String(value))) {
    throw new SyntaxError('Avro enum with a default that is none of its symbols');
  }
  return symbols;
}

function named(name: string, names: Names, namespace: string): AvroType {
  if (PRIMITIVES.has(name)) return make({ kind: name });
  const found = find(name, names, namespace);
  if (found !== undefined) return found;
  // It may be defined further down.
  const place = make({ kind: 'awaited', fullName: qualified(name, namespace) });
  names.awaited.push({ place, name, namespace });
  return place;
}

function find(name: string, { known }: Names, namespace: string): AvroType | undefined {
  return known.get(qualified(name, namespace)) ?? known.get(name);
}

function make(given: Partial<AvroType> & { readonly kind: string }): AvroType {
  const nothing = { name: '', fullName: '', aliases: [], symbols: [], size: 0, attributes: {} };
  return { ...nothing, fields: [], parts: [], ...given };
}

function object(value: unknown): Json {
  if (isObject(value)) return value;
  throw new SyntaxError('Avro definition without a type');
}

function text(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new SyntaxError('Avro definition without a name');
}

/** As Pulsar has it checked, which takes a `$` as well. */
function identifier(name: string): string {
  if (/^[\p{L}_$][\p{L}\p{Nd}_$]*$/u.test(name)) return name;
  throw new SyntaxError(`Avro does not take the name ${name}`);
}

function texts(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.map(text);
  throw new SyntaxError('Avro definition with names that are none');
}
