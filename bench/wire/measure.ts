/**
 * Times a piece of work: the best of several rounds, since other processes only ever slow it
 * down.
 */

/** Runs `work`, which handles `count` messages, and prints nanoseconds a message. */
export function measure(name: string, count: number, work: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.hrtime.bigint();
    work();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / count);
  }
  console.log(`${name.padEnd(52)} ${best.toFixed(0).padStart(7)} ns`);
  return best;
}

const ROUNDS = 15;
