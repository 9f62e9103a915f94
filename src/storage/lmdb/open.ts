/** Storage over LMDB: the journal in segments, projections in a state environment beside them. */
import { join } from 'node:path';
import type { BackupSource } from '../backup.ts';
import type { Storage } from '../storage.ts';
import { openLmdbEnvironment, storageError } from './environment.ts';
import { FILE } from './new-file.ts';
import { type LmdbStorageOptions, settingsOf } from './options.ts';
import { Projection, STATE_MAP_BYTES, STATE_TABLES } from './projection.ts';
import { findSegments } from './recover.ts';
import { LmdbScratch } from './scratch.ts';
import { Segments } from './segments.ts';
import { Spares } from './spares.ts';
import { LmdbStorage } from './storage.ts';

export { type LmdbStorageOptions, lmdbDefaults } from './options.ts';

/**
 * Opens the data folder `options.dir`, made where it is missing, and recovers what it holds.
 *
 * Rejects with `data-folder-in-use`, `data-folder-version`, `storage-missing`, `storage-corrupt`,
 * `storage-full` or `storage-failed`; the message names the folder and says what to do.
 */
export async function openLmdbStorage(
  options: LmdbStorageOptions,
): Promise<Storage & BackupSource> {
  const settings = settingsOf(options);
  const { files } = settings;
  const openEnvironment = options.openEnvironment ?? openLmdbEnvironment;
  const closers: (() => Promise<void> | void)[] = [];
  try {
    await files.prepareFolder(settings.dir);
    closers.unshift(files.lockFolder(settings.dir));
    const empty = await files.prepareEmpty(settings.dir, openEnvironment);
    const scratch = new LmdbScratch({ dir: settings.dir, empty, files, openEnvironment });
    await scratch.clean();
    closers.unshift(() => scratch.close());
    const stateDir = join(settings.dir, 'state');
    const file = join(stateDir, FILE);
    if (!files.exists(file)) await files.createEnvironmentFolder(stateDir, empty);
    const environment = openEnvironment({ file, mapBytes: STATE_MAP_BYTES, tables: STATE_TABLES });
    const projection = new Projection(environment, stateDir);
    closers.unshift(() => projection.close());
    const journalDir = join(settings.dir, 'journal');
    const spares = new Spares(journalDir, empty, settings);
    closers.unshift(() => spares.close());
    const segments = new Segments(journalDir, settings, spares);
    closers.unshift(() => segments.close());
    const progress = projection.progress();
    const found = { journalDir, spares, settings, openEnvironment, projection, progress };
    await findSegments(found, segments);
    const storage = new LmdbStorage(found, segments, scratch, async () => {
      for (const close of closers) await close();
    });
    await storage.recover();
    return storage;
  } catch (error) {
    for (const close of closers) await close();
    throw 'code' in (error as object) ? storageError(error, settings.dir) : error;
  }
}
