/**
 * Samples of one kind of thing: a row each, a metric a column. The text form wants all samples of a
 * metric together, so what is read row by row is kept until it is written. It is kept outside the
 * heap: with 100,000 topics, strings and objects would make the collector pause for long.
 */
import { assert } from '../../base/assert.ts';

export type MetricType = 'gauge' | 'counter';

/** Names of the metrics in the order of their values, and the type that Pulsar gives each. */
export type Columns = Readonly<Record<string, MetricType>>;

/** What can be written. */
export interface Samples {
  readonly columns: Columns;
  readonly rows: number;
  value(row: number, column: number): number;
  /** Bytes that `copyLabels` will write. */
  labelLength(row: number): number;
  copyLabels(row: number, target: Buffer, at: number): void;
}

/** Rows that are kept together: no row is ever copied to make room for another. */
const BLOCK_ROWS = 256;

export class Table<Names extends Columns> implements Samples {
  readonly columns: Names;
  readonly #names: readonly (keyof Names)[];
  readonly #blocks: Block[] = [];
  #rows = 0;

  constructor(columns: Names) {
    this.columns = columns;
    this.#names = Object.keys(columns);
  }

  get rows(): number {
    return this.#rows;
  }

  /** `labels` are what stands between the braces, escaped. */
  add(labels: string, values: Readonly<Record<keyof Names, number>>): void {
    const row = this.#rows % BLOCK_ROWS;
    if (row === 0) this.#blocks.push(new Block(this.#names.length));
    const block = this.#block(this.#rows);
    const start = row * this.#names.length;
    for (let column = 0; column < this.#names.length; column += 1) {
      block.values[start + column] = values[this.#names[column] as keyof Names];
    }
    block.label(row, labels);
    this.#rows += 1;
  }

  value(row: number, column: number): number {
    const at = (row % BLOCK_ROWS) * this.#names.length + column;
    return this.#block(row).values[at] ?? 0;
  }

  labelLength(row: number): number {
    return this.#block(row).labelLength(row % BLOCK_ROWS);
  }

  copyLabels(row: number, target: Buffer, at: number): void {
    this.#block(row).copyLabels(row % BLOCK_ROWS, target, at);
  }

  #block(row: number): Block {
    const block = this.#blocks[Math.floor(row / BLOCK_ROWS)];
    assert(block !== undefined, 'a row of a table has its block');
    return block;
  }
}

/** Bytes of the labels of a block to begin with. */
const FIRST_BYTES = 1024;

class Block {
  readonly values: Float64Array;
  #labels = Buffer.allocUnsafe(FIRST_BYTES);
  /** Where the labels of each row end in `#labels`. */
  readonly #ends = new Uint32Array(BLOCK_ROWS);

  constructor(columns: number) {
    this.values = new Float64Array(BLOCK_ROWS * columns);
  }

  label(row: number, labels: string): void {
    const start = this.#start(row);
    const bytes = Buffer.byteLength(labels);
    if (start + bytes > this.#labels.length) {
      const wider = Buffer.allocUnsafe(2 * (start + bytes));
      this.#labels.copy(wider, 0, 0, start);
      this.#labels = wider;
    }
    this.#ends[row] = start + this.#labels.write(labels, start);
  }

  labelLength(row: number): number {
    return (this.#ends[row] ?? 0) - this.#start(row);
  }

  copyLabels(row: number, target: Buffer, at: number): void {
    this.#labels.copy(target, at, this.#start(row), this.#ends[row]);
  }

  #start(row: number): number {
    return row === 0 ? 0 : (this.#ends[row - 1] ?? 0);
  }
}

/** One label, such as `topic="persistent://public/default/a"`. */
export function label(name: string, value: string): string {
  const plain = !/["\\\n]/.test(value);
  return `${name}="${plain ? value : value.replace(/["\\\n]/g, (one) => ESCAPES[one] ?? one)}"`;
}

const ESCAPES: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n' };
