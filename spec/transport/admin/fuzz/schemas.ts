/** JSON schemas as the OpenAPI document has them: what fits one, and whether a value does. */
import fc from 'fast-check';

export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
}

/** By name, as they stand below `components`. */
export type Schemas = Readonly<Record<string, Schema>>;

const SCALARS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  integer: fc.oneof(fc.integer({ min: -2, max: 20 }), fc.integer(), fc.maxSafeInteger()),
  number: fc.double({ noNaN: true, noDefaultInfinity: true }),
  boolean: fc.boolean(),
  string: fc.oneof(fc.constantFrom('standalone', 'produce', 'BACKWARD', 'AVRO', ''), fc.string()),
  null: fc.constant(null),
};

export function fitting(schema: Schema, schemas: Schemas): fc.Arbitrary<unknown> {
  const one = followed(schema, schemas);
  if (one.anyOf !== undefined) return fc.oneof(...one.anyOf.map((some) => fitting(some, schemas)));
  if (one.items !== undefined) return fc.array(fitting(one.items, schemas), { maxLength: 3 });
  if (one.additionalProperties !== undefined) {
    return fc.dictionary(fc.string(), fitting(one.additionalProperties, schemas), { maxKeys: 3 });
  }
  const fields = Object.entries(one.properties ?? {});
  if (one.type !== 'object') return SCALARS[one.type ?? ''] ?? fc.jsonValue();
  return fc.record(
    Object.fromEntries(fields.map(([name, field]) => [name, fitting(field, schemas)])),
    { requiredKeys: [] },
  );
}

/** Where a value is not as it should be; a placeholder `{...}` stands for anything. */
export function unfit(value: unknown, schema: Schema, schemas: Schemas, at = ''): string[] {
  const one = followed(schema, schemas);
  if (typeof value === 'string' && /^\{.*\}$/.test(value)) return [];
  if (one.anyOf !== undefined) {
    const all = one.anyOf.map((some) => unfit(value, some, schemas, at));
    return all.some((some) => some.length === 0) ? [] : (all[0] ?? []);
  }
  if (one.type !== undefined && !isOf(value, one.type)) {
    return [`${at}: ${JSON.stringify(value)} is no ${one.type}`];
  }
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => unfit(item, one.items ?? {}, schemas, `${at}/${index}`));
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, field]) =>
    unfit(
      field,
      one.properties?.[name] ?? one.additionalProperties ?? {},
      schemas,
      `${at}/${name}`,
    ),
  );
}

function followed(schema: Schema, schemas: Schemas): Schema {
  const name = schema.$ref?.split('/').at(-1);
  if (name === undefined) return schema;
  const meant = schemas[name];
  if (meant === undefined) throw new Error(`${name} is not in the document`);
  return meant;
}

function isOf(value: unknown, type: string): boolean {
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'null') return value === null;
  if (type === 'object')
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}
