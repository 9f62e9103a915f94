/**
 * Choices by chance, over any source of numbers: a seed in the simulation, fast-check in models.
 * What is made of them is written once, for both.
 */
export abstract class Draws {
  /** At least 0, below 1. Smaller numbers should give smaller things: fast-check shrinks to 0. */
  abstract next(): number;

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
