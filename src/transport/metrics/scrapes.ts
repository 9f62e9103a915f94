/**
 * What scrapers are given. A broker may have 100,000 loaded topics, so they are read in short
 * slices, and those who ask at about the same time are given what was read once.
 */
import type { Broker } from '../../actors/broker.ts';
import type { Cancel, Clock } from '../../base/clock.ts';
import type { BrokerConfig } from '../../base/options.ts';
import { inSlices } from '../../base/slices.ts';
import type { StorageStats } from '../../storage/storage.ts';
import type { AuthenticationCounts } from '../auth/counts.ts';
import { authenticationRows } from './authentication-metrics.ts';
import { brokerRows, type ConnectionCounts } from './broker-metrics.ts';
import { coordinatorRows } from './coordinator-metrics.ts';
import { processRows } from './process-metrics.ts';
import type { RateSource } from './rates.ts';
import { resourceGroupRows } from './resource-group-metrics.ts';
import { schemaRows } from './schema-metrics.ts';
import type { Rows } from './table.ts';
import { TopicMetrics } from './topic-metrics.ts';

export interface MetricSources {
  readonly broker: Broker;
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly rates: RateSource;
  readonly version: string;
  readonly storageStats: () => StorageStats;
  readonly connections: () => ConnectionCounts;
  /** Undefined where nobody has to say who he is. */
  readonly authentication?: AuthenticationCounts | undefined;
}

/** Who asks within so long is given the same. */
const FRESH_MS = 1_000;

/** Memory of the last scrape is kept so long for the next one. */
const KEPT_MS = 300_000;

export class Scrapes {
  readonly #sources: MetricSources;
  #current: Reading | undefined;
  /** Of a scrape that is over. */
  #spare: TopicMetrics | undefined;
  #forget: Cancel | undefined;

  constructor(sources: MetricSources) {
    this.#sources = sources;
  }

  /** Calls `use` with all that is measured, which nobody else changes until that resolves. */
  async use(use: (rows: readonly Rows[]) => Promise<void>): Promise<void> {
    const reading = this.#reading();
    reading.users += 1;
    try {
      await use(await reading.rows);
    } finally {
      reading.users -= 1;
      if (reading.users === 0) this.#over(reading);
    }
  }

  #reading(): Reading {
    const nowMs = this.#sources.clock.monotonicMs();
    const current = this.#current;
    if (current !== undefined && nowMs - current.beganMs < FRESH_MS) return current;
    const topics = this.#spare ?? new TopicMetrics(this.#sources);
    this.#spare = undefined;
    this.#forget?.();
    const rows = readAll(this.#sources, topics);
    this.#current = { topics, rows, beganMs: nowMs, users: 0 };
    return this.#current;
  }

  #over(reading: Reading): void {
    if (this.#current === reading) this.#current = undefined;
    if (this.#current !== undefined || this.#spare !== undefined) return;
    reading.topics.clear();
    this.#spare = reading.topics;
    this.#forget = this.#sources.clock.after(KEPT_MS, () => {
      this.#spare = undefined;
    });
  }
}

interface Reading {
  readonly topics: TopicMetrics;
  readonly rows: Promise<readonly Rows[]>;
  readonly beganMs: number;
  users: number;
}

async function readAll(sources: MetricSources, topics: TopicMetrics): Promise<readonly Rows[]> {
  const { broker, clock, config, version } = sources;
  await inSlices(clock, broker.loaded(), (loaded) => topics.take(loaded));
  return [
    ...brokerRows({
      config,
      version,
      topics: topics.topics,
      sumOf: (metric) => topics.sumOf(metric),
      evictions: topics.evictions,
      traffic: topics.traffic,
      rates: sources.rates.broker,
      runtime: broker.runtimeStats(),
      storage: sources.storageStats(),
      connections: sources.connections(),
    }),
    ...topics.rows(),
    coordinatorRows(broker, config.clusterName),
    schemaRows(broker.schemas.counts, config.clusterName),
    ...authenticationRows(sources.authentication, config.clusterName),
    resourceGroupRows(broker, config.clusterName),
    ...(await processRows(config.clusterName, clock)),
  ];
}
