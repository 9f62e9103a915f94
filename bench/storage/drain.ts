/** Whether draining a cold backlog holds up appending: latency without and with a drain. */
import { openLmdbStorage } from '../../src/storage/lmdb/open.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { type Load, openScratch, Producer, percentile, saturate } from './load.ts';

const BACKLOG_BYTES = Number(process.env['BACKLOG_MB'] ?? 1000) * 1e6;
const SECONDS = Number(process.env['SECONDS'] ?? 8);
const BATCHES_PER_SECOND = 1000;

const load: Load = {
  entryBytes: 1100,
  entriesPerBatch: 10,
  topics: 1,
  inFlight: 64,
  retainBytes: 1e12,
};

/** Appends at a fixed rate; gives latencies in milliseconds, sorted. */
async function pace(producer: Producer, seconds: number): Promise<number[]> {
  const latencies: number[] = [];
  const started = performance.now();
  for (let sent = 0; sent < seconds * BATCHES_PER_SECOND; ) {
    const due = ((performance.now() - started) / 1000) * BATCHES_PER_SECOND;
    for (; sent < due; sent += 1) {
      const at = performance.now();
      void producer.append().then(() => latencies.push(performance.now() - at));
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await producer.append();
  return latencies.sort((a, b) => a - b);
}

async function drain(storage: Storage, topicId: number, isDone: () => boolean): Promise<number> {
  let bytes = 0;
  for (let offset = 0; !isDone(); ) {
    const runs = await storage.entries.read(topicId, offset, {
      maxEntries: 1000,
      maxBytes: 1 << 20,
    });
    const last = runs.at(-1);
    if (last === undefined) offset = 0;
    else offset = last.firstOffset + last.entries.length;
    for (const { entries } of runs) for (const entry of entries) bytes += entry.length;
  }
  return bytes;
}

const line = (latencies: readonly number[]) =>
  [0.5, 0.99, 1].map((part) => percentile(latencies, part).toFixed(2)).join(' / ');

const scratch = await openScratch();
const backlog = { ...load, entriesPerBatch: 200, inFlight: 16 };
const filler = new Producer(scratch.storage, backlog, 1);
while (filler.appendedBytes < BACKLOG_BYTES) await saturate(filler, backlog, 1);
await scratch.storage.close();
const storage = await openLmdbStorage({ dir: scratch.dir });
const producer = new Producer(storage, load);
console.log(`alone: median / 99 % / max ${line(await pace(producer, SECONDS))} ms`);
let isDone = false;
const started = performance.now();
const drained = drain(storage, 1, () => isDone);
const latencies = await pace(producer, SECONDS);
isDone = true;
const rate = (await drained) / (performance.now() - started) / 1000;
console.log(`with a drain of ${rate.toFixed(0)} MB/s: ${line(latencies)} ms`);
await storage.close();
await scratch.dispose();
