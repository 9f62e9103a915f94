/**
 * What others feel while all of TOPICS loaded topics, with a subscription each, are looked at: when
 * metrics are read, and when a policy of their namespace changes; then when one changes for AWAY
 * topics that have left memory, and are brought back for it. Says the longest turn of the event
 * loop meanwhile, by the clock and by the CPU time of its thread, which does not count what the
 * machine does besides.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalBroker } from '../../src/actors/local-broker.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { configWith } from '../../src/base/options.ts';
import { parseTopicName } from '../../src/base/topic-name.ts';
import { furnish, makeCore } from '../../src/core.ts';
import { openLmdbStorage } from '../../src/storage/lmdb/open.ts';
import { type ByteSink, writeMetrics } from '../../src/transport/metrics/exposition.ts';
import { startRates } from '../../src/transport/metrics/rates.ts';
import { Scrapes } from '../../src/transport/metrics/scrapes.ts';
import { Client, SUBSCRIPTION, subscribe } from './client.ts';
import { runParts } from './killed.ts';

const TOPICS = Number(process.env['TOPICS'] ?? 100_000);
const AWAY = Number(process.env['AWAY'] ?? 10_000);
const AT_ONCE = 500;
const ROUNDS = 5;
const REST_MS = 10_000;
/** Of what takes a while: they come back a few in each half second. */
const LONG_ROUNDS = 2;

async function lookAtAll(dir: string): Promise<void> {
  const { broker, runtime, config } = await open(dir, 3_600_000);
  await subscribeAll(broker, TOPICS, waitForMessages);
  const clock = systemClock;
  const log = silentLog;
  const rates = startRates({ broker, clock, log, intervalMs: 3_600_000 });
  const none = { active: 0, created: 0, succeeded: 0, closed: 0, failed: 0 };
  const storageStats = () => runtime.storage.stats();
  const sources = { broker, config, clock, rates, version: 'bench', storageStats };
  const scrapes = new Scrapes({ ...sources, connections: () => none });
  await felt(`metrics of ${TOPICS} topics`, () =>
    scrapes.use((rows) => writeMetrics(rows, clock, new Nowhere())),
  );
  await atRest();
  await felt(`a policy of ${TOPICS} topics`, async () => {
    await changePolicy(broker);
    // Those that were told have their turn after it.
    await sleep(100);
  });
}

async function atRest(): Promise<void> {
  await sleep(5_000);
  const before = process.cpuUsage();
  await sleep(REST_MS);
  const { user, system } = process.cpuUsage(before);
  const rss = process.memoryUsage.rss() / 2 ** 20;
  const share = (user + system) / 10 / REST_MS;
  console.log(`at rest: ${share.toFixed(1)} % of a core, ${rss.toFixed(0)} MB resident`);
}

async function bringBack(dir: string): Promise<void> {
  const { broker, runtime } = await open(dir, 1_000);
  await subscribeAll(broker, AWAY, (_, key) => {
    broker.ref(subscriptionOf(broker, key)).tell({ type: 'remove-consumer', key });
  });
  const inMemory = () => [...runtime.loaded('topic')].length;
  while (inMemory() > 0) await sleep(100);
  await felt(
    `a policy of ${AWAY} topics that are not in memory`,
    async () => {
      await changePolicy(broker);
      while (runtime.list('review:').length > 0 || inMemory() > 0) await sleep(100);
    },
    LONG_ROUNDS,
  );
}

async function open(dir: string, velamqActorIdleMs: number) {
  const config = configWith({ velamqDataDir: dir, velamqActorIdleMs });
  const openStorage = () => openLmdbStorage({ dir });
  const core = makeCore({ config, clock: systemClock, log: silentLog, openStorage });
  await core.runtime.open();
  await furnish(core.broker, config);
  return { ...core, config };
}

async function subscribeAll(
  broker: LocalBroker,
  count: number,
  then: (broker: LocalBroker, key: number) => void,
): Promise<void> {
  const client = new Client();
  for (let from = 0; from < count; from += AT_ONCE) {
    const to = Math.min(count, from + AT_ONCE);
    for (let key = from; key < to; key++) {
      subscribe(broker, topicOf(key), key, 'Exclusive', client);
    }
    await client.until(() => client.attached === to);
    for (let key = from; key < to; key++) then(broker, key);
  }
}

let ttlSeconds = 1_000_000;

function changePolicy(broker: LocalBroker): Promise<void> {
  ttlSeconds += 1;
  return broker.setNamespacePolicies('public/default', { messageTtlSeconds: ttlSeconds });
}

/** Who waits for messages keeps its topic in memory. */
function waitForMessages(broker: LocalBroker, key: number): void {
  broker.ref(subscriptionOf(broker, key)).tell({ type: 'flow', key, permits: 1_000 });
}

function subscriptionOf(broker: LocalBroker, key: number): string {
  const subscription = broker.subscriptionActor(topicOf(key), SUBSCRIPTION);
  if (subscription === undefined) throw new Error(`no consumer ${key}`);
  return subscription;
}

const topicOf = (key: number) => parseTopicName(`persistent://public/default/topic-${key}`);

async function felt(what: string, work: () => Promise<void>, rounds = ROUNDS): Promise<void> {
  const longest: { byClock: number; byCpu: number }[] = [];
  const tookMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const turns = new Turns();
    const began = performance.now();
    await work();
    tookMs.push(performance.now() - began);
    longest.push(turns.end());
  }
  const list = (all: number[]) => all.map((ms) => ms.toFixed(1)).join(' ');
  const [byClock, byCpu] = [longest.map((of) => of.byClock), longest.map((of) => of.byCpu)];
  console.log(
    `${what}: ${list(tookMs)} ms; the longest turns ${list(byClock)} ms, of CPU ${list(byCpu)} ms`,
  );
}

/** Notes what the longest turns of the event loop take, in milliseconds. */
class Turns {
  #byClock = 0;
  #byCpu = 0;
  #isOver = false;

  constructor() {
    let [clock, cpu] = [performance.now(), cpuMs()];
    const tick = () => {
      const [clockBefore, cpuBefore] = [clock, cpu];
      [clock, cpu] = [performance.now(), cpuMs()];
      this.#byClock = Math.max(this.#byClock, clock - clockBefore);
      this.#byCpu = Math.max(this.#byCpu, cpu - cpuBefore);
      if (!this.#isOver) setImmediate(tick);
    };
    setImmediate(tick);
  }

  end() {
    this.#isOver = true;
    return { byClock: this.#byClock, byCpu: this.#byCpu };
  }
}

/** Of this thread, as Linux counts it in nanoseconds. */
function cpuMs(): number {
  const path = `/proc/self/task/${process.pid}/schedstat`;
  return Number(readFileSync(path, 'latin1').split(' ')[0]) / 1e6;
}

class Nowhere implements ByteSink {
  readonly destroyed = false;
  write(_bytes: Buffer, taken: () => void): void {
    setImmediate(taken);
  }
  end(): void {}
  once(): void {}
  off(): void {}
}

function sleep(ms: number): Promise<void> {
  return new Promise((resume) => setTimeout(resume, ms));
}

await runParts(import.meta.url, {
  loaded: (dir) => lookAtAll(join(dir, 'loaded')),
  away: (dir) => bringBack(join(dir, 'away')),
});
