/** Folders for specs that need real files, gone afterwards. */
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export async function temporaryFolder(): Promise<{ dir: string; dispose: () => Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'velamq-storage-'));
  return { dir, dispose: () => rm(dir, { recursive: true, force: true }) };
}

/** Numbers of the segments in a data folder, oldest first. */
export function segmentNumbers(dir: string): number[] {
  const names = readdirSync(join(dir, 'journal')).filter((name) => /^\d+$/.test(name));
  return names.map(Number).sort((a, b) => a - b);
}
