/**
 * `/metrics`: Prometheus' text form 0.0.4, which wants all samples of a metric together. It is
 * written in short slices, and no faster than the scraper reads.
 */
import type { Clock } from '../../base/clock.ts';
import { pacer } from '../../base/slices.ts';
import type { Metric } from './metric.ts';
import { type LineForm, roomFor, SampleText } from './sample-text.ts';
import type { Block, Rows } from './table.ts';

/** Where the text goes: an HTTP response. */
export interface ByteSink {
  readonly destroyed: boolean;
  /** Calls `taken` once the bytes are not needed any more. */
  write(bytes: Buffer, taken: () => void): void;
  end(): void;
  once(event: 'close', listener: () => void): void;
  off(event: 'close', listener: () => void): void;
}

/** Bytes of a piece of the text; what needs more gets a piece of its own. */
const PIECE_BYTES = 262_144;

/** Pieces that wait to be taken; each is filled again and again. */
const MAX_PIECES = 4;

/** Writes all metrics and ends the sink; stops early when its receiver is gone. */
export async function writeMetrics(
  rows: readonly Rows[],
  clock: Pick<Clock, 'monotonicMs' | 'soon'>,
  sink: ByteSink,
): Promise<void> {
  const pieces = new Pieces(sink);
  const pace = pacer(clock, 1);
  let text = new SampleText(await pieces.take(PIECE_BYTES));
  const reserve = async (bytes: number): Promise<void> => {
    if (text.hasRoom(bytes)) return;
    pieces.give(text.filled);
    text = new SampleText(await pieces.take(bytes));
  };
  for (const { name, type, parts } of familiesOf(rows)) {
    const line = `# TYPE ${name} ${type}\n`;
    await reserve(line.length);
    text.text(line);
    for (const { block, sample, form } of blocksOf(parts)) {
      if (sink.destroyed) return;
      await reserve(roomFor(block, form));
      text.samples(block, sample, form);
      if (pace.isOver()) await pace.pause();
    }
  }
  if (sink.destroyed) return;
  pieces.give(text.filled);
  sink.end();
}

/** All that is said under one name. */
interface Family {
  readonly name: string;
  readonly type: string;
  readonly parts: Part[];
}

/** What one table says under it. */
interface Part {
  readonly rows: Rows;
  readonly metric: Metric<never>;
  /** Place of the metric's first sample among those of its table. */
  readonly first: number;
}

/** In the order in which they come first. */
function familiesOf(all: readonly Rows[]): Iterable<Family> {
  const families = new Map<string, Family>();
  for (const rows of all) {
    if (rows.blocks.length === 0) continue;
    let first = 0;
    for (const metric of rows.metrics) {
      const { name, type } = metric;
      const family = families.get(name) ?? { name, type, parts: [] };
      family.parts.push({ rows, metric, first });
      families.set(name, family);
      first += metric.samples.length;
    }
  }
  return families.values();
}

function* blocksOf(
  parts: readonly Part[],
): Iterable<{ readonly block: Block; readonly sample: number; readonly form: LineForm }> {
  for (const { rows, metric, first } of parts) {
    for (const [at, { suffix, labels }] of metric.samples.entries()) {
      const form = { opening: `${metric.name}${suffix}{`, closing: labels };
      for (const block of rows.blocks) yield { block, sample: first + at, form };
    }
  }
}

/** Memory for the text: what has been taken is filled again. */
class Pieces {
  readonly #sink: ByteSink;
  readonly #free: Buffer[] = [];
  #made = 0;
  /** The piece that is being filled. */
  #current: Buffer | undefined;

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  /** Waits until one is free, or the receiver is gone. */
  async take(bytes: number): Promise<Buffer> {
    while (this.#free.length === 0 && this.#made >= MAX_PIECES && !this.#sink.destroyed) {
      await this.#oneIsFree();
    }
    const free = this.#free.pop();
    if (free === undefined) this.#made += 1;
    const enough = free !== undefined && free.length >= bytes;
    this.#current = enough ? free : Buffer.allocUnsafeSlow(Math.max(PIECE_BYTES, bytes));
    return this.#current;
  }

  /** Hands over what has been written into the one that was taken last. */
  give(filled: Buffer): void {
    const piece = this.#current;
    if (piece === undefined || this.#sink.destroyed) return;
    this.#sink.write(filled, () => {
      this.#free.push(piece);
      this.#wake();
    });
  }

  #wake: () => void = () => undefined;

  #oneIsFree(): Promise<void> {
    return new Promise((resume) => {
      const go = (): void => {
        this.#sink.off('close', go);
        resume();
      };
      this.#wake = go;
      this.#sink.once('close', go);
    });
  }
}
