/** How long a batch takes to be durable when the journal is not full: 10,000 entries a second. */
import { Meter, openScratch, Producer, percentile } from './load.ts';

const SECONDS = Number(process.env['SECONDS'] ?? 8);

for (const [batchesPerSecond, entriesPerBatch] of [
  [2000, 5],
  [500, 20],
] as const) {
  const load = {
    entryBytes: 1100,
    entriesPerBatch,
    topics: 1,
    inFlight: 1000,
    retainBytes: 256 << 20,
  };
  const { storage, dispose } = await openScratch();
  const producer = new Producer(storage, load);
  const latencies: number[] = [];
  let sent = 0;
  const startMs = performance.now();
  const meter = new Meter();
  await new Promise<void>((resolve) => {
    const tick = () => {
      const due = ((performance.now() - startMs) / 1000) * batchesPerSecond;
      for (; sent < due; sent += 1) {
        const at = performance.now();
        void producer.append().then(() => latencies.push(performance.now() - at));
      }
      if (sent >= SECONDS * batchesPerSecond) resolve();
      else setTimeout(tick, 0.2);
    };
    tick();
  });
  await storage.journal.append({ atMs: 0, events: [] }).durable;
  const line = meter.line(producer.appendedEntries, producer.appendedBytes);
  latencies.sort((a, b) => a - b);
  const at = (part: number) => percentile(latencies, part).toFixed(2);
  console.log(`${batchesPerSecond} batches/s of ${entriesPerBatch}: ${line}`);
  console.log(`  ms: median ${at(0.5)}, 95 % ${at(0.95)}, 99 % ${at(0.99)}, max ${at(1)}`);
  await dispose();
}
