/**
 * Port: a copy of everything durable as it was after one journal record, taken while others write.
 * What is in it is read once, from the first file to the last.
 */

/** A file of the data folder, as the copy has it. */
export interface BackupFile {
  /** Inside the data folder, with slashes: `journal/7/data.mdb`. */
  readonly path: string;
  readonly bytes: number;
  /**
   * Its bytes. Rejects with `storage-failed`, `storage-full` or `storage-missing` where the copy
   * cannot be completed; then none of it counts.
   */
  read(): AsyncIterable<Buffer>;
}

/** What a backup is made of; written behind all its files, so that without it none counts. */
export interface Manifest {
  readonly format: 1;
  /** The version of the data folder. */
  readonly folder: number;
  readonly createdAtMs: number;
  /** The last journal record in it. */
  readonly position: number;
  /** It can be restored as of any record from this one to the last. */
  readonly since: number;
  readonly files: readonly {
    readonly path: string;
    readonly bytes: number;
    readonly crc32c: number;
  }[];
}

/** Where the manifest lies, beside the files. */
export const MANIFEST = 'MANIFEST.json';

export interface Backup {
  readonly files: readonly BackupFile[];
  /** Once all files have been read. */
  manifest(): Manifest;
  /** Gives back what was kept for it; whoever opened it must call this, at the end or before. */
  close(): Promise<void>;
}

/** A storage that can be copied. */
export interface BackupSource {
  /**
   * Begins a copy of everything as of now; one at a time. Rejects with `conflict` while there is
   * another, with `storage-full` where the disk has no room for it.
   */
  backup(): Promise<Backup>;
}

/** A file of a backup, or at last its manifest, as it goes from hand to hand. */
export interface BackupPart {
  readonly path: string;
  readonly bytes: number;
  readonly chunks: AsyncIterable<Buffer>;
}

/** All of a backup, one part after the other. */
export async function* partsOf(backup: Backup): AsyncGenerator<BackupPart> {
  for (const file of backup.files) {
    yield { path: file.path, bytes: file.bytes, chunks: file.read() };
  }
  const manifest = Buffer.from(`${JSON.stringify(backup.manifest(), undefined, 2)}\n`);
  yield { path: MANIFEST, bytes: manifest.length, chunks: once(manifest) };
}

async function* once(chunk: Buffer): AsyncGenerator<Buffer> {
  yield chunk;
}
