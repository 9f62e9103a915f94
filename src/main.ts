/** The composition root: joins the core with this machine's clock, disk and network. */

import type { Broker } from './actors/broker.ts';
import { assert } from './base/assert.ts';
import type { Address } from './base/authority.ts';
import { systemClock } from './base/clock.ts';
import { limitsOf } from './base/limits.ts';
import type { Log } from './base/log.ts';
import type { BrokerConfig } from './base/options.ts';
import { furnish, makeCore, pulsarOptions } from './core.ts';
import type { Backup, BackupSource } from './storage/backup.ts';
import { openLmdbStorage } from './storage/lmdb/open.ts';
import { SPOKEN_VERSION } from './transport/admin/call.ts';
import { startAdmin } from './transport/admin/server.ts';
import { Authorization, authorizationRules } from './transport/auth/authorization.ts';
import { openAuthentication } from './transport/auth/open.ts';
import { startRates } from './transport/metrics/rates.ts';
import type { Export } from './transport/otel/export.ts';
import {
  type Environment,
  type ExportSettings,
  exportSettings,
  isExportWanted,
} from './transport/otel/settings.ts';
import { listenPulsar } from './transport/pulsar/listener.ts';

export interface RunningBroker {
  readonly brokerAddress: Address;
  readonly httpAddress: Address;
  /** Stops taking in, waits for what is under way, closes connections and storage. */
  close(): Promise<void>;
}

const MIB = 1024 * 1024;

/**
 * Starts a broker on a data folder. Rejects with `data-folder-in-use`, `data-folder-version`,
 * `storage-corrupt`, `storage-missing`, `address-in-use`, `bad-option`. `env`: the variables of the
 * process, which say where metrics are exported to.
 */
export async function startBroker(
  config: BrokerConfig,
  log: Log,
  env: Environment = {},
): Promise<RunningBroker> {
  const clock = systemClock;
  const exporting = isExportWanted(env) ? exportSettings(env) : undefined;
  const authentication = await openAuthentication(config, clock);
  let opened: BackupSource | undefined;
  const { runtime, broker, compactor } = makeCore({
    config,
    clock,
    log: log.of('actors'),
    openStorage: async () => {
      const storage = await openLmdbStorage(storageSettings(config));
      opened = storage;
      return storage;
    },
  });
  await runtime.open();
  await furnish(broker, config);
  const intervalMs = config.statsUpdateFrequencyInSecs * 1_000;
  const rates = startRates({
    broker,
    clock,
    log: log.of('metrics'),
    intervalMs,
    storageStats: () => runtime.storage.stats(),
  });
  const options = pulsarOptions(config);
  const rules = authorizationRules(config);
  const authorization = rules && new Authorization(rules, broker);
  const security = { authentication, authorization };
  const parts = { broker, clock, log: log.of('protocol'), rates, options };
  const listener = await listenPulsar({ ...parts, ...security });
  const admin = await startAdmin({
    broker,
    options: config,
    clock,
    log: log.of('rest'),
    ...security,
    rates,
    backups: { backup: () => backUp(opened) },
    storageStats: () => runtime.storage.stats(),
    connections: () => listener.counts(),
    brokerPort: listener.port,
    host: config.bindAddress,
    port: config.webServicePort,
  });
  const exporter = exporting && (await startExporting(exporting, broker, config, log));
  return {
    brokerAddress: { host: listener.host, port: listener.port },
    httpAddress: admin.address,
    async close() {
      // Storage first: a consumer that hangs up because the broker ends has not left it.
      listener.hold();
      rates.stop();
      await exporter?.close();
      compactor.close();
      // Where it fails they are left out, as after a crash.
      await broker.transactions.release().catch((error: unknown) => {
        log.warn('numbers of transactions were not given back', { error });
      });
      await runtime.close();
      await Promise.all([listener.close(), admin.close()]);
      authentication?.close();
    },
  };
}

function storageSettings(config: BrokerConfig) {
  const limits = limitsOf(config);
  return {
    dir: config.velamqDataDir,
    segmentBytes: limits.maxSegmentBytes,
    reserveBytes: config.velamqDiskReserveMB * MIB,
    spareSegments: config.velamqSpareSegments,
    cacheBytes: limits.maxCacheBytes,
    flushJournalBytes: config.velamqCheckpointJournalMB * MIB,
    relocateBytesPerSecond: config.velamqRelocationMBPerSecond * MIB,
  };
}

/** Loaded where it is wanted only. */
async function startExporting(
  settings: ExportSettings,
  broker: Broker,
  { clusterName }: BrokerConfig,
  log: Log,
): Promise<Export> {
  const { startExport } = await import('./transport/otel/export.ts');
  const version = SPOKEN_VERSION;
  const parts = { broker, clock: systemClock, log: log.of('metrics'), clusterName, version };
  return startExport({ ...parts, settings });
}

/** Of the storage that was opened last: after a failed write it is opened again. */
async function backUp(storage: BackupSource | undefined): Promise<Backup> {
  assert(storage !== undefined, 'REST is there once the storage is');
  return await storage.backup();
}
