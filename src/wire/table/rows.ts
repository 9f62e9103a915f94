/**
 * How one field of a protocol message is written down in the tables beside this file:
 * `[number, name, type, rule, default, oneof]`, default and oneof only where there is one. A type
 * is a scalar, the name of an enum of `enums.ts`, or the name of another message.
 */

/** What may travel under a field number, in protobuf 2 terms. */
export type Rule = 'required' | 'optional' | 'repeated';

export type ScalarType =
  | 'bool'
  | 'bytes'
  | 'double'
  | 'int32'
  | 'int64'
  | 'string'
  | 'uint32'
  | 'uint64';

export type FieldRow = readonly [
  number: number,
  name: string,
  type: string,
  rule: Rule,
  defaultValue?: string | number | boolean | undefined,
  oneof?: string,
];

/** The rows of some messages, by message name. */
export type FieldTable = { readonly [message: string]: readonly FieldRow[] };
