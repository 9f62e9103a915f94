/** One storage under test, opened, closed and opened again by the contract's cases. */
import type { JournalBatch, JournalRecord } from '../../src/storage/journal.ts';
import type { Storage } from '../../src/storage/storage.ts';

/** A disk that storages are opened on. */
export interface StorageUnderTest {
  open(): Promise<Storage>;
  /** Opens with so small a cache that entries must be read. */
  openCold(): Promise<Storage>;
  dispose(): Promise<void>;
}

/** What `openCold` leaves to the cache. */
export const COLD_CACHE_BYTES = 50_000;

export const ALL = { maxEntries: 1_000_000, maxBytes: 1_000_000_000 };

export class Rig {
  disk!: StorageUnderTest;
  storage!: Storage;

  async begin(disk: StorageUnderTest): Promise<void> {
    this.disk = disk;
    this.storage = await disk.open();
  }

  async end(): Promise<void> {
    await this.storage.close();
    await this.disk.dispose();
  }

  async reopen(open: () => Promise<Storage> = () => this.disk.open()): Promise<void> {
    await this.storage.close();
    this.storage = await open();
  }

  /** Appends batches one after the other; resolves when the last one is durable. */
  async append(...batches: JournalBatch[]): Promise<void> {
    const appended = batches.map((batch) => this.storage.journal.append(batch));
    await Promise.all(appended.map(({ durable }) => durable));
  }

  async records(sequence = 0): Promise<JournalRecord[]> {
    const found: JournalRecord[] = [];
    for await (const record of this.storage.journal.read(sequence)) found.push(record);
    return found;
  }
}

/** Buffers and byte arrays as the same thing, and without what `undefined` would add. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]));
}
