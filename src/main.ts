/** The composition root: joins the core with this machine's clock, disk and network. */

import type { Broker } from './actors/broker.ts';
import { assert } from './base/assert.ts';
import type { Addresses } from './base/authority.ts';
import { type Clock, keepProcess, systemClock } from './base/clock.ts';
import { limitsOf } from './base/limits.ts';
import type { Log } from './base/log.ts';
import type { BrokerConfig } from './base/options.ts';
import { type Core, followSettings, furnish, makeCore, pulsarOptions } from './core.ts';
import type { Backup, BackupSource } from './storage/backup.ts';
import { openLmdbStorage } from './storage/lmdb/open.ts';
import { SPOKEN_VERSION } from './transport/admin/call.ts';
import { type AdminServer, startAdmin } from './transport/admin/server.ts';
import type { Authentication } from './transport/auth/authentication.ts';
import { Authorization, authorizationRules } from './transport/auth/authorization.ts';
import { openAuthentication } from './transport/auth/open.ts';
import { IngressBudget } from './transport/ingress-budget.ts';
import { type RateSampler, startRates } from './transport/metrics/rates.ts';
import type { Export } from './transport/otel/export.ts';
import {
  type Environment,
  type ExportSettings,
  exportSettings,
  isExportWanted,
} from './transport/otel/settings.ts';
import { listenPulsar, type PulsarListener } from './transport/pulsar/listener.ts';
import type { TlsPort } from './transport/tls/certificates.ts';

export interface RunningBroker {
  readonly addresses: Addresses;
  /** Stops taking in, waits for what is under way, closes connections and storage. */
  close(): Promise<void>;
}

const MIB = 1024 * 1024;

/**
 * Starts a broker on a data folder. Rejects with `data-folder-in-use`, `data-folder-version`,
 * `storage-corrupt`, `storage-missing`, `address-in-use`, `bad-option`. `env`: the variables of the
 * process, which say where metrics are exported to. `stop` is called when REST asks for the end;
 * without it such calls are refused.
 */
export async function startBroker(
  config: BrokerConfig,
  log: Log,
  env: Environment = {},
  stop?: () => void,
): Promise<RunningBroker> {
  const clock = systemClock;
  const exporting = isExportWanted(env) ? exportSettings(env) : undefined;
  const security = await openSecurity(config, clock, log);
  let opened: BackupSource | undefined;
  const core = makeCore({
    config,
    clock,
    log: log.of('actors'),
    openStorage: async () => {
      const storage = await openLmdbStorage(storageSettings(config));
      opened = storage;
      return storage;
    },
  });
  const { runtime, broker, compactor } = core;
  await runtime.open().catch((error) => {
    security.close();
    throw error;
  });
  const intervalMs = config.statsUpdateFrequencyInSecs * 1_000;
  const storageStats = () => runtime.storage.stats();
  const rates = startRates({ broker, clock, log: log.of('metrics'), intervalMs, storageStats });
  let exporter: Export | undefined;
  const end = async (doors?: Doors): Promise<void> => {
    // Storage first: a consumer that hangs up because the broker ends has not left it.
    doors?.listener.hold();
    rates.stop();
    await exporter?.close();
    compactor.close();
    // Where it fails they are left out, as after a crash.
    await broker.transactions.release().catch((error: unknown) => {
      log.warn('numbers of transactions were not given back', { error });
    });
    await runtime.close();
    await Promise.all([doors?.listener.close(), doors?.admin.close()]);
    security.close();
  };
  try {
    await furnish(broker, config);
    const backups = { backup: () => backUp(opened) };
    const parts = { config, clock, log, core, rates, backups, security, stop };
    const doors = await openDoors(parts);
    exporter = exporting && (await startExporting(exporting, broker, config, log));
    const { listener, admin } = doors;
    followSettings(broker, listener);
    return { addresses: { ...listener.addresses, ...admin.addresses }, close: () => end(doors) };
  } catch (error) {
    // No port is open that would keep the process until storage is closed.
    const letGo = keepProcess();
    await end().finally(letGo);
    throw error;
  }
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

/** Where clients come in. */
interface Doors {
  readonly listener: PulsarListener;
  readonly admin: AdminServer;
}

interface DoorParts {
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly log: Log;
  readonly core: Core;
  readonly rates: RateSampler;
  readonly backups: { backup(): Promise<Backup> };
  readonly security: Security;
  readonly stop: (() => void) | undefined;
}

async function openDoors(parts: DoorParts): Promise<Doors> {
  const { config, clock, log, rates, backups, security } = parts;
  const { runtime, broker } = parts.core;
  const { authentication, binaryTls, httpTls } = security;
  const rules = authorizationRules(config, broker);
  const authorization = rules && new Authorization(rules, broker);
  const options = pulsarOptions(config);
  const budget = new IngressBudget(limitsOf(config).maxPublishBufferBytes);
  const shared = { broker, clock, authentication, authorization, rates, budget };
  const listener = await listenPulsar({
    ...shared,
    log: log.of('protocol'),
    tls: binaryTls,
    options,
  });
  const { addresses } = listener;
  try {
    const admin = await startAdmin({
      ...shared,
      log: log.of('rest'),
      options: config,
      tls: httpTls,
      backups,
      stop: parts.stop,
      storageStats: () => runtime.storage.stats(),
      connections: () => listener.counts(),
      brokerPorts: {
        pulsar: addresses.pulsar?.port,
        'pulsar+ssl': addresses['pulsar+ssl']?.port,
      },
      host: config.bindAddress,
      port: config.webServicePort,
      tlsPort: config.webServicePortTls,
    });
    return { listener, admin };
  } catch (error) {
    await listener.close();
    throw error;
  }
}

interface Security {
  /** Undefined where clients need not say who they are. */
  readonly authentication: Authentication | undefined;
  /** Undefined where no port asks for TLS, for both. */
  readonly binaryTls: TlsPort | undefined;
  readonly httpTls: TlsPort | undefined;
  close(): void;
}

/** Before all else: what is missing here is found out before a folder is opened. */
async function openSecurity(config: BrokerConfig, clock: Clock, log: Log): Promise<Security> {
  const authentication = await openAuthentication(config, clock);
  const certificates = await openCertificates(config, clock, log);
  try {
    return {
      authentication,
      binaryTls: certificates?.port('binary'),
      httpTls: certificates?.port('http'),
      close() {
        authentication?.close();
        certificates?.close();
      },
    };
  } catch (error) {
    certificates?.close();
    throw error;
  }
}

async function openCertificates(config: BrokerConfig, clock: Clock, log: Log) {
  const { brokerServicePortTls, webServicePortTls } = config;
  if (brokerServicePortTls === undefined && webServicePortTls === undefined) return undefined;
  const { Certificates } = await import('./transport/tls/certificates.ts');
  return Certificates.open(config, clock, log);
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
