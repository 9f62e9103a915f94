/**
 * 64-bit integers of the protocol. A value is a `number` while a double holds it exactly and a
 * `bigint` beyond, so ids stay cheap and Pulsar's sentinels and clients' nanosecond sequence ids
 * stay exact. The form is canonical: equal values are `===`, and a `Long` is a good `Map` key.
 */

import type { Long } from '../base/long.ts';

export type { Long } from '../base/long.ts';

/** -1 as it arrives in a `uint64` field: "none", "earliest". */
export const MINUS_ONE = 2n ** 64n - 1n;

/** 2^63-1: "latest" in ledger and entry ids. */
export const LATEST = 2n ** 63n - 1n;

/** The canonical form of a bigint. */
export function toLong(value: bigint): Long {
  return value >= MIN_SAFE && value <= MAX_SAFE ? Number(value) : value;
}

/**
 * Reads a `uint64` as the signed value that Pulsar means: 2^64-1 becomes -1, 2^63-1 stays `LATEST`.
 */
export function toSigned(value: Long): Long {
  return typeof value === 'number' ? value : toLong(BigInt.asIntN(64, value));
}

/** The `uint64` bits of a signed value: -1 becomes 2^64-1. The inverse of `toSigned`. */
export function toUnsigned(value: Long): Long {
  if (typeof value === 'number' && value >= 0) return value;
  return toLong(BigInt.asUintN(64, BigInt(value)));
}

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
const MIN_SAFE = BigInt(Number.MIN_SAFE_INTEGER);
