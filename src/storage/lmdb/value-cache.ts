/** Values read lately: topics that were written together are read again and again. */
import type { RecordHeader } from './decode.ts';
import type { Place } from './layout.ts';

export interface CachedValue {
  /** Valid until the next `room`. */
  readonly bytes: Buffer;
  readonly header: RecordHeader | undefined;
}

/** Memory of values of up to so many bytes is used again; a few buffers wait for that. */
export const BUFFER_BYTES = 64 * 1024;
const MAX_FREE_BUFFERS = 16;

export class ValueCache {
  readonly #limitBytes: number;
  /** Least recently used first. */
  readonly #values = new Map<string, CachedValue>();
  readonly #free: Buffer[] = [];
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Memory for a value that is put in next. */
  readonly room = (bytes: number): Buffer => {
    if (bytes > BUFFER_BYTES) return Buffer.allocUnsafeSlow(bytes);
    const buffer = this.#free.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES);
    return buffer.subarray(0, bytes);
  };

  has(place: Place, value: number): boolean {
    return this.#values.has(`${place}/${value}`);
  }

  get(place: Place, value: number): CachedValue | undefined {
    const key = `${place}/${value}`;
    const cached = this.#values.get(key);
    if (cached === undefined) return undefined;
    this.#values.delete(key);
    this.#values.set(key, cached);
    return cached;
  }

  put(place: Place, value: number, bytes: Buffer, header?: RecordHeader): void {
    const key = `${place}/${value}`;
    const before = this.#values.get(key);
    if (before !== undefined) this.#bytes -= before.bytes.buffer.byteLength;
    this.#values.set(key, { bytes, header });
    this.#bytes += bytes.buffer.byteLength;
    // The one that was put in stays until the next, whatever its size.
    for (const [oldest, cached] of this.#values) {
      if (this.#bytes <= this.#limitBytes || oldest === key) return;
      this.#values.delete(oldest);
      this.#bytes -= cached.bytes.buffer.byteLength;
      this.#reuse(cached.bytes);
    }
  }

  /** What cannot be used is read again the next time: the disk may have been repaired. */
  forget(place: Place): void {
    for (const [key, { bytes }] of this.#values) {
      if (!key.startsWith(`${place}/`)) continue;
      this.#values.delete(key);
      this.#bytes -= bytes.buffer.byteLength;
    }
  }

  #reuse({ buffer }: Buffer): void {
    if (buffer.byteLength !== BUFFER_BYTES || this.#free.length >= MAX_FREE_BUFFERS) return;
    this.#free.push(Buffer.from(buffer));
  }
}
