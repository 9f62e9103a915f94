/** When two Avro definitions are one to the registry, whatever their texts; and when nearly so. */
import type { AvroField, AvroType } from './avro-definition.ts';

/**
 * A text that equal types have in common: without docs, aliases, and defaults of enums, which Avro
 * leaves out of the comparison, with names in full, and each type written out where it comes first.
 */
export function likeness(type: AvroType): string {
  return JSON.stringify(shown(type, new Set()));
}

function shown(type: AvroType, before: Set<string>): unknown {
  const { kind, fullName, parts, fields, symbols, size, attributes } = type;
  if (fullName !== '') {
    if (before.has(fullName)) return fullName;
    before.add(fullName);
  }
  const inner = parts.map((part) => shown(part, before));
  const ofFields = fields.map((field) => shownField(field, before));
  return [kind, fullName, size, symbols, inner, ofFields, sorted(attributes)];
}

function shownField({ name, type, standsIn, order, attributes }: AvroField, before: Set<string>) {
  const value = standsIn === undefined ? [] : [sorted(standsIn)];
  return [name, shown(type, before), value, order, sorted(attributes)];
}

/** The keys of objects have no order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, each]) => [key, sorted(each)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Whether both are built in the same way, with the same names: without namespaces, attributes and
 * defaults. `met` holds the pairs of records that were looked at.
 */
export function isParallel(one: AvroType, other: AvroType, met = new Map<AvroType, AvroType>()) {
  if (one.kind !== other.kind || one.name !== other.name || one.size !== other.size) return false;
  if (!isSameList(one.symbols, other.symbols)) return false;
  if (one.parts.length !== other.parts.length) return false;
  if (one.kind === 'record') {
    if (met.get(one) === other) return true;
    met.set(one, other);
    const [names, others] = [one, other].map(({ fields }) => fields.map(({ name }) => name));
    if (!isSameList(names!, others!)) return false;
  }
  const within = ({ parts, fields }: AvroType) => [...parts, ...fields.map(({ type }) => type)];
  const otherParts = within(other);
  return within(one).every((part, i): boolean => isParallel(part, otherParts[i]!, met));
}

function isSameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((each, i) => each === other[i]);
}
