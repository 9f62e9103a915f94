/** Folders for specs that need real files, gone afterwards. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export async function temporaryFolder(): Promise<{ dir: string; dispose: () => Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'velamq-storage-'));
  return { dir, dispose: () => rm(dir, { recursive: true, force: true }) };
}
