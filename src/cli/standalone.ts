/**
 * `velamq standalone`: loads the configuration, starts the broker, says where it is, and closes it
 * when it is told to end. A start that fails is one line and exit code 1; a clean end is 0.
 */
import { resolve } from 'node:path';
import type { Addresses } from '../base/authority.ts';
import type { Clock } from '../base/clock.ts';
import { BrokerError } from '../base/errors.ts';
import { createLog, type Log, type LogFields, moduleLevels } from '../base/log.ts';
import { type BrokerConfig, type Flag, loadConfig } from '../base/options.ts';
import { banner } from './banner.ts';
import { reasonOf } from './reason.ts';
import type { Signal, Terminal } from './terminal.ts';

/** What a started broker gives back. */
export interface Running {
  readonly addresses: Addresses;
  /** Stops taking in, waits for what is under way, closes connections and storage. */
  close(): Promise<void>;
}

/** The process around the command, and its machine; specs stand in for it. */
export interface Host extends Terminal {
  readonly clock: Pick<Clock, 'nowMs' | 'after'>;
  readFile(path: string): string;
  /** Replaces the file as a whole. */
  writeFile(path: string, content: string): Promise<void>;
  /** `stop` ends the broker as the first signal does. */
  start(config: BrokerConfig, log: Log, stop: () => void): Promise<Running>;
}

export interface StandaloneOptions {
  readonly version: string;
  readonly flags: readonly Flag[];
  readonly configFile?: string;
  readonly readyFile?: string;
}

/** Starts the broker and returns once it is ready, or has said why not. */
export async function standalone(options: StandaloneOptions, host: Host): Promise<void> {
  try {
    const { config, warnings } = load(options, host);
    const log = logOf(config, host);
    for (const warning of warnings) log.warn(warning);
    const ending = endOnSignal(config, log, host);
    const running = await host.start(config, log, ending.stop);
    ending.started(running);
    await announce(options, config, running, host);
  } catch (error) {
    host.err(`velamq: ${reasonOf(error)}\n`);
    host.exit(1);
  }
}

function load(options: StandaloneOptions, host: Host) {
  const { configFile: path, flags } = options;
  if (path === undefined) return loadConfig({ env: host.env, flags });
  return loadConfig({ file: { path, text: readConfig(path, host) }, env: host.env, flags });
}

function readConfig(path: string, host: Host): string {
  try {
    return host.readFile(path);
  } catch (cause) {
    throw new BrokerError('bad-option', `--config: cannot read ${path}: ${reasonOf(cause)}`);
  }
}

function logOf(config: BrokerConfig, host: Host): Log {
  const { velamqLogLevel: level, velamqLogFormat } = config;
  const automatic = host.errIsTerminal ? 'human' : 'json';
  const format = velamqLogFormat === 'auto' ? automatic : velamqLogFormat;
  const levels = moduleLevels(config.velamqLogLevels);
  const write = (line: string) => host.err(line);
  const repeatsPerSecond = config.velamqLogRepeatsPerSecond;
  return createLog({ level, levels, format, repeatsPerSecond, clock: host.clock, write });
}

async function announce(
  { version, readyFile }: StandaloneOptions,
  config: BrokerConfig,
  running: Running,
  host: Host,
): Promise<void> {
  const { addresses } = running;
  const dataDir = resolve(config.velamqDataDir);
  host.out(banner({ version, dataDir, config, addresses }));
  if (readyFile === undefined) return;
  const ready = {
    brokerPort: addresses.pulsar?.port,
    brokerTlsPort: addresses['pulsar+ssl']?.port,
    httpPort: addresses.http?.port,
    httpsPort: addresses.https?.port,
    pid: host.pid,
  };
  await host.writeFile(readyFile, `${JSON.stringify(ready)}\n`);
}

/** The exit code that shells use for a process that a signal ended. */
const FORCED: Readonly<Record<Signal, number>> = { SIGINT: 130, SIGTERM: 143 };

/**
 * The first signal, or who asks over REST, closes the broker and ends the process with 0, or with 1
 * when closing failed or took longer than `brokerShutdownTimeoutMs`. A second signal ends it at
 * once. What comes before the broker has started is kept until it has.
 */
function endOnSignal(config: BrokerConfig, log: Log, host: Host) {
  let running: Running | undefined;
  let asked = false;
  const end = async (broker: Running): Promise<void> => {
    const limitMs = config.brokerShutdownTimeoutMs;
    host.clock.after(limitMs, () => {
      log.error('shutdown took too long, ending now; what was acknowledged is safe', { limitMs });
      host.exit(1);
    });
    try {
      await broker.close();
      log.info('closed');
      host.exit(0);
    } catch (error) {
      log.error('closing failed; what was acknowledged is safe', { error });
      host.exit(1);
    }
  };
  const begin = (facts: LogFields): void => {
    asked = true;
    log.info('closing; a second signal ends at once', facts);
    if (running !== undefined) void end(running);
  };
  host.onSignal((signal) => (asked ? host.exit(FORCED[signal]) : begin({ signal })));
  return {
    stop(): void {
      if (!asked) begin({ by: 'REST' });
    },
    started(broker: Running): void {
      running = broker;
      if (asked) void end(broker);
    },
  };
}
