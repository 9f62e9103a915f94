/**
 * What compacting a topic costs, and what others feel of it: a broker without sockets stores
 * batches of keyed messages, KEYS different ones of MESSAGES, of VALUE bytes each, and compacts
 * them while another topic is published to every ten milliseconds.
 */
import type { LocalBroker } from '../../src/actors/local-broker.ts';
import { topicActor } from '../../src/actors/names.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { configWith } from '../../src/base/options.ts';
import { parseTopicName } from '../../src/base/topic-name.ts';
import { furnish, makeCore } from '../../src/core.ts';
import { openLmdbStorage } from '../../src/storage/lmdb/open.ts';
import { buildBatch } from '../../src/wire/batch.ts';
import { encodeEntry } from '../../src/wire/entry.ts';
import { addProducer, Client, publish } from './client.ts';
import { runParts } from './killed.ts';

const MESSAGES = Number(process.env['MESSAGES'] ?? 10_000_000);
const KEYS = Number(process.env['KEYS'] ?? MESSAGES);
const VALUE = Number(process.env['VALUE'] ?? 20);
const MEMORY_MB = Number(process.env['MEMORY_MB'] ?? 64);
const RATE_MB = Number(process.env['RATE_MB'] ?? 1_024);
const BATCH = 100;
const TOPIC = parseTopicName('persistent://public/default/compacted');
const PROBE = parseTopicName('persistent://public/default/probe');

async function compact(dir: string): Promise<void> {
  const config = configWith({
    velamqDataDir: dir,
    velamqCompactionMemoryMB: MEMORY_MB,
    velamqCompactionMBPerSecond: RATE_MB,
  });
  const openStorage = () => openLmdbStorage({ dir });
  const core = makeCore({ config, clock: systemClock, log: silentLog, openStorage });
  const { broker, runtime } = core;
  await runtime.open();
  await furnish(broker, config);
  const bytes = await store(broker);
  console.log(`${MESSAGES} messages of ${KEYS} keys, ${(bytes / 2 ** 20).toFixed(0)} MB`);
  const probe = new Probe(broker);
  console.log(`  alone: ${await probe.during(sleep(3_000))}; ${memory()}`);
  const cpu = process.cpuUsage();
  const began = performance.now();
  await broker.ask(topicActor(TOPIC.full), (reply) => ({ type: 'compact', reply }));
  const peak = { rss: 0 };
  const done = async () => {
    while (broker.topicView(TOPIC)?.compaction.status === 'RUNNING') {
      peak.rss = Math.max(peak.rss, process.memoryUsage.rss());
      await sleep(50);
    }
  };
  const felt = await probe.during(done());
  const { user, system } = process.cpuUsage(cpu);
  const view = broker.topicView(TOPIC)?.compaction;
  console.log(
    `  compacted in ${((performance.now() - began) / 1_000).toFixed(1)} s, ` +
      `${((user + system) / MESSAGES).toFixed(2)} us of CPU a message, ` +
      `${view?.status} ${view?.error} ${view?.removed} removed, ${view?.ledger?.entries} entries`,
  );
  console.log(`  meanwhile: ${felt}; resident ${(peak.rss / 2 ** 20).toFixed(0)} MB at most`);
}

/** Publishes now and then, and remembers how long that took. */
class Probe {
  readonly #broker: LocalBroker;
  readonly #client = new Client();
  #sent = 0;

  constructor(broker: LocalBroker) {
    this.#broker = broker;
    addProducer(broker, PROBE, this.#client);
  }

  async during(work: Promise<unknown>): Promise<string> {
    let isDone = false;
    void work.then(() => {
      isDone = true;
    });
    const tookMs: number[] = [];
    while (!isDone) {
      const began = performance.now();
      publish(this.#broker, PROBE, this.#sent, this.#sent + 1);
      this.#sent += 1;
      await this.#client.until(() => this.#client.receipts === this.#sent);
      tookMs.push(performance.now() - began);
      await sleep(10);
    }
    tookMs.sort((a, b) => a - b);
    const at = (share: number) => tookMs[Math.floor((tookMs.length - 1) * share)]!.toFixed(1);
    return `a publish ${at(0.5)} ms in the middle, ${at(0.99)} at 99 %, ${at(1)} at most`;
  }
}

/** Gives the bytes of the entries. */
async function store(broker: LocalBroker): Promise<number> {
  const client = new Client();
  addProducer(broker, TOPIC, client);
  let bytes = 0;
  for (let at = 0; at < MESSAGES; at += BATCH * 20) {
    const entries = Array.from({ length: 20 }, (_, i) => batchFrom(at + i * BATCH));
    const size = entries.reduce((sum, { length }) => sum + length, 0);
    bytes += size;
    broker.topic(TOPIC).tell({
      type: 'publish',
      key: 1_000_000,
      sequenceIds: entries.map((_, i) => at + i * BATCH),
      highestSequenceIds: entries.map(() => undefined),
      messageCounts: entries.map(() => BATCH),
      entries,
      bytes: size,
      chunked: false,
    });
    await client.until(() => client.receipts >= at / BATCH - 100);
  }
  await client.until(() => client.receipts === MESSAGES / BATCH);
  return bytes;
}

function batchFrom(first: number): Buffer {
  const payload = Buffer.alloc(VALUE, 'v');
  const messages = Array.from({ length: BATCH }, (_, i) => {
    // Spread over the keys without going through them in order.
    return { metadata: { partition_key: `k${((first + i) * 7_919) % KEYS}` }, payload };
  });
  const batch = buildBatch(messages);
  const metadata = { producer_name: 'bench', sequence_id: first, publish_time: 1_700_000_000_000 };
  return encodeEntry({ ...metadata, num_messages_in_batch: BATCH }, batch);
}

function memory(): string {
  return `resident ${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MB`;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

await runParts(import.meta.url, { compact });
