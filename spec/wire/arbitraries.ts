/** Random messages, made from the field table, so that a field that is added is tested at once. */

import fc from 'fast-check';
import type { CommandName } from '../../src/wire/commands.ts';
import { commandsByNumber } from '../../src/wire/commands.ts';
import type { Long } from '../../src/wire/long.ts';
import { type EnumName, enums, type MessageName, messageFields } from '../../src/wire/messages.ts';
import type { FieldTable } from '../../src/wire/table/rows.ts';

export const messageNames = Object.keys(messageFields) as MessageName[];
export const commandShapes = [...commandsByNumber.values()];
export const commandNames: CommandName[] = commandShapes.map((shape) => shape.name);

/** Unsigned 64-bit values in canonical form, the edges often. */
export const uint64: fc.Arbitrary<Long> = fc
  .oneof(
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    fc.nat().map(BigInt),
    fc.constantFrom(0n, 127n, 128n, 2n ** 28n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n),
    fc.constantFrom(2n ** 56n - 1n, 2n ** 56n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n),
  )
  .map(canonical);

/** Signed 64-bit values in canonical form, the edges often. */
export const int64: fc.Arbitrary<Long> = fc
  .oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.integer().map(BigInt),
    fc.constantFrom(-1n, 0n, -(2n ** 53n), -(2n ** 53n) + 1n, 2n ** 53n - 1n, 2n ** 53n),
    fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n),
  )
  .map(canonical);

export const uint32 = fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
export const int32 = fc.oneof(fc.nat(300), fc.integer());
export const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
export const text = fc.string({ unit: 'binary', maxLength: 150 });

/** A message with random presence of its fields; nesting ends after a few levels. */
export function message(name: MessageName, depth = 0): fc.Arbitrary<Record<string, unknown>> {
  const model: Record<string, fc.Arbitrary<unknown>> = {};
  const required: string[] = [];
  for (const [, field, type, rule] of (messageFields as FieldTable)[name]!) {
    if (depth > 2 && rule !== 'required' && type in messageFields) continue;
    const value = fieldValue(type, depth);
    model[field] = rule === 'repeated' ? fc.array(value, { minLength: 1, maxLength: 4 }) : value;
    if (rule === 'required') required.push(field);
  }
  return fc.record(model, { requiredKeys: required, noNullPrototype: true });
}

function fieldValue(type: string, depth: number): fc.Arbitrary<unknown> {
  if (type in enums) return fc.constantFrom(...Object.values(enums[type as EnumName]));
  switch (type) {
    case 'bool':
      return fc.boolean();
    case 'bytes':
      return bytes;
    case 'double':
      return fc.double();
    case 'int32':
      return int32;
    case 'int64':
      return int64;
    case 'string':
      return text;
    case 'uint32':
      return uint32;
    case 'uint64':
      return uint64;
    default:
      return message(type as MessageName, depth + 1);
  }
}

function canonical(value: bigint): Long {
  const isSafe = value >= -(2n ** 53n) + 1n && value <= 2n ** 53n - 1n;
  return isSafe ? Number(value) : value;
}
