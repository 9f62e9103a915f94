/** How values are written in Pulsar's statistics. */

/** ISO 8601 with the zone, no more digits than needed; 1970 for "never": as Java has it. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.?0+Z$/, 'Z');
}

/** Java writes socket addresses with a slash in front: `/127.0.0.1:53422`. */
export function javaAddress(address: string): string {
  return address.startsWith('/') ? address : `/${address}`;
}

/** 0 where there is nothing to divide by. */
export function ratio(total: number, count: number): number {
  return count > 0 ? total / count : 0;
}
