/** Samples as bytes of Prometheus' text form, in pieces that a socket takes well. */
import { BLOCK_ROWS, type Block } from './table.ts';

/** What all lines of a metric begin with, and what stands before their closing brace; ASCII. */
export interface LineForm {
  /** The metric's name and a brace. */
  readonly opening: string;
  /** Labels after those of the row. */
  readonly closing: string;
}

/** More than any number needs, with what stands around it. */
const NUMBER_BYTES = 32;

const NEWLINE = 0x0a;
const SPACE = 0x20;
const MINUS = 0x2d;
const ZERO = 0x30;
const CLOSING_BRACE = 0x7d;

/** Writes into one piece after the other. */
export class SampleText {
  readonly #piece: Buffer;
  #length = 0;

  constructor(piece: Buffer) {
    this.#piece = piece;
  }

  /** What has been written. */
  get filled(): Buffer {
    return this.#piece.subarray(0, this.#length);
  }

  hasRoom(bytes: number): boolean {
    return this.#length + bytes <= this.#piece.length;
  }

  /** A text of ASCII. */
  text(text: string): void {
    this.#length += this.#piece.write(text, this.#length, 'latin1');
  }

  /**
   * One sample of every row of a block. There must be room for `roomFor` them.
   *
   * What the lines have in common lies behind them in the same piece while they are written, since
   * nothing is cheaper than to copy within a buffer.
   */
  samples(block: Block, sample: number, { opening, closing }: LineForm): void {
    const piece = this.#piece;
    const { values, rows, ends, labels } = block;
    const openingAt = this.#length + lineBytes(block, { opening, closing });
    const labelsAt = openingAt + piece.write(opening, openingAt, 'latin1');
    const closingAt = labelsAt + labels.copy(piece, labelsAt);
    const closingEnd = closingAt + piece.write(closing, closingAt, 'latin1');
    let at = this.#length;
    let from = labelsAt;
    for (let row = 0; row < rows; row += 1) {
      piece.copyWithin(at, openingAt, labelsAt);
      at += labelsAt - openingAt;
      const to = labelsAt + ends[row]!;
      piece.copyWithin(at, from, to);
      at += to - from;
      from = to;
      if (closingEnd > closingAt) {
        piece.copyWithin(at, closingAt, closingEnd);
        at += closingEnd - closingAt;
      }
      piece[at] = CLOSING_BRACE;
      piece[at + 1] = SPACE;
      at = writeNumber(piece, at + 2, values[sample * BLOCK_ROWS + row]!);
      piece[at] = NEWLINE;
      at += 1;
    }
    this.#length = at;
  }
}

/** Bytes that there must be room for when a sample of a block is written. */
export function roomFor(block: Block, form: LineForm): number {
  const stencil = form.opening.length + form.closing.length + block.labels.length;
  return lineBytes(block, form) + stencil;
}

/** At most so many bytes do the lines take. */
function lineBytes({ rows, labels }: Block, { opening, closing }: LineForm): number {
  return rows * (opening.length + closing.length + NUMBER_BYTES) + labels.length;
}

/** NaN says that there is nothing to be told. */
function textOf(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? value.toFixed(3) : '0';
}

/** Whole numbers as they are, others with three decimals, as Pulsar writes them. Where it ends. */
function writeNumber(piece: Buffer, start: number, value: number): number {
  if (!Number.isInteger(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER) {
    const text = textOf(value);
    return start + piece.write(text, start, 'latin1');
  }
  let at = start;
  if (value < 0) {
    piece[at] = MINUS;
    at += 1;
  }
  let rest = Math.abs(value);
  let digits = 1;
  for (let limit = 10; rest >= limit; limit *= 10) digits += 1;
  for (let digit = digits - 1; digit >= 0; digit -= 1) {
    const shorter = Math.floor(rest / 10);
    piece[at + digit] = ZERO + (rest - shorter * 10);
    rest = shorter;
  }
  return at + digits;
}
