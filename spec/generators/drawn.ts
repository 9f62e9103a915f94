/** Generators as arbitraries of fast-check, which makes what fails smaller. */
import fc from 'fast-check';
import { Draws } from './draws.ts';

/** What `generate` makes of numbers that fast-check chooses: at most so many, zeros after them. */
export function drawn<T>(generate: (draws: Draws) => T, maxDraws = 40): fc.Arbitrary<T> {
  return fc
    .array(fc.nat(LIMIT - 1), { maxLength: maxDraws, size: 'max' })
    .map((numbers) => generate(new Listed(numbers)));
}

const LIMIT = 2 ** 31;

class Listed extends Draws {
  readonly #numbers: readonly number[];
  #at = 0;

  constructor(numbers: readonly number[]) {
    super();
    this.#numbers = numbers;
  }

  next(): number {
    return (this.#numbers[this.#at++] ?? 0) / LIMIT;
  }
}
