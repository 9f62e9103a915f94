/**
 * The broker under test: the production core over the production storage, on simulated time, disk
 * and network. It starts, ends in good order, and is killed at any moment.
 */
import type { AnyBehaviour } from '../../../src/actors/runtime/cell.ts';
import type { Clock } from '../../../src/base/clock.ts';
import type { Log, LogFields } from '../../../src/base/log.ts';
import type { BrokerConfig } from '../../../src/base/options.ts';
import { type Core, followSettings, furnish, makeCore, pulsarOptions } from '../../../src/core.ts';
import type { OpenEnvironment } from '../../../src/storage/lmdb/environment.ts';
import { type LmdbStorageOptions, openLmdbStorage } from '../../../src/storage/lmdb/open.ts';
import type { OpenStorage, Storage } from '../../../src/storage/storage.ts';
import { IngressBudget } from '../../../src/transport/ingress-budget.ts';
import { startRates } from '../../../src/transport/metrics/rates.ts';
import { Acceptor } from '../../../src/transport/pulsar/acceptor.ts';
import {
  type PulsarListenerOptions,
  pulsarListenerDefaults,
} from '../../../src/transport/pulsar/options.ts';
import { Admin } from './admin.ts';
import type { SimDisk } from './disk.ts';
import type { Network } from './network.ts';
import { Owner, type Scheduler } from './scheduler.ts';
import { StateTap } from './state-tap.ts';

export interface BrokerParts {
  readonly scheduler: Scheduler;
  readonly disk: SimDisk;
  readonly network: Network;
  readonly config: BrokerConfig;
  readonly storage: Partial<LmdbStorageOptions>;
  /** Of the binary protocol, beside what the configuration says. */
  readonly listener: Partial<PulsarListenerOptions>;
  /** Hears every line of the log. */
  readonly log: (level: string, message: string, fields: LogFields) => void;
  /** It has ended by itself, in good order or because it could not start. */
  readonly ended: () => void;
  /** Where a spec puts its own in the place of production's: deliberate bugs. */
  readonly behaviours?: (behaviours: readonly AnyBehaviour[]) => readonly AnyBehaviour[];
  readonly openStorage?: (open: OpenStorage) => OpenStorage;
  readonly openEnvironment?: (open: OpenEnvironment) => OpenEnvironment;
}

const DATA_DIR = '/data';
const URLS = {
  pulsar: 'pulsar://broker:6650',
  http: 'http://broker:8080',
  brokerId: 'broker:8080',
};

export class BrokerProcess {
  readonly owner: Owner;
  readonly core: Core;
  readonly behaviours: readonly AnyBehaviour[];
  readonly tap = new StateTap();
  readonly acceptor: Acceptor;
  readonly admin: Admin;
  readonly #parts: BrokerParts;
  /** Why it did not start. */
  failure: unknown;
  /** It has found its way in what is on the disk. */
  hasOpened = false;
  state: 'starting' | 'up' | 'stopping' | 'down' = 'starting';

  constructor(parts: BrokerParts, generation: number) {
    this.#parts = parts;
    const { scheduler, config } = parts;
    this.owner = new Owner(`broker ${generation}`);
    const clock = scheduler.clockOf(this.owner);
    const log = logTo(parts.log, {});
    let behaviours: readonly AnyBehaviour[] = [];
    this.core = makeCore({
      config,
      clock,
      log,
      openStorage: (parts.openStorage ?? ((open) => open))(this.#storage()),
      behaviours: (production) => {
        behaviours = parts.behaviours?.(production) ?? production;
        return behaviours.map((behaviour) => this.tap.wrap(behaviour));
      },
    });
    this.behaviours = behaviours;
    const { broker } = this.core;
    const intervalMs = config.statsUpdateFrequencyInSecs * 1_000;
    const rates = startRates({ broker, clock, log, intervalMs });
    const options = { ...pulsarListenerDefaults, ...pulsarOptions(config), ...parts.listener };
    this.acceptor = new Acceptor({
      broker,
      rates,
      options,
      budget: new IngressBudget(options.maxPublishBufferBytes),
      clock,
      log,
      urls: URLS,
    });
    this.admin = new Admin({ broker, options: config, clock, rates, urls: URLS }, log);
    this.#start().catch((error) => {
      this.failure = error;
      this.#die();
    });
  }

  /** Ends in good order, as `main.ts` does. */
  stop(): void {
    if (this.state !== 'up') return;
    this.state = 'stopping';
    this.#parts.network.listener = undefined;
    this.acceptor.hold();
    this.core.compactor.close();
    this.core.runtime
      .close()
      .catch(() => undefined)
      .then(() => this.acceptor.close())
      .then(() => this.#die());
  }

  /** Is killed: nothing of it runs any more. */
  kill(): void {
    this.owner.isAlive = false;
    this.state = 'down';
    this.#parts.network.killBroker();
    this.#parts.disk.crash();
  }

  async #start(): Promise<void> {
    await this.core.runtime.open();
    this.hasOpened = true;
    await furnish(this.core.broker, this.#parts.config);
    followSettings(this.core.broker, this.acceptor);
    this.state = 'up';
    const { owner, acceptor } = this;
    this.#parts.network.listener = { owner, accept: (socket) => acceptor.accept(socket) };
  }

  #die(): void {
    if (!this.owner.isAlive) return;
    this.kill();
    this.#parts.ended();
  }

  #storage(): OpenStorage {
    const { disk, scheduler, storage } = this.#parts;
    const { openEnvironment: seam = (open) => open } = this.#parts;
    const open = seam(disk.openEnvironment(this.owner));
    return () => {
      this.tap.forget();
      return openStorage(disk, this.owner, scheduler.clockOf(this.owner), open, storage);
    };
  }
}

/** The production storage on a simulated disk. */
export function openStorage(
  disk: SimDisk,
  owner: Owner,
  clock: Clock,
  openEnvironment: OpenEnvironment,
  options: Partial<LmdbStorageOptions>,
): Promise<Storage> {
  return openLmdbStorage({
    ...options,
    dir: DATA_DIR,
    clock,
    openEnvironment,
    files: disk.filesOf(owner),
  });
}

function logTo(write: BrokerParts['log'], bound: LogFields): Log {
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}) =>
      write(level, message, { ...bound, ...fields });
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (fields) => logTo(write, { ...bound, ...fields }),
    of: (module) => logTo(write, { ...bound, module }),
  };
}
