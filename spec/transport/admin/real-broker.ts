/** The broker itself behind REST, on storage in memory. */
import { onTestFinished } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLog } from '../../../src/base/log.ts';
import { type BrokerConfig, configWith } from '../../../src/base/options.ts';
import { parseTopicName } from '../../../src/base/topic-name.ts';
import { furnish, makeCore } from '../../../src/core.ts';
import { MemoryDisk, openMemoryStorage } from '../../../src/storage/memory/open.ts';
import { startAdmin } from '../../../src/transport/admin/server.ts';
import { openAuthentication } from '../../../src/transport/auth/open.ts';
import { silentRates } from '../../../src/transport/metrics/rates.ts';

export type Core = ReturnType<typeof makeCore>;

export async function startBroker(values: Partial<BrokerConfig> = {}) {
  const config = configWith(values);
  const parts = { config, clock: systemClock, log: silentLog };
  const openStorage = openMemoryStorage(new MemoryDisk());
  const core = makeCore({ ...parts, openStorage });
  await core.runtime.open();
  await furnish(core.broker, config);
  const admin = await startAdmin({
    broker: core.broker,
    options: config,
    authentication: await openAuthentication(config, systemClock),
    clock: systemClock,
    log: silentLog,
    rates: silentRates,
    storageStats: () => core.runtime.storage.stats(),
    connections: () => ({ active: 0, created: 0, succeeded: 0, closed: 0, failed: 0 }),
    brokerPorts: { pulsar: 6650 },
    host: '127.0.0.1',
    port: 0,
  });
  onTestFinished(async () => {
    await core.runtime.close();
    await admin.close();
  });
  return { core, port: admin.addresses.http?.port ?? 0 };
}

/** Stores entries as one producer sends them; the ledger that they went to. */
export async function publish(
  { broker }: Core,
  topic: string,
  entries: readonly Buffer[],
  messageCounts: readonly number[],
) {
  const name = parseTopicName(topic);
  const key = broker.nextKey();
  const reply = <Answer>(tell: (recipient: object) => unknown) =>
    new Promise<Answer>((receive) => {
      tell({ label: 'spec', receive, flush: () => undefined });
    });
  const actor = broker.topic(name).id;
  await reply((recipient) =>
    broker.ref(actor).tell({
      type: 'add-producer',
      reply: { recipient, requestId: 1 },
      key,
      producerId: 1,
      name: 'p',
      epoch: 0,
      accessMode: 'Shared',
      metadata: {},
      address: '127.0.0.1:1',
      clientVersion: 'spec',
    }),
  );
  broker.ref(actor).tell({
    type: 'publish',
    key,
    sequenceIds: entries.map((_, i) => i),
    highestSequenceIds: entries.map(() => undefined),
    messageCounts,
    entries,
    bytes: entries.reduce((sum, { length }) => sum + length, 0),
    chunked: false,
  });
  const isThere = () => broker.topicView(name)?.last.entryId === entries.length - 1;
  while (!isThere()) await new Promise((resume) => setImmediate(resume));
  broker.ref(actor).tell({ type: 'remove-producer', key });
}
