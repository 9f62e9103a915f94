/** The broker on its volume: started when it is needed, ended at random moments. */
import { mkdirSync } from 'node:fs';
import { after, Broker, type BrokerFiles } from './broker.ts';
import { Connection, untilLost } from './client.ts';
import { Broken } from './history.ts';
import type { Chance } from './random.ts';
import type { Volume } from './volume.ts';

/** How a broker ends. */
export type Ending = 'kill' | 'power cut' | 'stop';

/** How a broker is used. */
export interface Access {
  readonly httpPort: number;
  connect(): Promise<Connection>;
}

export interface CrashReport {
  readonly ending: Ending;
  /** When the broker was ended, counted from the beginning of the load, in milliseconds. */
  readonly afterMs: number;
  /** How often it was killed while it started, before it was let start. */
  readonly killedStarts: number;
  /** From the start of the process until it is ready, in milliseconds. */
  readonly startMs: number;
}

export interface StageOptions {
  readonly chance: Chance;
  readonly volume: Volume;
  readonly work: string;
}

/** Small segments, frequent checkpoints and short lives, so that each round meets many of them. */
const OPTIONS = {
  velamqSegmentSizeMB: 4,
  velamqCheckpointIntervalSeconds: 1,
  velamqCheckpointJournalMB: 2,
  velamqActorIdleMs: 300,
  managedLedgerMaxEntriesPerLedger: 500,
  managedLedgerMinLedgerRolloverTimeMinutes: 0,
  activeConsumerFailoverDelayTimeMillis: 0,
  brokerDeleteInactiveTopicsFrequencySeconds: 5,
  retentionCheckIntervalInSeconds: 1,
};

export class Stage {
  readonly #options: StageOptions;
  readonly #files: BrokerFiles;
  readonly #brokerOptions: Record<string, unknown>;
  #broker: Broker | undefined;
  /** The broker is being ended: that connections break is no fault. */
  #isEnding = false;
  #fault: Error | undefined;

  /** `brokerOptions` come beside, or instead of, those of every stage. */
  constructor(
    options: StageOptions,
    folder: string,
    brokerOptions: Readonly<Record<string, unknown>>,
  ) {
    this.#options = options;
    const { path, env = {} } = options.volume;
    this.#files = { data: `${path}/${folder}`, work: options.work, env };
    this.#brokerOptions = { ...OPTIONS, ...brokerOptions };
    mkdirSync(this.#files.data, { recursive: true });
  }

  get dataFolder(): string {
    return this.#files.data;
  }

  /** Does something with a running broker that must not fail. */
  async session(task: (access: Access) => Promise<void>): Promise<void> {
    const broker = await this.#running();
    await this.#watched(broker, task);
  }

  /**
   * One round: loads the broker, ends it at a random moment, and starts it again. The load ends
   * when `isOver` says so.
   */
  async crash(
    withinMs: { readonly often: number; readonly rarely: number },
    begin: (access: Access, isOver: () => boolean) => Promise<void>,
  ): Promise<CrashReport> {
    const { chance } = this.#options;
    const ending = this.#chooseEnding();
    const afterMs = chance.between(30, chance.happens(0.3) ? withinMs.rarely : withinMs.often);
    const broker = await this.#running();
    await this.#watched(broker, async (access) => {
      const load = begin(access, () => this.#isEnding);
      // Both are waited for below; here it only must not be forgotten when the other one fails.
      load.catch(() => {});
      await after(afterMs);
      await this.end(ending);
      // The end may come while it is still connecting.
      await untilLost([load], () => this.#isEnding);
    });
    const killedStarts = await this.#killStarts();
    const { startMs } = await this.#running();
    return { ending, afterMs, killedStarts, startMs };
  }

  async end(ending: Ending): Promise<void> {
    const broker = this.#broker;
    const { volume } = this.#options;
    if (broker === undefined) return;
    this.#isEnding = true;
    this.#broker = undefined;
    if (ending === 'stop') {
      const code = await broker.stop();
      if (code !== 0) throw new Broken(`SIGTERM: the broker ended with ${code}`);
      return;
    }
    if (ending === 'power cut') {
      volume.cut?.();
      // What it still says now, it says without a disk: receipts among it would be lies.
      await after(this.#options.chance.between(0, 100));
    }
    await broker.kill();
    if (ending === 'power cut') volume.restore?.();
  }

  #chooseEnding(): Ending {
    const draw = this.#options.chance.next();
    if (draw < 0.3 && this.#options.volume.cut !== undefined) return 'power cut';
    return draw > 0.93 ? 'stop' : 'kill';
  }

  async #killStarts(): Promise<number> {
    const { chance } = this.#options;
    let count = 0;
    while (count < 3 && chance.happens(0.15)) {
      await Broker.startAndKill(this.#files, this.#brokerOptions, chance.between(50, 600));
      count++;
    }
    return count;
  }

  async #running(): Promise<Broker> {
    this.#isEnding = false;
    this.#broker ??= await Broker.start(this.#files, this.#brokerOptions);
    return this.#broker;
  }

  /** Fails with the first fault, whether the task noticed it or not. */
  async #watched(broker: Broker, task: (access: Access) => Promise<void>): Promise<void> {
    const connections: Connection[] = [];
    const onFault = (fault: Error) => {
      if (this.#isEnding && !(fault instanceof Broken)) return;
      this.#fault ??= fault;
      for (const connection of connections) connection.close();
    };
    broker.ended.then((end) => onFault(new Error(`the broker ended by itself with ${end}`)));
    const connect = async () => {
      const connection = await Connection.open(broker.port);
      connections.push(connection);
      connection.onFault = onFault;
      return connection;
    };
    try {
      await task({ httpPort: broker.httpPort, connect });
    } catch (error) {
      throw this.#fault ?? error;
    } finally {
      for (const connection of connections) connection.close();
    }
    if (this.#fault !== undefined) throw this.#fault;
  }
}
