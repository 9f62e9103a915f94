/** A set of whole numbers from 0 on, a bit each, that grows in pages. */

const PAGE_BYTES = 1024;
const PAGE_BITS = PAGE_BYTES * 8;

export class Bitmap {
  readonly #pages: Uint8Array[] = [];
  readonly #maxBytes: number;
  size = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** False where the number lies beyond what the bytes allow; then it is not in the set. */
  add(number: number): boolean {
    const index = Math.floor(number / PAGE_BITS);
    if ((index + 1) * PAGE_BYTES > this.#maxBytes) return false;
    while (this.#pages.length <= index) this.#pages.push(new Uint8Array(PAGE_BYTES));
    const page = this.#pages[index]!;
    const bit = number % PAGE_BITS;
    const mask = 1 << (bit & 7);
    if ((page[bit >>> 3]! & mask) === 0) this.size += 1;
    page[bit >>> 3]! |= mask;
    return true;
  }

  remove(number: number): void {
    const page = this.#pages[Math.floor(number / PAGE_BITS)];
    if (page === undefined) return;
    const bit = number % PAGE_BITS;
    const mask = 1 << (bit & 7);
    if ((page[bit >>> 3]! & mask) !== 0) this.size -= 1;
    page[bit >>> 3]! &= ~mask;
  }

  has(number: number): boolean {
    const page = this.#pages[Math.floor(number / PAGE_BITS)];
    if (page === undefined) return false;
    const bit = number % PAGE_BITS;
    return (page[bit >>> 3]! & (1 << (bit & 7))) !== 0;
  }
}
