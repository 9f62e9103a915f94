/** How fast batches become durable: small entries joined, large ones as they are, many topics. */
import { type Load, Meter, openScratch, Producer, percentile, saturate } from './load.ts';

const SECONDS = Number(process.env['SECONDS'] ?? 8);
const RETAIN = 512 << 20;

const LOADS: readonly (Load & { readonly name: string })[] = [
  { name: '1 KB, 20 a batch', entryBytes: 1100, entriesPerBatch: 20, topics: 1 },
  { name: '1 KB, 100 a batch', entryBytes: 1100, entriesPerBatch: 100, topics: 1 },
  { name: '1 KB, 500 a batch', entryBytes: 1100, entriesPerBatch: 500, topics: 1 },
  { name: '1 KB, 100 a batch, 100 topics', entryBytes: 1100, entriesPerBatch: 100, topics: 100 },
  { name: '64 KB, 4 a batch', entryBytes: 65_600, entriesPerBatch: 4, topics: 1 },
  { name: '128 KB, 4 a batch', entryBytes: 131_100, entriesPerBatch: 4, topics: 1 },
  { name: '100 B, 500 a batch', entryBytes: 140, entriesPerBatch: 500, topics: 1 },
].map((load) => ({ ...load, inFlight: 8, retainBytes: RETAIN }));

const only = process.argv[2];
for (const { name, ...load } of LOADS) {
  if (only !== undefined && !name.includes(only)) continue;
  const { storage, dispose } = await openScratch();
  const producer = new Producer(storage, load);
  // Until segments go, as they do for ever after.
  while (producer.appendedBytes < 2 * RETAIN) await saturate(producer, load, 1);
  const meter = new Meter();
  const entries = producer.appendedEntries;
  const latencies = await saturate(producer, load, SECONDS);
  const added = producer.appendedEntries - entries;
  console.log(`${name}: ${meter.line(added, added * load.entryBytes)}`);
  const at = (part: number) => percentile(latencies, part).toFixed(2);
  console.log(`  ms: median ${at(0.5)}, 99 % ${at(0.99)}`);
  const rss = (process.memoryUsage().rss / 1e6).toFixed(0);
  console.log(`  rss ${rss} MB, ${JSON.stringify(storage.stats())}`);
  await dispose();
}
