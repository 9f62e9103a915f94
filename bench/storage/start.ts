/**
 * How long opening takes with much stored: GB (default 10) over 10,000 topics, none of it acked.
 */
import { openLmdbStorage } from '../../src/storage/lmdb/open.ts';
import { type Load, openScratch, Producer, saturate } from './load.ts';

const BYTES = Number(process.env['GB'] ?? 10) * 1e9;
const load: Load = {
  entryBytes: 1100,
  entriesPerBatch: 100,
  topics: 10_000,
  inFlight: 32,
  retainBytes: 1e13,
};

const scratch = await openScratch();
const producer = new Producer(scratch.storage, load);
while (producer.appendedBytes < BYTES) await saturate(producer, load, 1);
await scratch.storage.close();
for (const kind of ['first', 'second']) {
  const rssBefore = process.memoryUsage().rss;
  const started = performance.now();
  const storage = await openLmdbStorage({ dir: scratch.dir });
  const ms = (performance.now() - started).toFixed(0);
  const { segments, liveBytes } = storage.stats();
  const rss = ((process.memoryUsage().rss - rssBefore) / 1e6).toFixed(0);
  const read = performance.now();
  await storage.entries.read(7, 0, { maxEntries: 100, maxBytes: 1 << 20 });
  const firstRead = (performance.now() - read).toFixed(1);
  console.log(
    `${kind} start: ${ms} ms, ${segments} segments, live ${(liveBytes / 1e9).toFixed(1)} GB, ` +
      `rss +${rss} MB, first read ${firstRead} ms`,
  );
  await storage.close();
}
await scratch.dispose();
