/**
 * Samples of one kind of thing: a row each. The text form wants all samples of a metric together,
 * so what is read row by row is kept until it is written. It is kept outside the heap, and used
 * again by the next scrape: with 100,000 topics, what a scrape throws away would make the collector
 * pause for long.
 */
import { assert } from '../../base/assert.ts';
import type { Metric } from './metric.ts';

/** What can be written: the samples of some metrics, by rows that share their labels. */
export interface Rows {
  readonly metrics: readonly Metric<never>[];
  readonly blocks: readonly Block[];
}

/** Rows that are kept together: no row is ever copied to make room for another. */
export const BLOCK_ROWS = 128;

export class Table<Facts> implements Rows {
  readonly metrics: readonly Metric<Facts>[];
  readonly #reads: readonly ((facts: Facts) => number)[];
  #blocks: Block[] = [];
  /** Of a scrape that is over, to be used again. */
  #spare: Block[] = [];
  #rows = 0;

  constructor(metrics: readonly Metric<Facts>[]) {
    this.metrics = metrics;
    this.#reads = metrics.flatMap(({ samples }) => samples.map(({ read }) => read));
  }

  get blocks(): readonly Block[] {
    return this.#blocks;
  }

  get rows(): number {
    return this.#rows;
  }

  /** `labels` are what stands between the braces, escaped. */
  add(labels: string, facts: Facts): void {
    const reads = this.#reads;
    const row = this.#rows % BLOCK_ROWS;
    if (row === 0) this.#blocks.push(this.#spare.pop() ?? this.#newBlock());
    const block = this.#blocks.at(-1);
    assert(block !== undefined, 'a row of a table has its block');
    const { values } = block;
    for (let i = 0; i < reads.length; i += 1) values[i * BLOCK_ROWS + row] = reads[i]!(facts);
    block.label(row, labels);
    this.#rows += 1;
  }

  /** Its labels are likely to be as long as those of the block before. */
  #newBlock(): Block {
    const before = this.#blocks.at(-1)?.labels.length ?? 0;
    return new Block(this.#reads.length, Math.max(FIRST_BYTES, Math.ceil(before * SPARE_ROOM)));
  }

  /** Adds what the last row says to sums, sample by sample. */
  addLastTo(sums: Float64Array): void {
    const block = this.#blocks.at(-1);
    if (block === undefined) return;
    const row = (this.#rows - 1) % BLOCK_ROWS;
    for (let i = 0; i < sums.length; i += 1) {
      sums[i] = sums[i]! + block.values[i * BLOCK_ROWS + row]!;
    }
  }

  /** Forgets the last row. */
  drop(): void {
    this.#rows -= 1;
    const block = this.#blocks.at(-1);
    block?.drop();
    if (this.#rows % BLOCK_ROWS === 0 && block !== undefined) {
      this.#blocks.pop();
      this.#spare.push(block);
    }
  }

  /** Empty again, for the next scrape. */
  clear(): void {
    this.#spare = [...this.#blocks, ...this.#spare].slice(0, this.#blocks.length);
    for (const block of this.#spare) block.clear();
    this.#blocks = [];
    this.#rows = 0;
  }
}

/** Bytes of the labels of a table's first block to begin with. */
const FIRST_BYTES = 1024;

/** Room for labels, in what those of the block before took; the last row is written with spare. */
const SPARE_ROOM = 1.125;

export class Block {
  /** By sample, then by row, with room for all rows. */
  readonly values: Float64Array;
  rows = 0;
  /** Where the labels of each row end in `labels`; those of the first begin at 0. */
  readonly ends = new Uint32Array(BLOCK_ROWS);
  #labels: Buffer;

  /** `labelBytes` is how much room the labels are given to begin with. */
  constructor(samples: number, labelBytes: number) {
    this.values = new Float64Array(BLOCK_ROWS * samples);
    this.#labels = Buffer.allocUnsafeSlow(labelBytes);
  }

  /** Labels of all rows, one after the other. */
  get labels(): Buffer {
    return this.#labels.subarray(0, this.#end);
  }

  label(row: number, labels: string): void {
    const start = this.#end;
    // No character of a string takes more than three bytes.
    if (start + labels.length * 3 > this.#labels.length) {
      const wider = Buffer.allocUnsafeSlow(2 * (start + labels.length * 3));
      this.#labels.copy(wider, 0, 0, start);
      this.#labels = wider;
    }
    this.ends[row] = start + this.#labels.write(labels, start);
    this.rows = row + 1;
  }

  drop(): void {
    this.rows -= 1;
  }

  clear(): void {
    this.rows = 0;
  }

  get #end(): number {
    return this.rows === 0 ? 0 : this.ends[this.rows - 1]!;
  }
}
