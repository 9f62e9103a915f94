/** What is measured of the broker as a whole, its storage and its connections. */
import type { RuntimeStats } from '../../actors/broker.ts';
import type { BrokerConfig } from '../../base/options.ts';
import type { StorageStats } from '../../storage/storage.ts';
import { counters, gaugeBy, gauges, label, type Metric } from './metric.ts';
import { heapPercent } from './process-metrics.ts';
import { summary } from './quantiles.ts';
import type { BrokerRates } from './rates.ts';
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
  readonly version: string;
  readonly topics: number;
  /** The sum of a metric of topics. */
  readonly sumOf: (metric: string) => number;
  readonly evictions: EvictionSums;
  readonly traffic: BrokerTraffic;
  readonly rates: BrokerRates;
  readonly runtime: RuntimeStats;
  readonly storage: StorageStats;
  readonly connections: ConnectionCounts;
}

/** How often quotas have taken messages of topics away. */
export interface EvictionSums {
  readonly size: number;
  readonly time: number;
}

/** Bytes since topics were loaded, those of system topics and subscriptions apart. */
export interface BrokerTraffic {
  readonly bytesIn: number;
  readonly systemBytesIn: number;
  readonly bytesOut: number;
  readonly systemBytesOut: number;
}

/** Tables of one row each. */
export function brokerRows(facts: BrokerFacts): readonly Rows[] {
  const { config, version } = facts;
  const cluster = label('cluster', config.clusterName);
  const broker = `${cluster},${label('broker', config.advertisedAddress)}`;
  return [
    row(`${cluster},${label('version', version)},commit="velamq"`, VERSION_METRICS, facts),
    row(cluster, TOPIC_TOTALS, facts),
    row(cluster, [...LATENCY_METRICS, ...LOOKUP_METRICS], facts),
    row(`${broker},metric="pulsar_topic_load_times"`, LOAD_TIME_METRICS, facts),
    row(`${broker},metric="broker_connection"`, CONNECTION_METRICS, facts),
    row(`${broker},metric="broker_health"`, HEALTH_METRICS, facts),
    row(cluster, STORAGE_METRICS, facts),
    row(cluster, CACHE_METRICS, facts),
    row(`${broker},metric="loadBalancing"`, LOAD_METRICS, facts),
  ];
}

function row<Facts>(labels: string, metrics: readonly Metric<Facts>[], facts: Facts): Rows {
  const table = new Table(metrics);
  table.add(labels, facts);
  return table;
}

const VERSION_METRICS = gauges<BrokerFacts>({ pulsar_version_info: () => 1 });

const TOPIC_TOTALS = [
  gaugeBy<BrokerFacts>(
    'pulsar_broker_storage_backlog_quota_exceeded_evictions_total',
    'quota_type',
    {
      size: ({ evictions }) => evictions.size,
      time: ({ evictions }) => evictions.time,
    },
  ),
  gaugeBy<BrokerFacts>('pulsar_broker_in_bytes_total', 'system_topic', {
    false: ({ traffic }) => traffic.bytesIn,
    true: ({ traffic }) => traffic.systemBytesIn,
  }),
  gaugeBy<BrokerFacts>('pulsar_broker_out_bytes_total', 'system_subscription', {
    false: ({ traffic }) => traffic.bytesOut,
    true: ({ traffic }) => traffic.systemBytesOut,
  }),
  ...gauges<BrokerFacts>({
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
  }),
];

const LATENCY_METRICS = [
  summary<BrokerFacts>(
    'pulsar_broker_publish_latency',
    [0, 0.5, 0.95, 0.99, 0.999, 0.9999, 1],
    ({ runtime }) => runtime.latencies.publish,
  ),
  summary<BrokerFacts>(
    'pulsar_topic_load_times',
    [0.5, 0.75, 0.95, 0.99, 0.999, 0.9999],
    ({ runtime }) => runtime.latencies.load,
  ),
  summary<BrokerFacts>(
    'pulsar_broker_lookup',
    [0.5, 0.99, 0.999, 1],
    ({ runtime }) => runtime.lookups.latency,
  ),
];

/** The same once more, under older names. What cannot be loaded is damage of the storage. */
const LOAD_TIME_METRICS = gauges<BrokerFacts>({
  pulsar_topic_load_failed_count: () => 0,
  pulsar_topic_load_rate_s: ({ runtime }) => runtime.latencies.load.ratePerSecond,
  pulsar_topic_load_time_mean_ms: ({ runtime: { latencies } }) =>
    latencies.load.sumMs / latencies.load.count,
  pulsar_topic_load_time_median_ms: loadTime(0.5),
  pulsar_topic_load_time_75percentile_ms: loadTime(0.75),
  pulsar_topic_load_time_95percentile_ms: loadTime(0.95),
  pulsar_topic_load_time_99_percentile_ms: loadTime(0.99),
  pulsar_topic_load_time_99_9_percentile_ms: loadTime(0.999),
  pulsar_topic_load_time_99_99_percentile_ms: loadTime(0.9999),
});

function loadTime(quantile: number) {
  return ({ runtime }: BrokerFacts) => runtime.latencies.load.quantile(quantile);
}

/** A lookup is answered at once, by the broker that is asked. */
const LOOKUP_METRICS = [
  ...counters<BrokerFacts>({
    pulsar_broker_lookup_redirects_total: () => 0,
    pulsar_broker_lookup_answers_total: ({ runtime: { lookups } }) =>
      lookups.latency.count - lookups.failed,
    pulsar_broker_lookup_failures_total: ({ runtime: { lookups } }) => lookups.failed,
  }),
  ...gauges<BrokerFacts>({
    pulsar_broker_lookup_pending_requests: () => 0,
    pulsar_broker_topic_load_pending_requests: () => 0,
  }),
];

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

const CACHE_METRICS = gauges<BrokerFacts>({
  pulsar_ml_count: ({ topics }) => topics,
  pulsar_ml_cache_used_size: ({ storage }) => storage.cachedBytes,
  pulsar_ml_cache_hits_rate: ({ rates }) => rates.cacheHits,
  pulsar_ml_cache_misses_rate: ({ rates }) => rates.cacheMisses,
});

/** In percent. */
const LOAD_METRICS = gauges<BrokerFacts>({
  pulsar_lb_cpu_usage: ({ rates }) => rates.cpuPercent,
  pulsar_lb_memory_usage: () => heapPercent(),
});
