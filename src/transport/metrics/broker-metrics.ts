/** What is measured of the broker as a whole, its storage, its connections and its process. */
import type { RuntimeStats } from '../../actors/broker.ts';
import type { Clock } from '../../base/clock.ts';
import type { BrokerConfig } from '../../base/options.ts';
import type { StorageStats } from '../../storage/storage.ts';
import { counters, gauges, label, type Metric } from './metric.ts';
import { type Rows, Table } from './table.ts';

/** Connections of the binary protocol, counted since the start. */
export interface ConnectionCounts {
  readonly active: number;
  /** Accepted, whatever became of them. */
  readonly created: number;
  /** Those that said CONNECT and were answered. */
  readonly succeeded: number;
  readonly closed: number;
  /** Refused, or gone before they said CONNECT. */
  readonly failed: number;
}

export interface BrokerFacts {
  readonly config: BrokerConfig;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly version: string;
  readonly topics: number;
  /** The sum of a metric of topics. */
  readonly sumOf: (metric: string) => number;
  readonly runtime: RuntimeStats;
  readonly storage: StorageStats;
  readonly connections: ConnectionCounts;
}

/** Tables of one row each. */
export function brokerRows(facts: BrokerFacts): readonly Rows[] {
  const { config, version } = facts;
  const cluster = label('cluster', config.clusterName);
  const broker = `${cluster},${label('broker', config.advertisedAddress)}`;
  return [
    row(`${cluster},${label('version', version)}`, VERSION_METRICS, facts),
    row(cluster, TOPIC_TOTALS, facts),
    row(`${broker},metric="broker_connection"`, CONNECTION_METRICS, facts),
    row(`${broker},metric="broker_health"`, HEALTH_METRICS, facts),
    row(cluster, STORAGE_METRICS, facts),
    row(cluster, PROCESS_METRICS, { ...facts, memory: process.memoryUsage() }),
  ];
}

function row<Facts>(labels: string, metrics: readonly Metric<Facts>[], facts: Facts): Rows {
  const table = new Table(metrics);
  table.add(labels, facts);
  return table;
}

const VERSION_METRICS = gauges<BrokerFacts>({ pulsar_version_info: () => 1 });

const TOPIC_TOTALS = gauges<BrokerFacts>({
  pulsar_broker_topics_count: ({ topics }) => topics,
  pulsar_broker_subscriptions_count: ({ sumOf }) => sumOf('pulsar_subscriptions_count'),
  pulsar_broker_producers_count: ({ sumOf }) => sumOf('pulsar_producers_count'),
  pulsar_broker_consumers_count: ({ sumOf }) => sumOf('pulsar_consumers_count'),
  pulsar_broker_rate_in: ({ sumOf }) => sumOf('pulsar_rate_in'),
  pulsar_broker_rate_out: ({ sumOf }) => sumOf('pulsar_rate_out'),
  pulsar_broker_throughput_in: ({ sumOf }) => sumOf('pulsar_throughput_in'),
  pulsar_broker_throughput_out: ({ sumOf }) => sumOf('pulsar_throughput_out'),
  pulsar_broker_msg_backlog: ({ sumOf }) => sumOf('pulsar_msg_backlog'),
  pulsar_broker_storage_size: ({ sumOf }) => sumOf('pulsar_storage_size'),
  pulsar_broker_storage_logical_size: ({ sumOf }) => sumOf('pulsar_storage_logical_size'),
  pulsar_broker_storage_write_rate: ({ sumOf }) => sumOf('pulsar_storage_write_rate'),
  pulsar_broker_storage_read_rate: ({ sumOf }) => sumOf('pulsar_storage_read_rate'),
});

const CONNECTION_METRICS = gauges<BrokerFacts>({
  pulsar_active_connections: ({ connections }) => connections.active,
  pulsar_connection_created_total_count: ({ connections }) => connections.created,
  pulsar_connection_create_success_count: ({ connections }) => connections.succeeded,
  pulsar_connection_create_fail_count: ({ connections }) => connections.failed,
  pulsar_connection_closed_total_count: ({ connections }) => connections.closed,
});

const HEALTH_METRICS = gauges<BrokerFacts>({
  pulsar_health: ({ runtime }) => Number(runtime.state === 'open'),
});

const STORAGE_METRICS = [
  ...gauges<BrokerFacts>({
    pulsar_ml_cache_used_size: ({ storage }) => storage.cachedBytes,
    velamq_journal_segments: ({ storage }) => storage.segments,
    velamq_journal_bytes: ({ storage }) => storage.journalBytes,
    velamq_journal_live_bytes: ({ storage }) => storage.liveBytes,
    velamq_journal_spare_bytes: ({ storage }) => storage.spareBytes,
    velamq_storage_short: ({ storage }) => Number(storage.isShort),
    velamq_journal_pending_bytes: ({ runtime }) => runtime.pendingBytes,
    velamq_actors: ({ runtime }) => runtime.actors,
  }),
  ...counters<BrokerFacts>({
    velamq_cache_hits_total: ({ storage }) => storage.cacheHits,
    velamq_cache_misses_total: ({ storage }) => storage.cacheMisses,
    velamq_journal_records_total: ({ runtime }) => runtime.journalSequence,
    velamq_steps_total: ({ runtime }) => runtime.steps,
    velamq_batches_total: ({ runtime }) => runtime.batches,
  }),
];

type ProcessFacts = BrokerFacts & { readonly memory: NodeJS.MemoryUsage };

/** Under the names that Prometheus clients share. */
const PROCESS_METRICS = [
  ...gauges<ProcessFacts>({
    process_start_time_seconds: ({ clock }) => Math.round(clock.nowMs() / 1000 - process.uptime()),
    process_resident_memory_bytes: ({ memory }) => memory.rss,
    nodejs_heap_size_total_bytes: ({ memory }) => memory.heapTotal,
    nodejs_heap_size_used_bytes: ({ memory }) => memory.heapUsed,
    nodejs_external_memory_bytes: ({ memory }) => memory.external,
    nodejs_array_buffers_bytes: ({ memory }) => memory.arrayBuffers,
  }),
  ...counters<ProcessFacts>({ process_cpu_seconds_total: () => cpuSeconds() }),
];

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
