/** Samples as bytes of Prometheus' text form, in pieces that a socket takes well. */
import type { Samples } from './table.ts';

/** Bytes of a piece; a line that is longer gets a piece of its own. */
const PIECE_BYTES = 65_536;

/** More than any number needs. */
const NUMBER_BYTES = 32;

const NEWLINE = 0x0a;
const SPACE = 0x20;
const MINUS = 0x2d;
const ZERO = 0x30;
const CLOSING_BRACE = 0x7d;

/** Takes lines in; `full` gives the pieces that have been filled. */
export class SampleText {
  #piece = Buffer.allocUnsafe(PIECE_BYTES);
  #length = 0;
  readonly #filled: Buffer[] = [];

  /** The line that says what kind of metric the next samples are of. */
  type(name: string, type: string): void {
    const line = `# TYPE ${name} ${type}\n`;
    this.#reserve(line.length);
    this.#length += this.#piece.write(line, this.#length, 'latin1');
  }

  /** One sample; `opening` is the metric's name and a brace. */
  sample(opening: Buffer, table: Samples, row: number, column: number): void {
    const labelLength = table.labelLength(row);
    this.#reserve(opening.length + labelLength + NUMBER_BYTES);
    this.#length += opening.copy(this.#piece, this.#length);
    table.copyLabels(row, this.#piece, this.#length);
    this.#length += labelLength;
    this.#byte(CLOSING_BRACE);
    this.#byte(SPACE);
    this.#number(table.value(row, column));
    this.#byte(NEWLINE);
  }

  /** A filled piece, if there is one. */
  next(): Buffer | undefined {
    return this.#filled.shift();
  }

  /** The piece that is not full yet. */
  rest(): Buffer {
    return this.#piece.subarray(0, this.#length);
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#piece.length) return;
    this.#filled.push(this.rest());
    this.#piece = Buffer.allocUnsafe(Math.max(PIECE_BYTES, bytes));
    this.#length = 0;
  }

  #byte(byte: number): void {
    this.#piece[this.#length] = byte;
    this.#length += 1;
  }

  /** Whole numbers as they are, others with three decimals, as Pulsar writes them. */
  #number(value: number): void {
    if (!Number.isInteger(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER) {
      const text = Number.isFinite(value) ? value.toFixed(3) : '0';
      this.#length += this.#piece.write(text, this.#length, 'latin1');
      return;
    }
    if (value < 0) this.#byte(MINUS);
    let rest = Math.abs(value);
    let digits = 1;
    for (let limit = 10; rest >= limit; limit *= 10) digits += 1;
    for (let digit = digits - 1; digit >= 0; digit -= 1) {
      const shorter = Math.floor(rest / 10);
      this.#piece[this.#length + digit] = ZERO + (rest - shorter * 10);
      rest = shorter;
    }
    this.#length += digits;
  }
}
