/**
 * Protobuf's wire form the slow and plain way: bigints throughout, one array of bytes. The model
 * that the fast codecs are compared with, and a tool to write fields that they would not write.
 */

/** A field as it travels. */
export type RawField =
  | { readonly number: number; readonly wire: 0; readonly value: bigint }
  | { readonly number: number; readonly wire: 1 | 2 | 5; readonly value: Uint8Array };

export function varint(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  while (rest >= 128n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return [...bytes, Number(rest)];
}

export function encodeFields(fields: readonly RawField[]): Buffer {
  return Buffer.from(
    fields.flatMap((field) => {
      const tag = varint(BigInt((field.number << 3) | field.wire));
      if (field.wire === 0) return [...tag, ...varint(field.value)];
      const length = field.wire === 2 ? varint(BigInt(field.value.length)) : [];
      return [...tag, ...length, ...field.value];
    }),
  );
}

/** Splits a message into its fields; it must be well-formed. */
export function decodeFields(bytes: Uint8Array): RawField[] {
  const fields: RawField[] = [];
  let at = 0;
  const readVarint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
  };
  while (at < bytes.length) {
    const tag = Number(readVarint());
    const number = tag >> 3;
    const wire = tag & 7;
    if (wire === 0) fields.push({ number, wire, value: readVarint() });
    else if (wire === 1 || wire === 2 || wire === 5) {
      const length = wire === 2 ? Number(readVarint()) : wire === 1 ? 8 : 4;
      fields.push({ number, wire, value: bytes.subarray(at, at + length) });
      at += length;
    } else throw new Error(`wire type ${wire}`);
  }
  return fields;
}
