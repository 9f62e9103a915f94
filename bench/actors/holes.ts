/**
 * What a million individually acknowledged entries cost: a broker without sockets is published
 * 2,000,000 entries to and has every second one acknowledged, a thousand a command and each command
 * with an answer; then its process is killed, and another one opens the same folder and must
 * deliver exactly the others. HOLES says how many, APART how far from each other.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { cursorBehaviour } from '../../src/actors/cursor/behaviour.ts';
import type { CursorState } from '../../src/actors/cursor/state.ts';
import { subscriptionActor } from '../../src/actors/names.ts';
import type { AnyBehaviour } from '../../src/actors/runtime/cell.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { configWith } from '../../src/base/options.ts';
import { parseTopicName } from '../../src/base/topic-name.ts';
import { furnish, makeCore } from '../../src/core.ts';
import type { JournalBatch } from '../../src/storage/journal.ts';
import { openLmdbStorage } from '../../src/storage/lmdb/open.ts';
import { encodePlain } from '../../src/storage/lmdb/plain.ts';
import { addProducer, Client, publish, SUBSCRIPTION, subscribe } from './client.ts';
import { runParts } from './killed.ts';

const HOLES = Number(process.env['HOLES'] ?? 1_000_000);
const APART = Number(process.env['APART'] ?? 2);
const ENTRIES = HOLES * APART;
const BATCH = 1_000;
const TOPIC = parseTopicName('persistent://public/default/holes');

/** Counted at the seams of the broker. */
const seen: { eventBytes: number; cursor: unknown } = { eventBytes: 0, cursor: undefined };

/** A broker on a folder that takes note of what acknowledgements cost. */
function coreOn(dir: string) {
  const config = configWith({
    velamqDataDir: dir,
    maxUnackedMessagesPerConsumer: 0,
    maxUnackedMessagesPerSubscription: 0,
  });
  const core = makeCore({
    config,
    clock: systemClock,
    log: silentLog,
    behaviours: (production) =>
      production.map((each) => (each.kind === 'cursor' ? watched(each) : each)),
    openStorage: async () => {
      const storage = await openLmdbStorage({ dir });
      const append = storage.journal.append.bind(storage.journal);
      storage.journal.append = (batch: JournalBatch) => {
        for (const { actor, type, data, cause } of batch.events) {
          if (type === 'acked') seen.eventBytes += encodePlain([actor, type, data, cause]).length;
        }
        return append(batch);
      };
      return storage;
    },
  });
  return { ...core, config };
}

/** Remembers the state of the cursor, to take a snapshot of it by itself. */
function watched(behaviour: AnyBehaviour): AnyBehaviour {
  return {
    ...behaviour,
    evolve(state, event) {
      seen.cursor = behaviour.evolve(state, event);
      return seen.cursor;
    },
  };
}

type Core = ReturnType<typeof coreOn>;

/** Publishes everything, acknowledges the holes as they come, says what it took, and is killed. */
async function acknowledge(dir: string): Promise<void> {
  const core = coreOn(dir);
  await core.runtime.open();
  await furnish(core.broker, core.config);
  const client = new Client((number) => number % APART === 0);
  const { broker } = core;
  take(core, client);
  const subscription = broker.ref(subscriptionActor(1, SUBSCRIPTION));
  addProducer(broker, TOPIC, client);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const cpuBefore = process.cpuUsage();
  let asked = 0;
  for (let at = 0; at < ENTRIES; at += BATCH) {
    const to = Math.min(at + BATCH, ENTRIES);
    publish(broker, TOPIC, at, to);
    await client.until(() => client.delivered === to);
    const entries = client.held.splice(0);
    const reply = { recipient: client, requestId: 10 + asked++ };
    subscription.tell({ type: 'ack', key: CONSUMER, cumulative: false, entries, reply });
    await client.until(() => asked - client.answers < 10);
  }
  await client.until(() => client.answers === asked);
  const { user, system } = process.cpuUsage(cpuBefore);
  delay.disable();
  const { ackedRanges = 0 } = broker.cursorView(TOPIC, SUBSCRIPTION) ?? {};
  console.log(
    `${ackedRanges} ranges, ${APART} apart: ${((user + system) / ENTRIES).toFixed(1)} us of CPU ` +
      `an entry stored, delivered and perhaps acknowledged; longest turn ` +
      `${(delay.max / 1e6).toFixed(0)} ms, 99.9 % ${(delay.percentile(99.9) / 1e6).toFixed(0)} ms`,
  );
  const snapshot = measured(() =>
    encodePlain(cursorBehaviour.snapshot(seen.cursor as CursorState)),
  );
  console.log(
    `  ${(seen.eventBytes / HOLES).toFixed(2)} bytes of events each; a snapshot of ` +
      `${snapshot.value.length} bytes, made in ${snapshot.ms.toFixed(1)} ms`,
  );
}

/** Opens what was left behind, and is delivered all that was not acknowledged. */
async function recover(dir: string): Promise<void> {
  const core = coreOn(dir);
  const opened = performance.now();
  await core.runtime.open();
  const openMs = performance.now() - opened;
  const { backlogEntries, ackedRanges } = core.broker.cursorView(TOPIC, SUBSCRIPTION)!;
  const client = new Client((number) => number % APART === 0);
  const began = performance.now();
  take(core, client);
  await client.until(() => client.delivered === ENTRIES - HOLES);
  console.log(
    `  after a kill: open in ${openMs.toFixed(0)} ms, ${ackedRanges} ranges, a backlog of ` +
      `${backlogEntries}; ${client.delivered} delivered in ` +
      `${(performance.now() - began).toFixed(0)} ms, ${client.held.length} of them acknowledged`,
  );
}

const CONSUMER = 1;

/** Subscribes, and asks for everything at once. */
function take({ broker }: Core, client: Client): void {
  subscribe(broker, TOPIC, CONSUMER, 'Shared', client);
  const actor = subscriptionActor(1, SUBSCRIPTION);
  broker.ref(actor).tell({ type: 'flow', key: CONSUMER, permits: ENTRIES * 2 });
}

function measured<Value>(make: () => Value): { readonly value: Value; readonly ms: number } {
  const began = performance.now();
  const value = make();
  return { value, ms: performance.now() - began };
}

await runParts(import.meta.url, { acknowledge, recover });
