/** Defaults of Avro fields. */
import type { AvroType, Json } from './avro-definition.ts';

const MAX_INT = 2 ** 31 - 1;

/** Whether a default may stand for the type, as far as Avro looks. */
export function isValue(value: unknown, { kind, parts, fields }: AvroType): boolean {
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
        fields.every(({ name, type, standsIn }) =>
          name in value ? isValue(value[name], type) : standsIn !== undefined,
        )
      );
    default:
      return typeof value === 'string';
  }
}

export function isObject(value: unknown): value is Json {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
