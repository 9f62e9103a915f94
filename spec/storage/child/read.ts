/** Opens one data folder after the other, reads and writes what it can; says what came of it. */
import { openLmdbStorage } from '../../../src/storage/lmdb/open.ts';

const ALL = { maxEntries: 1_000_000, maxBytes: 1_000_000_000 };

for (const dir of process.argv.slice(2)) console.log(await outcomeOf(dir));

/** `whole`, or the codes of the errors that were met. */
async function outcomeOf(dir: string): Promise<string> {
  const codes = new Set<string>();
  const note = (error: unknown) => codes.add(String((error as { code?: unknown }).code));
  try {
    const storage = await openLmdbStorage({ dir, segmentBytes: 256 * 1024, cacheBytes: 0 });
    await readJournal().catch(note);
    await storage.entries.read(1, 0, ALL).catch(note);
    const append = async () => storage.journal.append({ atMs: 1, events: [] }).durable;
    await append().catch(note);
    await storage.close();

    async function readJournal(): Promise<void> {
      for await (const record of storage.journal.read(0)) void record;
    }
  } catch (error) {
    note(error);
  }
  return codes.size === 0 ? 'whole' : [...codes].sort().join(' ');
}
