/**
 * Samples of one kind of thing: a row each, a metric a column. The text form wants all samples of a
 * metric together, so what is read row by row is kept, as plain numbers, until it is written.
 */

export type MetricType = 'gauge' | 'counter';

/** Names of the metrics in the order of their values, and the type that Pulsar gives each. */
export type Columns = Readonly<Record<string, MetricType>>;

export class Table<Names extends Columns> {
  readonly columns: Names;
  readonly labels: string[] = [];
  readonly #values: ReadonlyMap<string, number[]>;

  constructor(columns: Names) {
    this.columns = columns;
    this.#values = new Map(Object.keys(columns).map((name) => [name, []]));
  }

  /** `labels` are what stands between the braces, escaped. */
  add(labels: string, values: Readonly<Record<keyof Names, number>>): void {
    this.labels.push(labels);
    for (const [name, column] of this.#values) column.push(values[name as keyof Names]);
  }

  column(name: string): readonly number[] {
    return this.#values.get(name) ?? [];
  }
}

/** One label, such as `topic="persistent://public/default/a"`. */
export function label(name: string, value: string): string {
  const plain = !/["\\\n]/.test(value);
  return `${name}="${plain ? value : value.replace(/["\\\n]/g, (one) => ESCAPES[one] ?? one)}"`;
}

const ESCAPES: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n' };
