/** Whether data written with one Avro schema can be read with another: Avro's resolution. */
import { asNamedBy } from './avro-aliases.ts';
import type { AvroField, AvroType } from './avro-definition.ts';
import { isParallel, likeness } from './avro-equality.ts';

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
 * when it can.
 */
export function unreadable(reader: AvroType, writer: AvroType): string | undefined {
  // Aliases count where something is to be read in another way.
  if (likeness(reader) === likeness(writer)) return unresolved(reader, writer, '', nothingYet());
  try {
    return unresolved(reader, asNamedBy(reader, writer), '', nothingYet());
  } catch (error) {
    if (error instanceof SyntaxError) return error.message;
    throw error;
  }
}

/** What is known of readers with writers; a type inside itself is as good as the rest of it. */
class Pairs {
  readonly #known = new Map<AvroType, Map<AvroType, boolean>>();

  of(reader: AvroType, writer: AvroType): boolean | undefined {
    return this.#known.get(reader)?.get(writer);
  }

  set(reader: AvroType, writer: AvroType, value: boolean): boolean {
    const writers = this.#known.get(reader) ?? new Map<AvroType, boolean>();
    this.#known.set(reader, writers.set(writer, value));
    return value;
  }
}

interface Judged {
  /** Pairs of records that are looked into, or were. */
  readonly met: Pairs;
  /** Whether records fit each other at first sight. */
  readonly fitting: Pairs;
}

/** `path` is where both stand in the whole. */
function unresolved(
  reader: AvroType,
  writer: AvroType,
  path: string,
  judged: Judged,
): string | undefined {
  if (writer.kind === 'union') {
    const isBranchwise = isParallel(reader, writer);
    return first(writer.parts, (part, i) => {
      return unresolved(isBranchwise ? reader.parts[i]! : reader, part, path, judged);
    });
  }
  if (reader.kind === 'union') {
    const branch = branchFor(reader, writer, judged);
    return branch ? unresolved(branch, writer, path, judged) : mismatch(reader, writer, path);
  }
  if (isMismatch(reader, writer)) return mismatch(reader, writer, path);
  if (reader.kind === 'array' || reader.kind === 'map') {
    return unresolved(reader.parts[0]!, writer.parts[0]!, path, judged);
  }
  if (reader.kind !== 'record' || judged.met.of(reader, writer)) return undefined;
  judged.met.set(reader, writer, true);
  return first(reader.fields, (field) => {
    const written = writtenAs(field, writer);
    const inner = path === '' ? field.name : `${path}.${field.name}`;
    if (written !== undefined) return unresolved(field.type, written.type, inner, judged);
    if (field.standsIn !== undefined) return undefined;
    return `field ${inner} is not written and has no default`;
  });
}

function nothingYet(): Judged {
  return { met: new Pairs(), fitting: new Pairs() };
}

/** Whether it shows without a look into their parts. */
function isMismatch(reader: AvroType, writer: AvroType): boolean {
  if (reader.kind !== writer.kind) return !(PROMOTIONS[writer.kind] ?? []).includes(reader.kind);
  // Symbols may come and go: Pulsar leaves it to whoever meets one that it does not know.
  if (reader.kind === 'enum') return reader.name !== writer.name;
  if (reader.kind !== 'fixed') return false;
  return reader.name !== writer.name || reader.size !== writer.size;
}

/**
 * The branch of a union that reads `writer`, and no other is tried: one of its kind, for types with
 * names one of that full name; else a record whose fields fit, best with that name; else what a
 * value may be promoted to.
 */
function branchFor({ parts }: AvroType, writer: AvroType, judged: Judged): AvroType | undefined {
  const ofKind = parts.filter(({ kind }) => kind === writer.kind);
  const exact = ofKind.find(({ fullName }) => fullName === writer.fullName);
  if (exact !== undefined) return exact;
  const fitting = ofKind.filter((part) => part.kind === 'record' && fits(part, writer, judged));
  return (
    fitting.findLast(({ name }) => name === writer.name) ??
    fitting[0] ??
    parts.find(({ kind }) => PROMOTIONS[writer.kind]?.includes(kind))
  );
}

/** Whether a record's fields could be those that were written, without a look into them. */
function fits(reader: AvroType, writer: AvroType, judged: Judged): boolean {
  const { fitting } = judged;
  const known = fitting.of(reader, writer);
  if (known !== undefined) return known;
  fitting.set(reader, writer, true);
  const isFitting = reader.fields.every((field) => {
    const written = writtenAs(field, writer)?.type;
    if (written === undefined) return field.standsIn !== undefined;
    if (written.kind === 'union') return true;
    if (field.type.kind === 'union') return branchFor(field.type, written, judged) !== undefined;
    return !lacks(field.type, written);
  });
  return fitting.set(reader, writer, isFitting);
}

function lacks(reader: AvroType, writer: AvroType): boolean {
  if (reader.kind !== 'record' || writer.kind !== 'record') return isMismatch(reader, writer);
  return reader.fields.some(
    (field) => field.standsIn === undefined && writtenAs(field, writer) === undefined,
  );
}

function writtenAs({ name }: AvroField, { fields }: AvroType): AvroField | undefined {
  return fields.find((each) => each.name === name);
}

function first<T>(
  of: readonly T[],
  reason: (each: T, i: number) => string | undefined,
): string | undefined {
  for (const [i, each] of of.entries()) {
    const found = reason(each, i);
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
