/**
 * What others feel while all of TOPICS loaded topics, with a subscription each, are looked at: when
 * metrics are read, and when a policy of their namespace changes. Says the longest turn of the
 * event loop meanwhile, by the CPU time of the process, which does not count what the machine does
 * besides, but does count the helpers of a collection of garbage.
 */
import type { LocalBroker } from '../../src/actors/local-broker.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { configWith } from '../../src/base/options.ts';
import { parseTopicName } from '../../src/base/topic-name.ts';
import { furnish, makeCore } from '../../src/core.ts';
import { openLmdbStorage } from '../../src/storage/lmdb/open.ts';
import { type ByteSink, writeMetrics } from '../../src/transport/metrics/exposition.ts';
import { startRates } from '../../src/transport/metrics/rates.ts';
import { Client, SUBSCRIPTION, subscribe } from './client.ts';
import { runParts } from './killed.ts';

const TOPICS = Number(process.env['TOPICS'] ?? 100_000);
const AT_ONCE = 500;
const ROUNDS = 5;

async function lookAtAll(dir: string): Promise<void> {
  const config = configWith({ velamqDataDir: dir, velamqActorIdleMs: 3_600_000 });
  const clock = systemClock;
  const log = silentLog;
  const core = makeCore({ config, clock, log, openStorage: () => openLmdbStorage({ dir }) });
  const { broker, runtime } = core;
  await runtime.open();
  await furnish(broker, config);
  const client = new Client();
  for (let from = 0; from < TOPICS; from += AT_ONCE) {
    const to = Math.min(TOPICS, from + AT_ONCE);
    for (let key = from; key < to; key++) {
      subscribe(broker, topicOf(key), key, 'Exclusive', client);
    }
    await client.until(() => client.attached === to);
    // Who waits for messages keeps its topic in memory.
    for (let key = from; key < to; key++) waitForMessages(broker, key);
  }
  const rates = startRates({ broker, clock, log, intervalMs: 3_600_000 });
  const none = { active: 0, created: 0, succeeded: 0, closed: 0, failed: 0 };
  const storageStats = () => runtime.storage.stats();
  const sources = { broker, config, clock, rates, version: 'bench', storageStats };
  await felt(`metrics of ${TOPICS} topics`, () =>
    writeMetrics({ ...sources, connections: () => none }, new Nowhere()),
  );
  let ttlSeconds = 1_000_000;
  await felt(`a policy of ${TOPICS} topics`, async () => {
    ttlSeconds += 1;
    await broker.setNamespacePolicies('public/default', { messageTtlSeconds: ttlSeconds });
    // Those that were told have their turn after it.
    await new Promise((resume) => setTimeout(resume, 100));
  });
}

function waitForMessages(broker: LocalBroker, key: number): void {
  const subscription = broker.subscriptionActor(topicOf(key), SUBSCRIPTION);
  if (subscription === undefined) throw new Error(`no consumer ${key}`);
  broker.ref(subscription).tell({ type: 'flow', key, permits: 1_000 });
}

const topicOf = (key: number) => parseTopicName(`persistent://public/default/topic-${key}`);

async function felt(what: string, work: () => Promise<void>): Promise<void> {
  const longestMs: number[] = [];
  const tookMs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const turns = new Turns();
    const began = performance.now();
    await work();
    tookMs.push(performance.now() - began);
    longestMs.push(turns.end());
  }
  const list = (all: number[]) => all.map((ms) => ms.toFixed(1)).join(' ');
  console.log(`${what}: ${list(tookMs)} ms; the longest turns ${list(longestMs)} ms of CPU`);
}

/** Notes what the longest turn of the event loop takes. */
class Turns {
  #longestMs = 0;
  #isOver = false;

  constructor() {
    let before = process.cpuUsage();
    const tick = () => {
      const { user, system } = process.cpuUsage(before);
      before = process.cpuUsage();
      this.#longestMs = Math.max(this.#longestMs, (user + system) / 1_000);
      if (!this.#isOver) setImmediate(tick);
    };
    setImmediate(tick);
  }

  end(): number {
    this.#isOver = true;
    return this.#longestMs;
  }
}

class Nowhere implements ByteSink {
  readonly destroyed = false;
  write(): boolean {
    return true;
  }
  end(): void {}
  once(): void {}
  off(): void {}
}

await runParts(import.meta.url, { topics: lookAtAll });
