/**
 * VelaMQ's own: a backup of everything durable, as an archive that is written while it is read.
 * What the client does with it is its own affair; the broker writes nowhere.
 */
import { BrokerError } from '../../base/errors.ts';
import { type TarFile, tarOf } from '../../base/tar.ts';
import { type Backup, partsOf } from '../../storage/backup.ts';
import { type AdminContext, Archive, type Routes } from './call.ts';

export function backupRoutes(routes: Routes, { backups }: AdminContext): void {
  routes.on('GET', '/admin/v2/velamq/backup', async () => {
    if (backups === undefined) {
      throw new BrokerError('not-implemented', 'This broker stores nothing that could be copied');
    }
    const backup = await backups.backup();
    return new Archive(tarOf(closing(backup)), () => void backup.close());
  });
}

/** The parts of a backup, which ends with them, also where its reader leaves early. */
async function* closing(backup: Backup): AsyncGenerator<TarFile> {
  try {
    yield* partsOf(backup);
  } finally {
    await backup.close();
  }
}
