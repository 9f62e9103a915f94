/**
 * Keeps a sentence that strangers can cause from filling the log: of the same one, so many lines a
 * second are written, and how many were left out is told in a line of its own.
 */

const SECOND_MS = 1_000;

/** Sentences told apart within a second; what comes beyond counts as one. */
const MAX_SENTENCES = 256;
const ALL_OTHERS = 'others';

export interface LeftOut {
  readonly sentence: string;
  readonly lines: number;
}

export class RepeatedLines {
  readonly #perSecond: number;
  #second = 0;
  readonly #lines = new Map<string, number>();

  /** `perSecond`: lines of one sentence. */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Whether a line may be written now. */
  take(sentence: string): boolean {
    const isKnown = this.#lines.has(sentence) || this.#lines.size < MAX_SENTENCES;
    const key = isKnown ? sentence : ALL_OTHERS;
    const lines = (this.#lines.get(key) ?? 0) + 1;
    this.#lines.set(key, lines);
    return lines <= this.#perSecond;
  }

  /** Begins the second of `nowMs`; what the one before it left out, once. */
  turn(nowMs: number): readonly LeftOut[] {
    const second = Math.floor(nowMs / SECOND_MS);
    if (second === this.#second) return [];
    this.#second = second;
    const counts = [...this.#lines];
    this.#lines.clear();
    return counts
      .filter(([, lines]) => lines > this.#perSecond)
      .map(([sentence, lines]) => ({ sentence, lines: lines - this.#perSecond }));
  }
}
