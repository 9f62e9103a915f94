/** Where everything that is left to chance comes from: one seed gives one sequence of choices. */

export class Chance {
  #a: number;
  #b: number;
  #c: number;
  #d = 1;

  /** `purpose` keeps the draws of one part of the world from shifting those of another. */
  constructor(seed: number, purpose: string) {
    let hash = 0x811c9dc5;
    for (const char of `${seed}/${purpose}`) {
      hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
    }
    this.#a = hash >>> 0;
    this.#b = Math.imul(hash, 0x9e3779b1) >>> 0;
    this.#c = seed >>> 0;
    for (let i = 0; i < 12; i++) this.next();
  }

  /** At least 0, below 1 (sfc32). */
  next(): number {
    const sum = (this.#a + this.#b + this.#d) >>> 0;
    this.#d = (this.#d + 1) >>> 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) >>> 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) >>> 0;
    this.#c = (this.#c + sum) >>> 0;
    return sum / 2 ** 32;
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  happens(probability: number): boolean {
    return this.next() < probability;
  }

  of<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.next() * choices.length)]!;
  }

  /** One of the keys, each as often as its weight says. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
    const keys = Object.keys(weights) as K[];
    let sum = 0;
    for (const key of keys) sum += weights[key];
    let left = this.next() * sum;
    for (const key of keys) {
      left -= weights[key];
      if (left < 0) return key;
    }
    return keys.at(-1)!;
  }

  /** Mostly near `low`, now and then up to `high`: as waiting times are. */
  skewed(low: number, high: number): number {
    return low + (high - low) * this.next() ** 4;
  }
}
