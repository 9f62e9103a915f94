/** Where everything that is left to chance comes from: one seed gives one sequence of choices. */
import { Draws } from '../../generators/draws.ts';

export class Chance extends Draws {
  #a: number;
  #b: number;
  #c: number;
  #d = 1;

  /** `purpose` keeps the draws of one part of the world from shifting those of another. */
  constructor(seed: number, purpose: string) {
    super();
    let hash = 0x811c9dc5;
    for (const char of `${seed}/${purpose}`) {
      hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
    }
    this.#a = hash >>> 0;
    this.#b = Math.imul(hash, 0x9e3779b1) >>> 0;
    this.#c = seed >>> 0;
    for (let i = 0; i < 12; i++) this.next();
  }

  /** sfc32. */
  next(): number {
    const sum = (this.#a + this.#b + this.#d) >>> 0;
    this.#d = (this.#d + 1) >>> 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) >>> 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) >>> 0;
    this.#c = (this.#c + sum) >>> 0;
    return sum / 2 ** 32;
  }
}
