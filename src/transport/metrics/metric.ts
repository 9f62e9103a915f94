/** A metric: its name, and how its samples are read out of the facts that a row is made of. */

export type MetricType = 'gauge' | 'counter' | 'summary' | 'histogram';

export interface Metric<Facts> {
  readonly name: string;
  readonly type: MetricType;
  readonly samples: readonly Sample<Facts>[];
}

export interface Sample<Facts> {
  /** What comes after the metric's name: `_sum` and `_count` of summaries. */
  readonly suffix: string;
  /** Labels after those of the row, with a comma before each. */
  readonly labels: string;
  readonly read: (facts: Facts) => number;
}

export type Read<Facts> = (facts: Facts) => number;

/** Metrics of one sample each, by their names. */
export function gauges<Facts>(reads: Readonly<Record<string, Read<Facts>>>): Metric<Facts>[] {
  return ofType('gauge', reads);
}

export function counters<Facts>(reads: Readonly<Record<string, Read<Facts>>>): Metric<Facts>[] {
  return ofType('counter', reads);
}

function ofType<Facts>(
  type: MetricType,
  reads: Readonly<Record<string, Read<Facts>>>,
): Metric<Facts>[] {
  return Object.entries(reads).map(([name, read]) => {
    return { name, type, samples: [{ suffix: '', labels: '', read }] };
  });
}

/** A gauge of several samples, which differ by the value of one label. */
export function gaugeBy<Facts>(
  name: string,
  labelName: string,
  reads: Readonly<Record<string, Read<Facts>>>,
): Metric<Facts> {
  const samples = Object.entries(reads).map(([value, read]) => {
    return { suffix: '', labels: `,${label(labelName, value)}`, read };
  });
  return { name, type: 'gauge', samples };
}

/** One label, such as `topic="persistent://public/default/a"`. */
export function label(name: string, value: string): string {
  const plain = !/["\\\n]/.test(value);
  return `${name}="${plain ? value : value.replace(/["\\\n]/g, (one) => ESCAPES[one] ?? one)}"`;
}

const ESCAPES: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n' };
