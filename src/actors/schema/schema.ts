/** What a schema is to the registry: its kind, its definition, and the version it was given. */

/** Numbers of Pulsar's `Schema.Type` that the registry treats in a way of their own. */
export const KIND = {
  none: 0,
  string: 1,
  json: 2,
  protobuf: 3,
  avro: 4,
  keyValue: 15,
  protobufNative: 20,
  autoConsume: 21,
  external: 22,
} as const;

/** Pulsar's names of the kinds, by their numbers: what REST and refusals say. */
export const KIND_NAMES: Readonly<Record<number, string>> = {
  0: 'NONE',
  1: 'STRING',
  2: 'JSON',
  3: 'PROTOBUF',
  4: 'AVRO',
  5: 'BOOLEAN',
  6: 'INT8',
  7: 'INT16',
  8: 'INT32',
  9: 'INT64',
  10: 'FLOAT',
  11: 'DOUBLE',
  12: 'DATE',
  13: 'TIME',
  14: 'TIMESTAMP',
  15: 'KEY_VALUE',
  16: 'INSTANT',
  17: 'LOCAL_DATE',
  18: 'LOCAL_TIME',
  19: 'LOCAL_DATE_TIME',
  20: 'PROTOBUF_NATIVE',
  21: 'AUTO_CONSUME',
  22: 'EXTERNAL',
};

export interface Schema {
  /** Number of Pulsar's `Schema.Type`. */
  readonly kind: number;
  /** The definition's bytes, each as one character (latin1). */
  readonly definition: string;
  readonly properties: Readonly<Record<string, string>>;
}

export interface StoredSchema extends Schema {
  readonly version: number;
  readonly atMs: number;
  /** The role that registered or deleted it; empty where nobody proves who they are. */
  readonly writer: string;
  /** A deletion takes a version too; what came before it counts no more. */
  readonly deleted: boolean;
}

/** The versions that count: those since the last deletion. */
export function current(versions: readonly StoredSchema[]): readonly StoredSchema[] {
  const last = versions.findLastIndex(({ deleted }) => deleted);
  return versions.slice(last + 1);
}
