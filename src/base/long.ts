/**
 * 64-bit integers of the protocol. A number where it is exact, a bigint beyond: clients choose
 * sequence ids freely, nanosecond clocks among them.
 */
export type Long = number | bigint;

/** Negative, zero or positive as `a` is less than, equal to or greater than `b`. */
export function compareLongs(a: Long, b: Long): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
