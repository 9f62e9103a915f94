/**
 * What it costs to attach to a topic when many have done so: COUNT consumers of one subscription of
 * each type, producers, and subscriptions with a consumer each, one after the other, as a client
 * does it; then all consumers leave at once, as when a connection ends. None should cost much more
 * than the first ones did.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { LocalBroker } from '../../src/actors/local-broker.ts';
import { subscriptionActor } from '../../src/actors/names.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { configWith } from '../../src/base/options.ts';
import { parseTopicName } from '../../src/base/topic-name.ts';
import { furnish, makeCore } from '../../src/core.ts';
import { openLmdbStorage } from '../../src/storage/lmdb/open.ts';
import { addProducer, Client, SUBSCRIPTION, subscribe } from './client.ts';
import { runParts } from './killed.ts';

const COUNT = Number(process.env['COUNT'] ?? 10_000);
const PERMITS = 1_000;

async function attachMany(dir: string): Promise<void> {
  const config = configWith({ velamqDataDir: dir });
  const openStorage = () => openLmdbStorage({ dir });
  const { broker, runtime } = makeCore({ config, clock: systemClock, log: silentLog, openStorage });
  await runtime.open();
  await furnish(broker, config);
  for (const [type, name] of [
    ['Shared', 'shared'],
    ['Key_Shared', 'key-shared'],
    ['Failover', 'failover'],
    ['Failover', 'partitioned-partition-3'],
  ] as const) {
    if (name.startsWith('partitioned')) {
      await broker.createPartitionedTopic(topicOf('partitioned'), 4);
    }
    const topic = topicOf(name);
    const client = new Client();
    const subscription = () =>
      broker.ref(subscriptionActor(broker.topicView(topic)?.topicId ?? 0, SUBSCRIPTION));
    await measure(`${type} consumers of ${name}`, async (key) => {
      subscribe(broker, topic, key, type, client);
      await client.until(() => client.attached > key);
      subscription().tell({ type: 'flow', key, permits: PERMITS });
    });
    await leave(broker, subscription().id);
  }
  const client = new Client();
  await measure('producers', async (key) => {
    addProducer(broker, topicOf('producers'), client, key);
    await client.until(() => client.attached > key);
  });
  const other = new Client();
  await measure('subscriptions', async (key) => {
    subscribe(broker, topicOf('subscriptions'), key, 'Exclusive', other, `subscription-${key}`);
    await other.until(() => other.attached > key);
  });
}

async function measure(what: string, attach: (key: number) => Promise<void>): Promise<void> {
  const tenth = COUNT / 10;
  const tookMs: number[] = [];
  for (let from = 0; from < COUNT; from += tenth) {
    const began = performance.now();
    for (let key = from; key < from + tenth; key++) await attach(key);
    tookMs.push(performance.now() - began);
  }
  const us = (ms = 0) => ((ms * 1_000) / tenth).toFixed(0);
  console.log(`${COUNT} ${what}: ${us(tookMs[0])} us each at first, ${us(tookMs.at(-1))} at last`);
}

/** All consumers of a subscription go. */
async function leave(broker: LocalBroker, subscription: string): Promise<void> {
  const turns = monitorEventLoopDelay({ resolution: 1 });
  turns.enable();
  const began = performance.now();
  const actor = broker.ref(subscription);
  for (let key = 0; key < COUNT; key++) {
    // A mailbox holds some thousands.
    if (key % 1_000 < 999) actor.tell({ type: 'remove-consumer', key });
    else await broker.ask(subscription, (reply) => ({ type: 'remove-consumer', key, reply }));
  }
  const tookMs = performance.now() - began;
  turns.disable();
  console.log(`  they leave in ${tookMs.toFixed(0)} ms, ${(turns.max / 1e6).toFixed(0)} at once`);
}

function topicOf(name: string) {
  return parseTopicName(`persistent://public/default/${name}`);
}

await runParts(import.meta.url, { attach: attachMany });
