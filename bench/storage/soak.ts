/** Whether the write rate stays flat: appends at full speed with about 1 GB retained. */
import { type Load, openScratch, Producer, saturate } from './load.ts';

const at = process.argv.indexOf('--seconds');
const seconds = at === -1 ? 60 : Number(process.argv[at + 1]);
const STEP_SECONDS = 5;

const load: Load = {
  entryBytes: 1100,
  entriesPerBatch: 200,
  topics: 20,
  inFlight: 16,
  retainBytes: 1 << 30,
};
const { storage, dispose } = await openScratch();
const producer = new Producer(storage, load);
for (let passed = 0; passed < seconds; passed += STEP_SECONDS) {
  const before = producer.appendedBytes;
  const started = performance.now();
  await saturate(producer, load, STEP_SECONDS);
  const rate = (producer.appendedBytes - before) / (performance.now() - started) / 1000;
  const { segments, journalBytes, liveBytes } = storage.stats();
  const sizes = [journalBytes, liveBytes, process.memoryUsage().rss].map((n) =>
    (n / 1e6).toFixed(0),
  );
  console.log(
    `${passed + STEP_SECONDS} s: ${rate.toFixed(0)} MB/s, ${segments} segments, ` +
      `journal ${sizes[0]} MB, live ${sizes[1]} MB, rss ${sizes[2]} MB`,
  );
}
await dispose();
