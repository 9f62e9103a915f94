/** Memory in which small entries are joined into values, used again once the values are on disk. */

export interface Slab {
  readonly bytes: Buffer;
}

export class SlabPool {
  readonly slabBytes: number;
  readonly #maxFree: number;
  readonly #free: Slab[] = [];

  constructor(slabBytes: number, maxFree: number) {
    this.slabBytes = slabBytes;
    this.#maxFree = maxFree;
  }

  take(): Slab {
    return this.#free.pop() ?? { bytes: Buffer.allocUnsafeSlow(this.slabBytes) };
  }

  give(slabs: readonly Slab[]): void {
    for (const slab of slabs) {
      if (this.#free.length < this.#maxFree) this.#free.push(slab);
    }
  }
}
