/** How documents change: field by field, and a field that is a map entry by entry. */

/**
 * Stands in a change for a map: only these entries become new ones, `undefined` takes one away. So
 * two who change a map at once both have their way. Entries that are maps may be changed in turn.
 */
export class Entries<Value> {
  readonly values: Readonly<Record<string, Value | undefined>>;

  constructor(values: Readonly<Record<string, Value | undefined>>) {
    this.values = values;
  }
}

/** The document once it is changed; a field that is undefined, or a map left empty, is unset. */
export function changed(document: object, change: object): object {
  const before = new Map<string, unknown>(Object.entries(document));
  const fields = Object.entries(change).map(([field, value]) => [
    field,
    value instanceof Entries ? mapWith(before.get(field), value.values) : value,
  ]);
  return withoutUnset({ ...document, ...Object.fromEntries(fields) });
}

function mapWith(map: unknown, values: object): object | undefined {
  const next = changed((map as object | undefined) ?? {}, values);
  return Object.keys(next).length === 0 ? undefined : next;
}

function withoutUnset(object: object): object {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
