/**
 * What dispatch costs where many share a subscription: a broker without sockets is published to as
 * fast as it takes entries, and its consumers acknowledge up to a hundred at a time. CPU is that of
 * the whole process: making, storing, delivering and acknowledging entries over LMDB.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { LocalBroker } from '../../src/actors/local-broker.ts';
import { subscriptionActor } from '../../src/actors/names.ts';
import type { SubscriptionType } from '../../src/actors/subscription/commands.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { configWith } from '../../src/base/options.ts';
import { parseTopicName } from '../../src/base/topic-name.ts';
import { furnish, makeCore } from '../../src/core.ts';
import { openLmdbStorage } from '../../src/storage/lmdb/open.ts';
import { addProducer, Client, publish, SUBSCRIPTION, subscribe } from './client.ts';

interface Scene {
  readonly what: string;
  readonly type: SubscriptionType;
  readonly consumers: number;
  readonly keys: number;
  /** Consumers that acknowledge one entry a millisecond. */
  readonly slow: number;
}

const SCENES: readonly Scene[] = [
  { what: 'shared, 1 consumer', type: 'Shared', consumers: 1, keys: 0, slow: 0 },
  { what: 'shared, 100 consumers', type: 'Shared', consumers: 100, keys: 0, slow: 0 },
  { what: 'key_shared, 10 keys', type: 'Key_Shared', consumers: 10, keys: 10, slow: 0 },
  { what: 'key_shared, 1,000,000 keys', type: 'Key_Shared', consumers: 100, keys: 1e6, slow: 0 },
  { what: 'the same, one slow consumer', type: 'Key_Shared', consumers: 100, keys: 1e6, slow: 1 },
];

const ENTRIES = Number(process.env['ENTRIES'] ?? 500_000);
const BATCH = 500;
/** Published and not delivered; with slow consumers a producer would run away from them. */
const WINDOW = 5_000;
/** What a client's queue holds. */
const PERMITS = 1_000;

/** A client that takes what it can get: it asks for more, and acknowledges, in lots. */
class Consumer extends Client {
  taken = 0;
  readonly #key: number;
  readonly #broker: LocalBroker;

  constructor(broker: LocalBroker, key: number) {
    super();
    this.#broker = broker;
    this.#key = key;
  }

  /** Done with all that it has got. */
  work(count = this.held.length): void {
    if (count === 0) return;
    const subscription = this.#broker.ref(subscriptionActor(1, SUBSCRIPTION));
    const entries = this.held.splice(0, count);
    this.taken += entries.length;
    const key = this.#key;
    subscription.tell({ type: 'flow', key, permits: entries.length });
    subscription.tell({ type: 'ack', key, cumulative: false, entries, reply: undefined });
  }
}

async function play(scene: Scene, dir: string): Promise<void> {
  const config = configWith({ velamqDataDir: dir });
  const openStorage = () => openLmdbStorage({ dir });
  const { runtime, broker } = makeCore({
    config,
    clock: systemClock,
    log: silentLog,
    openStorage,
  });
  await runtime.open();
  await furnish(broker, config);
  const topic = parseTopicName('persistent://public/default/dispatch');
  const consumers = Array.from({ length: scene.consumers }, (_, i) => new Consumer(broker, i + 1));
  for (const [i, consumer] of consumers.entries()) {
    subscribe(broker, topic, i + 1, scene.type, consumer);
    broker
      .ref(subscriptionActor(1, SUBSCRIPTION))
      .tell({ type: 'flow', key: i + 1, permits: PERMITS });
  }
  const producer = new Client();
  addProducer(broker, topic, producer);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const cpuBefore = process.cpuUsage();
  const began = performance.now();
  let published = 0;
  const end = began + 20_000;
  const lot = Math.min(100, WINDOW / scene.consumers / 4);
  const sum = () => consumers.reduce((total, { taken }) => total + taken, 0);
  while (sum() < ENTRIES && performance.now() < end) {
    if (published < ENTRIES && published - sum() < WINDOW * (1 + scene.slow)) {
      publish(broker, topic, published, published + BATCH, { keys: scene.keys });
      published += BATCH;
    }
    await new Promise((resolve) => setImmediate(resolve));
    for (const [i, consumer] of consumers.entries()) {
      if (i < scene.slow) consumer.work(Math.min(1, consumer.held.length));
      else if (consumer.held.length >= lot || published >= ENTRIES) consumer.work();
    }
  }
  const ms = performance.now() - began;
  const { user, system } = process.cpuUsage(cpuBefore);
  delay.disable();
  console.log(
    `${scene.what}: ${Math.round((sum() / ms) * 1_000)} entries/s, ` +
      `${((user + system) / sum()).toFixed(1)} us of CPU each, longest turn ` +
      `${(delay.max / 1e6).toFixed(0)} ms`,
  );
  await runtime.close();
}

// Without sockets nothing else keeps the process from ending while the storage rests.
const alive = setInterval(() => undefined, 60_000);
for (const scene of SCENES) {
  const dir = await mkdtemp(join(process.env['BENCH_DIR'] ?? tmpdir(), 'velamq-dispatch-'));
  await play(scene, dir);
  await rm(dir, { recursive: true });
}
clearInterval(alive);
