/**
 * What a million delayed messages cost: a broker without sockets takes them in while a shared
 * consumer waits, says what memory that takes, and is killed. Another process opens the folder, and
 * must deliver each once and none too early. MESSAGES says how many; SPREAD_S over how many seconds
 * their times are scattered, 0 for one time for all; WAIT_S how long after the start it begins.
 */
import type { LocalBroker } from '../../src/actors/local-broker.ts';
import { subscriptionActor } from '../../src/actors/names.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { configWith } from '../../src/base/options.ts';
import { parseTopicName } from '../../src/base/topic-name.ts';
import { furnish, makeCore } from '../../src/core.ts';
import { openLmdbStorage } from '../../src/storage/lmdb/open.ts';
import { addProducer, Client, publish, SUBSCRIPTION, subscribe } from './client.ts';
import { runParts } from './killed.ts';

const MESSAGES = Number(process.env['MESSAGES'] ?? 1_000_000);
const SPREAD_S = Number(process.env['SPREAD_S'] ?? 20);
const WAIT_S = Number(process.env['WAIT_S'] ?? 60);
const BATCH = 1_000;
const TOPIC = parseTopicName('persistent://public/default/delays');
const CONSUMER = 1;
/** The same for both processes, as a process inherits it. */
process.env['START_MS'] ??= String(Date.now());
const FIRST_MS = Number(process.env['START_MS']) + WAIT_S * 1_000;

/** Scattered without order, and the same in both processes. */
function dueAtMs(number: number): number {
  return FIRST_MS + ((number * 7_919) % (SPREAD_S * 1_000 + 1));
}

function coreOn(dir: string) {
  const config = configWith({ velamqDataDir: dir });
  const openStorage = () => openLmdbStorage({ dir });
  return { ...makeCore({ config, clock: systemClock, log: silentLog, openStorage }), config };
}

/** Takes everything in. */
async function hold(dir: string): Promise<void> {
  const core = coreOn(dir);
  await core.runtime.open();
  await furnish(core.broker, core.config);
  const client = new Client(() => false);
  attach(core.broker, client, BATCH);
  addProducer(core.broker, TOPIC, client);
  console.log(`${MESSAGES} messages over ${SPREAD_S} s`);
  const began = performance.now();
  for (let at = 0; at < MESSAGES; at += BATCH) {
    if (at % (MESSAGES / 5) === 0) console.log(`  ${at} held: ${memory()}`);
    publish(core.broker, TOPIC, at, at + BATCH, { dueAtMs });
    await client.until(() => client.receipts >= at);
  }
  await client.until(() => client.receipts === MESSAGES);
  const tookMs = performance.now() - began;
  const delayed = () => core.broker.subscriptionView(TOPIC, SUBSCRIPTION)?.delayed;
  while (delayed() !== MESSAGES) await pause();
  console.log(
    `  ${delayed()} held: ${memory()}; stored in ${tookMs.toFixed(0)} ms, ` +
      `${((FIRST_MS - Date.now()) / 1_000).toFixed(0)} s left`,
  );
}

/** Opens what was left behind and delivers it, each in its time. */
async function deliver(dir: string): Promise<void> {
  const core = coreOn(dir);
  const opening = performance.now();
  await core.runtime.open();
  const { broker } = core;
  const openMs = performance.now() - opening;
  const lateness: number[] = [];
  let early = 0;
  const client = new Client((number) => {
    const lateMs = Date.now() - dueAtMs(number);
    if (lateMs < 0) early++;
    lateness.push(lateMs);
    return true;
  });
  const passing = performance.now();
  attach(broker, client, 10_000);
  const isWaiting = () => broker.subscriptionView(TOPIC, SUBSCRIPTION)?.delayed === MESSAGES;
  while (!isWaiting() && client.delivered === 0) await pause();
  console.log(
    `  after a kill: open in ${openMs.toFixed(0)} ms, all passed over in ` +
      `${(performance.now() - passing).toFixed(0)} ms, ${memory()}; ` +
      `${((FIRST_MS - Date.now()) / 1_000).toFixed(0)} s left`,
  );
  const ref = broker.ref(ACTOR);
  while (client.delivered < MESSAGES) {
    await client.until(() => client.held.length > 0);
    const entries = client.held.splice(0);
    ref.tell({ type: 'ack', key: CONSUMER, cumulative: false, entries });
    ref.tell({ type: 'flow', key: CONSUMER, permits: entries.length });
  }
  lateness.sort((a, b) => a - b);
  const at = (share: number) => `${lateness[Math.floor((lateness.length - 1) * share)]} ms`;
  console.log(
    `  ${client.delivered} delivered, ${early} early; late by ${at(0.5)} in the middle, ` +
      `${at(0.99)} at 99 %, ${at(1)} at most; ${memory()}`,
  );
}

const ACTOR = subscriptionActor(1, SUBSCRIPTION);

function attach(broker: LocalBroker, client: Client, permits: number): void {
  subscribe(broker, TOPIC, CONSUMER, 'Shared', client);
  broker.ref(ACTOR).tell({ type: 'flow', key: CONSUMER, permits });
}

function memory(): string {
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
  const [heap, buffers, all] = [heapUsed, arrayBuffers, rss].map((b) => (b / 2 ** 20).toFixed(0));
  return `heap ${heap} MB, buffers ${buffers} MB, resident ${all} MB`;
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}

await runParts(import.meta.url, { hold, deliver });
