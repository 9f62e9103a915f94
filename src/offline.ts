/**
 * What is done to data folders and backups without a broker, for the command line: the composition
 * root of `velamq backup`, `restore` and `doctor`.
 */
import { type FolderFindings, findingsOf } from './examination.ts';
import { type BackupPart, type Manifest, partsOf } from './storage/backup.ts';
import { writeBackup } from './storage/lmdb/backup-folder.ts';
import { inspectFolder } from './storage/lmdb/inspect.ts';
import { openLmdbStorage } from './storage/lmdb/open.ts';

export type { FolderFindings, SegmentFindings } from './examination.ts';
export { restoreBackup } from './storage/lmdb/restore.ts';

/** Writes what a broker sends as the backup `to`; see `writeBackup` for what it rejects with. */
export function receiveBackup(to: string, parts: AsyncIterable<BackupPart>): Promise<Manifest> {
  return writeBackup(to, parts);
}

/** Backs up the folder `dir`, which it opens as a broker would. Rejects with what either gives. */
export async function backUpFolder(dir: string, to: string): Promise<Manifest> {
  const storage = await openLmdbStorage({ dir });
  try {
    const backup = await storage.backup();
    try {
      return await writeBackup(to, partsOf(backup));
    } finally {
      await backup.close();
    }
  } finally {
    await storage.close();
  }
}

/** Looks at all of a data folder, as `inspectFolder` does, and at what its actors say of it. */
export async function examineFolder(dir: string): Promise<FolderFindings> {
  return findingsOf(await inspectFolder(dir));
}
