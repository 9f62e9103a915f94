/** Reads what Pulsar's `perf` prints: a line every ten seconds, and sums at the end. */

/** A line of every ten seconds. */
export interface Progress {
  /**
   * Messages since the beginning: with a receipt for a producer, received for a consumer; or
   * transactions that have ended.
   */
  readonly messages: number;
  /** So many a second since the line before. */
  readonly rate: number;
}

/** In milliseconds. */
export interface Latency {
  readonly median: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** The counts of a progress line, or undefined for any other line. */
export function progressOf(line: string): Progress | undefined {
  const match =
    /Throughput (?:produced|received):\s+(\d+)\s+msg ---\s+([\d.]+)\s+msg\/s/.exec(line) ??
    /Throughput transaction:\s+(\d+) transaction executes ---\s+([\d.]+) transaction/.exec(line);
  return match === null ? undefined : { messages: Number(match[1]), rate: Number(match[2]) };
}

/**
 * The latencies of the whole run but its warm-up, or undefined for any other line; of
 * transactions, those of what they publish.
 */
export function latencyOf(line: string): Latency | undefined {
  if (!/Aggregated latency stats|send aggregated latency stats/.test(line)) return undefined;
  const at = (name: string) =>
    Number(new RegExp(`[ -]${name.replace('.', '\\.')}:\\s+([\\d.]+)`).exec(line)?.[1]);
  return { median: at('med'), p99: at('99pct'), p999: at('99.9pct'), max: at('Max') };
}
