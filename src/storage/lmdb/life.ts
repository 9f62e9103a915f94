/**
 * Which life of its file a page was written in. A file that serves again numbers its transactions
 * from a higher number on, so that pages that an earlier life left are told from those of this one.
 */

/** In each of the two meta pages at the start of a file: bytes of a page, number of transaction. */
export const AT_PAGE_BYTES = 48;
export const AT_TRANSACTION = 152;

/** Of a transaction's number, the part that counts; what is above it says which life it is of. */
const LIFE_SHIFT = 32n;

export function lifeOf(transaction: bigint): bigint {
  return transaction >> LIFE_SHIFT;
}

/** Makes both meta pages of an empty file, `pages`, those of life `life`. */
export function beginLife(pages: Buffer, life: number): void {
  const pageBytes = pages.readUInt32LE(AT_PAGE_BYTES);
  for (const start of [0, pageBytes]) {
    pages.writeBigUInt64LE(BigInt(life) << LIFE_SHIFT, start + AT_TRANSACTION);
  }
}
