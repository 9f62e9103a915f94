/**
 * The broker in another program, or in a test: on ports that the system chooses, reachable from
 * this machine, and by default on a folder that goes with it. It stores as durably as
 * any other broker.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Addresses, authority, type Scheme } from './base/authority.ts';
import { type Log, silentLog } from './base/log.ts';
import { type BrokerConfig, loadConfig, type OptionKey } from './base/options.ts';
import { startBroker } from './main.ts';

export { createLog, type Log, type LogFields, type LogLevel, type LogOptions } from './base/log.ts';
export type { BrokerConfig } from './base/options.ts';

export interface VelaMQOptions {
  /** A data folder that stays; without it, a new one that is removed by `close`. */
  readonly dataDir?: string;
  /** Pulsar's keys of `broker.conf`, and VelaMQ's own; all others have their defaults. */
  readonly config?: Partial<BrokerConfig>;
  /** Where the log goes; nowhere by default. */
  readonly log?: Log;
}

export interface VelaMQ {
  /** For clients: `pulsar://host:port`, or `pulsar+ssl://` where the plain port is closed. */
  readonly serviceUrl: string;
  /** For REST and metrics: `http://host:port`, or `https://` likewise. */
  readonly webServiceUrl: string;
  readonly dataDir: string;
  /** Waits for what is under way and closes everything; safe to call twice. */
  close(): Promise<void>;
}

/** What suits a program or a test, where the caller does not say otherwise. */
const EMBEDDED = {
  bindAddress: '127.0.0.1',
  brokerServicePort: 0,
  webServicePort: 0,
} as const satisfies Partial<BrokerConfig>;

/**
 * Starts a broker and resolves when clients can connect. Rejects with an error whose `code` is
 * `bad-option` (the message names key and value), `data-folder-in-use`, `data-folder-version`,
 * `storage-corrupt`, `storage-missing` or `address-in-use`; nothing is left behind then.
 */
export async function startVelaMQ(options: VelaMQOptions = {}): Promise<VelaMQ> {
  const { log = silentLog } = options;
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'velamq-embedded-')));
  const cleanUp = async () => {
    if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
  };
  try {
    const { config, warnings } = checked({
      ...EMBEDDED,
      ...options.config,
      velamqDataDir: dataDir,
    });
    for (const warning of warnings) log.warn(warning);
    const broker = await startBroker(config, log);
    let closing: Promise<void> | undefined;
    return {
      serviceUrl: urlAmong(broker.addresses, 'pulsar', 'pulsar+ssl'),
      webServiceUrl: urlAmong(broker.addresses, 'http', 'https'),
      dataDir,
      close() {
        closing ??= broker.close().finally(cleanUp);
        return closing;
      },
    };
  } catch (error) {
    await cleanUp();
    throw error;
  }
}

/** Of the first scheme that is served; a configuration leaves one of each pair open. */
function urlAmong(addresses: Addresses, ...schemes: readonly Scheme[]): string {
  const [url = ''] = schemes.flatMap((scheme) => {
    const address = addresses[scheme];
    return address === undefined ? [] : [`${scheme}://${authority(address)}`];
  });
  return url;
}

/** The same checks as those of a file or a command line. */
function checked(values: Partial<BrokerConfig>) {
  const flags = Object.entries(values).map(([key, value]) => ({
    name: 'config',
    key: key as OptionKey,
    value: value === undefined ? '' : String(value),
  }));
  return loadConfig({ flags });
}
