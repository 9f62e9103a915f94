/** The broker itself behind REST, on storage in memory. */
import { onTestFinished } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLog } from '../../../src/base/log.ts';
import { type BrokerConfig, configWith } from '../../../src/base/options.ts';
import { furnish, makeCore } from '../../../src/core.ts';
import { MemoryDisk, openMemoryStorage } from '../../../src/storage/memory/open.ts';
import { startAdmin } from '../../../src/transport/admin/server.ts';
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
    clock: systemClock,
    log: silentLog,
    rates: silentRates,
    storageStats: () => core.runtime.storage.stats(),
    connections: () => ({ active: 0, created: 0, succeeded: 0, closed: 0, failed: 0 }),
    brokerPort: 6650,
    host: '127.0.0.1',
    port: 0,
  });
  onTestFinished(async () => {
    await core.runtime.close();
    await admin.close();
  });
  return { core, port: admin.address.port };
}
