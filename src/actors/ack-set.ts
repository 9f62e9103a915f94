/**
 * Batch indexes as 64-bit words: bit i of word j stands for index 64j+i, 1 means not acknowledged.
 * Words that are all zero at the end may be left out. (CommandAck.ack_set; Java's BitSet)
 */

/** Both sides' acknowledgements together; undefined when nothing is left open. */
export function intersect(
  a: readonly bigint[],
  b: readonly bigint[],
): readonly bigint[] | undefined {
  const words: bigint[] = [];
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    words.push(BigInt.asUintN(64, a[i]!) & BigInt.asUintN(64, b[i]!));
  }
  while (words.length > 0 && words.at(-1) === 0n) words.pop();
  return words.length === 0 ? undefined : words;
}

/** How many indexes are open. */
export function remaining(words: readonly bigint[]): number {
  let count = 0;
  for (const word of words) {
    for (let rest = BigInt.asUintN(64, word); rest !== 0n; rest &= rest - 1n) count++;
  }
  return count;
}

/**
 * Whether both sides acknowledge one of the indexes of a batch. A word that was left out
 * acknowledges all of its indexes that the batch has.
 */
export function overlaps(a: readonly bigint[], b: readonly bigint[], batchSize: number): boolean {
  for (let at = 0; at * 64 < batchSize; at++) {
    const size = Math.min(64, batchSize - at * 64);
    if (BigInt.asUintN(size, ~(a[at] ?? 0n) & ~(b[at] ?? 0n)) !== 0n) return true;
  }
  return false;
}
